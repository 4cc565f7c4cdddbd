"""Where and when the next bottles tell most about the candidates: no database, no clock, the same answer every time."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
from riverkit.network import Network
from riverkit.network.geometry import metres_per_degree
from riverkit.tracing import Posterior
from riverkit.tracing.hypotheses import Hypotheses
from riverkit.tracing.next_sample import (
    Crew,
    Outcome,
    SampleNoise,
    SamplingPlace,
    Suggestion,
    next_samples,
)

from riverchief.base.clock import SHANGHAI
from riverchief.trace.bottles import background_of, quiet_scatter
from riverchief.trace.inputs import SamplingInput, SamplingPlaceInput, TraceInputs

MOVED = 2
"""Of an outcome, so many candidates that rise most and so many that fall most are kept."""

NOTED = 0.02
"""Changes of a probability by less are not worth a word."""

LEAST_SHARE = 0.02
"""A place is worth a look if this much of the probability, at least, lies above it."""


def next_bottles(inputs: TraceInputs, posterior: Posterior) -> dict[str, Any] | None:
    """The bottles that one crew should fill next, as what is stored with the result of a trace.

    None where none were to be chosen. A list without suggestions is an answer: nothing that a crew can reach would tell
    as much as the rule asks for.
    """
    asked, releases = inputs.sampling, posterior.releases
    if asked is None or releases is None:
        return None
    rule = asked.settings
    likely = releases.thinned(rule["releases_per_candidate"], rule["least_probability"])
    network = inputs.network()
    before = dict(zip(likely.keys, likely.probabilities().tolist(), strict=True))
    places = telling_places(network, asked, inputs, before)
    suggestions = _chosen(network, likely, places, inputs, asked) if places else []
    return {
        "open_bits": _entropy(before.values()),
        "places": len(places),
        "suggestions": [
            _suggestion(found, places[int(found.place)], before, rule["most_outcomes"])
            for found in suggestions
            if found.bits >= rule["least_bits"]
        ],
    }


def telling_places(
    network: Network, asked: SamplingInput, inputs: TraceInputs, probability: Mapping[str, float]
) -> list[SamplingPlaceInput]:
    """The places that part the candidates best, by how evenly they split the probability into above and not above.

    Of places below the same candidates the upper ones come first.
    """
    sources = [
        (row.location, probability[row.key])
        for row in inputs.candidates
        if row.location is not None and probability.get(row.key, 0.0) > 0
    ]
    ranked = []
    for number, place in enumerate(asked.places):
        ways = [(network.distance_m(source, place.location), share) for source, share in sources]
        above = [(way, share) for way, share in ways if way is not None]
        share = sum(share for _, share in above)
        if share >= LEAST_SHARE:
            ranked.append((-_entropy((share, 1.0 - share)), min(way for way, _ in above), number))
    return [asked.places[number] for *_, number in sorted(ranked)[: asked.settings["most_places"]]]


def _chosen(
    network: Network,
    likely: Hypotheses,
    places: Sequence[SamplingPlaceInput],
    inputs: TraceInputs,
    asked: SamplingInput,
) -> list[Suggestion]:
    rule = asked.settings
    level, spread = background_of(inputs.stations, rule)
    sampling = []
    for number, place in enumerate(places):
        discharge_m3s = network.reach(place.reach_id).discharge_m3s
        assert discharge_m3s is not None  # it would be no place to sample
        sampling.append(SamplingPlace(str(number), place.location, discharge_m3s, level, spread))
    ready_s = asked.asked_at_s + 60.0 * rule["preparation_minutes"]
    crew = Crew(
        earliest_s=np.full(len(places), ready_s),
        between_s=_apart_m(places) / (rule["speed_km_h"] / 3.6),
        windows_s=list(_hours_of_work(inputs.origin, ready_s, rule)),
        handling_s=60.0 * rule["handling_minutes"],
    )
    noise = SampleNoise(
        absolute=quiet_scatter(inputs.stations),
        relative=math.hypot(rule["relative_error"], inputs.settings["noise"]["discrepancy"]),
    )
    return next_samples(network, likely, sampling, crew, rule["count"], noise, step_s=rule["step_s"])


def _apart_m(places: Sequence[SamplingPlaceInput]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The straight way from each place to each other, m."""
    east, north = metres_per_degree(float(np.mean([place.lat for place in places])))
    x = np.array([place.lon * east for place in places])
    y = np.array([place.lat * north for place in places])
    apart: np.ndarray[Any, np.dtype[np.float64]] = np.hypot(x[:, None] - x, y[:, None] - y)
    return apart


