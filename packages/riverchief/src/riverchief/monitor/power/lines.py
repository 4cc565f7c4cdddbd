"""What the meters of an outfall said over some time, ready to be judged, and what the rule makes of it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from riverchief.monitor.announced import entered_within
from riverchief.monitor.models import Kind
from riverchief.monitor.power.judging import (
    Metered,
    Span,
    mean_draw,
    normal_draw,
    overlap,
    treatment_low,
    treatment_off,
)
from riverchief.monitor.power.models import IdleTreatment, PlannedStop, PowerMeter
from riverchief.monitor.readings import MEASURED_FLAG, shown_flag
from riverchief.monitor.retrieval import retrieve
from riverchief.monitor.series import WATCHED_KINDS
from riverchief.registry.models import Outfall, Station

FLOW = "flow"

Point = tuple[datetime, float | None, str]
"""Time, value, flag as shown."""


@dataclass(frozen=True)
class Said:
    """What a station said of a parameter: points of the kind with most of them, in order of time."""

    points: Sequence[Point]
    unit: str
    kind: str


@dataclass(frozen=True)
class Found:
    """A span worth a look."""

    kind: str
    span: Span
    treatment: float
    normal: float
    unit: str
    goes_on: bool


def meters_of(outfall: Outfall) -> list[PowerMeter]:
    """The meters in use at an outfall."""
    return list(outfall.power_meters.filter(retired_at__isnull=True))


def said_by(keys: Iterable[tuple[int, str]], start: datetime, end: datetime) -> dict[tuple[int, str], Said]:
    """What stations (ids) said of parameters."""
    wanted = set(keys)
    rows = retrieve(
        ("station_id", "parameter", "kind", "period_start", "value", "flag", "reason", "unit"),
        stations={station for station, _ in wanted},
        start=start,
        end=end,
        parameters={parameter for _, parameter in wanted},
        kinds=WATCHED_KINDS,
    )
    found: dict[tuple[int, str], dict[str, list[Point]]] = defaultdict(lambda: defaultdict(list))
    units: dict[tuple[int, str], str] = {}
    for station, parameter, kind, at, value, flag, reason, unit in rows:
        if (station, parameter) in wanted:
            found[station, parameter][kind].append((at, value, shown_flag(flag, reason)))
            units[station, parameter] = unit or units.get((station, parameter), "")
    chosen = {}
    for key in wanted:
        kind, points = max(
            found[key].items(), key=lambda item: len(item[1]), default=(Kind.INSTANT.value, [])
        )
        chosen[key] = Said(points, units.get(key, ""), kind)
    return chosen


def metered(said: Said, runs_from: float, rule: dict[str, Any]) -> Metered:
    """Points as arrays; only measurements (flag N) have a value: maintenance, faults and what was set by hand say nothing."""
    values = [
        value if flag == MEASURED_FLAG and value is not None else np.nan for _, value, flag in said.points
    ]
    return Metered(
        np.array([at.timestamp() for at, _, _ in said.points]),
        np.array(values),
        runs_from,
        60.0 * rule["holds_minutes"][said.kind],
    )


def judged(outfall: Outfall, start: datetime, now: datetime, rule: dict[str, Any]) -> list[Found]:
    """The spans since `start` that are worth a look; none where a line has no meter."""
    meters = meters_of(outfall)
    of_production = [meter for meter in meters if meter.line == PowerMeter.Line.PRODUCTION]
    of_treatment = [meter for meter in meters if meter.line == PowerMeter.Line.TREATMENT]
    if not (of_production and of_treatment):
        return []
    flows = [
        (station, FLOW)
        for station in Station.objects.filter(outfall=outfall, active=True).values_list("pk", flat=True)
    ]
    long_ago = start - timedelta(days=rule["normal_days"])
    said = said_by([*(meter.key for meter in meters), *flows], long_ago, now)
    production = [metered(said[meter.key], meter.runs_from, rule) for meter in of_production]
    treatment = [metered(said[meter.key], meter.runs_from, rule) for meter in of_treatment]
    # As far back as readings are judged: what goes on now may have begun at the end of a stop of long ago.
    announced = stops_of(outfall, long_ago, now)
    within = entered_within()
    excused = ((row.entry.announced_from(within), row.ends_at) for row in announced)
    stops = [(first.timestamp(), last.timestamp()) for first, last in excused if first < last]
    normal = normal_draw(treatment, rule["normal_readings"])
    off = treatment_off(production, treatment, stops, 60.0 * rule["off_minutes"])
    found = [(IdleTreatment.Kind.OFF, span) for span in off]
    flow = _flow([said[key] for key in flows], rule)
    if normal is not None and flow is not None:
        low = treatment_low(flow, treatment, normal, rule["low_share"], stops, 60.0 * rule["low_minutes"])
        # A treatment that stands still is told as that.
        found += [
            (IdleTreatment.Kind.LOW, span) for span in low if not any(overlap(span, other) for other in off)
        ]
    # Where nothing is known of its habit yet: what it draws at least when it runs.
    usual = normal or sum(meter.runs_from for meter in of_treatment)
    first = of_treatment[0]
    unit = said[first.key].unit or first.unit
    return [
        Found(kind, span, mean_draw(treatment, span), usual, unit, span[1] > now.timestamp())
        for kind, span in found
        if span[1] > start.timestamp()
    ]


def _flow(said: Sequence[Said], rule: dict[str, Any]) -> Metered | None:
    """The flow of an outfall: of several monitors the one that says most; what flows is told from its own normal."""
    most = max(said, key=lambda each: len(each.points), default=None)
    if most is None:
        return None
    flow = metered(most, 0.0, rule)
    flowing = flow.value[flow.value > 0]
    if flowing.size < rule["normal_readings"]:
        return None
    return replace(flow, runs_from=rule["flow_share"] * float(np.median(flowing)))


def stops_of(outfall: Outfall, start: datetime, end: datetime) -> list[PlannedStop]:
    """The announced stops that hold at some time between."""
    rows = outfall.planned_stops.filter(withdrawn_at__isnull=True, starts_at__lt=end, ends_at__gt=start)
    return list(rows.select_related("entered_by").order_by("starts_at"))
