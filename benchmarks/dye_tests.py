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
from numpy.typing import NDArray
from riverkit.blind import Origin, locate
from riverkit.blind.tracer_tests import Curve, TracerTest, learn_without, read_tracer_tests
from riverkit.tracing.result import Interval

from benchmarks import _dye_plots
from benchmarks._report import report

REPOSITORY = Path(__file__).resolve().parent.parent
FEWEST_STATIONS, MOST_STATIONS = 3, 4
HOUR_S = 3_600.0
MISSED = 0.1
"""Share of the truths that may lie outside the interval."""

NORMAL_95 = 1.6449


@dataclass(frozen=True)
class Answer:
    """Place (m above the first station), time (s after the injection) and mass (kg), of ours or of the spread law.

    `best_m` is the one place named: of the least expected error relative to the true distance, by each one's own belief.
    """

    place: Interval
    best_m: float
    start: Interval
    mass_kg: float


@dataclass(frozen=True)
class Case:
    """One injection with both answers; the truth is the distance to the first station, 0 s and the mass released."""

    test: TracerTest
    origin: Origin
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
    supplied = REPOSITORY.parent / "shared" / "data"
    parser.add_argument(
        "--data",
        type=Path,
        default=supplied,
        help="folder with btc_stations.csv and btc_series.csv, or with both in tracing/",
    )
    parser.add_argument(
        "--train",
        type=Path,
        default=supplied if supplied.is_dir() else None,
        help="learn from the collection in this folder, too; a river under test is always left out",
    )
    parser.add_argument(
        "--plots", type=Path, help="write a chart of every test and one of all into this folder"
    )
    arguments = parser.parse_args()
    tests = read_tracer_tests(_collection(arguments.data))
    known = {test.name for test in tests}
    others = read_tracer_tests(_collection(arguments.train)) if arguments.train else []
    pool = tests + [test for test in others if test.name not in known]
    chosen = [test for test in tests if len(test.curves) >= FEWEST_STATIONS]
    if not chosen:
        parser.error(f"{arguments.data}: no injection was seen by {FEWEST_STATIONS} stations or more.")
    population = {code: learn_without(pool, code) for code in sorted({test.code for test in chosen})}
    cases = []
    for test in chosen:
        origin = locate(test.hidden(MOST_STATIONS), population[test.code])
        ours = Answer(origin.distance_m, origin.best_m, origin.start_s, origin.released_kg.median)
        cases.append(Case(test, origin, ours, _spread_law(test, pool)))

    true_m = np.array([case.distance_m for case in cases])
    place, by_median, law, law_of_least_loss = (
        np.abs(np.array(found) / true_m - 1.0)
        for found in (
            [case.ours.best_m for case in cases],
            [case.ours.place.median for case in cases],
            [case.law.place.median for case in cases],
            [case.law.best_m for case in cases],
        )
    )
    figures = {
        "tests": len(cases),
        **_place_figures(place, ""),
        "median_place_error_km": float(np.median(place * true_m / 1e3)),
        "median_time_error_h": float(np.median([abs(case.ours.start.median) / HOUR_S for case in cases])),
        "median_mass_ratio": float(
            np.median([case.ours.mass_kg / case.test.journey.mass_kg for case in cases])
        ),
        "coverage_90_place": sum(_holds(case.ours.place, case.distance_m) for case in cases),
        "coverage_90_time": sum(_holds(case.ours.start, 0.0) for case in cases),
        "coverage_90_mass": sum(_holds(case.origin.released_kg, case.test.journey.mass_kg) for case in cases),
        "interval_score_place": float(
            np.mean([_score(c.ours.place, c.distance_m) / c.distance_m for c in cases])
        ),
        "interval_score_time": float(np.mean([_score(c.ours.start, 0.0) / c.travel_s for c in cases])),
        **_place_figures(law, "_spread_law"),
        "median_time_error_h_spread_law": float(np.median([abs(c.law.start.median) / HOUR_S for c in cases])),
        "coverage_90_place_spread_law": sum(_holds(case.law.place, case.distance_m) for case in cases),
        "interval_score_place_spread_law": float(
            np.mean([_score(c.law.place, c.distance_m) / c.distance_m for c in cases])
        ),
        "interval_score_time_spread_law": float(
            np.mean([_score(c.law.start, 0.0) / c.travel_s for c in cases])
        ),
        "nearer_than_spread_law": int((place < law).sum()),
        **_place_figures(by_median, "_by_median"),
        **_place_figures(law_of_least_loss, "_spread_law_of_least_loss"),
    }
    rows = [
        (
            case.test.name,
            f"{case.distance_m / 1e3:5.1f} km: found {case.ours.best_m / 1e3:5.1f} "
            f"({case.ours.place.low / 1e3:.1f} to {case.ours.place.high / 1e3:.1f}), "
            f"{case.ours.start.median / HOUR_S:+.1f} h, mass × {case.ours.mass_kg / case.test.journey.mass_kg:.2f}; "
            f"spread law {case.law.place.median / 1e3:.1f}",
        )
        for case in cases
    ]
    rows += [(name, f"{value:.3g}") for name, value in figures.items()]
    if arguments.plots:
        arguments.plots.mkdir(parents=True, exist_ok=True)
        _dye_plots.plot_places(cases, arguments.plots / "dye-tests.png")
        shown = [
            _dye_plots.Shown(
                case.test.name,
                case.origin,
                case.test.curves[:MOST_STATIONS],
                case.test.hidden(MOST_STATIONS),
                population[case.test.code],
                case.distance_m,
            )
            for case in cases
        ]
        _dye_plots.plot_each(shown, arguments.plots / "dye-tests-each.png")
    report("Real releases of dye, found blindly", rows, figures)


def _collection(folder: Path) -> Path:
    return folder / "tracing" if (folder / "tracing").is_dir() else folder


def _place_figures(errors: NDArray[np.float64], suffix: str) -> dict[str, float]:
    """Median, mean and worst of relative errors."""
    return {
        f"median_place_error{suffix}": float(np.median(errors)),
        f"mean_place_error{suffix}": float(np.mean(errors)),
        f"worst_place_error{suffix}": float(np.max(errors)),
    }


def _spread_law(test: TracerTest, pool: Sequence[TracerTest]) -> Answer:
    """ln T = a + b ln σ by least squares over the curves of the other rivers, the residuals normal.

    A log-normal belief divided by the distance is log-normal with its median lower by the factor exp(-sd²).
    """
    travel, sigma = zip(
        *((_moments(curve)) for other in pool if other.code != test.code for curve in other.curves),
        strict=True,
    )
    slope, intercept = np.polyfit(np.log(sigma), np.log(travel), 1)
    residual = np.log(travel) - (intercept + slope * np.log(sigma))
    residual_sd = float(np.sqrt((residual**2).sum() / (len(residual) - 2)))
    spread = math.exp(NORMAL_95 * residual_sd)
    (first_s, first_sigma), (second_s, _) = (_moments(curve) for curve in test.curves[:2])
    found_s = math.exp(float(intercept + slope * math.log(first_sigma)))
    upper, lower = test.journey.passages[:2]
    found_m = (lower.distance_m - upper.distance_m) / (second_s - first_s) * found_s
    return Answer(
        Interval(found_m, found_m / spread, found_m * spread),
        found_m * math.exp(-(residual_sd**2)),
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
