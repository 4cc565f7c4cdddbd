"""Collect the inputs of a trace from the database: readings around the event, what is usual, the places in question."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from riverkit.network import Location

from riverchief.base import clock
from riverchief.base.errors import StateRefused
from riverchief.base.rules import rule_version
from riverchief.monitor.models import Event, EventStation
from riverchief.monitor.readings import shown_flag
from riverchief.monitor.retrieval import retrieve
from riverchief.registry.models import MEASURES_WATER, Basin, Outfall, Reach, Station
from riverchief.registry.queries import network_of
from riverchief.trace.adjusting import adjusted, in_force, in_time
from riverchief.trace.bottles import places_of, sample_inputs, samples_of
from riverchief.trace.codes import AdjustmentKind, CandidateKind
from riverchief.trace.companions import companions, with_fingerprints
from riverchief.trace.ground import Ground
from riverchief.trace.habit import KINDS, Row, station_input
from riverchief.trace.inputs import (
    CandidateInput,
    CompanionInput,
    Excluded,
    SamplingInput,
    StationInput,
    TraceInputs,
    reach_to_json,
)
from riverchief.trace.overflows import measured_rain, on_record
from riverchief.trace.places import Point, candidates_on, ground_of, stations_on
from riverchief.trace.sampling_places import sampling_places


class NotApplicable(StateRefused):
    """The method does not hold for this event: that is an answer, not a failure of the system."""


def gather(event: Event, *, by_rule_alone: bool = False) -> TraceInputs:
    """The inputs for a trace of an event, from what is known now.

    Args:
        by_rule_alone: without what people changed for the event, and without choosing samples: for looking back.

    Raises:
        NotApplicable: the parameter is no mass in the water, or no station lies where the method holds.
    """
    version, sampling_rule = rule_version("trace.settings"), rule_version("trace.sampling")
    rule = version.body
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
        row.pk: row
        for row in Station.objects.filter(
            MEASURES_WATER, reach__basin=basin, active=True, outfall__isnull=True
        )
    } | affected
    readings = _readings(pool, [event.parameter], habit_from, end)[event.parameter]
    excluded: list[Excluded] = []
    inputs = {}
    for key, station in pool.items():
        made = station_input(station, readings.get(key, {}), origin, key in affected)
        if isinstance(made, StationInput):
            inputs[key] = made
        elif key in affected:
            excluded.append(made)
    samples = samples_of(event.pk)
    ground = ground_of(network_of(basin.pk), inputs, list(affected), rule, places_of(samples))
    excluded += _left_out(ground, pool)
    if not ground.stations:
        raise NotApplicable(
            "事件所在河段不是稳定自由流，或没有可用读数，不适用稳态溯源。"
            "|The event lies on no freely flowing reach, or has no usable readings: a steady-flow trace does not apply.",
            cure="请核对河段的水流状态与监测数据。|Check the regime of the reach and the readings.",
        )
    # That it rained is a fact, not an opinion: it counts where the rules are looked at alone, too.
    known = [row for row in in_force(event.pk) if row.kind == AdjustmentKind.RAIN or not by_rule_alone]
    adjustments, dry = in_time(known, origin, event.last_at)
    measured = measured_rain(
        affected.values(), ground.in_question, origin, event.last_at, rule["rain"]["lag_hours"]
    )
    rain = bool(measured) or any(row.kind == AdjustmentKind.RAIN for row in adjustments)
    candidates, beyond = _candidates(ground, rule, (origin, event.last_at), rain=rain)
    candidates, beside = adjusted(candidates, adjustments, ground)
    stations = stations_on(ground, inputs)
    fingerprints = rule_version("trace.fingerprints")
    together = _companions(event, sightings, stations, pool, (habit_from, origin, end), rule)
    if together:
        parameters = [event.parameter, *(row.parameter for row in together)]
        kinds = _kinds(candidates)
        candidates = with_fingerprints(candidates, kinds, parameters, fingerprints.body)
    bottles, without_way = sample_inputs(
        samples, ground, stations, origin, sampling_rule.body, rule["noise"]["discrepancy"]
    )
    sampling = None
    if not by_rule_alone:
        sampling = SamplingInput(
            asked_at_s=(clock.now() - origin).total_seconds(),
            places=sampling_places(
                ground,
                inputs.values(),
                [station for key, station in pool.items() if key not in inputs],
                sampling_rule.body,
            ),
            settings=sampling_rule.body,
            settings_version=sampling_rule.version,
        )
    return TraceInputs(
        parameter=event.parameter,
        origin=origin,
        opened_at_s=(event.opened_at - origin).total_seconds(),
        last_at_s=(event.last_at - origin).total_seconds(),
        basin_code=basin.code,
        basin_version=Basin.objects.values_list("version", flat=True).get(pk=basin.pk),
        reaches=[reach_to_json(reach) for reach in ground.network.reaches],
        stations=stations,
        candidates=candidates,
        excluded=excluded + beyond + dry + beside + without_way,
        settings=rule,
        settings_version=version.version,
        adjustments=adjustments,
        samples=bottles,
        sampling=sampling,
        companions=together,
        fingerprints_version=fingerprints.version,
        rain=measured,
    )


def _readings(
    pool: Iterable[int], parameters: Collection[str], start: datetime, end: datetime
) -> dict[str, dict[int, dict[str, list[Row]]]]:
    """Readings by parameter, station and kind, in order of time."""
    rows = retrieve(
        ("parameter", "station_id", "kind", "period_start", "value", "flag", "reason", "unit"),
        stations=pool,
        start=start,
        end=end,
        parameters=parameters,
        kinds=KINDS,
    )
    found: dict[str, dict[int, dict[str, list[Row]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for parameter, station_id, kind, at, value, flag, reason, unit in rows:
        found[parameter][station_id][kind].append((at, value, shown_flag(flag, reason), unit))
    return found


def _companions(
    event: Event,
    sightings: Sequence[EventStation],
    stations: Sequence[StationInput],
    pool: Mapping[int, Station],
    times: tuple[datetime, datetime, datetime],
    rule: Mapping[str, Any],
) -> list[CompanionInput]:
    """The other parameters that rose where and while the event was seen, as the stations of the trace read them.

    Args:
        times: from when on readings tell what is usual, the origin of the trace, and its end.
    """
    habit_from, origin, end = times
    seen = {
        row.station_id: ((row.first_at - origin).total_seconds(), (row.last_at - origin).total_seconds())
        for row in sightings
    }
    measured = retrieve(("parameter",), stations=seen, start=event.opened_at, end=event.last_at, kinds=KINDS)
    others = {parameter for (parameter,) in measured} - {event.parameter, *rule["not_traced"]}
    discharge = {row.station_id: row.discharge_m3s for row in stations}
    read = _readings(discharge, others, habit_from, end) if others else {}
    by_parameter = {}
    for parameter, of_stations in sorted(read.items()):
        made = [station_input(pool[key], of_stations.get(key, {}), origin, key in seen) for key in discharge]
        by_parameter[parameter] = [
            replace(row, discharge_m3s=discharge[row.station_id])
            for row in made
            if isinstance(row, StationInput)
        ]
    return companions(by_parameter, seen, rule["joint"])


def _kinds(candidates: Iterable[CandidateInput]) -> dict[str, str]:
    """The kind of outfall of each candidate that is one."""
    keys = {row.outfall_id: row.key for row in candidates if row.outfall_id is not None}
    return {keys[pk]: kind for pk, kind in Outfall.objects.filter(pk__in=keys).values_list("pk", "kind")}


def _left_out(ground: Ground, pool: Mapping[int, Station]) -> list[Excluded]:
    """Stations that say nothing here although they have readings, where a reader might expect them."""
    behind = [
        Excluded(
            station.code,
            f"{station.name_zh}与事件之间有回水、闸控、感潮或水力参数未知的河段，稳态方法不适用",
            f"{station.name_en}: behind a reach in backwater, gated, tidal or of unknown hydraulics, where a "
            "steady-flow method is not applicable",
        )
        for station in (pool[watched.key] for watched in ground.behind_barrier)
    ]
    if not ground.beyond:
        return behind
    codes = "、".join(pool[watched.key].code for watched in ground.beyond)
    kept = len(ground.stations)
    beyond = Excluded(
        codes,
        f"距事件较远，已有 {kept} 个更近的站点参与",
        f"farther from the event than the {kept} stations that take part",
    )
    return [*behind, beyond]


def _candidates(
    ground: Ground, rule: Mapping[str, Any], times: tuple[datetime, datetime], *, rain: bool
) -> tuple[list[CandidateInput], list[Excluded]]:
    """The places in question, outfalls as the registry has them.

    One that is on record as running over within `times` is so many times as likely as another (rule `trace.settings`).
    """
    rows = list(
        Outfall.objects.filter(reach_id__in=[int(reach_id) for reach_id in ground.in_question]).order_by(
            "code"
        )
    )
    ran = on_record([row.pk for row in rows], *times)
    outfalls = [
        CandidateInput(
            key=f"outfall:{row.pk}",
            kind=CandidateKind.OUTFALL,
            prior=rule["rain"]["on_record_factor"] if row.pk in ran else 1.0,
            outfall_id=row.pk,
            reach_id=str(row.reach_id),
            chainage_m=row.chainage_m,
            lon=row.lon,
            lat=row.lat,
            rain_driven=rain and row.kind == Outfall.Kind.OVERFLOW,
            ran=ran.get(row.pk, []),
        )
        for row in rows
    ]
    return candidates_on(ground, outfalls, _points, rule, rain=rain)


def _points(reach_ids: Sequence[str], share: float) -> dict[str, Point | None]:
    """The points at a share of the drawn lines' lengths; None where none is drawn."""
    rows = Reach.objects.in_bulk([int(reach_id) for reach_id in reach_ids])
    return {
        reach_id: None
        if (row := rows[int(reach_id)]).geometry is None
        else network_of(row.basin_id).point(Location(reach_id, share * row.length_m))
        for reach_id in reach_ids
    }
