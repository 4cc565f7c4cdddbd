"""One, two or three sources at a time: how many the readings speak for, and which (docs/design/tracing.md)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riverkit.errors import TracingError
from riverkit.network import Network
from riverkit.tracing.combinations import CELLS, Combination, all_cells
from riverkit.tracing.evidence import strength_at
from riverkit.tracing.model import (
    BackgroundPrior,
    Candidate,
    Floats,
    HydraulicPrior,
    Ints,
    Noise,
    StrengthPrior,
)
from riverkit.tracing.parameter import Parameter
from riverkit.tracing.readings import prepare
from riverkit.tracing.result import Interval, interval_of_grid, interval_of_values
from riverkit.tracing.search import DRAWS, Progress, Search
from riverkit.tracing.survey import Instrument
from riverkit.tracing.tally import GOLDEN

LARGEST_TABLE = 3e7
"""Cells times readings that are held at once, 240 MB."""


@dataclass(frozen=True)
class SourceResult:
    """One source of a combination, with 90 % intervals."""

    key: str
    start_s: Interval
    duration_s: Interval
    released_kg: Interval


@dataclass(frozen=True)
class CombinationResult:
    """The most probable combination of so many sources.

    Attributes:
        probability: among all combinations of as many sources that were weighed.
        sources: in the order of the candidates.
    """

    probability: float
    sources: tuple[SourceResult, ...]


@dataclass(frozen=True)
class SourceCount:
    """How many sources: entry n is for n + 1 of them.

    Attributes:
        probability: of the number.
        log_evidence: natural logarithm against the background alone; -inf where there are too few candidates.
        leading: the most probable combination; None where there are too few candidates.
    """

    probability: tuple[float, ...]
    log_evidence: tuple[float, ...]
    leading: tuple[CombinationResult | None, ...]

    @property
    def number(self) -> int:
        """The most probable number of sources."""
        return 1 + int(np.argmax(self.probability))


def trace_several(
    network: Network,
    stations: Sequence[Instrument],
    candidates: Sequence[Candidate],
    *,
    first_start_s: float,
    start_step_s: float,
    n_starts: int,
    durations_s: Sequence[float],
    noise: Noise,
    strength: StrengthPrior,
    background: BackgroundPrior | None = None,
    hydraulics: HydraulicPrior | None = None,
    decay_per_s: float = 0.0,
    number_prior: tuple[float, ...] = (0.9, 0.08, 0.02),
    progress: Progress | None = None,
) -> SourceCount:
    """Weigh one, two and three releases of different candidates, each with a start, a duration and a mass of its own.

    Everything else is as in `trace`, whose arguments these are. All responses are held in memory: give the candidates
    that `trace` leaves, not a whole city. Candidates of kind 'nothing' are passed over, and readings below a detection
    limit count by the first approximation of `trace`.

    Args:
        number_prior: belief in one, two, three sources; the weights need not sum to 1. Leave off what is not wanted.
        progress: called with (hydraulic settings weighed, all of them).

    Raises:
        TracingError: settings, stations or candidates cannot be used.
        TransportError: no steady-flow kernel for a reach between a candidate and a station.
    """
    candidates = [each for each in candidates if each.kind != "nothing" and each.prior > 0]
    _refuse_unusable(stations, candidates, number_prior)
    steps = tuple(sorted({max(1, round(duration / start_step_s)) for duration in durations_s}))
    background = background or BackgroundPrior()
    readings = [prepare(station, noise, background) for station in stations]
    table = sum(len(each.time_s) for each in readings) * len(candidates) * len(steps) * n_starts
    if table > LARGEST_TABLE:
        raise TracingError(
            f"{len(candidates)} candidates × {len(steps)} durations × {n_starts} starts × all readings make {table:.1e} "
            f"responses, more than {LARGEST_TABLE:.0e}. Keep the candidates that one source leaves probable."
        )
    search = Search.prepared(
        network,
        [Parameter("", stations, noise, strength, background, decay_per_s)],
        candidates,
        [readings],
        first_start_s=first_start_s,
        start_step_s=start_step_s,
        n_starts=n_starts,
        steps=steps,
        hydraulics=hydraulics or HydraulicPrior(),
    )
    found: dict[int, list[Combination]] = {size: [] for size in range(1, len(number_prior) + 1)}
    for setting in range(len(search.settings)):
        cells = all_cells(search, candidates, setting, readings, first_start_s, steps, n_starts)
        mode: tuple[int, ...] = ()
        for size, weighed in found.items():
            if size <= len(candidates):
                mode = cells.best(mode, size)
                weighed += cells.weigh(mode)
        if progress:
            progress(setting + 1, len(search.settings))
    log_settings = math.log(len(search.settings))
    evidence = [
        float(np.logaddexp.reduce([each.log_evidence for each in weighed])) - log_settings
        if weighed
        else -math.inf
        for weighed in found.values()
    ]
    with np.errstate(divide="ignore"):
        logs = np.array(evidence) + np.log(number_prior)
    probability = np.exp(logs - np.logaddexp.reduce(logs))
    leading = [
        _leading(weighed, candidates, first_start_s, start_step_s, steps, n_starts) if weighed else None
        for weighed in found.values()
    ]
    return SourceCount(tuple(probability.tolist()), tuple(evidence), tuple(leading))


def _refuse_unusable(
    stations: Sequence[Instrument], candidates: Sequence[Candidate], number_prior: tuple[float, ...]
) -> None:
    if not stations:
        raise TracingError("No station. Give the readings of at least one.")
    if not candidates or len({each.key for each in candidates}) < len(candidates):
        raise TracingError("Give at least one candidate with a place, and each a key of its own.")
    if not 1 <= len(number_prior) <= len(CELLS) or min(number_prior) < 0 or not sum(number_prior) > 0:
        raise TracingError(f"Prior {number_prior} of the number: give one to three weights, none below 0.")


def _leading(
    weighed: Sequence[Combination],
    candidates: Sequence[Candidate],
    first_start_s: float,
    step_s: float,
    steps: tuple[int, ...],
    n_starts: int,
) -> CombinationResult:
    """The most probable combination, averaged over the hydraulic settings."""
    sums: dict[tuple[int, ...], float] = {}
    for each in weighed:
        sums[each.members] = float(np.logaddexp(sums.get(each.members, -math.inf), each.log_evidence))
    members = max(sums, key=lambda numbers: sums[numbers])
    own = [each for each in weighed if each.members == members]
    weights = np.concatenate([np.exp(each.log_weight - sums[members]) for each in own])
    start, duration, mean, sd = (
        np.concatenate([getattr(each, name) for each in own]) for name in ("start", "duration", "mean", "sd")
    )
    # Evenly along the weight, each with a strength of its own share: a lattice for the mixture of truncated normals.
    shares = (GOLDEN * np.arange(1.0, DRAWS + 1)) % 1.0
    drawn = np.searchsorted(np.cumsum(weights), (np.arange(DRAWS) + 0.5) / DRAWS * weights.sum())
    durations_s = np.array(steps) * step_s
    sources = tuple(
        SourceResult(
            candidates[member].key,
            interval_of_grid(_summed(start[:, slot], weights, n_starts), first_start_s, step_s),
            interval_of_values(durations_s, _summed(duration[:, slot], weights, len(steps))),
            interval_of_values(
                strength_at(shares, mean[drawn, slot], sd[drawn, slot]), np.full(DRAWS, 1.0 / DRAWS)
            ),
        )
        for slot, member in enumerate(members)
    )
    total = float(np.logaddexp.reduce(list(sums.values())))
    return CombinationResult(math.exp(sums[members] - total), sources)


def _summed(numbers: Ints, weights: Floats, count: int) -> Floats:
    return np.bincount(numbers, weights, count).astype(np.float64)
