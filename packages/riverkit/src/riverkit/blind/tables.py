"""CSV tables for `riverkit locate`."""

import math
from pathlib import Path

import numpy as np

from riverkit.blind.passage import Floats, Passage
from riverkit.blind.tracer_tests import Curve
from riverkit.errors import TracingError
from riverkit.tracing.reading_tables import (
    at_half_limit,
    background_of,
    concentrations,
    read_known_stations,
    rows_by_station,
    rows_of_one,
)
from riverkit.tracing.readings import standing_alone
from riverkit.tracing.tables import Clock, Row, clock_of, read_rows, seconds_of

METRES = 1_000.0

FEWEST_WITH_SCATTER = 30
"""Records of fewer readings are mostly cloud, and tell no scatter."""

DEVIATIONS_PER_SECOND_DIFFERENCE = 1.4826 / math.sqrt(6.0)
"""Of independent normal errors, from the median of second differences without their sign."""

QUIET, STANDS_OUT, TINY = 5.0, 6.0, 1e-12
"""In measures of the scatter: the width of quiet readings above the lowest, and what a cloud's peak must rise."""


def read_passages(
    stations_path: Path, readings_path: Path, parameter: str | None = None
) -> tuple[list[Curve], list[Passage], Clock]:
    """Stations on one river with their readings of one parameter, from upstream to downstream.

    The stations' table has columns `station`, `distance_km` (along the river, growing downstream), `discharge_m3s` and
    optionally `section_velocity_m_s`, `background_mg_l` and `parameter`: such a row holds for that parameter only. The
    readings' table has `station`, `time` (seconds, or ISO 8601; all alike), `value_mg_l` (empty where missing; <0.05 or
    0.05L, below a detection limit, counts as half of it) and optionally `parameter` and `flag`: any but N counts as missing.

    Raises:
        TracingError: a row cannot be used, or there are several parameters and none was chosen.
    """
    name, rows = rows_of_one(read_rows(readings_path), parameter)
    stations = rows_by_station(read_known_stations(stations_path), name, rows)
    stations.sort(key=lambda station: station[0].number("distance_km"))
    clock = clock_of(rows)
    curves = [_curve(meta, own, clock) for meta, own in stations]
    passages = [_passage(meta, curve) for (meta, _), curve in zip(stations, curves, strict=True)]
    return curves, passages, clock


def _curve(meta: Row, rows: list[Row], clock: Clock) -> Curve:
    time_s = np.array([seconds_of(row, clock) for row in rows])
    return Curve(meta.text("station"), time_s, at_half_limit(*concentrations(rows)))


def _cloud(curve: Curve, background: float | None) -> tuple[float, Floats]:
    """The background, and the readings with what is no part of the cloud put to it: all its scatter would count as a cloud
    without an end.

    The scatter is that of second differences, of which most are taken in quiet water; the cloud goes from its peak to where
    two readings in a row are within twice the scatter. A reading of which its neighbours know nothing is no cloud.
    """
    usable = np.flatnonzero(np.isfinite(curve.value) & np.isfinite(curve.time_s))
    usable = usable[np.argsort(curve.time_s[usable], kind="stable")]
    value = curve.value[usable]
    lowest = float(value.min()) if len(value) else 0.0
    if len(value) < FEWEST_WITH_SCATTER:
        return lowest if background is None else background, curve.value
    scatter = float(np.median(np.abs(np.diff(value, 2)))) * DEVIATIONS_PER_SECOND_DIFFERENCE
    alone, _ = standing_alone(curve.time_s[usable], value, np.full(len(value), max(scatter, TINY)))
    value[alone] = np.nan
    quiet = value[value <= np.nanmin(value) + QUIET * scatter]
    if background is None:
        # Few are quiet where the record hardly reaches beyond the cloud.
        background = float(quiet.mean()) if 3 * len(quiet) >= len(value) else lowest
    level = np.where(np.isnan(value), background, value)
    smooth = np.median(np.stack([level[:-2], level[1:-1], level[2:]]), axis=0)
    peak = 1 + int(smooth.argmax())
    if smooth[peak - 1] - background < STANDS_OUT * scatter:
        raise TracingError(
            f"Station {curve.station}: no cloud rises out of the scatter of {scatter:.2g} mg/L around {background:.3g} mg/L. Leave the "
            "station out."
        )
    still = level < background + 2.0 * scatter
    pairs = np.flatnonzero(still[:-1] & still[1:])
    before, after = pairs[pairs + 1 < peak], pairs[pairs > peak]
    begin = int(before[-1]) + 1 if len(before) else 0
    end = int(after[0]) + 1 if len(after) else len(level)
    level[:begin] = level[end:] = background
    found = np.full(len(curve.value), np.nan)
    found[usable] = level
    return background, found


def _passage(meta: Row, curve: Curve) -> Passage:
    for column in ("discharge_m3s", "section_velocity_m_s"):
        value = meta.optional_number(column)
        if value is not None and not value > 0:
            raise meta.error(column, f"{value:g}. Give a value above 0.")
    background, cloud = _cloud(curve, background_of(meta, curve.value))
    return Passage.of_curve(
        meta.number("distance_km") * METRES,
        curve.time_s,
        cloud,
        meta.number("discharge_m3s"),
        background_g_m3=background,
        section_velocity_m_s=meta.optional_number("section_velocity_m_s"),
        name=curve.station,
    )
