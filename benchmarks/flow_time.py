"""`python -m benchmarks.flow_time`: kernels for steady flow while the flow changes, against the unsteady solver.

A swell or an ebb passes while a release is on its way. Compared, as shares of the peak: kernels in flow-time, and one
steady kernel for the mean flow over the passage. Then the same where flow-time's assumptions fail, because dead zones
exchange or decay goes on at a rate by the clock, which the kernels are given by its mean over the passage.
"""

import argparse
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from riverkit.network import Location, Network, Reach
from riverkit.simulation import Release, simulate
from riverkit.transport import FlowTime, LaplaceGrid, Storage, responses

from benchmarks._report import report

Floats = NDArray[np.float64]

HOUR_S = 3_600.0
DURATION_S, START_S, LAST_S = 1_800.0, 2.0 * HOUR_S, 36.0 * HOUR_S
MIDDLE_S = 8.0 * HOUR_S
SWELLS = (0.2, -0.2, 0.5, -0.5)
WIDTHS_H = (1.0, 4.0, 12.0)
STORAGE = Storage(0.2, 1e-4)
DECAY_PER_S = 1e-5
PULSES = 60
HEAD, STATION = Location("a", 0.0), Location("c", 6_000.0)


def river() -> Network:
    """Eighteen kilometres in three unlike reaches, half a day long."""
    rows = [("a", 5_000.0, 0.5, 15.0), ("b", 6_000.0, 0.4, 10.0), ("c", 7_000.0, 0.6, 20.0)]
    return Network.build(
        Reach(
            name,
            str(i),
            str(i + 1),
            length,
            discharge_m3s=5.0,
            velocity_m_s=velocity,
            dispersion_m2s=dispersion,
        )
        for i, (name, length, velocity, dispersion) in enumerate(rows)
    )


def swell(height: float, width_h: float) -> Callable[[Floats], Floats]:
    """A factor on the flow that rises (or falls) by `height` around the middle of the passage."""

    def factor(time_s: Floats) -> Floats:
        return 1.0 + height * np.exp(-(((time_s - MIDDLE_S) / (width_h * HOUR_S)) ** 2))

    return factor


def errors(
    factor: Callable[[Floats], Floats], storage: Storage | None = None, decay_per_s: float = 0.0
) -> tuple[float, float]:
    """Error of the flow-time kernels and of one steady kernel, as shares of the solver's peak."""
    network = river()
    solved = simulate(
        network,
        [Release(HEAD, START_S, DURATION_S, 1.0)],
        [STATION],
        duration_s=LAST_S,
        cell_m=40.0,
        flow_factor=factor,
        storage=None if storage is None else (storage.share, storage.exchange_per_s),
        decay_per_s=decay_per_s,
    )
    truth = solved.mass_rate_g_s[0] / factor(solved.time_s)
    knots = np.arange(0.0, LAST_S + 1.0, 120.0)
    flow = FlowTime(knots, factor(knots))
    mean = flow.mean_factor(START_S, float(solved.time_s[np.argmax(truth)]))
    grid = LaplaceGrid.over(3.0 * LAST_S, 60.0, 18.0)
    per_flow_time = None if storage is None else Storage(storage.share, storage.exchange_per_s / mean)
    moments = START_S + DURATION_S * (np.arange(PULSES) + 0.5) / PULSES
    kernel = grid.invert(
        responses(network, STATION, [HEAD], grid, storage=per_flow_time, decay_per_s=decay_per_s / mean)[0]
    )
    in_flow_time = sum(flow.on_clock(grid.time_s, kernel, moment, solved.time_s) for moment in moments)
    steady = grid.invert(
        responses(
            network,
            STATION,
            [HEAD],
            grid,
            storage=storage,
            decay_per_s=decay_per_s,
            velocity_factor=mean,
            dispersion_factor=mean,
        )[0]
    )
    one = sum(np.interp(solved.time_s - moment, grid.time_s, steady, left=0.0) / mean for moment in moments)
    peak = truth.max()
    return tuple(  # type: ignore[return-value]  # two of them
        float(np.abs(1_000.0 / PULSES * found - truth).max() / peak) for found in (in_flow_time, one)
    )


def main() -> None:
    """Run and report."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    rows, flow_time, steady = [], [], []
    for width in WIDTHS_H:
        for height in SWELLS:
            found = errors(swell(height, width))
            flow_time.append(found[0])
            steady.append(found[1])
            rows.append(
                (
                    f"{height:+.0%} over ± {width:g} h",
                    f"flow-time {found[0]:.2%}, one steady kernel {found[1]:.1%}",
                )
            )
    outside = {}
    for name, storage, decay in (
        ("own exchange rate", STORAGE, 0.0),
        ("decay by the clock", None, DECAY_PER_S),
    ):
        for height in (0.2, 0.5):
            outside[name, height] = errors(swell(height, 4.0), storage, decay)[0]
            rows.append((f"{height:+.0%} over ± 4 h, {name}", f"flow-time {outside[name, height]:.2%}"))
    report(
        "Kernels against the unsteady solver, largest error as a share of the peak",
        rows,
        {
            "max_error_of_peak_flow_time": max(flow_time),
            "max_error_of_peak_one_steady_kernel": max(steady),
            "max_error_of_peak_flow_time_own_exchange": outside["own exchange rate", 0.5],
            "max_error_of_peak_flow_time_decay": outside["decay by the clock", 0.5],
        },
    )


if __name__ == "__main__":
    main()
