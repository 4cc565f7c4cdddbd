"""One, two or three sources at a time: how many the readings speak for, and which (docs/design/tracing.md)."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from riverkit.errors import TracingError
from riverkit.network import Network
from riverkit.tracing.adaptive import effective_number, explore, flattened
from riverkit.tracing.asked import refuse_misplaced, refuse_unusable_grid
from riverkit.tracing.combinations import CELLS, Combination
from riverkit.tracing.evidence import strength_at
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
from riverkit.tracing.result import Interval, interval_of_grid, interval_of_steps, interval_of_values
from riverkit.tracing.search import Progress, Search
from riverkit.tracing.survey import Instrument
from riverkit.tracing.tally import DRAWS, GOLDEN
from riverkit.tracing.tried import Tried
from riverkit.tracing.uncertain import Misfit, Uncertain

LARGEST_TABLE = 3e7
"""Cells times readings that are held at once, 240 MB."""

RESOLVED = 0.1
"""What is credible rests on this share of the settings at least: where fewer fit, their weights are made less unlike until
so many count."""

BELIEVED = 0.95
"""Widened intervals of a mass end where so much of the belief beforehand lies below."""

FEWEST_SETTINGS, QUANTILE = 20, 1.645
"""Where fewer settings count for a combination, its intervals of start and mass are widened to those of the normal around its
best fit: water that is a little faster or slower was then not tried closely enough."""

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
        uncertain: for the most probable number, mean and standard deviation of what is uncertain besides the sources, each
            in its prior's standard deviations from its median: velocity and dispersion of all reaches, of each group,
            dead zones, the stations' gains, the model's misfit; of what was left open.
    """

    probability: tuple[float, ...]
    log_evidence: tuple[float, ...]
    leading: tuple[CombinationResult | None, ...]
    credible: tuple[tuple[CombinationResult, ...], ...]
    uncertain: tuple[tuple[float, float], ...]

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
    misfit: Misfit | None = None,
    number_prior: tuple[float, ...] = (0.9, 0.08, 0.02),
    progress: Progress | None = None,
) -> SourceCount:
    """Weigh one, two and three releases of different candidates, each with a start, a duration and a mass of its own.

    Everything else is as in `trace`, whose arguments these are. All responses are held in memory: give the candidates
    that `trace` leaves, not a whole city. Candidates of kind 'nothing' are passed over, and readings below a detection
    limit count by the first approximation of `trace`.

    Args:
        misfit: what one water leaves at several stations beyond the noise's discrepancy; None for nothing. It is an unknown
            as the hydraulics are, so that `hydraulics` must have some settings.
        number_prior: belief in one, two, three sources; the weights need not sum to 1. Leave off what is not wanted.
        progress: called with (hydraulic settings tried, and after them those weighed in full, twice all of them).

    Raises:
        TracingError: settings, stations or candidates cannot be used.
        TransportError: no steady-flow kernel for a reach between a candidate and a station.
    """
    candidates = [each for each in candidates if each.kind != "nothing" and each.prior > 0]
    hydraulics = hydraulics or HydraulicPrior()
    _refuse_unusable(stations, candidates, number_prior)
    refuse_misplaced(network, stations, candidates)
    refuse_unusable_grid(
        stations,
        first_start_s=first_start_s,
        start_step_s=start_step_s,
        n_starts=n_starts,
        durations_s=durations_s,
    )
    if misfit is not None and hydraulics.n_settings == 1:
        raise TracingError(
            "One setting cannot stand for an unknown misfit. Use some tens, or leave the misfit out."
        )
    steps = tuple(sorted({max(1, round(duration / start_step_s)) for duration in durations_s}))
    background = background or BackgroundPrior()
    readings = [prepare(station, noise, background) for station in stations]
    table = sum(len(each.time_s) for each in readings) * len(candidates) * len(steps) * n_starts
    if table > LARGEST_TABLE:
        raise TracingError(
            f"{len(candidates)} candidates × {len(steps)} durations × {n_starts} starts × all readings make {table:.1e} "
            f"responses, more than {LARGEST_TABLE:.0e}. Keep the candidates that one source leaves probable."
        )
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
    _, _, (gain_of,), n_gains = rows_and_gain_numbers([parameter])
    uncertain = Uncertain(
        search,
        parameter,
        candidates,
        readings,
        hydraulics,
        gain_of,
        n_gains if hydraulics.gain_log_sd else 0,
        misfit,
        first_start_s,
    )
    tried = Tried(uncertain, min(len(number_prior), len(candidates)), progress)
    explored = explore(hydraulics.n_settings, uncertain.dimensions, hydraulics.seed, tried.score, tried.peaks)
    log_weight = explored.log_weight - math.log(len(explored.points))
    found = tried.weighed(explored.points, log_weight, explored.scores)
    found += [{} for _ in number_prior[len(found) :]]
    evidence = [
        float(np.logaddexp.reduce(_by_setting(weighed))) if weighed else -math.inf for weighed in found
    ]
    with np.errstate(divide="ignore"):
        logs = np.array(evidence) + np.log(number_prior)
    probability = np.exp(logs - np.logaddexp.reduce(logs))
    answer = _Answer(
        candidates, first_start_s, start_step_s, steps, n_starts, strength, tried, explored.points
    )
    wanted = RESOLVED * len(explored.points)
    credible = [answer.credible(_flattened(weighed, wanted)) for weighed in found]
    leading = tuple(each[0] if each else None for each in credible)
    number = int(probability.argmax())
    weights = np.exp(_by_setting(found[number]) - evidence[number])
    points = explored.points[list(found[number])]
    mean = weights @ points
    sd = np.sqrt(weights @ (points - mean) ** 2)
    quantities = tuple(zip(mean.tolist(), sd.tolist(), strict=True))
    return SourceCount(tuple(probability.tolist()), tuple(evidence), leading, tuple(credible), quantities)


