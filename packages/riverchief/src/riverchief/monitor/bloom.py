"""Warning of an algal bloom 水华: signs of it at one station open an event of the whole river, once.

Looked for beside the rules of quality control, in the job of every ten minutes: the signs are those of days.
"""

from datetime import datetime, timedelta

from riverkit.detection import BloomDay, BloomRules, bloom_days, told_days

from riverchief.base import clock
from riverchief.base.actions import SYSTEM
from riverchief.base.rules import get_rule
from riverchief.monitor.actions.events import JoinEvent, OpenEvent, ReviseEvent, SettleEvent, Sight
from riverchief.monitor.detection import Array
from riverchief.monitor.models import Event, EventStation
from riverchief.monitor.series import StationValues, measured_values, moment
from riverchief.monitor.wording import bloom_messages
from riverchief.registry.models import Station

_SHANGHAI_S = 28_800.0
_DAY_S = 86_400.0
_MICROGRAMS = 1000.0
_TO_MICROGRAMS = {"mg/L": _MICROGRAMS, "µg/L": 1.0, "ug/L": 1.0, "mg/m3": 1.0}
_CHLOROPHYLL = ("chla", "CHLA")
"""As imports and SL 651 name it. A code of which the unit is not known counts for nothing."""


def look_for_bloom(station: Station, now: datetime) -> None:
    """Open, carry on or settle the warning of the water at a station, by the days until now."""
    if station.outfall_id is not None or station.kind != Station.Kind.AUTOMATIC:
        return
    body = get_rule("monitor.bloom")
    rules = BloomRules.of(body)
    since = clock.start_of(clock.day_of(now - timedelta(days=body["window_days"])))
    values = measured_values(station.pk, (*_CHLOROPHYLL, "do", "ph", "wt"), since, now)
    series = _instruments(values)
    if "chla" not in series and not {"do", "ph"} <= series.keys():
        return
    quiet = timedelta(days=body["quiet_days"])
    run = next(iter(told_days(bloom_days(values.time_s, series, rules, _SHANGHAI_S), rules)[-1:]), None)
    # The day that is under way may not have shown yet what it will.
    lasts = run is not None and _end(run[-1], now) > clock.start_of(clock.day_of(now)) - quiet
    event = _of_the_water(station, now - quiet)
    sighting = None if event is None else event.sightings.filter(station=station).first()
    if run is None or not lasts:
        if event is not None and sighting is not None and sighting.settled_at is None:
            _settle(event, sighting, now)
        return
    sight = _sight(station, run, rules, now)
    if event is None:
        _open(station, run, sight, rules)
    elif sighting is None or sighting.settled_at is not None:
        JoinEvent(actor=SYSTEM, event_id=event.pk, sight=sight).run()
    elif sighting.last_at < sight.last_at:
        sight.save(event)
        _revise(event, sight)


def _instruments(values: StationValues) -> dict[str, Array]:
    """The series by instrument; chlorophyll in µg/L, whichever name and unit it came under."""
    series: dict[str, Array] = {
        name: values.values[name] for name in ("do", "ph", "wt") if name in values.values
    }
    for name in _CHLOROPHYLL:
        factor = _TO_MICROGRAMS.get(values.units.get(name, ""))
        if factor is not None:
            series["chla"] = values.values[name] * factor
    return series


def _of_the_water(station: Station, since: datetime) -> Event | None:
    """The warning of the river (of a lake: of the reach) that goes on, or that ended since a time."""
    reach = station.reach
    same = {"station__reach__river_id": reach.river_id} if reach.river_id else {"station__reach_id": reach.pk}
    rows = Event.objects.select_for_update(of=("self",)).select_related("area", "station__reach")
    rows = rows.filter(kind=Event.Kind.BLOOM, station__reach__basin_id=reach.basin_id, **same)
    going_on = rows.filter(state=Event.State.OPEN).order_by("pk").first()
    return going_on or rows.filter(last_at__gte=since).order_by("-last_at", "-pk").first()


def _open(station: Station, run: list[BloomDay], sight: Sight, rules: BloomRules) -> None:
    message_zh, message_en = bloom_messages(station, run, rules)
    parameter, unit, _ = _foremost(run[-1], rules)
    event = Event(
        station=station,
        area=station.area,
        parameter=parameter,
        kind=Event.Kind.BLOOM,
        opened_at=sight.first_at,
        last_at=sight.last_at,
        peak_value=sight.peak_value,
        unit=unit,
    )
    OpenEvent(actor=SYSTEM, event=event, sight=sight, message_zh=message_zh, message_en=message_en).run()


def _revise(event: Event, sight: Sight) -> None:
    revision = ReviseEvent(
        actor=SYSTEM,
        event=event,
        stations=event.sightings.count(),
        opened_at=event.opened_at,
        last_at=max(event.last_at, sight.last_at),
        peak_value=max(event.peak_value, sight.peak_value)
        if sight.station == event.station
        else event.peak_value,
        class_now=None,
    )
    if event.state == Event.State.OPEN and revision.says_something_new:
        revision.run()


def _settle(event: Event, sighting: EventStation, now: datetime) -> None:
    """The station shows it no more; the warning ends with the last of its stations."""
    sighting.settled_at = now
    sighting.save(update_fields=["settled_at"])
    if event.state == Event.State.OPEN and not event.sightings.filter(settled_at=None).exists():
        SettleEvent(actor=SYSTEM, event=event, settled_at=now).run()


def _sight(station: Station, run: list[BloomDay], rules: BloomRules, now: datetime) -> Sight:
    parameter, _, limit = _foremost(run[-1], rules)
    peak = max(run, key=lambda day: _value(day, parameter))
    return Sight(
        station=station,
        first_at=moment(run[0].day * _DAY_S - _SHANGHAI_S),
        last_at=_end(run[-1], now),
        peak_value=_value(peak, parameter),
        peak_at=moment(peak.day * _DAY_S - _SHANGHAI_S),
        baseline=None,
        threshold=limit,
        checked_to=now,
        normal_readings=0,
        settled_at=None,
    )


def _foremost(day: BloomDay, rules: BloomRules) -> tuple[str, str, float]:
    """The parameter that a chart shows first, its unit here, and from what value it is a sign."""
    if day.chlorophyll is not None and day.chlorophyll >= rules.chlorophyll_sign:
        return "chla", "mg/L", rules.chlorophyll_sign / _MICROGRAMS
    return "ph", "1", rules.ph_sign


def _value(day: BloomDay, parameter: str) -> float:
    if parameter == "chla":
        return (day.chlorophyll or 0.0) / _MICROGRAMS
    return day.ph or 0.0


def _end(day: BloomDay, now: datetime) -> datetime:
    return min(moment((day.day + 1) * _DAY_S - _SHANGHAI_S), now)
