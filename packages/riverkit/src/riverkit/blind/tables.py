"""CSV tables for `riverkit locate`."""

from pathlib import Path

import numpy as np

from riverkit.blind.cloud import out_of_scatter
from riverkit.blind.passage import Passage
from riverkit.blind.tracer_tests import Curve
from riverkit.tracing.reading_tables import (
    Tell,
    at_half_limit,
    background_of,
    concentrations,
    read_known_stations,
    rows_by_station,
    rows_of_one,
)
from riverkit.tracing.tables import Clock, Row, clock_of, read_rows, seconds_of

METRES = 1_000.0


def read_passages(
    stations_path: Path, readings_path: Path, parameter: str | None = None, *, tell: Tell
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
    clock = clock_of(rows)
    stations = rows_by_station(read_known_stations(stations_path), name, rows, clock, tell)
    stations.sort(key=lambda station: station[0].number("distance_km"))
    curves = [_curve(meta, own, clock) for meta, own in stations]
    passages = [_passage(meta, curve) for (meta, _), curve in zip(stations, curves, strict=True)]
    return curves, passages, clock


def _curve(meta: Row, rows: list[Row], clock: Clock) -> Curve:
    time_s = np.array([seconds_of(row, clock) for row in rows])
    return Curve(meta.text("station"), time_s, at_half_limit(*concentrations(rows)))


def _passage(meta: Row, curve: Curve) -> Passage:
    for column in ("discharge_m3s", "section_velocity_m_s"):
        value = meta.optional_number(column)
        if value is not None and not value > 0:
            raise meta.error(column, f"{value:g}. Give a value above 0.")
    background, cloud = out_of_scatter(
        curve.time_s, curve.value, background_of(meta, curve.value), name=curve.station
    )
    return Passage.of_curve(
        meta.number("distance_km") * METRES,
        curve.time_s,
        cloud,
        meta.number("discharge_m3s"),
        background_g_m3=background,
        section_velocity_m_s=meta.optional_number("section_velocity_m_s"),
        name=curve.station,
    )
