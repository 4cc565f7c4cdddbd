"""A trace while the flow rises or falls: readings and releases in flow-time, the answer by the clock again."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from riverkit.tracing.hypotheses import Hypotheses
from riverkit.tracing.model import Candidate, Floats, StartPrior
from riverkit.tracing.parameter import Parameter
from riverkit.tracing.result import CandidateResult, Interval, Posterior, StationPrediction
from riverkit.transport import FlowTime


def in_flow_time(parameters: Sequence[Parameter], flow: FlowTime) -> list[Parameter]:
    """The same readings at times of flow-time; rates by the clock are divided by the mean flow between them."""
    first = min(float(np.min(station.time_s)) for each in parameters for station in each.stations)
    last = max(float(np.max(station.time_s)) for each in parameters for station in each.stations)
    # A single reading has no time on the way of its own: the flow of its moment counts.
    mean = flow.mean_factor(first, last) if last > first else flow.mean_factor(first - 1.0, first)
    return [
        replace(
            each,
            stations=[replace(station, time_s=flow.flow_s(station.time_s)) for station in each.stations],
            decay_per_s=each.decay_per_s / mean,
        )
        for each in parameters
    ]


def starting_in_flow_time(candidates: Sequence[Candidate], flow: FlowTime) -> list[Candidate]:
    """The same candidates, the hours in which they may have begun in flow-time."""
    return [
        each if each.starts is None else replace(each, starts=_starts(each.starts, flow))
        for each in candidates
    ]


def _starts(prior: StartPrior, flow: FlowTime) -> StartPrior:
    return replace(
        prior,
        windows=tuple((_flow_s(flow, begin), _flow_s(flow, end)) for begin, end in prior.windows),
    )


def by_the_clock(posterior: Posterior, flow: FlowTime) -> Posterior:
    """The answer with all its times by the clock: a duration is that of a release at the median start."""
    return replace(
        posterior,
        candidates=tuple(_candidate(each, flow) for each in posterior.candidates),
        releases=None if posterior.releases is None else _releases(posterior.releases, flow),
    )


def _candidate(each: CandidateResult, flow: FlowTime) -> CandidateResult:
    predicted = tuple(_prediction(curve, flow) for curve in each.predicted)
    contrasts = tuple(replace(found, time_s=_clock_s(flow, found.time_s)) for found in each.contrasts)
    if each.start_s is None or each.duration_s is None:
        return replace(each, predicted=predicted, contrasts=contrasts)
    begins = each.start_s.median
    start, lasts = each.start_s, each.duration_s
    begins_clock = _clock_s(flow, begins)
    return replace(
        each,
        start_s=Interval(*(_clock_s(flow, value) for value in (start.median, start.low, start.high))),
        duration_s=Interval(
            *(
                _clock_s(flow, begins + value) - begins_clock
                for value in (lasts.median, lasts.low, lasts.high)
            )
        ),
        predicted=predicted,
        contrasts=contrasts,
    )


def _prediction(curve: StationPrediction, flow: FlowTime) -> StationPrediction:
    passage = curve.passage_s
    return replace(
        curve,
        time_s=tuple(_clock(flow, np.array(curve.time_s)).tolist()),
        passage_s=None if passage is None else (_clock_s(flow, passage[0]), _clock_s(flow, passage[1])),
    )


def _releases(releases: Hypotheses, flow: FlowTime) -> Hypotheses:
    begins, ends = (_clock(flow, releases.start_s + more) for more in (0.0, releases.duration_s))
    return replace(releases, start_s=begins, duration_s=ends - begins)


def _clock(flow: FlowTime, flow_s: Floats) -> Floats:
    return flow.clock_s(flow_s)


def _clock_s(flow: FlowTime, flow_s: float) -> float:
    return float(flow.clock_s(flow_s))


def _flow_s(flow: FlowTime, clock_s: float) -> float:
    return float(flow.flow_s(clock_s))
