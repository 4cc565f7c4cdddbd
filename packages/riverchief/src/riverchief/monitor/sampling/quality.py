"""Which points get duplicates and blanks, and what these say of the results: pure functions, nothing of a database."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

PAST_HOLDING, BLANK_FOUND, DUPLICATES_APART = "past_holding", "blank_found", "duplicates_apart"
INSTRUMENT_STANDS = "instrument_stands"
"""What may be remarked on a result; it is kept all the same."""


@dataclass(frozen=True)
class Found:
    """A result: a number, or with `below` less than that detection limit."""

    value: float
    below: bool = False


@dataclass(frozen=True)
class Choice:
    """Numbers of the points (0 is the first) that get a duplicate and a blank, and the order in which labels are dealt."""

    duplicates: frozenset[int]
    blanks: frozenset[int]
    seed: int

    def deal(self, bottles: int) -> list[int]:
        """The label numbers (1 is the first) of so many bottles: shuffled, so that neighbours on paper are none at the river."""
        numbers = list(range(1, bottles + 1))
        random.Random(f"{self.seed} labels").shuffle(numbers)  # noqa: S311 - must be repeatable from the seed
        return numbers


def choose(points: int, seed: int, duplicate_share: float, blank_share: float) -> Choice:
    """Draw the points of quality control: that share of them, rounded up, and at least one; the same for the same seed."""
    draw = random.Random(f"{seed} points")  # noqa: S311 - must be repeatable from the seed

    def some(share: float) -> frozenset[int]:
        return frozenset(draw.sample(range(points), min(points, max(1, math.ceil(share * points - 1e-9)))))

    return Choice(some(duplicate_share), some(blank_share), seed)


def relative_deviation(first: Found, second: Found) -> float | None:
    """Relative deviation 相对偏差 |a - b| / (a + b) of two duplicates, as a share; None where both are below their limits.

    Of one below its limit the limit is taken if the other lies above it: the true deviation is then larger.
    """
    if first.below and second.below:
        return None
    for below, other in ((first, second), (second, first)):
        if below.below and other.value <= below.value:
            return None
    total = first.value + second.value
    return abs(first.value - second.value) / total if total else 0.0


def duplicates_agree(first: Found, second: Found, limit: float) -> bool:
    """Whether two duplicates lie within the limit of their relative deviation."""
    deviation = relative_deviation(first, second)
    return deviation is None or deviation <= limit + 1e-9


def blank_is_clean(found: Found) -> bool:
    """A blank says nothing if nothing was found in it."""
    return found.below or found.value == 0


def groups_of(
    parameters: Sequence[str], body: dict[str, list[dict[str, object]]]
) -> list[tuple[str, list[str], dict[str, float], bool]]:
    """The bottles that parameters need: (group, its parameters, hours each keeps, whether it is measured on site).

    A parameter that no group of the rule (`monitor.preservation`) names gets a bottle of its own, without a holding time.
    """
    found: list[tuple[str, list[str], dict[str, float], bool]] = []
    left = list(parameters)
    for group in body["groups"]:
        hours = group["holding_h"]
        assert isinstance(hours, dict)
        own = [name for name in left if name in hours]
        left = [name for name in left if name not in hours]
        if own:
            kept = {name: float(hours[name]) for name in own if hours[name] is not None}
            found.append((str(group["key"]), own, kept, bool(group.get("on_site"))))
    return [*found, *((name, [name], {}, False) for name in left)]
