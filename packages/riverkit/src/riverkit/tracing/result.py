"""The answer of a trace, and its form as JSON."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from riverkit.tracing.hypotheses import Hypotheses
from riverkit.tracing.model import CandidateKind, Floats
from riverkit.tracing.notes import NOTHING_ROSE

LEVELS = (0.5, 0.05, 0.95)
"""Median and the ends of the 90 % interval."""

SPEAKS = 0.1
"""Evidence above that of the background alone by no more than so many nats speaks for nothing."""


@dataclass(frozen=True)
class Interval:
    """Median and 90 % interval of a quantity; the unit is in the name of the field that holds it."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class StationPrediction:
    """Observed and predicted concentration at one station, g/m³, at the times of its usable readings.

    Attributes:
        low, high: 90 % interval of the model's curve: background at its mean given the rest, no error of reading.
        reading_low, reading_high: 90 % interval of a reading: the same, with its error and what the model cannot
            follow. Nine readings of ten should lie inside.
        passage_s: from when to when the middle nine tenths of the release pass, as far as the readings reach; None where
            nothing of it does.
        parameter: what was read, where there are several.
    """

    station: str
    time_s: tuple[float, ...]
    observed: tuple[float, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    reading_low: tuple[float, ...]
    reading_high: tuple[float, ...]
    passage_s: tuple[float, float] | None = None
    parameter: str = ""


@dataclass(frozen=True)
class Contrast:
    """The reading at which a candidate and a rival expect most unlike values: what speaks for one against the other.

    Attributes:
        rival: key of the other candidate.
        station, time_s: where and when the reading was taken.
        expected, rival_expected, observed: g/m³.
        errors_apart: how far the two expectations lie apart, in standard deviations of a reading; below about 2 these
            readings cannot tell the two apart.
        parameter: what was read, where there are several.
    """

    rival: str
    station: str
    time_s: float
    expected: float
    rival_expected: float
    observed: float
    errors_apart: float
    parameter: str = ""


@dataclass(frozen=True)
class ParameterResult:
    """What a candidate would have released of one of several parameters.

    Attributes:
        released_kg: its mass.
        reference: the parameter to whose mass the ratios compare it: that of the candidate's fingerprint, or else the first.
        ratio_needed: the ratio that the readings ask for if this candidate did it, taken without its fingerprint; None for
            the reference itself.
        ratio_expected: the ratio beforehand, by the fingerprint; None without one. Where the two lie apart, that speaks
            against the candidate.
    """

    parameter: str
    released_kg: Interval
    reference: str
    ratio_needed: Interval | None = None
    ratio_expected: Interval | None = None


@dataclass(frozen=True)
class CandidateResult:
    """What the readings say about one candidate.

    Attributes:
        probability: of this candidate among all those given.
        probability_by_evidence: the same had all candidates been equally likely beforehand: what the readings say alone.
        log_evidence: natural logarithm of the evidence against the background alone; an upper bound for a candidate that is
            ruled out.
        start_s: start of the release on the stations' time axis.
        duration_s, released_kg: of the release (its mass of the first parameter); with `start_s` None for the candidate
            'nothing' and for one that is ruled out.
        predicted: one per station for the leading candidates, else empty.
        contrasts: for a leading candidate, against each other leading one, the reading that tells them apart best.
        note: what the reader should know about this candidate; empty if nothing.
        parameters: one for each parameter where there are several, else empty.
    """

    key: str
    kind: CandidateKind
    probability: float
    log_evidence: float
    start_s: Interval | None = None
    duration_s: Interval | None = None
    released_kg: Interval | None = None
    predicted: tuple[StationPrediction, ...] = ()
    note: str = ""
    probability_by_evidence: float = 0.0
    contrasts: tuple[Contrast, ...] = ()
    parameters: tuple[ParameterResult, ...] = ()


@dataclass(frozen=True)
class SetAside:
    """A reading that stands alone: neither the one before nor the one after knows of it.

    Attributes:
        station, parameter, time_s, value: which; the parameter is empty where there is one.
        probability: that it is wrong, and not water that passed between two readings; of all such readings of a trace together.
    """

    station: str
    parameter: str
    time_s: float
    value: float
    probability: float


@dataclass(frozen=True)
class Posterior:
    """Candidates, the most probable first, with the number of hypotheses weighed or ruled out, and all settings used.

    `set_aside` are the readings that stand alone: the answer is averaged over whether they are right. `releases` has weighted draws of whole releases, where they were asked for; it does not go into `to_dict`.
    """

    candidates: tuple[CandidateResult, ...]
    hypotheses: int
    seconds: float
    settings: Mapping[str, Any]
    set_aside: tuple[SetAside, ...] = ()
    releases: Hypotheses | None = dataclasses.field(default=None, compare=False, repr=False)

    @property
    def note(self) -> str:
        """What the reader should know of the whole answer; empty if nothing.

        Where no candidate has evidence above that of the background alone, no reading speaks for any of them: their
        probabilities are the priors' and those of how well each would have been seen.
        """
        placed = [each.log_evidence for each in self.candidates if each.kind != "nothing"]
        return NOTHING_ROSE if placed and max(placed) <= SPEAKS else ""

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, numbers and strings, ready for JSON."""
        return {
            "note": self.note,
            "candidates": [_plain(dataclasses.asdict(candidate)) for candidate in self.candidates],
            "hypotheses": self.hypotheses,
            "seconds": self.seconds,
            "settings": dict(self.settings),
            "set_aside": [dataclasses.asdict(each) for each in self.set_aside],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Posterior":
        """The inverse of `to_dict`, also after a trip through JSON."""
        return cls(
            candidates=tuple(_candidate(each) for each in data["candidates"]),
            hypotheses=data["hypotheses"],
            seconds=data["seconds"],
            settings=data["settings"],
            set_aside=tuple(SetAside(**each) for each in data.get("set_aside", ())),
        )


def _plain(value: Any) -> Any:
    """The same with lists for tuples, so that it equals itself after a trip through JSON."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, tuple | list) else value


def _candidate(data: Mapping[str, Any]) -> CandidateResult:
    intervals = _intervals(data, ("start_s", "duration_s", "released_kg"))
    predicted = tuple(_prediction(each) for each in data["predicted"])
    contrasts = tuple(Contrast(**each) for each in data.get("contrasts", ()))
    ratios = ("released_kg", "ratio_needed", "ratio_expected")
    parameters = tuple(
        ParameterResult(**{**each, **_intervals(each, ratios)}) for each in data.get("parameters", ())
    )
    nested = {"predicted": predicted, "contrasts": contrasts, "parameters": parameters}
    return CandidateResult(**{**data, **intervals, **nested})


def _intervals(data: Mapping[str, Any], names: Sequence[str]) -> dict[str, Interval | None]:
    return {name: None if data[name] is None else Interval(**data[name]) for name in names}


def _prediction(data: Mapping[str, Any]) -> StationPrediction:
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list | tuple) else value for name, value in data.items()
    }
    return StationPrediction(**values)


