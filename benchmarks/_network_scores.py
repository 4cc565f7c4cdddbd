"""What the cases of `network_trace` come to: rates, scores and calibration of the tracer and the oracle."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from riverkit.tracing.model import Floats

from benchmarks._network_cases import LIST_SIZES, STATIONS
from benchmarks._report import report

BINS = 10
"""Equal bins of probability, for the calibration error."""


@dataclass(frozen=True)
class Answer:
    """The candidates of one trace in order of probability, and what is true.

    Attributes:
        probability: of every candidate, the largest first.
        right: whether it is the true one: the outfall, or the unlisted place on its reach.
        of_truth: probability of the true outfall, or that it is none of the list where it is withheld.
        none_of_list: probability of all unlisted places and of nothing in this network.
        none_leads: whether that is more than any outfall has.
        zone_km: length of the reaches that together hold 90 % of the probability of all places.
        zone_holds: whether the true place lies on them.
    """

    probability: tuple[float, ...]
    right: tuple[bool, ...]
    of_truth: float
    none_of_list: float
    none_leads: bool
    zone_km: float
    zone_holds: bool
    hypotheses: int
    cpu_seconds: float

    @property
    def rank(self) -> float:
        """Of the true candidate; infinite where a reach too short for an unlisted place holds it."""
        return self.right.index(True) + 1 if any(self.right) else math.inf


@dataclass(frozen=True)
class Outcome:
    """All traces of a case: without samples, with those suggested, with those at the best fixed places (None if not taken).

    `oracle_sampled` is the oracle's with those that were suggested to the tracer.
    """

    network: str
    list_size: int
    withheld: bool
    tracer: Answer
    oracle: Answer
    sampled: Answer | None
    sampled_by_plan: Answer | None
    oracle_sampled: Answer | None
    cpu_seconds: float


LABELS = {
    "top1": "true outfall first",
    "top3": "true outfall among the first three",
    "log_score": "log score (mean -ln of the truth's probability)",
    "confidence": "probability given to the first, mean",
    "expected_calibration_error": "expected calibration error of the first",
    "calibration_error_all": "the same over all candidates",
    "withheld_found": "'none of the list' leads where the outfall is withheld",
    "listed_doubted": "'none of the list' leads where it is listed",
    "none_if_withheld": "probability of 'none of the list' where it is withheld, mean",
    "none_if_listed": "the same where it is listed, mean",
    "none_tells": "probability that it is higher in a withheld case than in a listed one (area under the ROC curve)",
    "zone_km_median": "90 % zone, km, median",
    "zone_km_mean": "90 % zone, km, mean",
    "zone_coverage": "90 % zone holds the true place",
    "cpu_seconds": "processor seconds of a trace, mean",
}


def tell(outcomes: Sequence[Outcome], seed: int, settings: int) -> None:
    """The figures of all cases, with the rates of each network and list size."""
    tracer = summary([each.tracer for each in outcomes], outcomes)
    oracle = summary([each.oracle for each in outcomes], outcomes)
    with_samples = [each for each in outcomes if each.sampled and each.sampled_by_plan]
    sampled = {
        "before_samples": summary([each.tracer for each in with_samples], with_samples),
        "after_two_samples": summary([each.sampled for each in with_samples if each.sampled], with_samples),
        "after_two_fixed_samples": summary(
            [each.sampled_by_plan for each in with_samples if each.sampled_by_plan], with_samples
        ),
        "of_oracle_after_two_samples": summary(
            [each.oracle_sampled for each in with_samples if each.oracle_sampled], with_samples
        ),
    }
    rows = [
        (
            "cases",
            f"{len(outcomes)}, seeds {seed}–{seed + len(outcomes) - 1}; {STATIONS} stations; "
            f"{sum(each.withheld for each in outcomes)} with the true outfall withheld",
        )
    ]
    rows.append(
        (
            "figures in this order",
            f"tracer, oracle; tracer in the {len(with_samples)} cases with samples: before them, after two suggested, "
            "after two at the best fixed places, and the oracle after the two suggested",
        )
    )
    rows += [
        (
            what,
            f"{tracer[key]:.3g}, {oracle[key]:.3g}; "
            + ", ".join(f"{each.get(key, math.nan):.3g}" for each in sampled.values()),
        )
        for key, what in LABELS.items()
        if key in tracer
    ]
    groups: dict[str, dict[str, float]] = {}
    for name, size in itertools.product(sorted({o.network for o in outcomes}), LIST_SIZES):
        part = [o for o in outcomes if (o.network, o.list_size) == (name, size)]
        if any(not each.withheld for each in part):
            of_tracer, of_oracle = (
                summary([getattr(each, who) for each in part], part) for who in ("tracer", "oracle")
            )
            groups[f"{name} {size}"] = {
                "cases": len(part),
                **{key: of_tracer[key] for key in ("top1", "top3")},
                **{f"oracle_{key}": of_oracle[key] for key in ("top1", "top3")},
            }
            rows.append(
                (
                    f"{name}, {size} outfalls",
                    f"first {of_tracer['top1']:.2f} (oracle {of_oracle['top1']:.2f}), among three "
                    f"{of_tracer['top3']:.2f} ({of_oracle['top3']:.2f}) of {len(part)}",
                )
            )
    rows.append(
        ("candidates weighed; hypotheses, mean", f"{tracer['candidates']:.0f}; {tracer['hypotheses']:,.0f}")
    )
    rows.append(("processor seconds of a case, mean", f"{np.mean([o.cpu_seconds for o in outcomes]):.2f}"))
    figures: dict[str, object] = {
        "cases": len(outcomes),
        "first_seed": seed,
        "networks": sorted({each.network for each in outcomes}),
        "stations": STATIONS,
        "cases_with_samples": len(with_samples),
        "hydraulic_settings_tried": settings,
        **tracer,
        **{f"oracle_{key}": value for key, value in oracle.items()},
        **{f"{key}_{when}": each[key] for when, each in sampled.items() for key in LABELS if key in each},
        "groups": groups,
    }
    report("A hidden outfall on real networks", rows, figures)


def summary(answers: Sequence[Answer], outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Rates over the cases whose outfall is listed, scores over all of them."""
    ranks = np.array([each.rank for each in answers])
    withheld = np.array([each.withheld for each in outcomes])
    none_of_list = np.array([each.none_of_list for each in answers])
    none_leads = np.array([each.none_leads for each in answers])
    first = np.array([each.probability[0] for each in answers])
    every = np.concatenate([each.probability for each in answers])
    right = np.concatenate([each.right for each in answers])
    of_truth = np.array([each.of_truth for each in answers])
    found = {
        "top1": float(np.mean(ranks[~withheld] == 1)),
        "top3": float(np.mean(ranks[~withheld] <= 3)),
        # A probability that rounds to 0 counts as the smallest double: JSON knows no infinity.
        "log_score": float(-np.log(np.maximum(of_truth, np.finfo(float).tiny)).mean()),
        "confidence": float(first.mean()),
        "expected_calibration_error": calibration_error(first, ranks == 1),
        "calibration_error_all": calibration_error(every, right),
        "listed_doubted": float(np.mean(none_leads[~withheld])),
        "none_if_listed": float(np.mean(none_of_list[~withheld])),
        "zone_km_median": float(np.median([each.zone_km for each in answers])),
        "zone_km_mean": float(np.mean([each.zone_km for each in answers])),
        "zone_coverage": float(np.mean([each.zone_holds for each in answers])),
        "candidates": float(np.mean([len(each.probability) for each in answers])),
        "hypotheses": float(np.mean([each.hypotheses for each in answers])),
        "cpu_seconds": float(np.mean([each.cpu_seconds for each in answers])),
    }
    if withheld.any():
        found["withheld_found"] = float(np.mean(none_leads[withheld]))
        found["none_if_withheld"] = float(np.mean(none_of_list[withheld]))
        found["none_tells"] = area_under_roc(none_of_list[withheld], none_of_list[~withheld])
    return found


def area_under_roc(positive: Floats, negative: Floats) -> float:
    """Probability that one of the first is larger than one of the second; a draw counts half."""
    return float(np.mean(0.5 * (1.0 + np.sign(positive[:, None] - negative))))


def calibration_error(confidence: Floats, right: NDArray[np.bool_]) -> float:
    """How far, on average, the share of right answers lies from the probability they were given, by tenths."""
    number = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [abs(float(confidence[number == n].sum() - right[number == n].sum())) for n in range(BINS)]
    return sum(gaps) / len(confidence)
