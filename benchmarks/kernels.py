"""`python -m benchmarks.kernels`: kernels from every node of a large tree to its outlet, and their truth.

Accuracy is measured three ways: against the independent finite-volume solver on Uvas Creek (OTIS application 2: storage
and lateral inflow of its own per reach), against one single fine grid where the tree's kernels use a grid per octave of
travel time, and in mass.
"""

import argparse
import resource
import time
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from riverkit.network import Location, Network, Reach, with_lateral_inflow
from riverkit.simulation import Release, simulate
from riverkit.transport import LaplaceGrid, Storage, kernels, responses
from scipy.interpolate import CubicSpline

from benchmarks._report import report
from benchmarks._trees import random_tree

STEPS = 2_048
SIZES = (5_000, 10_000, 20_000)
COMPARED = 24
SINGLE_STEPS = 2**18

# length m, dispersion m²/s, area m², storage area m², exchange 1/s, lateral inflow m²/s
UVAS_CREEK = (
    (38.0, 0.12, 0.30, 0.05, 0.0, 0.0),
    (67.0, 0.15, 0.42, 0.05, 0.0, 0.0),
    (176.0, 0.24, 0.36, 0.36, 3.0e-5, 4.545e-6),
    (152.0, 0.31, 0.41, 0.41, 1.0e-5, 1.974e-6),
    (236.0, 0.40, 0.52, 1.56, 4.5e-5, 2.151e-6),
)
UVAS_FLOW_M3S, UVAS_ADDED_G_M3, UVAS_PULSE_S = 0.0125, 1.73 - 0.13, 3.0 * 3_600.0
UVAS_PIECES, UVAS_CELL_M = 8, 1.0


class Run(NamedTuple):
    """One tree: all its kernels, timed; and how far some of them are from those on one fine grid."""

    reaches: int
    seconds: float
    cpu_seconds: float
    octaves: int
    mass_error: float
    single_grid_error: float