def _refuse_unusable(
    stations: Sequence[Instrument], candidates: Sequence[Candidate], number_prior: tuple[float, ...]
) -> None:
    if not stations:
        raise TracingError("No station. Give the readings of at least one.")
    if not candidates or len({each.key for each in candidates}) < len(candidates):
        raise TracingError("Give at least one candidate with a place, and each a key of its own.")
    if (
        not 1 <= len(number_prior) <= len(CELLS)
        or not min(number_prior) >= 0
        or not 0 < sum(number_prior) < math.inf
    ):
        raise TracingError(f"Prior {number_prior} of the number: give one to three weights, none below 0.")


def _by_setting(weighed: dict[int, list[Combination]]) -> Floats:
    return np.array([np.logaddexp.reduce([each.log_evidence for each in own]) for own in weighed.values()])


def _flattened(weighed: dict[int, list[Combination]], wanted: float) -> dict[int, list[Combination]]:
    """All combinations of all settings, whose weights are made less unlike where fewer than wanted count."""
    if not weighed:
        return {}
    logs = _by_setting(weighed)
    changes = flattened(logs - logs.max(), wanted) - (logs - logs.max())
    return {
        setting: [each.weighted(float(change)) for each in own]
        for (setting, own), change in zip(weighed.items(), changes, strict=True)
    }


