"""Collect the inputs of a trace: readings around the event, what is usual there, and the places in question."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from riverkit.network import Location, Network

from riverchief.base.clock import SHANGHAI
from riverchief.base.errors import StateRefused
from riverchief.base.rules import get_rule
from riverchief.monitor.models import Event, Reading
from riverchief.registry.models import Basin, Outfall, Reach, Station
from riverchief.registry.queries import location_of, network_of
from riverchief.trace.codes import CandidateKind
from riverchief.trace.ground import Ground, Watched, survey
from riverchief.trace.inputs import (
    CandidateInput,
    Excluded,
    StationInput,
    TraceInputs,
    reach_to_json,
    with_priors,
)

GRAMS_PER_M3: Mapping[str, float] = {"mg/L": 1.0, "g/m3": 1.0, "µg/L": 1e-3, "μg/L": 1e-3}
"""Units of concentration, as what one of them is in g/m³. Of anything else no mass can be traced."""

MEASURED = "N"
_KINDS = ("instant", "minute", "hour")
_FEWEST_READINGS = 6

Row = tuple[datetime, float | None, str, str]
"""Time, value, flag, unit."""


class NotApplicable(StateRefused):
    """The method does not hold for this event: that is an answer, not a failure of the system."""


def gather(event: Event) -> TraceInputs:
    """The inputs for a trace of an event, from what is known now.

    Raises:
        NotApplicable: the parameter is no mass in the water, or no station lies where the method holds.
    """
    rule = get_rule("trace.settings")
    if event.parameter in rule["not_traced"]:
        raise NotApplicable(
            f"“{event.parameter}”不是可随水输移的质量，不适用溯源。"
            f"|“{event.parameter}” is no mass carried by the water; a trace does not apply.",
            cure="请改用同时异常的其他指标。|Trace another parameter that changed at the same time.",
        )
    basin = event.station.reach.basin
    origin = event.opened_at - timedelta(hours=rule["lookback_hours"])
    end = event.last_at + timedelta(hours=rule["lookahead_hours"])
    habit_from = origin - timedelta(days=rule["habit_days"])

    sightings = list(event.sightings.select_related("station").order_by("first_at", "id"))
    affected = {sighting.station_id: sighting.station for sighting in sightings} or {
        event.station_id: event.station
    }
    pool = {
        row.pk: row for row in Station.objects.filter(reach__basin=basin, active=True, outfall__isnull=True)
    } | affected
    readings = _readings(pool, event.parameter, habit_from, end)
    excluded: list[Excluded] = []
    inputs = {}
    for key, station in pool.items():
        made = _station(station, readings.get(key, {}), origin, key in affected)
        if isinstance(made, StationInput):
            inputs[key] = made
        elif key in affected:
            excluded.append(made)
    ground = _ground(network_of(basin.pk), pool, list(affected), inputs, rule)
    excluded += _left_out(ground, pool)
    if not ground.stations:
        raise NotApplicable(
            "事件所在河段不是稳定自由流，或没有可用读数，不适用稳态溯源。"
            "|The event lies on no freely flowing reach, or has no usable readings: a steady-flow trace does not apply.",
            cure="请核对河段的水流状态与监测数据。|Check the regime of the reach and the readings.",
        )
    candidates, beyond = _candidates(ground, rule)
    return TraceInputs(
        parameter=event.parameter,
        origin=origin,
        opened_at_s=(event.opened_at - origin).total_seconds(),
        last_at_s=(event.last_at - origin).total_seconds(),
        basin_code=basin.code,
        basin_version=Basin.objects.values_list("version", flat=True).get(pk=basin.pk),
        reaches=[reach_to_json(reach) for reach in ground.network.reaches],
        stations=[_at_discharge(inputs[kept.key], ground.network) for kept in ground.stations],
        candidates=candidates,
        excluded=excluded + beyond,
        settings=rule,
    )


def _readings(
    pool: Iterable[int], parameter: str, start: datetime, end: datetime
) -> dict[int, dict[str, list[Row]]]:
    """Readings by station and kind, in order of time."""
    rows = (
        Reading.objects.filter(
            station_id__in=list(pool),
            parameter=parameter,
            kind__in=_KINDS,
            period_start__gte=start,
            period_start__lte=end,
        )
        .order_by("period_start")
        .values_list("station_id", "kind", "period_start", "value", "flag", "unit")
    )
    found: dict[int, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for station_id, kind, at, value, flag, unit in rows:
        found[station_id][kind].append((at, value, flag, unit))
    return found


def _station(
    station: Station, by_kind: Mapping[str, list[Row]], origin: datetime, affected: bool
) -> StationInput | Excluded:
    """The readings of a station since the origin, from the finest kind that has enough."""
    for kind in _KINDS:
        rows = by_kind.get(kind, [])
        now = [row for row in rows if row[0] >= origin]
        if sum(_usable(row) is not None for row in now) >= _FEWEST_READINGS:
            return _filled(station, now, [row for row in rows if row[0] < origin], origin, affected)
    return Excluded(
        station.code,
        f"{station.name_zh}在事件期间可用读数不足",
        f"{station.name_en}: too few usable readings around the event",
    )


def _filled(
    station: Station, now: Sequence[Row], before: Sequence[Row], origin: datetime, affected: bool
) -> StationInput:
    usual, scatter = usual_at([row[0] for row in now], _measured(before) or _measured(now))
    return StationInput(
        station_id=station.pk,
        code=station.code,
        name_zh=station.name_zh,
        name_en=station.name_en,
        reach_id=str(station.reach_id),
        chainage_m=station.chainage_m,
        discharge_m3s=0.0,  # known once the ground is
        affected=affected,
        unit=next((row[3] for row in now if row[3]), ""),
        time_s=[(row[0] - origin).total_seconds() for row in now],
        value=[_usable(row) for row in now],
        flag=[row[2] for row in now],
        usual=[float(level) for level in usual],
        scatter=scatter,
    )


def _usable(row: Row) -> float | None:
    """The value in g/m³; None for what is no measurement (maintenance, fault, refused) or no concentration."""
    _, value, flag, unit = row
    factor = GRAMS_PER_M3.get(unit)
    return value * factor if value is not None and flag == MEASURED and factor is not None else None


def _measured(rows: Sequence[Row]) -> list[tuple[datetime, float]]:
    return [(row[0], value) for row in rows if (value := _usable(row)) is not None]


def usual_at(
    times: Sequence[datetime], before: Sequence[tuple[datetime, float]]
) -> tuple[np.ndarray[Any, np.dtype[np.float64]], float]:
    """What a station shows at given times when nothing happens, and how far readings stray from it (g/m³).

    Waste water follows the day, so the usual level is the median of earlier readings at the same hour, smoothed
    over its neighbours, where two days and most hours are known; else one median. The scatter is 1.48 times the
    median absolute deviation, which for normal errors is their standard deviation; it is never quite 0.
    """
    values = np.array([value for _, value in before])
    level = float(np.median(values))
    profile = np.full(24, level)
    hours = np.array([at.astimezone(SHANGHAI).hour for at, _ in before])
    known = [hour for hour in range(24) if np.count_nonzero(hours == hour) >= 2]
    long_enough = before[-1][0] - before[0][0] >= timedelta(days=2)
    if long_enough and len(known) >= 18:
        by_hour = np.array([np.median(values[hours == hour]) for hour in known])
        filled = np.interp(np.arange(24), known, by_hour, period=24)
        profile = (np.roll(filled, 1) + 2 * filled + np.roll(filled, -1)) / 4

    def at_clock(moments: Iterable[datetime]) -> np.ndarray[Any, np.dtype[np.float64]]:
        local = [moment.astimezone(SHANGHAI) for moment in moments]
        clock = np.array([moment.hour + moment.minute / 60 for moment in local])
        levels: np.ndarray[Any, np.dtype[np.float64]] = np.interp(
            clock, np.arange(24) + 0.5, profile, period=24
        )
        return levels

    strays = np.abs(values - at_clock(at for at, _ in before))
    scatter = max(1.4826 * float(np.median(strays)), 0.01 * abs(level), 1e-6)
    return at_clock(times), scatter


def _ground(
    network: Network,
    pool: Mapping[int, Station],
    affected: Sequence[int],
    inputs: Mapping[int, StationInput],
    rule: Mapping[str, Any],
) -> Ground:
    def watched(key: int) -> Watched:
        return Watched(key, location_of(pool[key]), key in affected)

    seen = [watched(key) for key in affected if key in inputs]
    if not seen:
        return Ground(network)
    others = [watched(key) for key in inputs if key not in affected]
    longest_s = 3600.0 * rule["lookback_hours"]
    return survey(network, seen, others, longest_s=longest_s, most=rule["max_stations"])


def _left_out(ground: Ground, pool: Mapping[int, Station]) -> list[Excluded]:
    """Stations that say nothing here although they have readings, where a reader might expect them."""
    return [
        Excluded(
            station.code,
            f"{station.name_zh}与事件之间有回水、闸控、感潮或水力参数未知的河段，稳态方法不适用",
            f"{station.name_en}: behind a reach in backwater, gated, tidal or of unknown hydraulics, where a "
            "steady-flow method is not applicable",
        )
        for station in (pool[watched.key] for watched in ground.behind_barrier)
    ]


def _at_discharge(station: StationInput, network: Network) -> StationInput:
    discharge = network.reach(station.reach_id).discharge_m3s
    assert discharge is not None  # the survey keeps no station without
    return StationInput(**{**vars(station), "discharge_m3s": discharge})


def _candidates(ground: Ground, rule: Mapping[str, Any]) -> tuple[list[CandidateInput], list[Excluded]]:
    """Every outfall on the reaches in question, an unlisted place on each of these, and "nothing".

    Where a list would be longer than the rule allows, unlisted places are kept on the longest reaches: to be said so.
    """
    rows = Outfall.objects.filter(reach_id__in=[int(reach_id) for reach_id in ground.in_question])
    outfalls = [
        CandidateInput(
            key=f"outfall:{row.pk}",
            kind=CandidateKind.OUTFALL,
            prior=1.0,
            outfall_id=row.pk,
            reach_id=str(row.reach_id),
            chainage_m=row.chainage_m,
            lon=row.lon,
            lat=row.lat,
        )
        for row in rows.order_by("code")
        if _reaches_event(ground, location_of(row))
    ]
    return _with_unlisted(ground, outfalls, rule)


def _reaches_event(ground: Ground, place: Location) -> bool:
    """Whether water from a place on a reach in question passes an affected station; not so just below the last."""
    affected = [station.location for station in ground.stations if station.affected]
    if place.reach_id not in {station.reach_id for station in affected}:
        return True
    return any(ground.network.distance_m(place, station) is not None for station in affected)


def _with_unlisted(
    ground: Ground, outfalls: list[CandidateInput], rule: Mapping[str, Any]
) -> tuple[list[CandidateInput], list[Excluded]]:
    by_length = sorted(
        (ground.network.reach(reach_id) for reach_id in ground.in_question),
        key=lambda reach: (-reach.length_m, reach.id),
    )
    room = max(rule["most_candidates"] - len(outfalls), 1)
    kept, beyond = by_length[:room], by_length[room:]
    rows = Reach.objects.in_bulk([int(reach.id) for reach in kept])
    unlisted = [
        CandidateInput(
            key=f"unlisted:{reach.id}",
            kind=CandidateKind.UNLISTED,
            prior=reach.length_m,
            reach_id=reach.id,
            chainage_m=reach.length_m / 2,
            lon=middle[0] if middle else None,
            lat=middle[1] if middle else None,
        )
        for reach in kept
        for middle in [_middle(rows[int(reach.id)])]
    ]
    excluded = []
    if beyond:
        excluded.append(
            Excluded(
                str(len(beyond)),
                "个较短河段的名录外排放位置未计入：候选过多",
                "shorter reaches: unlisted places on them were not weighed, there are too many candidates",
            )
        )
    nothing = CandidateInput(key="nothing", kind=CandidateKind.NOTHING, prior=1.0)
    return with_priors([*outfalls, *unlisted, nothing], rule["priors"]), excluded


def _middle(row: Reach) -> tuple[float, float] | None:
    """The point half-way along the drawn line."""
    if row.geometry is None:
        return None
    network = network_of(row.basin_id)
    return network.point(Location(str(row.pk), row.length_m / 2))
