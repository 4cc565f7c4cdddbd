"""What earlier events of a river, whose sources people found, tell of its velocity, dispersion and dead zones."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from riverkit.errors import TracingError
from riverkit.network import Location, Network
from riverkit.tracing.adaptive import effective_number, explore, flattened
from riverkit.tracing.asked import refuse_misplaced, refuse_unusable_grid
from riverkit.tracing.flowing import in_flow_time
from riverkit.tracing.hydraulics import believed, lasting, n_uncertain
from riverkit.tracing.model import (
    BackgroundPrior,
    Candidate,
    Floats,
    HydraulicPrior,
    LearnedHydraulics,
    Noise,
    StrengthPrior,
)
from riverkit.tracing.parameter import Parameter
from riverkit.tracing.readings import prepare
from riverkit.tracing.search import Search
from riverkit.tracing.survey import Instrument
from riverkit.transport import FlowTime, moments_together

COUNTED = 2.0
"""At least so many settings for every uncertain quantity count; where fewer fit an event, its readings count for less."""

TOO_FEW = (COUNTED + 1.0) / (COUNTED - 1.0)
"""Variances are so much wider there: as few points are not sure of their mean, and show too little of the spread."""

LEAST_VARIANCE = 1e-4
"""Of a standard normal beforehand: no event is taken to tell more."""


@dataclass(frozen=True, eq=False)
class ConfirmedEvent:
    """An event of which people found the source.

    Attributes:
        source: where it was released.
        stations: what was read, of one parameter.
        first_start_s, n_starts: when it may have begun, as in `trace`.
        flow: the flow of those days over its mean; None if it was steady.
    """

    source: Location
    stations: Sequence[Instrument]
    first_start_s: float
    n_starts: int
    flow: FlowTime | None = None


def learn_hydraulics(
    network: Network,
    events: Sequence[ConfirmedEvent],
    prior: HydraulicPrior,
    *,
    daily_velocity_log_sd: float,
    start_step_s: float,
    durations_s: Sequence[float],
    noise: Noise,
) -> HydraulicPrior:
    """The prior with what these events tell of the river: velocity, dispersion and dead zones of the whole network.

    One event after another, each weighed as in `trace` with its source as the only candidate; start, duration and mass are
    summed over, groups of reaches and gains averaged. What is believed after an event, a normal over the logarithms, is what
    the next one starts from; a velocity is that of the river times that of the day (a step of a Kalman filter). Events in
    other orders give nearly the same.

    Args:
        prior: the belief before any event; what it leaves certain stays so.
        daily_velocity_log_sd: of the natural logarithm of the day's velocity over the river's at the same flow.
        (others): as in `trace`, for all events.

    Returns:
        the belief for an event of another day.

    Raises:
        TracingError: the prior leaves nothing of the river open or has too few settings; or an event, which is named, has no
            station below its source, or start times or readings that cannot be used.
    """
    rows = lasting(prior)
    if not len(rows) or not daily_velocity_log_sd >= 0:
        raise TracingError(
            "Nothing to learn: give `velocity_log_sd`, `dispersion_log10_sd` or the deviations of `storage`, and a "
            "`daily_velocity_log_sd` of at least 0."
        )
    counted = COUNTED * n_uncertain(prior)
    if prior.n_settings < 2.0 * counted:
        raise TracingError(
            f"{prior.n_settings} settings do not tell {n_uncertain(prior)} uncertain quantities apart. Use a hundred."
        )
    daily = np.zeros((len(rows), len(rows)))
    if prior.velocity_log_sd:
        daily[0, 0] = (daily_velocity_log_sd / prior.velocity_log_sd) ** 2
    mean, covariance = np.zeros(len(rows)), np.eye(len(rows))
    for number, event in enumerate(events, start=1):
        try:
            _refuse_unusable(network, event, start_step_s, durations_s)
        except TracingError as error:
            raise TracingError(f"Event {number} of {len(events)}: {error}") from error
    for event in events:
        believed_sum = covariance + daily
        prior = replace(prior, learned=_normal(mean, believed_sum))
        points, log_weight, scores = _explored(network, event, prior, start_step_s, durations_s, noise)
        # Only readings count for less: points lie where the search went, and without their weights would tell of that.
        logs = flattened(scores, counted, log_weight)
        weights = np.exp(logs - special.logsumexp(logs))
        found = believed(prior, points)[:, rows]
        centre = weights @ found
        apart = found - centre
        spread = (weights[:, None] * apart).T @ apart + LEAST_VARIANCE * np.eye(len(rows))
        if effective_number(log_weight + scores) < counted:
            spread *= TOO_FEW
        gain = np.linalg.solve(believed_sum, covariance).T
        mean = mean + gain @ (centre - mean)
        covariance = covariance - gain @ covariance + gain @ spread @ gain.T
    return replace(prior, learned=_normal(mean, covariance + daily))


def _normal(mean: Floats, covariance: Floats) -> LearnedHydraulics:
    factor = np.linalg.cholesky(0.5 * (covariance + covariance.T))
    return LearnedHydraulics(tuple(mean.tolist()), tuple(tuple(row) for row in factor.tolist()))


def _refuse_unusable(
    network: Network, event: ConfirmedEvent, start_step_s: float, durations_s: Sequence[float]
) -> None:
    if not event.stations:
        raise TracingError(
            "no station. Give the readings of at least one below the source, or leave the event out."
        )
    refuse_misplaced(network, event.stations, [Candidate("source", event.source)])
    refuse_unusable_grid(
        event.stations,
        first_start_s=event.first_start_s,
        start_step_s=start_step_s,
        n_starts=event.n_starts,
        durations_s=durations_s,
    )
    places = [place for each in event.stations for place in each.points.locations]
    if not (moments_together(network, places, [event.source]).share > 0).any():
        raise TracingError(
            "no station lies below the source, so nothing can be learned. Leave the event out."
        )


def _explored(
    network: Network,
    event: ConfirmedEvent,
    prior: HydraulicPrior,
    start_step_s: float,
    durations_s: Sequence[float],
    noise: Noise,
) -> tuple[Floats, Floats, Floats]:
    """Settings (standard normal points), their log weights in a mean over the prior, and how well they explain the event."""
    background, strength = BackgroundPrior(), StrengthPrior.from_readings(event.stations)
    parameter = Parameter("", event.stations, noise, strength, background)
    first_s, last_s = event.first_start_s, event.first_start_s + event.n_starts * start_step_s
    if event.flow is not None:
        (parameter,) = in_flow_time([parameter], event.flow)
        first_s, last_s = (float(event.flow.flow_s(each)) for each in (first_s, last_s))
    search = Search.prepared(
        network,
        [parameter],
        [Candidate("source", event.source)],
        [[prepare(each, noise, background) for each in parameter.stations]],
        first_start_s=first_s,
        start_step_s=start_step_s,
        n_starts=max(1, round((last_s - first_s) / start_step_s)),
        steps=tuple(sorted({max(1, round(each / start_step_s)) for each in durations_s})),
        steps_apart=math.inf,
        hydraulics=prior,
    )

    def score(point: Floats) -> Floats:
        (tally,) = search.under(point[None]).weigh_all(1, None)
        return np.array([tally.log_evidence])

    dimensions = n_uncertain(prior) + search.n_gains
    explored = explore(prior.n_settings, dimensions, prior.seed, score)
    return explored.points[:, : n_uncertain(prior)], explored.log_weight, explored.scores[:, 0]