@dataclass(frozen=True)
class _Answer:
    """How combinations are told: keys and the grid of the search, and what fits them anew."""

    candidates: Sequence[Candidate]
    first_start_s: float
    step_s: float
    steps: tuple[int, ...]
    n_starts: int
    strength: StrengthPrior
    tried: Tried
    points: Floats

    def credible(self, weighed: dict[int, list[Combination]]) -> tuple[CombinationResult, ...]:
        """The most probable combinations, averaged over the hydraulic settings, until they hold most of the probability."""
        if not weighed:
            return ()
        logs: dict[tuple[int, ...], float] = {}
        for each in itertools.chain.from_iterable(weighed.values()):
            logs[each.members] = float(np.logaddexp(logs.get(each.members, -math.inf), each.log_evidence))
        total = float(np.logaddexp.reduce(list(logs.values())))
        results, held = [], 0.0
        for members in sorted(logs, key=lambda numbers: -logs[numbers]):
            if held >= CREDIBLE:
                break
            own = {
                setting: each
                for setting, combinations in weighed.items()
                for each in combinations
                if each.members == members
            }
            probability = math.exp(logs[members] - total)
            results.append(CombinationResult(probability, self._sources(own)))
            held += probability
        return tuple(results)

    def _sources(self, own: dict[int, Combination]) -> tuple[SourceResult, ...]:
        """The sources of one combination, over all settings under which it was weighed; where few of these count, starts and
        masses also by the normal around the best fit."""
        logs = np.array([each.log_evidence for each in own.values()])
        found = self._summed(list(own.values()), float(np.logaddexp.reduce(logs)))
        if self.points.shape[1] == 0 or effective_number(logs) >= FEWEST_SETTINGS:
            return found
        setting = list(own)[int(logs.argmax())]
        best = self.tried.fitted(self.points[setting], own[setting])
        if best is None:
            return found
        ends = np.array([0.0, -QUANTILE, QUANTILE])
        starts = self.first_start_s + self.step_s * (best.start[:, None] + best.start_sd[:, None] * ends)
        # Of a source that readings hardly tell, the normal of the logarithm has no end; the belief beforehand has.
        prior = self.strength
        most = float(strength_at(np.array(BELIEVED), np.array(prior.mean_kg), np.array(prior.sd_kg)))
        masses = np.exp(
            np.minimum(
                best.log_mass[:, None] + best.log_mass_sd[:, None] * ends,
                np.maximum(best.log_mass[:, None], math.log(most)),
            )
        )
        return tuple(
            replace(
                source,
                start_s=_both(source.start_s, Interval(*start)),
                released_kg=_both(source.released_kg, Interval(*mass)),
            )
            for source, start, mass in zip(found, starts.tolist(), masses.tolist(), strict=True)
        )

    def _summed(self, own: Sequence[Combination], log_evidence: float) -> tuple[SourceResult, ...]:
        weights = np.concatenate([np.exp(each.log_weight - log_evidence) for each in own])
        start, duration, mean, sd = (
            np.concatenate([getattr(each, name) for each in own])
            for name in ("start", "duration", "mean", "sd")
        )
        # Evenly along the weight, each with a strength of its own share: a lattice for the mixture of truncated normals.
        shares = (GOLDEN * np.arange(1.0, DRAWS + 1)) % 1.0
        drawn = np.searchsorted(np.cumsum(weights), (np.arange(DRAWS) + 0.5) / DRAWS * weights.sum())
        durations_s = np.array(self.steps) * self.step_s
        equal = np.full(DRAWS, 1.0 / DRAWS)
        return tuple(
            SourceResult(
                self.candidates[member].key,
                interval_of_grid(
                    _by_number(np.rint(start[:, slot]).astype(np.int64), weights, self.n_starts),
                    self.first_start_s,
                    self.step_s,
                ),
                interval_of_steps(durations_s, _by_number(duration[:, slot], weights, len(self.steps))),
                interval_of_values(strength_at(shares, mean[drawn, slot], sd[drawn, slot]), equal),
            )
            for slot, member in enumerate(own[0].members)
        )


def _both(summed: Interval, fitted: Interval) -> Interval:
    return Interval(summed.median, min(summed.low, fitted.low), max(summed.high, fitted.high))


def _by_number(numbers: Ints, weights: Floats, count: int) -> Floats:
    return np.bincount(numbers, weights, count).astype(np.float64)
