"""How the cases of `network_trace` are traced: candidates, noise, and what is believed of the hydraulics."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from riverkit.network import Location
from riverkit.placement import travel
from riverkit.tracing import (
    Candidate,
    ConfirmedEvent,
    HydraulicPrior,
    Noise,
    Posterior,
    StationSeries,
    StoragePrior,
    StrengthPrior,
    learn_hydraulics,
    trace,
)

from benchmarks._network_cases import (
    DAILY_VELOCITY_LOG_SD,
    LOOKBACK_S,
    READING_NOISE,
    SAMPLING_S,
    SHORTEST_M,
    WITHHELD_EVERY,
    Basin,
    Case,
)

NOTHING = 0.05
LISTED, UNLISTED = (0.95 * (1.0 - 1.0 / WITHHELD_EVERY), 0.95 / WITHHELD_EVERY)
"""Shares of the prior belief: those of the cases, as a user's would be near his experience, but for a doubt."""

NOISE = Noise(
    absolute=0.01, relative=READING_NOISE, discrepancy=0.02, correlation_s=1_800.0, own_correlation_s=0.0
)
"""The discrepancy is what the best kernels leave of real curves; the readings' own errors are independent here."""

DURATIONS_S = tuple(SAMPLING_S * steps for steps in (*range(3, 37), 42, 48, 60, 72))
"""Sharp clouds want every step: an end of a release ten minutes off is more than the noise."""

SETTINGS = 64
LEARNING_SETTINGS = 512
"""Learning is done once, before any event, and may take its time."""

QUICK_SETTINGS, QUICKER = 32, 3
BEFORE_ANY_EVENT = HydraulicPrior(
    n_settings=LEARNING_SETTINGS,
    velocity_log_sd=0.2,
    dispersion_log10_sd=0.3,
    storage=StoragePrior(0.15, 2e-4, share_log10_sd=0.3, exchange_log10_sd=0.4),
    seed=1,
    adaptive=True,
)
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
    learned: HydraulicPrior | None,
    *,
    bottles: Sequence[StationSeries] = (),
    quick: bool = False,
) -> Posterior:
    """The posterior by the readings till then, and bottles whenever taken: of the oracle where nothing was learned.

    The oracle is told velocity and dispersion of every reach, the dead zones and the flow as they were. A `quick` trace, for
    choosing samples while the event goes on, takes fewer durations and settings, and keeps its releases.
    """
    readings = case.read(until_s)
    # The dead zones of the river, as certain as the velocities of its network.
    known = HydraulicPrior(storage=StoragePrior(*case.basin.storage))
    return trace(
        case.hydraulics.network if learned is None else case.basin.network,
        [*readings, *bottles],
        candidates,
        first_start_s=case.noticed_s - LOOKBACK_S,
        start_step_s=SAMPLING_S,
        n_starts=round(LOOKBACK_S / SAMPLING_S),
        durations_s=DURATIONS_S[::QUICKER] if quick else DURATIONS_S,
        noise=NOISE,
        strength=StrengthPrior.from_readings(readings),
        hydraulics=replace(learned, n_settings=QUICK_SETTINGS) if quick and learned else learned or known,
        flow=case.true_flow() if learned is None else case.flow(until_s),
        keep_releases=quick,
    )


def learned_from(basin: Basin, cases: Sequence[Case]) -> HydraulicPrior:
    """What earlier events of the basin, whose sources people found, tell of its hydraulics."""
    events = [
        ConfirmedEvent(
            case.source,
            case.read(case.end_s),
            first_start_s=case.noticed_s - LOOKBACK_S,
            n_starts=round(LOOKBACK_S / SAMPLING_S),
            flow=case.flow(case.end_s),
        )
        for case in cases
    ]
    learned = learn_hydraulics(
        basin.network,
        events,
        BEFORE_ANY_EVENT,
        daily_velocity_log_sd=DAILY_VELOCITY_LOG_SD,
        start_step_s=SAMPLING_S,
        durations_s=DURATIONS_S,
        noise=NOISE,
    )
    return replace(learned, n_settings=SETTINGS)
