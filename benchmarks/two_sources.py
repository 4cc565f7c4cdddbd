"""`python -m benchmarks.two_sources`: real dye curves laid over one another, and how many sources are found, where and when.

Two stations see one, two or three injections at once (`benchmarks/_superposed.py` says what is real and what assumed);
`trace_several` weighs one to three sources at eight to ten outfalls, the true ones among them. Velocities, dispersion, dead
zones and the model's misfit are unknown, and believed of every river what single clouds of all the others teach
(`benchmarks/_rivers_at_large.py`); recoveries are wide. No shortlist is made: there are few outfalls.
Antietam Creek, 18 August 1970, was injected twice at a time; its stations saw one cloud each.
"""

import argparse
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from riverkit.blind.tracer_tests import read_tracer_tests
from riverkit.tracing import CombinationResult, SourceCount

from benchmarks._antietam import antietam
from benchmarks._dye_clouds import Collection
from benchmarks._report import report
from benchmarks._superposed import Case, cases, learned

REPOSITORY = Path(__file__).resolve().parent.parent
SETTINGS = 300


@dataclass(frozen=True)
class Found:
    """What came out of a case."""

    case: Case
    answer: SourceCount

    @property
    def right(self) -> bool:
        """Whether the most probable number is the true one."""
        return self.answer.number == len(self.case.truth)

    @property
    def at_true_places(self) -> CombinationResult | None:
        """The true outfalls, where they are among the combinations that hold 90 % of the true number's probability."""
        keys = {release.key for release in self.case.truth}
        of_number = self.answer.credible[len(self.case.truth) - 1]
        return next((each for each in of_number if {source.key for source in each.sources} == keys), None)

    def holds(self, what: str) -> bool:
        """Whether the true outfalls are among these, and with them every true `start_s` or `released_kg` in its interval."""
        if self.at_true_places is None:
            return False
        truth = {release.key: getattr(release, what) for release in self.case.truth}
        intervals = {source.key: getattr(source, what) for source in self.at_true_places.sources}
        return all(intervals[key].low <= value <= intervals[key].high for key, value in truth.items())


def main() -> None:
    """Superpose, trace and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data",
        type=Path,
        default=REPOSITORY.parent / "shared" / "data",
        help="folder with tracing/btc_stations.csv, btc_series.csv and, if there, antietam_series.csv",
    )
    parser.add_argument("--settings", type=int, default=SETTINGS, help="hydraulic settings")
    parser.add_argument("--verbose", action="store_true", help="tell every case as it comes out")
    arguments = parser.parse_args()
    folder = arguments.data / "tracing"
    began = time.perf_counter()
    found = []
    collection = Collection(read_tracer_tests(folder), folder)
    beliefs = learned(collection, arguments.settings)
    for case in cases(collection, arguments.settings, beliefs):
        answer = case.weigh()
        found.append(Found(case, answer))
        if arguments.verbose:
            print(*_row(found[-1]), sep=": ", file=sys.stderr, flush=True)
    by_number = {size: [each for each in found if len(each.case.truth) == size] for size in (1, 2, 3)}
    two = by_number[2]
    figures: dict[str, object] = {
        "cases": len(found),
        "cases_single": len(by_number[1]),
        "cases_two": len(two),
        "cases_three": len(by_number[3]),
        "number_right": _share(each.right for each in found),
        "number_right_single": _share(each.right for each in by_number[1]),
        "number_right_two": _share(each.right for each in two),
        "number_right_three": _share(each.right for each in by_number[3]),
        "both_within_intervals": _share(each.holds("start_s") for each in two),
        "both_places_within": _share(each.at_true_places is not None for each in two),
        "both_masses_within": _share(each.holds("released_kg") for each in two),
        "single_within_intervals": _share(each.holds("start_s") for each in by_number[1]),
        "single_place_within": _share(each.at_true_places is not None for each in by_number[1]),
        "probability_of_true_number": float(
            np.mean([each.answer.probability[len(each.case.truth) - 1] for each in found])
        ),
        "hydraulic_settings": arguments.settings,
    }
    rows = [_row(each) for each in found]
    series = folder / "antietam_series.csv"
    if series.is_file():
        answer = antietam(series, arguments.settings, collection.unlike_of("ANT"))
        figures["antietam_number_probability"] = answer.probability[1]
        rows.append(("Antietam 1970-08-18", _text(answer)))
    figures["seconds"] = time.perf_counter() - began
    rows += [(name, f"{value:.3g}") for name, value in figures.items() if isinstance(value, int | float)]
    report("Real dye curves of one to three injections at once", rows, figures)


def _share(each: Iterable[bool]) -> float:
    """Of those asked; 0 of none."""
    asked = list(each)
    return sum(asked) / len(asked) if asked else 0.0


def _row(found: Found) -> tuple[str, str]:
    within = [
        name
        for name, holds in (
            ("places", found.at_true_places is not None),
            ("starts", found.holds("start_s")),
            ("masses", found.holds("released_kg")),
        )
        if holds
    ]
    return found.case.name, f"{_text(found.answer)}; within: {', '.join(within) or 'none'}"


def _text(answer: SourceCount) -> str:
    return f"found {answer.number} ({', '.join(f'{each:.2f}' for each in answer.probability)})"


if __name__ == "__main__":
    main()
