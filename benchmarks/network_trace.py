"""`python -m benchmarks.network_trace`: how well a hidden outfall is found on real networks, against an oracle.

Each case is another list of 20, 40 or 80 outfalls, another release and another day (`_network_cases`). The tracer knows the
hydraulics by formula, what nine earlier events of the basin with confirmed sources taught it of velocities, dispersion and dead
zones, and the flow by the gauges; it averages over what stays uncertain (`_network_tracer`). The oracle is the same posterior given
the velocity and dispersion of every reach, the dead zones and the flow as they truly are: what it misses, no better knowledge
of the river would mend.

A third of the cases, of all kinds alike, are traced twice more, with two further samples each: those that a first trace
suggests, and those at the best fixed places (`_network_sampling`). The oracle is given the suggested ones too.

Rank and calibration are those of the candidates as they stand in the answer: outfalls, an unlisted place on each
reach, nothing in this network. Where the true outfall is not on the list, the unlisted place on its reach is the true
candidate, and it counts as found that the truth is none of the list if these together (unlisted, nothing) are more
probable than any outfall. How often that is so although the outfall is listed is said too.

Settings were looked at on seeds 0–99 and 6000–6160, the weight of readings' errors on 1000–1209; 3000 and on only by this.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

# Two processes share two cores: a matrix product that starts threads of its own only waits for them.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from riverkit.tracing import HydraulicPrior, Posterior, StationSeries

from benchmarks._network_cases import LIST_SIZES, WITHHELD_EVERY, Basin, Case, load, make_case
from benchmarks._network_sampling import first_trace, plan, samples
from benchmarks._network_scores import Answer, Outcome, tell
from benchmarks._network_tracer import SETTINGS, candidates_of, learned_from, reach_of, traced

REPOSITORY = Path(__file__).resolve().parent.parent
CASES, FIRST_SEED = 500, 3_000
SAMPLED_EVERY = 3
"""Of rounds through all networks, list sizes and withheld outfalls, each so many has samples taken in its cases."""

EARLIER_SEED, EARLIER_CASES = 500, 9
"""Events whose sources people found, in no other use: from them hydraulics are learned and the fixed plan is made."""

PROCESSES = 2
ZONE = 0.9


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
        known = list(pool.map(look_back, range(len(basins))))
        jobs = {
            pool.submit(run, n, arguments.seed + n, known[n % len(basins)]): n for n in range(arguments.cases)
        }
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


@dataclass(frozen=True)
class Known:
    """What an office knows of a basin from earlier events: its hydraulics, and the best two places to take samples at."""

    learned: HydraulicPrior
    planned: tuple[int, ...]


def look_back(number: int) -> Known:
    """Learn from the earlier events of a basin."""
    basin = _basins[number]
    earlier = [
        make_case(basin, EARLIER_SEED + n, LIST_SIZES[n % len(LIST_SIZES)], withheld=False)
        for n in range(EARLIER_CASES)
    ]
    learned = learned_from(basin, earlier)
    return Known(learned, plan(basin, earlier, learned))


def run(number: int, seed: int, known: Known) -> Outcome:
    """Trace one case; networks, list sizes and withheld outfalls take turns."""
    began = time.process_time()
    basin = _basins[number % len(_basins)]
    turn = number // len(_basins)
    list_size = LIST_SIZES[turn % len(LIST_SIZES)]
    withheld = (turn // len(LIST_SIZES)) % WITHHELD_EVERY == WITHHELD_EVERY - 1
    case = make_case(basin, seed, list_size, withheld)
    candidates = candidates_of(case, case.end_s)

    def answer(learned: HydraulicPrior | None, bottles: Sequence[StationSeries] = ()) -> Answer:
        started = time.process_time()
        posterior = traced(case, candidates, case.end_s, learned, bottles=bottles)
        return answer_of(case, posterior, time.process_time() - started)

    tracer, oracle = answer(known.learned), answer(None)
    sampled = sampled_by_plan = oracle_sampled = None
    if (turn // (len(LIST_SIZES) * WITHHELD_EVERY)) % SAMPLED_EVERY == 0:
        suggested, fixed = samples(case, first_trace(case, known.learned), known.planned)
        sampled, sampled_by_plan = answer(known.learned, suggested), answer(known.learned, fixed)
        oracle_sampled = answer(None, suggested)
    return Outcome(
        basin.name,
        list_size,
        withheld,
        tracer=tracer,
        oracle=oracle,
        sampled=sampled,
        sampled_by_plan=sampled_by_plan,
        oracle_sampled=oracle_sampled,
        cpu_seconds=time.process_time() - began,
    )


def answer_of(case: Case, posterior: Posterior, cpu_seconds: float) -> Answer:
    """Hold a posterior against the truth."""
    by_reach: dict[str, float] = {}
    listed: dict[str, float] = {}
    for candidate in posterior.candidates:
        if candidate.kind == "outfall":
            listed[candidate.key] = candidate.probability
        reach_id = reach_of(case, candidate.key)
        if reach_id is not None:
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
