"""The posterior over place, time and mass of a release above the first station, on grids and without sampling."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riverkit.blind.passage import Floats, Passage
from riverkit.blind.population import Population, section_contrast
from riverkit.errors import TracingError
from riverkit.tracing.result import Interval, interval_of_grid

LOG_STEP = 0.02
"""Resolution of travel time, distance and mass: two per cent."""

SHORTEST, LONGEST = 0.2, 20_000.0
"""Travel times weighed, in multiples of the first station's front: from a release at the station's door to one months
away. The tests lie between 6 and 100."""

WIDEST = 4.0
"""Velocity and recovery are weighed as far as a factor of e⁴ to either side."""


@dataclass(frozen=True, eq=False)
class Origin:
    """Where, when and how much, each with median and 90 % interval; a suspicion, like everything inferred.

    Attributes:
        distance_m: of the release above the first station.
        best_m: the one distance to name where only one can be named: of the least expected error relative to the true
            distance. It lies below the median, for to overshoot costs more by that measure than to fall short.
        start_s: on the time axis of the passages.
        released_kg: mass.
        travel_s: from the release to the first station.
        travel_grid_s, travel_density: travel times at equal steps of their logarithm, and their probabilities.
        distance_grid_m, distance_density: likewise the distances.
    """

    distance_m: Interval
    best_m: float
    start_s: Interval
    released_kg: Interval
    travel_s: Interval
    travel_grid_s: Floats
    travel_density: Floats
    distance_grid_m: Floats
    distance_density: Floats


def locate(passages: Sequence[Passage], population: Population | None = None) -> Origin:
    """Infer an instantaneous release above the first of two or more stations on one river.

    Every order of magnitude of the travel time is as likely as any other beforehand. The fronts tell it: one by the law
    of the population, several by how the front has grown between them. The distance is the travel time times the
    velocity above the first station, which is that between the first two, give or take what the population says.

    Args:
        passages: in any order.
        population: by default `Population.default()`.

    Raises:
        TracingError: fewer than two stations, or a cloud that does not travel downstream.
    """
    population = population or Population.default()
    ordered = sorted(passages, key=lambda passage: passage.distance_m)
    if len(ordered) < 2:
        raise TracingError(
            f"{len(ordered)} station saw the cloud. Blind location needs at least two: one cannot tell the water's velocity."
        )
    for upper, lower in itertools.pairwise(ordered):
        if lower.middle_s <= upper.middle_s or lower.distance_m <= upper.distance_m:
            raise TracingError(
                f"The cloud is at {lower.distance_m:g} m no later than at {upper.distance_m:g} m. Leave out a station that saw "
                "another cloud, or mend its distance or its clock."
            )
    first, second = ordered[0], ordered[1]
    log_travel = np.arange(math.log(SHORTEST * first.front_s), math.log(LONGEST * first.front_s), LOG_STEP)
    delay = np.array([passage.middle_s - first.middle_s for passage in ordered])
    fronts = np.array([passage.front_s for passage in ordered])
    log_density = population.spread.log_likelihood(fronts, np.exp(log_travel)[:, None] + delay)
    travel_density = np.exp(log_density - log_density.max())
    travel_density /= travel_density.sum()

    between = (second.distance_m - first.distance_m) / (second.middle_s - first.middle_s)
    contrast = section_contrast(first, second)
    deviation = np.arange(-WIDEST, WIDEST + LOG_STEP / 2, LOG_STEP)
    if contrast is None:
        ratio = population.velocity.density(deviation)
    else:
        ratio = population.velocity_by_section.density(deviation, population.section_weight * contrast)
    distance_density = np.convolve(travel_density, ratio / ratio.sum())
    first_log_distance = float(log_travel[0]) - WIDEST + math.log(between)
    log_distance = first_log_distance + LOG_STEP * np.arange(len(distance_density))

    travel = _interval(travel_density, float(log_travel[0]))
    lost = population.recovery.density(deviation)
    released = _interval(lost[::-1] / lost.sum(), math.log(first.mass_kg) - WIDEST)
    return Origin(
        distance_m=_interval(distance_density, first_log_distance),
        best_m=_interval(distance_density * np.exp(-log_distance), first_log_distance).median,
        start_s=Interval(
            first.middle_s - travel.median, first.middle_s - travel.high, first.middle_s - travel.low
        ),
        released_kg=released,
        travel_s=travel,
        travel_grid_s=np.exp(log_travel),
        travel_density=travel_density,
        distance_grid_m=np.exp(log_distance),
        distance_density=distance_density,
    )


def _interval(density: Floats, first_logarithm: float) -> Interval:
    logarithms = interval_of_grid(density, first_logarithm, LOG_STEP)
    return Interval(*(math.exp(value) for value in (logarithms.median, logarithms.low, logarithms.high)))
