"""`python -m benchmarks.dye_tests`: real releases of dye found blindly, from no more than four stations each.

Place, time and mass are unknown and there are no candidates. Every river is judged by laws learned from the other rivers
only, and so is the reference: the spread law of domain practice, travel time from the standard deviation of the first
curve, velocity from the first two stations, with intervals of its own scatter.
"""

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from riverkit.blind import Origin, Population, locate
from riverkit.blind.plot import plot_origin
from riverkit.blind.tracer_tests import Curve, TracerTest, learn_without, read_tracer_tests
from riverkit.tracing.result import Interval

from benchmarks._report import report

REPOSITORY = Path(__file__).resolve().parent.parent
FEWEST_STATIONS, MOST_STATIONS = 3, 4
HOUR_S = 3_600.0
MISSED = 0.1
"""Share of the truths that may lie outside the interval."""

NORMAL_95 = 1.6449


@dataclass(frozen=True)
class Answer:
    """Place (m above the first station), time (s after the injection) and mass (kg), of ours or of the spread law."""

    place: Interval
    start: Interval
    mass_kg: float


@dataclass(frozen=True)
class Case:
    """One injection with both answers; the truth is the distance to the first station, 0 s and the mass released."""

    test: TracerTest
    ours: Answer
    law: Answer

    @property
    def distance_m(self) -> float:
        """From the place of injection to the first station."""
        return self.test.journey.passages[0].distance_m

    @property
    def travel_s(self) -> float:
        """From the injection to the middle of the first curve."""
        return self.test.journey.passages[0].middle_s


def main() -> None:
    """Find every injection with three stations or more, and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data",
        type=Path,
        default=REPOSITORY.parent / "shared" / "data",
        help="folder with tracing/btc_stations.csv and btc_series.csv",
    )
    parser.add_argument(
        "--train",
        type=Path,
        help="learn from the collection in this folder, too (rivers under test left out)",
    )
    parser.add_argument(
        "--plots", type=Path, help="write a chart of every test and one of all into this folder"
    )
    arguments = parser.parse_args()
    tests = read_tracer_tests(arguments.data / "tracing")
    known = {test.name for test in tests}
    others = read_tracer_tests(arguments.train / "tracing") if arguments.train else []
    pool = tests + [test for test in others if test.name not in known]
    chosen = [test for test in tests if len(test.curves) >= FEWEST_STATIONS]
    population = {code: learn_without(pool, code) for code in sorted({test.code for test in chosen})}
    cases = [Case(test, _ours(test, population[test.code]), _spread_law(test, pool)) for test in chosen]

    def error(case: Case, answer: Answer) -> float:
        return abs(answer.place.median - case.distance_m) / case.distance_m

    place = [error(case, case.ours) for case in cases]
    place_law = [error(case, case.law) for case in cases]
    figures = {
        "tests": len(cases),
        "median_place_error": float(np.median(place)),
        "mean_place_error": float(np.mean(place)),
        "worst_place_error": max(place),
        "median_place_error_km": float(
            np.median([e * c.distance_m / 1e3 for e, c in zip(place, cases, strict=True)])
        ),
        "median_time_error_h": float(np.median([abs(case.ours.start.median) / HOUR_S for case in cases])),
        "median_mass_ratio": float(
            np.median([case.ours.mass_kg / case.test.journey.mass_kg for case in cases])
        ),
        "coverage_90_place": sum(_holds(case.ours.place, case.distance_m) for case in cases),
        "coverage_90_time": sum(_holds(case.ours.start, 0.0) for case in cases),
        "interval_score_place": float(
            np.mean([_score(c.ours.place, c.distance_m) / c.distance_m for c in cases])
        ),
        "interval_score_time": float(np.mean([_score(c.ours.start, 0.0) / c.travel_s for c in cases])),
        "median_place_error_spread_law": float(np.median(place_law)),
        "mean_place_error_spread_law": float(np.mean(place_law)),
        "worst_place_error_spread_law": max(place_law),
        "median_time_error_h_spread_law": float(np.median([abs(c.law.start.median) / HOUR_S for c in cases])),
        "coverage_90_place_spread_law": sum(_holds(case.law.place, case.distance_m) for case in cases),
        "interval_score_place_spread_law": float(
            np.mean([_score(c.law.place, c.distance_m) / c.distance_m for c in cases])
        ),
        "interval_score_time_spread_law": float(
            np.mean([_score(c.law.start, 0.0) / c.travel_s for c in cases])
        ),
        "nearer_than_spread_law": sum(a < b for a, b in zip(place, place_law, strict=True)),
    }
    rows = [
        (
            case.test.name,
            f"{case.distance_m / 1e3:5.1f} km: found {case.ours.place.median / 1e3:5.1f} "
            f"({case.ours.place.low / 1e3:.1f} to {case.ours.place.high / 1e3:.1f}), "
            f"{case.ours.start.median / HOUR_S:+.1f} h, mass × {case.ours.mass_kg / case.test.journey.mass_kg:.2f}; "
            f"spread law {case.law.place.median / 1e3:.1f}",
        )
        for case in cases
    ]
    rows += [(name, f"{value:.3g}") for name, value in figures.items()]
    if arguments.plots:
        arguments.plots.mkdir(parents=True, exist_ok=True)
        for case in cases:
            _plot(
                case, population[case.test.code], arguments.plots / f"{case.test.name.replace('/', '-')}.png"
            )
        _plot_all(cases, arguments.plots / "dye-tests.png")
    report("Real releases of dye, found blindly", rows, figures)


def _ours(test: TracerTest, population: Population) -> Answer:
    origin: Origin = locate(test.hidden(MOST_STATIONS), population)
    return Answer(origin.distance_m, origin.start_s, origin.released_kg.median)


def _plot(case: Case, population: Population, path: Path) -> None:
    passages = case.test.hidden(MOST_STATIONS)
    origin = locate(passages, population)
    curves = case.test.curves[:MOST_STATIONS]
    plot_origin(origin, curves, passages, population, path, title=case.test.name, truth_m=case.distance_m)


def _plot_all(cases: Sequence[Case], path: Path) -> None:
    """Place over true place for every test, ours above the spread law's."""
    figure = Figure(figsize=(9.0, 0.42 * len(cases) + 1.4), layout="constrained", facecolor="white")
    axes = figure.subplots()
    for row, case in enumerate(reversed(cases)):
        for answer, shift, colour in ((case.ours, 0.13, "#0f6b6b"), (case.law, -0.17, "#b0a99f")):
            place = np.array([answer.place.low, answer.place.median, answer.place.high]) / case.distance_m
            axes.plot(
                place[[0, 2]],
                [row + shift] * 2,
                color=colour,
                lw=3 if shift > 0 else 2,
                solid_capstyle="butt",
            )
            axes.plot(place[1], row + shift, "o", color=colour, ms=5)
    axes.axvline(1.0, color="#b3261e", ls="--", lw=1.2)
    axes.set_yticks(
        range(len(cases)),
        [f"{c.test.name}  {c.distance_m / 1e3:.0f} km" for c in reversed(cases)],
        fontsize=8,
    )
    axes.set(xscale="log", xlabel="found distance over the true one (median and 90 % interval)")
    axes.set_xticks([0.25, 0.5, 1, 2, 4, 8], ["¼", "½", "1", "2", "4", "8"])
    axes.minorticks_off()
    axes.set_title(
        "Real releases of dye: blind location (green), spread law of practice (grey)", loc="left", fontsize=10
    )
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)


