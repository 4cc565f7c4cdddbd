"""The posterior over candidate, start, duration and hydraulics; strength and background are integrated
out."""

import itertools
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from riverkit.errors import TracingError
from riverkit.network import Network
from riverkit.tracing import censored
from riverkit.tracing.asked import refuse_misplaced, refuse_unusable_grid
from riverkit.tracing.flowing import by_the_clock, in_flow_time, starting_in_flow_time
from riverkit.tracing.glitches import doubtful, mixed
from riverkit.tracing.model import (
    BackgroundPrior,
    Candidate,
    HydraulicPrior,
    Noise,
    StrengthPrior,
)
from riverkit.tracing.nothing import log_evidence_of_nothing
from riverkit.tracing.over_settings import weigh_over_settings
from riverkit.tracing.parameter import Parameter
from riverkit.tracing.places import STEPS_APART
from riverkit.tracing.readings import Readings, prepare
from riverkit.tracing.result import Posterior
from riverkit.tracing.search import Progress, Search, notes_of
from riverkit.tracing.summary import releases, results
from riverkit.tracing.survey import Instrument
from riverkit.tracing.tally import Tally
from riverkit.transport import FlowTime

CENSORED_WITHIN = 30.0
"""Candidates so many nats below the best keep the first approximation of their readings below the detection limit."""


def trace(
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
    flow: FlowTime | None = None,
    other_priors: Sequence[Sequence[float]] = (),
    keep_releases: bool = False,
    progress: Progress | None = None,
) -> Posterior:
    """Weigh every candidate, start time and duration against the readings of all stations at once.

    A release has a constant rate. Every duration is as likely as any other beforehand, and every start time but for
    candidates that have a prior of their own for it.
    Nothing is sampled but the hydraulics: over the rest the posterior is a finite sum in closed form, with
    the strength a normal cut at zero (docs/design/tracing.md).

    Args:
        network: with velocity and dispersion wherever water flows from a candidate to a station.
        stations: readings of one parameter, at one or more stations, or by surveys from one place to another.
        candidates: include 'unlisted' and 'nothing' ones, or the probability has nowhere else to go.
        first_start_s, start_step_s, n_starts: the start times, on the stations' time axis. The step is the
            resolution of everything; a third of the sharpest cloud's standard deviation is fine enough.
        durations_s: rounded to whole steps, at least one.
        noise, strength: see their classes; `StrengthPrior.from_readings` offers a wide prior.
        background: by default each station's level is unknown within the range of its readings.
        hydraulics: by default the network's own values, taken as certain.
        decay_per_s: first-order loss on the way.
        flow: discharge over that of the stations and the network, where it rose or fell everywhere alike. The trace then
            runs in flow-time, which the start step and the durations are taken in; the answer is by the clock.
        other_priors: further weights of the candidates, in their order, under which their evidences will be compared: what
            counts under any of them is not left out. Up to a factor of ten thousand no weights need be given.
        keep_releases: whether `Posterior.releases` is wanted, for `next_samples`.
        progress: called with (release places weighed, all of them) from the calling thread.

    Raises:
        TracingError: settings, stations or candidates cannot be used.
        TransportError: no steady-flow kernel for a reach between a candidate and a station.
    """
    background = background or BackgroundPrior()
    parameter = Parameter("", stations, noise, strength, background, decay_per_s)
    posterior = trace_jointly(
        network,
        [parameter],
        candidates,
        first_start_s=first_start_s,
        start_step_s=start_step_s,
        n_starts=n_starts,
        durations_s=durations_s,
        hydraulics=hydraulics,
        flow=flow,
        other_priors=other_priors,
        keep_releases=keep_releases,
        progress=progress,
    )
    (own,) = posterior.settings["parameters"]
    common = {name: value for name, value in posterior.settings.items() if name != "parameters"}
    return replace(posterior, settings={**common, **{name: own[name] for name in own if name != "name"}})


