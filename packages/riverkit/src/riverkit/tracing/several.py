"""One, two or three sources at a time: how many the readings speak for, and which (docs/design/tracing.md)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from riverkit.errors import TracingError
from riverkit.network import Network
from riverkit.tracing.adaptive import explore, flattened
from riverkit.tracing.combinations import CELLS, Cells, Combination, all_cells
from riverkit.tracing.evidence import strength_at
from riverkit.tracing.hydraulics import gains_at, n_uncertain, settings_at
from riverkit.tracing.measured import rows_and_gain_numbers
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
from riverkit.tracing.places import STEPS_APART
from riverkit.tracing.readings import prepare
from riverkit.tracing.result import Interval, interval_of_grid, interval_of_values
from riverkit.tracing.search import Progress, Search
from riverkit.tracing.survey import Instrument
from riverkit.tracing.tally import DRAWS, GOLDEN

LARGEST_TABLE = 3e7
"""Cells times readings that are held at once, 240 MB."""

HOPELESS = 15.0
"""A setting under which the best combination lies so many nats below that of the best setting is not summed."""

RESOLVED = 0.1
"""Intervals rest on this share of the settings at least: where fewer fit, their weights are made less unlike until so many
count, since water that is a little faster or slower was then not tried closely enough."""

CREDIBLE = 0.9
"""Share of the probability that the combinations named hold together."""


@dataclass(frozen=True)
class SourceResult:
    """One source of a combination, with 90 % intervals."""

    key: str
    start_s: Interval
    duration_s: Interval
    released_kg: Interval


@dataclass(frozen=True)
class CombinationResult:
    """One combination of so many sources.

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
        credible: the most probable combinations that together hold 90 % of the probability, the leading one first.
    """

    probability: tuple[float, ...]
    log_evidence: tuple[float, ...]
    leading: tuple[CombinationResult | None, ...]
    credible: tuple[tuple[CombinationResult, ...], ...]

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
    hydraulics = hydraulics or HydraulicPrior()
    parameter = Parameter("", stations, noise, strength, background, decay_per_s)
    search = Search.prepared(
        network,
        [parameter],
        candidates,
        [readings],
        first_start_s=first_start_s,
        start_step_s=start_step_s,
        n_starts=n_starts,
        steps=steps,
        steps_apart=STEPS_APART,
        hydraulics=hydraulics,
    )
    sizes = range(1, min(len(number_prior), len(candidates)) + 1)
    _, _, (gain_of,), n_gains = rows_and_gain_numbers([parameter])
    own = n_uncertain(hydraulics)

    def cells_at(point: Floats) -> Cells:
        gains = np.ones((1, n_gains))
        if hydraulics.gain_log_sd:
            gains = gains_at(hydraulics, point[None, own:])
        there = replace(
            search,
            settings=list(settings_at(network, hydraulics, point[None, :own])),
            measured=[replace(search.measured[0], gains=gains[:, gain_of])],
        )
        return all_cells(there, candidates, 0, readings, first_start_s, steps, n_starts)

    modes: list[list[tuple[int, ...]]] = []

    def score(point: Floats) -> Floats:
        cells = cells_at(point)
        found: list[tuple[int, ...]] = [()]
        for size in sizes:
            found.append(cells.best(found[-1], size))
        modes.append(found[1:])
        if progress:
            progress(len(modes), hydraulics.n_settings)
        return np.array([cells.value(mode) for mode in found[1:]])

    dimensions = own + (n_gains if hydraulics.gain_log_sd else 0)
    explored = explore(hydraulics.n_settings, dimensions, hydraulics.seed, score)
    log_weight = explored.log_weight - math.log(len(explored.points))
    promise = explored.scores + log_weight[:, None]
    wanted = RESOLVED * len(promise)
    worth = promise > promise.max(axis=0) - HOPELESS
    worth |= promise >= np.sort(promise, axis=0)[-math.ceil(wanted)]
    found: list[list[list[Combination]]] = [[] for _ in number_prior]
    for number in np.flatnonzero(worth.any(axis=1)).tolist():
        cells = cells_at(explored.points[number])
        for size in sizes:
            if worth[number, size - 1]:
                weighed = cells.weigh(modes[number][size - 1])
                found[size - 1].append([each.weighted(float(log_weight[number])) for each in weighed])
    evidence = [
        float(np.logaddexp.reduce(_by_setting(weighed))) if weighed else -math.inf for weighed in found
    ]
    with np.errstate(divide="ignore"):
        logs = np.array(evidence) + np.log(number_prior)
    probability = np.exp(logs - np.logaddexp.reduce(logs))
    credible = [
        _credible(_flattened(weighed, wanted), candidates, first_start_s, start_step_s, steps, n_starts)
        for weighed in found
    ]
    leading = tuple(each[0] if each else None for each in credible)
    return SourceCount(tuple(probability.tolist()), tuple(evidence), leading, tuple(credible))


def _refuse_unusable(
    stations: Sequence[Instrument], candidates: Sequence[Candidate], number_prior: tuple[float, ...]
) -> None:
    if not stations:
        raise TracingError("No station. Give the readings of at least one.")
    if not candidates or len({each.key for each in candidates}) < len(candidates):
        raise TracingError("Give at least one candidate with a place, and each a key of its own.")
    if not 1 <= len(number_prior) <= len(CELLS) or min(number_prior) < 0 or not sum(number_prior) > 0:
        raise TracingError(f"Prior {number_prior} of the number: give one to three weights, none below 0.")


def _by_setting(weighed: Sequence[Sequence[Combination]]) -> Floats:
    return np.array([np.logaddexp.reduce([each.log_evidence for each in own]) for own in weighed])


def _flattened(weighed: Sequence[Sequence[Combination]], wanted: float) -> list[Combination]:
    """All combinations of all settings, whose weights are made less unlike where fewer than wanted count."""
    if not weighed:
        return []
    logs = _by_setting(weighed)
    changes = flattened(logs - logs.max(), wanted) - (logs - logs.max())
    return [
        each.weighted(float(change)) for own, change in zip(weighed, changes, strict=True) for each in own
    ]


def _credible(
    weighed: Sequence[Combination],
    candidates: Sequence[Candidate],
    first_start_s: float,
    step_s: float,
    steps: tuple[int, ...],
    n_starts: int,
) -> tuple[CombinationResult, ...]:
    """The most probable combinations, averaged over the hydraulic settings, until they hold most of the probability."""
    if not weighed:
        return ()
    logs: dict[tuple[int, ...], float] = {}
    for each in weighed:
        logs[each.members] = float(np.logaddexp(logs.get(each.members, -math.inf), each.log_evidence))
    total = float(np.logaddexp.reduce(list(logs.values())))
    results, held = [], 0.0
    for members in sorted(logs, key=lambda numbers: -logs[numbers]):
        if held >= CREDIBLE:
            break
        own = [each for each in weighed if each.members == members]
        probability = math.exp(logs[members] - total)
        sources = _sources(own, logs[members], candidates, first_start_s, step_s, steps, n_starts)
        results.append(CombinationResult(probability, sources))
        held += probability
    return tuple(results)


def _sources(
    own: Sequence[Combination],
    log_evidence: float,
    candidates: Sequence[Candidate],
    first_start_s: float,
    step_s: float,
    steps: tuple[int, ...],
    n_starts: int,
) -> tuple[SourceResult, ...]:
    """The sources of one combination, over all settings under which it was weighed."""
    weights = np.concatenate([np.exp(each.log_weight - log_evidence) for each in own])
    start, duration, mean, sd = (
        np.concatenate([getattr(each, name) for each in own]) for name in ("start", "duration", "mean", "sd")
    )
    # Evenly along the weight, each with a strength of its own share: a lattice for the mixture of truncated normals.
    shares = (GOLDEN * np.arange(1.0, DRAWS + 1)) % 1.0
    drawn = np.searchsorted(np.cumsum(weights), (np.arange(DRAWS) + 0.5) / DRAWS * weights.sum())
    durations_s = np.array(steps) * step_s
    return tuple(
        SourceResult(
            candidates[member].key,
            interval_of_grid(_summed(start[:, slot], weights, n_starts), first_start_s, step_s),
            interval_of_values(durations_s, _summed(duration[:, slot], weights, len(steps))),
            interval_of_values(
                strength_at(shares, mean[drawn, slot], sd[drawn, slot]), np.full(DRAWS, 1.0 / DRAWS)
            ),
        )
        for slot, member in enumerate(own[0].members)
    )


def _summed(numbers: Ints, weights: Floats, count: int) -> Floats:
    return np.bincount(numbers, weights, count).astype(np.float64)