def _spread_law(test: TracerTest, pool: Sequence[TracerTest]) -> Answer:
    """ln T = a + b ln σ by least squares over the curves of the other rivers, the residuals normal."""
    travel, sigma = zip(
        *((_moments(curve)) for other in pool if other.code != test.code for curve in other.curves),
        strict=True,
    )
    slope, intercept = np.polyfit(np.log(sigma), np.log(travel), 1)
    residual = np.log(travel) - (intercept + slope * np.log(sigma))
    spread = math.exp(NORMAL_95 * float(np.sqrt((residual**2).sum() / (len(residual) - 2))))
    (first_s, first_sigma), (second_s, _) = (_moments(curve) for curve in test.curves[:2])
    found_s = math.exp(float(intercept + slope * math.log(first_sigma)))
    upper, lower = test.journey.passages[:2]
    found_m = (lower.distance_m - upper.distance_m) / (second_s - first_s) * found_s
    return Answer(
        Interval(found_m, found_m / spread, found_m * spread),
        Interval(first_s - found_s, first_s - found_s * spread, first_s - found_s / spread),
        upper.mass_kg,
    )


def _moments(curve: Curve) -> tuple[float, float]:
    """Centroid and standard deviation, s."""
    time: NDArray[np.float64] = curve.time_s
    mass = np.trapezoid(curve.value, time)
    centroid = np.trapezoid(curve.value * time, time) / mass
    return float(centroid), float(np.sqrt(np.trapezoid(curve.value * (time - centroid) ** 2, time) / mass))


def _holds(interval: Interval, truth: float) -> bool:
    return interval.low <= truth <= interval.high


def _score(interval: Interval, truth: float) -> float:
    """Winkler's interval score: the width, and 2/α times what the truth lies outside."""
    outside = max(interval.low - truth, 0.0) + max(truth - interval.high, 0.0)
    return interval.high - interval.low + 2.0 / MISSED * outside


if __name__ == "__main__":
    main()