def trace_jointly(
    network: Network,
    parameters: Sequence[Parameter],
    candidates: Sequence[Candidate],
    *,
    first_start_s: float,
    start_step_s: float,
    n_starts: int,
    durations_s: Sequence[float],
    hydraulics: HydraulicPrior | None = None,
    flow: FlowTime | None = None,
    other_priors: Sequence[Sequence[float]] = (),
    keep_releases: bool = False,
    progress: Progress | None = None,
) -> Posterior:
    """`trace` for several parameters of one release, which share its place, start, duration and the water's ways.

    Each parameter has a mass of its own, unknown by itself, so that log Bayes factors add; but a candidate with a
    `fingerprint` releases those that this names in proportions known beforehand, up to a log-normal factor. So the ratio
    of the masses is evidence of the kind of outfall. A gain (`HydraulicPrior.gain_log_sd`) belongs to a station: what was
    read at the same place shares it.

    Args:
        parameters: at least one, each with readings, noise, background, prior of its mass and decay of its own.
        (others): as in `trace`. Releases that are kept have the mass of the first parameter.

    Raises:
        TracingError: settings, parameters or candidates cannot be used.
        TransportError: no steady-flow kernel for a reach between a candidate and a station.
    """
    _refuse_unusable(parameters, candidates, other_priors)
    stations = [station for each in parameters for station in each.stations]
    refuse_misplaced(network, stations, candidates)
    refuse_unusable_grid(
        stations,
        first_start_s=first_start_s,
        start_step_s=start_step_s,
        n_starts=n_starts,
        durations_s=durations_s,
    )
    asked: dict[str, Any] = {
        "first_start_s": first_start_s,
        "start_step_s": start_step_s,
        "n_starts": n_starts,
        "durations_s": durations_s,
        "hydraulics": hydraulics or HydraulicPrior(),
        "flow": flow,
        "other_priors": other_priors,
        "keep_releases": keep_releases,
    }
    doubt = doubtful(parameters)
    if doubt is None:
        return _trace_once(network, parameters, candidates, **asked, progress=progress)
    true, erred = (
        _trace_once(network, each, candidates, **asked, progress=_half(progress, number))
        for number, each in enumerate((parameters, doubt.without))
    )
    return mixed(true, erred, doubt, candidates)


def _half(progress: Progress | None, number: int) -> Progress | None:
    """Progress of the first or the second of two traces."""
    if progress is None:
        return None
    return lambda done, of: progress(number * of + done, 2 * of)


def _trace_once(
    network: Network,
    parameters: Sequence[Parameter],
    candidates: Sequence[Candidate],
    *,
    first_start_s: float,
    start_step_s: float,
    n_starts: int,
    durations_s: Sequence[float],
    hydraulics: HydraulicPrior,
    flow: FlowTime | None,
    other_priors: Sequence[Sequence[float]],
    keep_releases: bool,
    progress: Progress | None,
) -> Posterior:
    """The posterior by readings taken as they stand."""
    began = time.perf_counter()
    if flow is not None:
        first_s, last_s = flow.flow_s([first_start_s, first_start_s + n_starts * start_step_s]).tolist()
        found = _trace_once(
            network,
            in_flow_time(parameters, flow),
            starting_in_flow_time(candidates, flow),
            first_start_s=first_s,
            start_step_s=start_step_s,
            n_starts=max(1, round((last_s - first_s) / start_step_s)),
            durations_s=durations_s,
            hydraulics=hydraulics,
            flow=None,
            other_priors=other_priors,
            keep_releases=keep_releases,
            progress=progress,
        )
        asked = {
            "first_start_s": first_start_s,
            "n_starts": n_starts,
            "flow": {"time_s": flow.time_s.tolist(), "factor": flow.factor.tolist()},
            "parameters": [
                {**own, "decay_per_s": each.decay_per_s}
                for own, each in zip(found.settings["parameters"], parameters, strict=True)
            ],
        }
        return replace(by_the_clock(found, flow), settings={**found.settings, **asked})
    steps = tuple(sorted({max(1, round(duration / start_step_s)) for duration in durations_s}))
    readings = [[prepare(each, one.noise, one.background) for each in one.stations] for one in parameters]
    priors = [candidate.prior for candidate in candidates]
    beliefs = [priors, [1.0] * len(candidates), *other_priors]

    def laid_out(steps_apart: float) -> Search:
        return Search.prepared(
            network,
            parameters,
            candidates,
            readings,
            first_start_s=first_start_s,
            start_step_s=start_step_s,
            n_starts=n_starts,
            steps=steps,
            steps_apart=steps_apart,
            hydraulics=hydraulics,
            # Before the exact factor of readings below their limit is known, nobody is behind for certain.
            beliefs=() if any(len(each.below) for own in readings for each in own) else beliefs,
        )

    search = laid_out(STEPS_APART)
    nothing = log_evidence_of_nothing(list(itertools.chain(*readings)))
    # Settings are tried with the middles of reaches.
    coarse = laid_out(math.inf) if hydraulics.adaptive else search
    tallies, closer, effective = weigh_over_settings(search, coarse, candidates, progress)
    _correct_censored(closer, candidates, tallies, nothing, readings)
    rows = results(
        closer,
        candidates,
        [each.name for each in parameters],
        tallies,
        _log_evidence(candidates, tallies, nothing),
        notes_of(search),
        first_start_s,
    )
    return Posterior(
        candidates=tuple(sorted(rows, key=lambda result: -result.probability)),
        hypotheses=closer.size * n_starts * len(steps),
        seconds=time.perf_counter() - began,
        settings={
            "first_start_s": first_start_s,
            "start_step_s": start_step_s,
            "n_starts": n_starts,
            "durations_s": [step * start_step_s for step in steps],
            "hydraulics": {**_as_plain(hydraulics), "effective_settings": effective},
            "parameters": [
                {
                    "name": each.name,
                    "noise": asdict(each.noise),
                    "strength": asdict(each.strength),
                    "background": asdict(each.background),
                    "decay_per_s": each.decay_per_s,
                    "stations": [station.label for station in each.stations],
                }
                for each in parameters
            ],
            "candidates": len(candidates),
        },
        releases=releases(closer, candidates, tallies, rows, first_start_s) if keep_releases else None,
    )