def interval_of_grid(probability: Floats, first: float, step: float) -> Interval:
    """Quantiles of a quantity on a grid whose every value stands for the step around it."""
    cumulated = np.concatenate([[0.0], np.cumsum(probability)])
    edges = first + step * (np.arange(len(cumulated)) - 0.5)
    return Interval(*(float(np.interp(level, cumulated / cumulated[-1], edges)) for level in LEVELS))


def interval_of_steps(values: Floats, weights: Floats) -> Interval:
    """Quantiles of a quantity tried at some values, in rising order, each of which stands for what is nearest to it."""
    if len(values) == 1:
        return Interval(*(float(values[0]) for _ in LEVELS))
    half = 0.5 * np.diff(values)
    edges = np.concatenate([values[:1] - half[:1], values[:-1] + half, values[-1:] + half[-1:]])
    cumulated = np.concatenate([[0.0], np.cumsum(weights)])
    return Interval(*(float(np.interp(level, cumulated / cumulated[-1], edges)) for level in LEVELS))


def interval_of_values(values: Floats, weights: Floats) -> Interval:
    """Weighted quantiles of distinct values: the smallest value that reaches the level."""
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(weights[order])
    places = np.searchsorted(cumulated, np.array(LEVELS) * cumulated[-1])
    return Interval(*(float(values[order[place]]) for place in places))


def probabilities(log_evidence: Sequence[float], prior: Sequence[float]) -> list[float]:
    """Posterior probabilities of candidates; a candidate of prior 0 has 0."""
    logs = np.array(
        [e + math.log(p) if p > 0 else -math.inf for e, p in zip(log_evidence, prior, strict=True)]
    )
    weights = np.exp(logs - logs.max())
    return [float(w) for w in weights / weights.sum()]
