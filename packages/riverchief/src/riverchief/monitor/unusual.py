"""Water that is not as it always is at its station, whether or not a limit is passed (riverkit's learned normal).

Looked for beside the rules of quality control, not in the examination: it reads 37 days of a station. One matter, one
message: where an alarm already tells of the same water, nothing is said again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import riverkit.detection as learned

from riverchief.base.actions import SYSTEM
from riverchief.base.rules import get_rule
from riverchief.monitor.actions.events import OpenEvent, ReviseEvent, SettleEvent, Sight
from riverchief.monitor.detection import DetectionRules
from riverchief.monitor.kinship import kin_alarm
from riverchief.monitor.models import Event, EventStation
from riverchief.monitor.retrieval import retrieve
from riverchief.monitor.series import StationValues, measured_values, moment
from riverchief.monitor.wording import unusual_messages
from riverchief.registry.models import Station

_SHANGHAI_S = 28_800.0
"""By this the hours of the day and the workdays of a station are those of the people there."""


@dataclass(frozen=True)
class UnusualRules:
    """The rule `monitor.unusual`."""

    parameters: tuple[str, ...]
    history: timedelta
    window: timedelta
    wait: timedelta
    """So long after a departure has come in it is told: limits have the first word, and a water has one alarm."""
    settings: learned.Settings

    @classmethod
    def of(cls, body: dict[str, Any]) -> "UnusualRules":
        """From the body of the rule."""
        return cls(
            parameters=tuple(body["parameters"]),
            history=timedelta(days=body["history_days"]),
            window=timedelta(hours=body["window_hours"]),
            wait=timedelta(minutes=body["wait_minutes"]),
            settings=learned.Settings(**body["settings"]),
        )

    @property
    def quiet(self) -> timedelta:
        """What comes back sooner is the same matter."""
        return timedelta(hours=self.settings.quiet_hours)


def look_for_unusual(station: Station, since: datetime, now: datetime) -> bool:
    """Open, carry on or settle the event of a station that has readings since a time which nobody has looked at.

    A monitor of an outfall is none of the river: what leaves a works is judged by its permit.

    Returns:
        Whether to look once more soon although nothing may come: a departure has only just come in.
    """
    if station.outfall_id is not None or station.kind != Station.Kind.AUTOMATIC:
        return False
    rules = UnusualRules.of(get_rule("monitor.unusual"))
    since = max(since, now - rules.window)
    values = measured_values(station.pk, rules.parameters, since - rules.history, now)
    if not values.values:
        return False
    found = learned.detect(
        values.time_s, values.values, settings=rules.settings, utc_offset_s=_SHANGHAI_S
    ).events
    event = (
        Event.objects.select_for_update(of=("self",))
        .select_related("area")
        .filter(station=station, kind=Event.Kind.UNUSUAL, state=Event.State.OPEN)
        .first()
    )
    if event is not None:
        _follow(event, [each for each in found if _of(event, each, rules)], rules, now)
        return False
    goes_on = bool(found) and found[-1].ongoing and found[-1].last_s >= since.timestamp()
    if not goes_on or _known(station, found[-1], rules):
        return False
    if _came_in(station, found[-1]) > now - rules.wait:
        return True
    _open(station, found[-1], values, rules)
    return False


def _came_in(station: Station, found: learned.Event) -> datetime:
    """When the first of the readings that depart was received."""
    rows = retrieve(
        ("received_at",),
        stations=[station.pk],
        start=moment(found.first_s),
        end=moment(found.last_s),
        parameters=[reason.parameter for reason in found.reasons],
    )
    received: list[datetime] = [received_at for (received_at,) in rows]
    return min(received)


def _of(event: Event, found: learned.Event, rules: UnusualRules) -> bool:
    """Whether what was found is what the event tells of."""
    return moment(found.first_s) <= event.last_at + rules.quiet and event.opened_at - rules.quiet <= moment(
        found.last_s
    )


def _known(station: Station, found: learned.Event, rules: UnusualRules) -> bool:
    """Whether somebody has been told of this already: by an event here half a day ago or less, or of the same water."""
    here = EventStation.objects.filter(
        station=station,
        last_at__gte=moment(found.first_s) - rules.quiet,
        first_at__lte=moment(found.last_s) + rules.quiet,
    )
    if here.exists():
        return True
    rule = DetectionRules.of(get_rule("monitor.detection"))
    return kin_alarm(station, "", found.first_s, rule, resolved=True) is not None


def _open(station: Station, found: learned.Event, values: StationValues, rules: UnusualRules) -> None:
    # No class: water may depart to the better side, and a class is not what it is compared with.
    reason = found.reasons[0]
    unit = values.units[reason.parameter]
    message_zh, message_en = unusual_messages(station, found.reasons, values.units)
    event = Event(
        station=station,
        area=station.area,
        parameter=reason.parameter,
        kind=Event.Kind.UNUSUAL,
        opened_at=moment(found.first_s),
        last_at=moment(found.last_s),
        peak_value=reason.value,
        unit=unit,
        baseline=reason.expected,
    )
    OpenEvent(
        actor=SYSTEM,
        event=event,
        sight=_sight(station, found, reason, rules),
        message_zh=message_zh,
        message_en=message_en,
    ).run()


def _follow(event: Event, found: list[learned.Event], rules: UnusualRules, now: datetime) -> None:
    """Carry an event on; it settles when the station has been as always for long enough, or when readings were put right."""
    if not found:
        SettleEvent(actor=SYSTEM, event=event, settled_at=now).run()
        return
    last = found[-1]
    reasons = [reason for each in found for reason in each.reasons if reason.parameter == event.parameter]
    if reasons:
        furthest = max(reasons, key=lambda reason: abs(reason.score))
        revision = ReviseEvent(
            actor=SYSTEM,
            event=event,
            stations=1,
            opened_at=event.opened_at,
            last_at=max(event.last_at, moment(last.last_s)),
            peak_value=furthest.value,
            class_now=None,
        )
        if revision.says_something_new:
            _sight(event.station, last, furthest, rules).save(event)
            revision.run()
    if not last.ongoing:
        SettleEvent(actor=SYSTEM, event=event, settled_at=moment(last.last_s) + rules.quiet).run()


def _sight(station: Station, found: learned.Event, reason: learned.Reason, rules: UnusualRules) -> Sight:
    """What the station saw; its threshold is the value from which a reading was unusual."""
    edge = rules.settings.threshold * reason.usual * (1 if reason.score > 0 else -1)
    return Sight(
        station=station,
        first_at=moment(found.first_s),
        last_at=moment(max(found.last_s, reason.time_s)),
        peak_value=reason.value,
        peak_at=moment(reason.time_s),
        baseline=reason.expected,
        threshold=reason.expected + edge,
        checked_to=moment(found.last_s),
        normal_readings=0,
        settled_at=None if found.ongoing else moment(found.last_s) + rules.quiet,
    )
