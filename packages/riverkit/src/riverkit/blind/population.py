"""How clouds spread, speed up and lose mass on rivers at large: laws with their scatter, learned from tracer tests."""

import itertools
import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
from scipy import optimize, stats

from riverkit.blind.passage import Floats, Passage
from riverkit.blind.spread import DEGREES_OF_FREEDOM, SpreadLaw, Track, learn_spread
from riverkit.errors import TracingError

FEWEST_JOURNEYS = 5

_SCALE = 0.2
"""Of velocity ratios where too few are known."""

_SECTION_WEIGHT_SD = 0.3


class Journey(NamedTuple):
    """A cloud of known origin, followed down one river: what the laws are learned from.

    Attributes:
        river: journeys on the same river share its peculiarities.
        passages: from upstream to downstream; `distance_m` and `middle_s` counted from place and time of release.
        mass_kg: released.
    """

    river: str
    passages: tuple[Passage, ...]
    mass_kg: float


@dataclass(frozen=True)
class TailedLaw:
    """A logarithm of middle `centre`, scattered with Student's t of three degrees of freedom times `scale`."""

    centre: float
    scale: float

    def density(self, value: Floats, shift: float = 0.0) -> Floats:
        """Probability density at `value` of the law moved by `shift`."""
        density: Floats = stats.t.pdf(value, DEGREES_OF_FREEDOM, self.centre + shift, self.scale)
        return density


@dataclass(frozen=True)
class Population:
    """Rivers at large.

    Attributes:
        spread: how the front of a cloud widens.
        velocity: ln of the velocity above the first station over that between the first two, where the velocities in
            their cross-sections are not known.
        section_weight, velocity_by_section: with known sections, that ratio less the weight times the logarithm of the
            ratio of the sections' velocities.
        recovery: ln of the mass that passes the first station over the mass released.
        source: what it was learned from.
    """

    spread: SpreadLaw
    velocity: TailedLaw
    section_weight: float
    velocity_by_section: TailedLaw
    recovery: TailedLaw
    source: str

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and strings, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Population":
        """The inverse of `to_dict`, also after a trip through JSON."""
        first, second = data["spread"]["covariance"]
        spread = SpreadLaw(**{**data["spread"], "covariance": (tuple(first), tuple(second))})
        laws = {name: TailedLaw(**data[name]) for name in ("velocity", "velocity_by_section", "recovery")}
        return cls(**{**data, **laws, "spread": spread})

    @classmethod
    def default(cls) -> "Population":
        """Learned from 28 releases into 13 rivers of the United States (Nordin & Sabol, USGS WRI 20-74, 1974)."""
        text = files("riverkit.blind").joinpath("data/population.json").read_text(encoding="utf-8")
        return cls.from_dict(json.loads(text))


def learn(journeys: Sequence[Journey], source: str) -> Population:
    """Learn the laws from clouds of known origin.

    The scatter of the spread law is its most probable one under a weak prior; intercept and exponent are integrated out.

    Raises:
        TracingError: too few journeys, or one whose cloud does not travel downstream.
    """
    if len(journeys) < FEWEST_JOURNEYS or not any(len(journey.passages) > 1 for journey in journeys):
        raise TracingError(
            f"{len(journeys)} journeys are too few to learn from: give at least {FEWEST_JOURNEYS}, some of them past two "
            "stations or more."
        )
    for journey in journeys:
        ways = [(0.0, 0.0), *((passage.distance_m, passage.middle_s) for passage in journey.passages)]
        if any(b[0] <= a[0] or b[1] <= a[1] for a, b in itertools.pairwise(ways)):
            raise TracingError(
                f"A cloud on the {journey.river} does not travel downstream from station to station. Order the stations, "
                "and count distance and time from the release."
            )
    rivers: defaultdict[str, list[Sequence[Passage]]] = defaultdict(list)
    for journey in journeys:
        rivers[journey.river].append(journey.passages)
    ratios, sections = _velocity_ratios(journeys)
    both = np.isfinite(sections)
    weight, with_section = _regression(ratios[both], sections[both])
    recovered = np.log([journey.passages[0].mass_kg / journey.mass_kg for journey in journeys])
    return Population(
        spread=learn_spread([Track.of_journeys(of_river) for of_river in rivers.values()]),
        velocity=TailedLaw(0.0, _scale(ratios)),
        section_weight=weight,
        velocity_by_section=TailedLaw(0.0, with_section),
        recovery=_learn_recovery(recovered),
        source=source,
    )


def _velocity_ratios(journeys: Sequence[Journey]) -> tuple[Floats, Floats]:
    """For every two stretches in a row: ln of their velocities' ratio, and of that of the sections that end them."""
    ratios, sections = [], []
    for journey in journeys:
        ways = [(0.0, 0.0), *((passage.distance_m, passage.middle_s) for passage in journey.passages)]
        velocity = [(b[0] - a[0]) / (b[1] - a[1]) for a, b in itertools.pairwise(ways)]
        for upper, lower, at_upper, at_lower in zip(
            velocity, velocity[1:], journey.passages, journey.passages[1:], strict=False
        ):
            ratios.append(math.log(upper / lower))
            sections.append(section_contrast(at_upper, at_lower))
    return np.array(ratios), np.array([math.nan if each is None else each for each in sections])


def section_contrast(upper: Passage, lower: Passage) -> float | None:
    """ln of the ratio of the velocities in two stations' cross-sections; None where one is not known."""
    if upper.section_velocity_m_s is None or lower.section_velocity_m_s is None:
        return None
    return math.log(upper.section_velocity_m_s / lower.section_velocity_m_s)


def _regression(ratios: Floats, sections: Floats) -> tuple[float, float]:
    """Weight of the sections and scale of the rest, the most probable ones; weight 0 where no section is known."""
    if len(ratios) < FEWEST_JOURNEYS:
        return 0.0, _scale(ratios) if len(ratios) else _SCALE

    def loss(unknown: Floats) -> float:
        weight, log_scale = float(unknown[0]), float(unknown[1])
        density = stats.t.logpdf(ratios - weight * sections, DEGREES_OF_FREEDOM, 0.0, math.exp(log_scale))
        return float(0.5 * (weight / _SECTION_WEIGHT_SD) ** 2 - density.sum())

    found = optimize.minimize(loss, np.array([0.1, math.log(0.2)]), method="Nelder-Mead")
    return float(found.x[0]), math.exp(float(found.x[1]))


def _scale(values: Floats) -> float:
    def loss(log_scale: float) -> float:
        return -float(stats.t.logpdf(values, DEGREES_OF_FREEDOM, 0.0, math.exp(log_scale)).sum())

    return math.exp(float(optimize.minimize_scalar(loss, bounds=(-4.0, 1.0), method="bounded").x))


def _learn_recovery(recovered: Floats) -> TailedLaw:
    def loss(unknown: Floats) -> float:
        centre, log_scale = float(unknown[0]), float(unknown[1])
        return -float(stats.t.logpdf(recovered, DEGREES_OF_FREEDOM, centre, math.exp(log_scale)).sum())

    start = np.array([float(np.median(recovered)), math.log(0.2)])
    found = optimize.minimize(loss, start, method="Nelder-Mead")
    return TailedLaw(float(found.x[0]), math.exp(float(found.x[1])))
