"""`python -m benchmarks.network_trace`: how well a hidden outfall is found on real networks, against an oracle.

Each case is another list of 20, 40 or 80 outfalls, another release and another day (`_network_cases`). The tracer
knows the nominal hydraulics and averages over what is uncertain about them. The oracle is the same posterior given
the velocity and dispersion of every reach and the dead zones as they truly are: what it misses, no better knowledge
of the river would mend. The swell is unknown to both.

Rank and calibration are those of the candidates as they stand in the answer: outfalls, an unlisted place on each
reach, nothing in this network. Where the true outfall is not on the list, the unlisted place on its reach is the true
candidate, and it counts as found that the truth is none of the list if these together (unlisted, nothing) are more
probable than any outfall. How often that is so although the outfall is listed is said too.

Settings were chosen on seeds 1–99.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

# Two processes share two cores: a matrix product that starts threads of its own only waits for them.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from riverkit.network import Location
from riverkit.placement import travel
from riverkit.tracing import (
    Candidate,
    HydraulicGroup,
    HydraulicPrior,
    Noise,
    Posterior,
    StoragePrior,
    StrengthPrior,
    trace,
)

from benchmarks._network_cases import (
    LIST_SIZES,
    LOOKBACK_S,
    READING_NOISE,
    SAMPLING_S,
    WITHHELD_EVERY,
    Basin,
    Case,
    load,
    make_case,
)
from benchmarks._network_scores import Answer, Outcome, tell

REPOSITORY = Path(__file__).resolve().parent.parent
CASES, FIRST_SEED = 500, 1_000
PROCESSES = 2
ZONE = 0.9

LISTED, UNLISTED, NOTHING = 0.65, 0.30, 0.05
"""Shares of the prior belief: near the shares of the cases, as a user's would be near his experience."""

NOISE = Noise(absolute=0.01, relative=READING_NOISE, discrepancy=0.1, correlation_s=1_800.0)
DURATIONS_S = tuple(3_600.0 * hours for hours in (0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 12))
VELOCITY_LOG_SD, ABOVE_FIRST_LOG_SD, DISPERSION_LOG10_SD = 0.2, 0.1, 0.3
STORAGE = StoragePrior(0.15, 2e-4, share_log10_sd=0.3, exchange_log10_sd=0.4)
SETTINGS = 32
"""All places are weighed under all of them. Where two stations see the event few settings fit, and where none of a
screening's does, "nothing" leads there and no place is looked at again."""
CLEARED_SHARE = 0.5
"""A place of whose water a quiet station sees at least so much, above one that saw the event, is no unlisted place."""
SHORTEST_M = 300.0
"""Reaches shorter than this are weighed as their neighbours: the belief in unlisted places goes to the longer ones."""


