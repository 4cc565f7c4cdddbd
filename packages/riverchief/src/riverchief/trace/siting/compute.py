"""Choosing places for stations: no database, no clock, the same answer every time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from riverkit.network import Location, Network
from riverkit.placement import TypicalRelease, place_for_impact, place_to_identify, travel

from riverchief.trace.codes import SitingGoal

HOUR_S = 3600.0


@dataclass(frozen=True)
class Question:
    """What places are chosen from.

    Attributes:
        network: reaches on which a steady-flow method holds, hydraulics filled.
        places: where a station may be put; `existing` where one is.
        sources: where a release may begin, `weights` how likely each is.
    """

    network: Network
    places: Sequence[Location]
    existing: Sequence[Location]
    sources: Sequence[Location]
    weights: Sequence[float]


def choose(
    question: Question,
    goal: SitingGoal,
    count: int,
    rule: Mapping[str, Any],
    progress: Callable[[float], None],
) -> dict[str, Any]:
    """The places by number, the best first, what is reached with each of them, and what no choice could better.

    `before`, `bound` and `after` of each place are mean hours until a release is seen (goal "soonest"), or the share of
    sources that look like the true one (goal "telling"). `unseen`: share of the releases that no station notices then.

    Raises:
        PlacementError: nothing to choose from.
        TransportError: a reach on the way has no hydraulics.
    """
    release = TypicalRelease(rule["mass_kg"], rule["threshold_mg_l"], duration_s=rule["duration_h"] * HOUR_S)
    weigh = _soonest if goal == SitingGoal.SOONEST else _telling
    return weigh(question, count, release, rule, progress)


def _telling(
    question: Question,
    count: int,
    release: TypicalRelease,
    rule: Mapping[str, Any],
    progress: Callable[[float], None],
) -> dict[str, Any]:
    prior = np.array(question.weights)

    def among(places: Sequence[Location], count: int, existing: Sequence[Location]) -> Any:
        return place_to_identify(
            question.network, places, count, question.sources, release, prior=prior, existing=existing
        )

    found = among(question.places, count, question.existing)
    watched = list(question.existing)
    steps: list[dict[str, Any]] = []
    for number in found.places:
        progress((len(steps) + 1) / (count + 1))
        place = question.places[number]
        steps.append({"place": number, "after": among([place], 1, watched).confusable})
        watched.append(place)
    return {
        "before": found.before,
        "bound": found.lower_bound,
        "unseen": found.unseen_share,
        "places": steps,
    }


def _soonest(
    question: Question,
    count: int,
    release: TypicalRelease,
    rule: Mapping[str, Any],
    progress: Callable[[float], None],
) -> dict[str, Any]:
    network, n_existing = question.network, len(question.existing)
    everywhere = [*question.existing, *question.places]
    discharge = np.array([network.reach(place.reach_id).discharge_m3s for place in everywhere], dtype=float)
    hours = travel(network, everywhere, question.sources).detection_h(release, discharge).T
    progress(0.5)
    weight, horizon_h = np.array(question.weights), rule["horizon_h"]
    found = place_for_impact(hours, horizon_h, count, existing=range(n_existing), weight=weight)
    watched, left, steps = list(range(n_existing)), list(found.places), []
    while left:
        # The places are chosen together; one after another they are told by what each adds.
        columns = [*watched, *left]
        next_one = place_for_impact(
            hours[:, columns], horizon_h, 1, existing=range(len(watched)), weight=weight
        )
        number = columns[next_one.places[0]]
        steps.append({"place": number - n_existing, "after": next_one.mean_impact})
        watched.append(number)
        left.remove(number)
    return {
        "before": found.before,
        "bound": found.lower_bound,
        "unseen": 1.0 - found.seen_share,
        "places": steps,
    }
