"""Settings from labelled examples: the supervised variant.

Labels choose among a few settings of the detector and do nothing else. Models that learn from labels how an event looks
(logistic regression, boosted trees on the same scores) mostly did worse on weeks they had not seen, because events come in
kinds; the figures, and the one that did better, are in docs/design/detection.md.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from riverkit.errors import DetectionError

from .events import Mask, detect, excursions
from .measured import Array
from .normal import Settings


@dataclass(frozen=True, slots=True)
class Labelled:
    """A station's readings with what is known about them."""

    time_s: Array
    values: Mapping[str, Array]
    is_event: Mask


@dataclass(frozen=True, slots=True)
class Tried:
    """A setting, and how it did on the examples, the mean over them: 1 is perfect."""

    settings: Settings
    figure: float


def point_f1(found: Mask, is_event: Mask) -> float:
    """F1 of the readings found; 1 where there is nothing to find and nothing was found."""
    both = int(found.sum() + is_event.sum())
    return 2 * int((found & is_event).sum()) / both if both else 1.0


def calibrate(
    examples: Sequence[Labelled],
    candidates: Iterable[Settings],
    *,
    figure: Callable[[Mask, Mask], float] = point_f1,
) -> list[Tried]:
    """Try settings on labelled examples; the best first, of equals the one given first.

    `figure` takes which readings were found to be in an event and which are, both (N,).
    """
    if not examples:
        raise DetectionError("there is no labelled example to learn from; give at least one")
    tried = []
    for settings, found in verdicts(examples, candidates):
        figures = [figure(mask, each.is_event) for mask, each in zip(found, examples, strict=True)]
        tried.append(Tried(settings, float(np.mean(figures))))
    return sorted(tried, key=lambda each: -each.figure)


def verdicts(
    examples: Sequence[Labelled], candidates: Iterable[Settings]
) -> Iterator[tuple[Settings, list[Mask]]]:
    """What each setting finds in each example. Settings that learn the same normal are scored once."""
    scores: dict[Settings, list[Array]] = {}
    for settings in candidates:
        normal = replace(settings, threshold=1.0, confirm_minutes=0.0)
        if normal not in scores:
            scores[normal] = [detect(each.time_s, each.values, settings=normal).score for each in examples]
        found = zip(examples, scores[normal], strict=True)
        yield settings, [excursions(each.time_s, score, settings) for each, score in found]