def main() -> None:
    """Run all cases in two processes and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = REPOSITORY.parent / "shared" / "data"
    parser.add_argument("--data", type=Path, default=default, help="folder with networks/nhdplus/*.gpkg")
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--seed", type=int, default=FIRST_SEED, help="seed of the first case")
    arguments = parser.parse_args()
    folder = arguments.data / "networks" / "nhdplus"
    paths = sorted(folder.glob("*.gpkg"))
    if not paths:
        sys.exit(f"No network (*.gpkg) in {folder}. Name the folder of the data with --data.")
    basins = [load(path) for path in paths]
    began = time.perf_counter()
    outcomes: dict[int, Outcome] = {}
    with ProcessPoolExecutor(PROCESSES, initializer=_remember, initargs=(basins,)) as pool:
        jobs = {pool.submit(run, n, arguments.seed + n): n for n in range(arguments.cases)}
        for job in as_completed(jobs):
            outcomes[jobs[job]] = job.result()
            if len(outcomes) % 10 == 0 or len(outcomes) == len(jobs):
                minutes = (time.perf_counter() - began) / 60.0
                print(f"{len(outcomes)} of {len(jobs)} cases, {minutes:.1f} min", file=sys.stderr, flush=True)
    tell([outcomes[n] for n in sorted(outcomes)], arguments.seed, SETTINGS)


_basins: list[Basin] = []


def _remember(basins: Sequence[Basin]) -> None:
    """Each process keeps the networks; they are not sent with every case."""
    _basins[:] = basins


def run(number: int, seed: int) -> Outcome:
    """Trace one case twice; networks, list sizes and withheld outfalls take turns."""
    began = time.process_time()
    basin = _basins[number % len(_basins)]
    turn = number // len(_basins)
    list_size = LIST_SIZES[turn % len(LIST_SIZES)]
    withheld = (turn // len(LIST_SIZES)) % WITHHELD_EVERY == WITHHELD_EVERY - 1
    case = make_case(basin, seed, list_size, withheld)
    candidates = candidates_of(case)
    return Outcome(
        basin.name,
        list_size,
        withheld,
        sum(case.affected),
        traced(case, candidates, oracle=False),
        traced(case, candidates, oracle=True),
        time.process_time() - began,
    )


def candidates_of(case: Case) -> list[Candidate]:
    """The list, an unlisted place on every reach in question, and nothing.

    The belief in unlisted places is spread by length over all reaches above the stations but short ones. Of these only
    reaches from which water passes all stations that saw the event, and no other above these, are worth weighing.
    """
    basin = case.basin
    reaches = [reach for reach in basin.reaches_above if reach.length_m >= SHORTEST_M]
    metres = sum(reach.length_m for reach in reaches)
    share = travel(basin.network, basin.stations, [Location(r.id, 0.5 * r.length_m) for r in reaches]).share
    affected = np.array(case.affected)
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


def traced(case: Case, candidates: Sequence[Candidate], *, oracle: bool) -> Answer:
    """The answer of the tracer or the oracle."""
    began = time.process_time()
    basin = case.basin
    posterior = trace(
        case.hydraulics.network if oracle else basin.network,
        case.readings,
        candidates,
        first_start_s=case.noticed_s - LOOKBACK_S,
        start_step_s=SAMPLING_S,
        n_starts=round(LOOKBACK_S / SAMPLING_S),
        durations_s=DURATIONS_S,
        noise=NOISE,
        strength=StrengthPrior.from_readings(case.readings),
        hydraulics=known_hydraulics(case) if oracle else uncertain_hydraulics(case),
    )
    return answer_of(case, posterior, time.process_time() - began)


def known_hydraulics(case: Case) -> HydraulicPrior:
    """The dead zones of the day, as certain as the velocities of its network."""
    return HydraulicPrior(storage=StoragePrior(*case.hydraulics.storage))


def uncertain_hydraulics(case: Case) -> HydraulicPrior:
    """As the platform has it: all velocities, and on top those above the first station that saw the event."""
    affected = [station.location for station, seen in zip(case.readings, case.affected, strict=True) if seen]
    above = [set(case.basin.network.upstream(place.reach_id)) for place in affected]
    first = min(above, key=len)
    return HydraulicPrior(
        n_settings=SETTINGS,
        velocity_log_sd=VELOCITY_LOG_SD,
        dispersion_log10_sd=DISPERSION_LOG10_SD,
        groups=(HydraulicGroup(frozenset(first), ABOVE_FIRST_LOG_SD, 0.0),),
        storage=STORAGE,
        seed=1,
    )


def answer_of(case: Case, posterior: Posterior, cpu_seconds: float) -> Answer:
    """Hold a posterior against the truth."""
    reach_of = {
        candidate.key: case.outfalls[candidate.key].reach_id
        if candidate.kind == "outfall"
        else candidate.key.removeprefix("unlisted ")
        for candidate in posterior.candidates
        if candidate.kind != "nothing"
    }
    by_reach: dict[str, float] = {}
    listed: dict[str, float] = {}
    for candidate in posterior.candidates:
        if candidate.kind == "outfall":
            listed[candidate.key] = candidate.probability
        if candidate.kind != "nothing":
            reach_id = reach_of[candidate.key]
            by_reach[reach_id] = by_reach.get(reach_id, 0.0) + candidate.probability
    zone = zone_of(case.basin, by_reach)
    none_of_list = max(1.0 - sum(listed.values()), 0.0)
    truth = case.truth or f"unlisted {case.source.reach_id}"
    return Answer(
        probability=tuple(candidate.probability for candidate in posterior.candidates),
        right=tuple(candidate.key == truth for candidate in posterior.candidates),
        of_truth=none_of_list if case.truth is None else listed[case.truth],
        none_of_list=none_of_list,
        none_leads=none_of_list > max(listed.values()),
        zone_km=sum(case.basin.network.reach(reach_id).length_m for reach_id in zone) / 1_000.0,
        zone_holds=case.source.reach_id in zone,
        hypotheses=posterior.hypotheses,
        cpu_seconds=cpu_seconds,
    )


def zone_of(basin: Basin, by_reach: dict[str, float]) -> set[str]:
    """The fewest kilometres of reaches that hold 90 % of the probability of all places."""
    ranked = sorted(by_reach, key=lambda each: -by_reach[each] / basin.network.reach(each).length_m)
    held = np.cumsum([by_reach[each] for each in ranked])
    return set(ranked[: int(np.searchsorted(held, ZONE * held[-1])) + 1])


if __name__ == "__main__":
    main()
