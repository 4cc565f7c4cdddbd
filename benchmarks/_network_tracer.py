"""How the cases of `network_trace` are traced: candidates, noise, and what is believed of the hydraulics."""

from collections.abc import Sequence

import numpy as np
from riverkit.network import Location
from riverkit.placement import travel
from riverkit.tracing import (
    Candidate,
    HydraulicGroup,
    HydraulicPrior,
    Noise,
    Posterior,
    StationSeries,
    StoragePrior,
    StrengthPrior,
    trace,
)

from benchmarks._network_cases import LOOKBACK_S, READING_NOISE, SAMPLING_S, SHORTEST_M, Case

LISTED, UNLISTED, NOTHING = 0.65, 0.30, 0.05
"""Shares of the prior belief: near the shares of the cases, as a user's would be near his experience."""

NOISE = Noise(absolute=0.01, relative=READING_NOISE, discrepancy=0.1, correlation_s=1_800.0)
DURATIONS_S = tuple(3_600.0 * hours for hours in (0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 12))
VELOCITY_LOG_SD, ABOVE_FIRST_LOG_SD, DISPERSION_LOG10_SD = 0.2, 0.1, 0.3
STORAGE = StoragePrior(0.15, 2e-4, share_log10_sd=0.3, exchange_log10_sd=0.4)
SETTINGS = 32
"""So many for each station that saw the event: where two did the time between them fixes the velocity, and few fit. All
places are weighed under all settings: a screening under some leaves nearly as many places, and costs more."""
CLEARED_SHARE = 0.5
"""A place of whose water a quiet station sees at least so much, above one that saw the event, is no unlisted place."""


def candidates_of(case: Case, until_s: float) -> list[Candidate]:
    """The list, an unlisted place on every reach in question by what the stations saw till then, and nothing.

    The belief in unlisted places is spread by length over all reaches above the stations but short ones. Of these only
    reaches from which water passes all stations that saw the event, and no other above these, are worth weighing.
    """
    basin = case.basin
    reaches = [reach for reach in basin.reaches_above if reach.length_m >= SHORTEST_M]
    metres = sum(reach.length_m for reach in reaches)
    share = travel(basin.network, basin.stations, [Location(r.id, 0.5 * r.length_m) for r in reaches]).share
    affected = np.array(case.affected(until_s))
    in_question = (share[affected] > 0).all(axis=0)
    onwards = travel(basin.network, basin.stations, basin.stations).share
    clears = ~affected & (onwards[affected] > 0).any(axis=0)
    in_question &= ~(share[clears] >= CLEARED_SHARE).any(axis=0)
    return [
        *(
            Candidate(key, place, "outfall", LISTED / len(case.outfalls))
            for key, place in case.outfalls.items()
        ),
        *(
            Candidate(
                f"unlisted {reach.id}",
                Location(reach.id, 0.5 * reach.length_m),
                "unlisted",
                UNLISTED * reach.length_m / metres,
            )
            for reach, possible in zip(reaches, in_question, strict=True)
            if possible
        ),
        Candidate("nothing", None, "nothing", NOTHING),
    ]


def reach_of(case: Case, key: str) -> str | None:
    """The reach of a candidate; None for nothing in this network."""
    if key in case.outfalls:
        return case.outfalls[key].reach_id
    return None if key == "nothing" else key.removeprefix("unlisted ")


def traced(
    case: Case,
    candidates: Sequence[Candidate],
    until_s: float,
    *,
    bottles: Sequence[StationSeries] = (),
    oracle: bool = False,
    keep_releases: bool = False,
) -> Posterior:
    """The posterior by the readings till then, and bottles whenever taken, of the tracer or the oracle."""
    readings = case.read(until_s)
    return trace(
        case.hydraulics.network if oracle else case.basin.network,
        [*readings, *bottles],
        candidates,
        first_start_s=case.noticed_s - LOOKBACK_S,
        start_step_s=SAMPLING_S,
        n_starts=round(LOOKBACK_S / SAMPLING_S),
        durations_s=DURATIONS_S,
        noise=NOISE,
        strength=StrengthPrior.from_readings(readings),
        hydraulics=_known_hydraulics(case) if oracle else _uncertain_hydraulics(case, until_s),
        keep_releases=keep_releases,
    )


def _known_hydraulics(case: Case) -> HydraulicPrior:
    """The dead zones of the day, as certain as the velocities of its network."""
    return HydraulicPrior(storage=StoragePrior(*case.hydraulics.storage))


def _uncertain_hydraulics(case: Case, until_s: float) -> HydraulicPrior:
    """As the platform has it: all velocities, and on top those above the first station that saw the event."""
    above = [
        set(case.basin.network.upstream(place.reach_id))
        for place, seen in zip(case.basin.stations, case.affected(until_s), strict=True)
        if seen
    ]
    first = min(above, key=len)
    return HydraulicPrior(
        n_settings=SETTINGS * len(above),
        velocity_log_sd=VELOCITY_LOG_SD,
        dispersion_log10_sd=DISPERSION_LOG10_SD,
        groups=(HydraulicGroup(frozenset(first), ABOVE_FIRST_LOG_SD, 0.0),),
        storage=STORAGE,
        seed=1,
    )