def main() -> None:
    """Run and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3, help="each tree is run so often, best time taken")
    arguments = parser.parse_args()
    uvas = {station: uvas_error(station, back_dispersion=True) for station in ("r3", "r5")}
    plain = max(uvas_error(station, back_dispersion=False) for station in uvas)
    runs = [run(size, arguments.repeats) for size in SIZES]
    matched = run(SIZES[-1], arguments.repeats, back_dispersion=True)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024.0
    largest = runs[-1]
    rows = [
        (
            f"{each.reaches:,} reaches",
            f"{each.seconds:.2f} s (CPU {each.cpu_seconds:.2f}), {1e6 * each.seconds / each.reaches:.0f} µs a reach",
        )
        for each in runs
    ]
    report(
        f"Kernels from every node of a random tree to its outlet, {STEPS:,} steps",
        [
            *rows,
            (
                f"{matched.reaches:,} reaches, dispersion back across joints",
                f"{matched.seconds:.2f} s (CPU {matched.cpu_seconds:.2f})",
            ),
            ("time grids", f"{largest.octaves}, one per octave of travel time"),
            ("peak memory", f"{peak_mb:.0f} MB, the network included; series are handed out in batches"),
            (
                "against one fine grid",
                f"{largest.single_grid_error:.1e} of the peak, {COMPARED} sources of all octaves",
            ),
            ("mass", f"{largest.mass_error:.1e}"),
            (
                "Uvas Creek against the solver, with dispersion back across joints",
                ", ".join(f"{value:.2%} at the end of {name}" for name, value in uvas.items()),
            ),
            ("the same without it, as by default", f"{plain:.2%} of the peak"),
        ],
        {
            "seconds_20k_reaches": largest.seconds,
            "max_error_of_peak": max(uvas.values()),
            "max_error_of_peak_without_back_dispersion": plain,
            "seconds_20k_reaches_with_back_dispersion": matched.seconds,
            "seconds_5k_reaches": runs[0].seconds,
            "seconds_10k_reaches": runs[1].seconds,
            "cpu_seconds_20k_reaches": largest.cpu_seconds,
            "peak_mb": peak_mb,
            "octaves": largest.octaves,
            "single_grid_error_of_peak": largest.single_grid_error,
            "mass_error": largest.mass_error,
            "steps": STEPS,
        },
    )


def draw_hydraulics(rng: np.random.Generator) -> tuple[float, float]:
    """Velocity and dispersion of a reach of its own."""
    return float(rng.uniform(0.2, 0.8)), float(rng.uniform(2.0, 30.0))


def run(size: int, repeats: int, *, back_dispersion: bool = False) -> Run:
    """All kernels of a tree, and the comparison with one grid for a few of them."""
    network = random_tree(size, draw_hydraulics)
    station = Location("r0", network.reach("r0").length_m)
    sources = [Location(reach.id, 0.0) for reach in network.reaches]
    times = []
    for _ in range(repeats):
        began, began_cpu = time.perf_counter(), time.process_time()
        mass_error, octaves, ends = 0.0, set(), np.zeros(size)
        for found in kernels(network, station, sources, steps=STEPS, back_dispersion=back_dispersion):
            mass = found.mass_rate_per_s.sum(axis=1) * found.grid.dt_s
            mass_error = max(mass_error, float(np.abs(mass - 1.0).max()))
            octaves.add(found.grid.dt_s)
            ends[found.sources] = found.grid.dt_s * STEPS
        times.append((time.perf_counter() - began, time.process_time() - began_cpu))
    seconds, cpu_seconds = min(times)
    compared = size == SIZES[-1] and not back_dispersion
    error = single_grid_error(network, station, sources, ends) if compared else 0.0
    return Run(size, seconds, cpu_seconds, len(octaves), mass_error, error)


def single_grid_error(
    network: Network, station: Location, sources: list[Location], ends_s: NDArray[np.float64]
) -> float:
    """Largest difference, as a share of the peak, from kernels all taken from one grid of very many steps."""
    grid = LaplaceGrid.over(float(ends_s.max()), float(ends_s.max()) / SINGLE_STEPS, 18.0)
    # Nearer sources pass within too few steps of the single grid.
    fit = np.flatnonzero(ends_s > 2_000.0 * grid.dt_s)
    chosen = [
        sources[i] for i in fit[np.argsort(ends_s[fit], kind="stable")][:: len(fit) // COMPARED][:COMPARED]
    ]
    single = grid.invert(responses(network, station, chosen, grid) * grid.cell_average)
    arrived = np.cumsum(single, axis=1) * grid.dt_s
    worst = 0.0
    for found in kernels(network, station, chosen, steps=STEPS):
        times = np.minimum(found.grid.time_s, grid.time_s[-1])
        for number, series in zip(found.sources, found.mass_rate_per_s, strict=True):
            passed = CubicSpline(grid.time_s, arrived[number])(times)
            expected = np.diff(passed, prepend=0.0) / found.grid.dt_s
            worst = max(worst, float(np.abs(series - expected).max() / expected.max()))
    return worst


def uvas_error(station_reach: str, *, back_dispersion: bool) -> float:
    """Kernels against the finite-volume solver, at the end of a reach, as a share of the peak."""
    reaches: list[Reach] = []
    storage_of: dict[str, Storage | None] = {}
    flow = UVAS_FLOW_M3S
    for i, (length, dispersion, area, dead, exchange, inflow) in enumerate(UVAS_CREEK):
        reach = Reach(
            f"r{i + 1}",
            str(i),
            str(i + 1),
            length,
            discharge_m3s=flow,
            velocity_m_s=flow / area,
            dispersion_m2s=dispersion,
        )
        pieces = with_lateral_inflow(reach, inflow, UVAS_PIECES)
        storage_of |= {piece.id: Storage(dead / area, exchange) if exchange else None for piece in pieces}
        reaches += pieces
        flow += inflow * length
    network = Network.build(reaches)
    storage = [storage_of[reach.id] for reach in network.reaches]
    last = network.reach(f"{station_reach}#{UVAS_PIECES}")
    head, station = Location("r1#1", 0.0), Location(last.id, last.length_m)
    grams = UVAS_FLOW_M3S * UVAS_ADDED_G_M3 * UVAS_PULSE_S
    solved = simulate(
        network,
        [Release(head, 0.0, UVAS_PULSE_S, grams / 1_000.0)],
        [station],
        duration_s=80_000.0,
        cell_m=UVAS_CELL_M,
        storage=storage,
    )
    grid = LaplaceGrid.over(240_000.0, 20.0, 18.0)
    release = -np.expm1(-grid.s * UVAS_PULSE_S) / (grid.s * UVAS_PULSE_S)
    response = responses(network, station, [head], grid, storage=storage, back_dispersion=back_dispersion)[0]
    expected = np.interp(solved.time_s, grid.time_s, grid.invert(response * release) * grams)
    return float(np.abs(solved.mass_rate_g_s[0] - expected).max() / expected.max())


if __name__ == "__main__":
    main()