def _hours_of_work(
    origin: datetime, ready_s: float, rule: Mapping[str, Any]
) -> Iterator[tuple[float, float]]:
    """The hours of each day in which a crew works, from when it is ready to the horizon."""
    end_s = ready_s + 3600.0 * rule["horizon_hours"]
    ready = (origin + timedelta(seconds=ready_s)).astimezone(SHANGHAI)
    midnight = ready.replace(hour=0, minute=0, second=0, microsecond=0)
    for day in range(math.ceil(rule["horizon_hours"] / 24) + 1):
        begin_s = (midnight + timedelta(days=day) - origin).total_seconds()
        first = max(begin_s + 3600.0 * rule["work_from_hour"], ready_s)
        last = min(begin_s + 3600.0 * rule["work_to_hour"], end_s)
        if first < last:
            yield first, last


def _suggestion(
    found: Suggestion, place: SamplingPlaceInput, before: Mapping[str, float], most_outcomes: int
) -> dict[str, Any]:
    return {
        "place": vars(place),
        "time_s": found.time_s,
        "window_s": list(found.window_s),
        "passage_s": list(found.passage_s) if found.passage_s else None,
        "bits": found.bits,
        "outcomes": [_outcome(outcome, before) for outcome in told_apart(found.outcomes, most_outcomes)],
    }


@dataclass(frozen=True)
class Range:
    """A result between `low` and `high` (None: open), how probable it is, and the candidates' probabilities then."""

    low: float | None
    high: float | None
    probability: float
    candidates: Mapping[str, float]

    def joined(self, other: "Range") -> "Range":
        """With the next range."""
        both = self.probability + other.probability
        share = self.probability / both
        mixed = {
            key: share * value + (1.0 - share) * other.candidates[key]
            for key, value in self.candidates.items()
        }
        return Range(self.low, other.high, both, mixed)

    def lost_to(self, whole: "Range") -> float:
        """Information lost when it is known only that the result lies in a wider range."""
        return self.probability * sum(
            value * math.log(value / whole.candidates[key])
            for key, value in self.candidates.items()
            if value > 0
        )


def told_apart(outcomes: Sequence[Outcome], most: int) -> list[Range]:
    """At most so many ranges, the neighbours joined that mean most nearly the same: more, nobody reads."""
    last = len(outcomes) - 1
    ranges = [
        Range(
            None if number == 0 else max(outcome.low, 0.0),
            None if number == last else outcome.high,
            outcome.probability,
            outcome.candidates,
        )
        for number, outcome in enumerate(outcomes)
    ]
    while len(ranges) > most:
        wider = [a.joined(b) for a, b in pairwise(ranges)]
        lost = [a.lost_to(c) + b.lost_to(c) for (a, b), c in zip(pairwise(ranges), wider, strict=True)]
        least = lost.index(min(lost))
        ranges[least : least + 2] = [wider[least]]
    return ranges


def _outcome(found: Range, before: Mapping[str, float]) -> dict[str, Any]:
    """What a result in the range would mean: the candidates that it moves most."""

    def moved(sign: float) -> list[dict[str, Any]]:
        changes = sorted((sign * (after - before[key]), key) for key, after in found.candidates.items())
        return [
            {"key": key, "before": before[key], "after": found.candidates[key]}
            for change, key in changes[::-1][:MOVED]
            if change >= NOTED
        ]

    return {
        "low": found.low,
        "high": found.high,
        "probability": found.probability,
        "rises": moved(1.0),
        "falls": moved(-1.0),
    }


def _entropy(shares: Iterable[float]) -> float:
    """Bits that are open among possibilities of these probabilities."""
    return -sum(share * math.log2(share) for share in shares if share > 0)
