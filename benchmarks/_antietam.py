"""Antietam Creek, 18 August 1970: two injections at a time, each seen by four stations of its own."""

import itertools
import math
from collections import defaultdict
from pathlib import Path

import numpy as np
from riverkit.blind.tracer_tests import GRAMS_PER_M3, HOUR_S
from riverkit.network import Location, Network, Reach
from riverkit.tracing import (
    Candidate,
    HydraulicGroup,
    HydraulicPrior,
    Noise,
    SourceCount,
    StationSeries,
    StrengthPrior,
    trace_several,
)
from riverkit.tracing.dye_test import CORRELATION, DISCREPANCY
from riverkit.tracing.tables import Row, read_rows

EVENT = "ANT_8-18-70"
PLACES_KM = (0.0, 5.0, 18.0, 29.612, 36.0, 45.0, 55.0)
"""Outfalls tried; the injections were at 0 and at 29.612."""


def antietam(path: Path, n_settings: int, unlike: float) -> SourceCount:
    """Weigh one to three sources.

    Between two stations of one cloud its centroid's delay and its widening give velocity and dispersion. Above a
    cloud's first station both are those below, the velocity within what other rivers have (`unlike`, a standard
    deviation of the natural logarithm).
    """
    curves: defaultdict[tuple[float, str, str], list[Row]] = defaultdict(list)
    for row in read_rows(path):
        if row.text("event") == EVENT and row.number("time_h") > 0:
            curves[row.number("river_km"), row.text("injection"), row.text("station")].append(row)
    seen = sorted(curves)
    time = {key: np.array([row.number("time_h") for row in curves[key]]) * HOUR_S for key in seen}
    value = {
        key: np.array([row.number("conc_observed_ug_l") for row in curves[key]]) * GRAMS_PER_M3
        for key in seen
    }
    mass = {key: np.trapezoid(value[key], time[key]) for key in seen}
    centroid = {key: float(np.trapezoid(value[key] * time[key], time[key]) / mass[key]) for key in seen}
    variance = {
        key: float(np.trapezoid(value[key] * (time[key] - centroid[key]) ** 2, time[key]) / mass[key])
        for key in seen
    }
    known: dict[str, tuple[float, float]] = {}
    for upper, lower in itertools.pairwise(seen):
        if upper[1] == lower[1]:
            velocity = 1_000.0 * (lower[0] - upper[0]) / (centroid[lower] - centroid[upper])
            widening = (variance[lower] - variance[upper]) / (centroid[lower] - centroid[upper])
            known[lower[2]] = velocity, max(0.5 * velocity**2 * widening, 1.0)
            known.setdefault(upper[2], known[lower[2]])
    length = dict(zip(seen, 1_000.0 * np.diff([0.0] + [key[0] for key in seen]), strict=True))
    river = Network.build(
        Reach(
            key[2],
            f"node {number}",
            f"node {number + 1}",
            float(length[key]),
            velocity_m_s=known[key[2]][0],
            dispersion_m2s=known[key[2]][1],
            discharge_m3s=curves[key][0].number("discharge_m3s"),
        )
        for number, key in enumerate(seen)
    )
    stations = [
        StationSeries(
            Location(key[2], float(length[key])),
            curves[key][0].number("discharge_m3s"),
            time[key],
            value[key],
            background=0.0,
            correlation_s=CORRELATION * math.sqrt(variance[key]),
            name=key[2],
        )
        for key in seen
    ]
    candidates = []
    for km in PLACES_KM:
        at = next(key for key in seen if key[0] > km)
        candidates.append(
            Candidate(f"{km:g} km", Location(at[2], float(length[at]) - 1_000.0 * (at[0] - km)))
        )
    first = {injection: next(key[2] for key in seen if key[1] == injection) for injection in ("A", "B")}
    groups = [
        HydraulicGroup([name], velocity_log_sd=unlike, dispersion_log10_sd=0.5) for name in first.values()
    ]
    return trace_several(
        river,
        stations,
        candidates,
        first_start_s=-12 * HOUR_S,
        start_step_s=HOUR_S / 2,
        n_starts=50,
        durations_s=[HOUR_S / 2, 2 * HOUR_S],
        noise=Noise(0.05 * GRAMS_PER_M3, relative=0.05, discrepancy=DISCREPANCY),
        strength=StrengthPrior.from_readings(stations),
        hydraulics=HydraulicPrior(n_settings, dispersion_log10_sd=0.2, groups=tuple(groups), gain_log_sd=0.2),
    )
