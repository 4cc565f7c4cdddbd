"""CSV tables for `riverkit locate`."""

import math
from collections import defaultdict
from pathlib import Path

import numpy as np

from riverkit.blind.passage import Passage
from riverkit.blind.tracer_tests import Curve
from riverkit.tracing.tables import Clock, Row, clock_of, read_rows, seconds_of

METRES = 1_000.0


def read_passages(stations_path: Path, readings_path: Path) -> tuple[list[Curve], list[Passage], Clock]:
    """Stations on one river with their readings, from upstream to downstream.

    The stations' table has columns `station`, `distance_km` (along the river, growing downstream), `discharge_m3s` and
    optionally `section_velocity_m_s` and `background_mg_l`. The readings' table has `station`, `time` (seconds, or
    ISO 8601; all alike), `value_mg_l` (empty where missing) and optionally `flag`: any but N counts as missing.
    """
    by_station: defaultdict[str, list[Row]] = defaultdict(list)
    for row in read_rows(readings_path):
        by_station[row.text("station")].append(row)
    meta = {row.text("station"): row for row in read_rows(stations_path)}
    unknown = sorted(set(by_station) - set(meta))
    if unknown:
        raise by_station[unknown[0]][0].error("station", f"{unknown[0]!r} is not in {stations_path.name}.")
    clock = clock_of([row for rows in by_station.values() for row in rows])
    names = sorted(by_station, key=lambda name: meta[name].number("distance_km"))
    curves = [_curve(name, by_station[name], clock) for name in names]
    return curves, [_passage(meta[curve.station], curve) for curve in curves], clock


def _curve(name: str, rows: list[Row], clock: Clock) -> Curve:
    values = [
        row.optional_number("value_mg_l") if row.optional("flag") in ("", "N") else None for row in rows
    ]
    return Curve(
        name,
        np.array([seconds_of(row, clock) for row in rows]),
        np.array([math.nan if value is None else value for value in values]),
    )


def _passage(meta: Row, curve: Curve) -> Passage:
    for column in ("discharge_m3s", "section_velocity_m_s"):
        value = meta.optional_number(column)
        if value is not None and not value > 0:
            raise meta.error(column, f"{value:g}. Give a value above 0.")
    background = meta.optional_number("background_mg_l")
    if background is None:
        # A cloud's record begins or ends without it: what water always holds would be taken for a cloud without an end.
        background = float(np.nanmin(curve.value)) if np.isfinite(curve.value).any() else 0.0
    return Passage.of_curve(
        meta.number("distance_km") * METRES,
        curve.time_s,
        curve.value,
        meta.number("discharge_m3s"),
        background_g_m3=background,
        section_velocity_m_s=meta.optional_number("section_velocity_m_s"),
        name=curve.station,
    )