def _correct_censored(
    search: Search,
    candidates: Sequence[Candidate],
    tallies: Sequence[Tally],
    nothing: float,
    readings: Sequence[Sequence[Readings]],
) -> None:
    """The exact factor of readings below their limit, for candidates that it could raise to any probability."""
    found = _log_evidence(candidates, tallies, nothing)
    looked_at = sorted({place.candidate for place in search.places})
    best = max((found[row] for row in looked_at), default=0.0)
    leading = [row for row in looked_at if found[row] > best - CENSORED_WITHIN]
    censored.correct(tallies, leading, readings, search)


def _log_evidence(candidates: Sequence[Candidate], tallies: Sequence[Tally], nothing: float) -> list[float]:
    return [
        nothing if candidate.kind == "nothing" else tally.log_evidence_at_most
        for candidate, tally in zip(candidates, tallies, strict=True)
    ]


def _as_plain(hydraulics: HydraulicPrior) -> dict[str, Any]:
    """As JSON has it: lists for tuples and sets."""
    plain = asdict(hydraulics)
    plain["groups"] = [{**group, "reach_ids": sorted(group["reach_ids"])} for group in plain["groups"]]
    if hydraulics.learned is not None:
        mean, factor = hydraulics.learned.mean, hydraulics.learned.factor
        plain["learned"] = {"mean": list(mean), "factor": [list(row) for row in factor]}
    return plain


def _refuse_unusable(
    parameters: Sequence[Parameter],
    candidates: Sequence[Candidate],
    other_priors: Sequence[Sequence[float]],
) -> None:
    names = [each.name for each in parameters]
    if not names or len(set(names)) < len(names):
        raise TracingError(f"Parameters {names}: give at least one, and each a name of its own.")
    for each in parameters:
        if not each.stations:
            of = f" of {each.name}" if each.name else ""
            raise TracingError(f"No station{of}. Give the readings of at least one.")
    if not candidates:
        raise TracingError("No candidate. Give at least one place a release may have come from.")
    keys = [candidate.key for candidate in candidates]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise TracingError(f"Candidate keys {', '.join(twice)} are given more than once. Give each its own.")
    if not any(candidate.prior > 0 for candidate in candidates):
        raise TracingError("Every candidate has a prior of 0. Give at least one a weight above 0.")
    for weights in other_priors:
        if len(weights) != len(candidates) or not all(0.0 <= weight < math.inf for weight in weights):
            raise TracingError(
                f"Other priors {list(weights)} for {len(candidates)} candidates: give each a weight of at least 0."
            )
