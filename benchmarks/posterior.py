"""`python -m benchmarks.posterior`: the exact posterior on a real network, and emcee on the same posterior.

emcee samples one candidate at a time (start, duration, mass), started at the exact answer, and gives no
evidence with which to compare candidates; its time for a few candidates is scaled to all of them. Both facts
favour it.
"""

import argparse
import json
import resource
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from riverkit.network import NHDPLUS, Location, Network, estimate_hydraulics, read_vector, repair
from riverkit.tracing import (
    Candidate,
    HydraulicPrior,
    Noise,
    Posterior,
    StationSeries,
    StrengthPrior,
    trace,
)
from riverkit.tracing.model import BackgroundPrior, Floats
from riverkit.tracing.prediction import Predictor
from riverkit.tracing.readings import on_grid, prepare
from riverkit.transport import LaplaceGrid, arrivals, responses

from benchmarks._peers import environment
from benchmarks._report import report
from benchmarks._trees import random_tree

STEP_S = 300.0
N_STARTS = 2_048
DURATION_STEPS = tuple(range(2, 34, 2))
READING_EVERY = 3
PLACES = 418
STATIONS = 4
TRUE_START, TRUE_STEPS, TRUE_KG = 900, 12, 40.0
NOISE = Noise(0.05, relative=0.02, discrepancy=0.02)
SETTINGS = HydraulicPrior(32, velocity_log_sd=0.15, dispersion_log10_sd=0.3)
EMCEE = ["emcee==3.1.6", "numpy==2.4.*", "scipy==1.17.*"]
WALKERS, STEPS, BURN_IN, SAMPLED = 32, 3_000, 500, 3
REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Case:
    """A network with stations and candidates; `truth` is the key of the one that discharged."""

    name: str
    network: Network
    stations: list[StationSeries]
    candidates: list[Candidate]
    truth: str
    strength: StrengthPrior


@dataclass(frozen=True)
class Sampled:
    """What emcee found for one candidate; medians and deviations of start and duration (steps) and mass (kg)."""

    seconds: float
    effective_sample_size: float
    median: list[float]
    sd: list[float]
    evaluations: int
    version: str


def main() -> None:
    """Run both and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = REPOSITORY.parent / "shared" / "data"
    parser.add_argument(
        "--data", type=Path, default=default, help="folder with networks/nhdplus/new_hope.gpkg"
    )
    parser.add_argument(
        "--repeats", type=int, default=3, help="the exact posterior is run so often, best time taken"
    )
    arguments = parser.parse_args()
    case = make_case(arguments.data / "networks" / "nhdplus" / "new_hope.gpkg")
    python = environment("emcee", EMCEE)
    began = time.process_time()
    runs = [exact(case) for _ in range(arguments.repeats)]
    cpu_seconds = (time.process_time() - began) / arguments.repeats
    posterior = min(runs, key=lambda run: run.seconds)
    began = time.process_time()
    marginalised = exact(case, SETTINGS)
    marginalised_cpu_seconds = time.process_time() - began
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024.0
    sampled = [c for c in posterior.candidates if c.kind != "nothing"][:SAMPLED]
    peers = [run_emcee(python, case, posterior, candidate.key) for candidate in sampled]
    differences = []
    for candidate, peer in zip(sampled, peers, strict=True):
        assert candidate.start_s is not None
        assert candidate.released_kg is not None
        differences.append(
            (
                abs(candidate.start_s.median / STEP_S - peer.median[0]) / peer.sd[0],
                abs(candidate.released_kg.median - peer.median[2]) / peer.sd[2],
            )
        )
    per_candidate = sum(peer.seconds for peer in peers) / len(peers)
    scaled = per_candidate * PLACES
    rank = [c.key for c in posterior.candidates].index(case.truth) + 1
    least_ess = min(peer.effective_sample_size for peer in peers)
    evaluations = WALKERS * (BURN_IN + STEPS)
    largest = [float(max(column)) for column in zip(*differences, strict=True)]
    report(
        f"The posterior over {len(case.candidates)} candidates on {case.name}",
        [
            (
                "hypotheses",
                f"{posterior.hypotheses:,}: places × {N_STARTS} starts × {len(DURATION_STEPS)} durations",
            ),
            (
                "exact posterior",
                f"{posterior.seconds:.2f} s, best of {arguments.repeats}; peak {peak_mb:.0f} MB",
            ),
            (
                f"{SETTINGS.n_settings} hydraulic settings",
                f"{marginalised.seconds:.2f} s ({marginalised_cpu_seconds:.1f} s of processors) for "
                f"{marginalised.hypotheses:,} hypotheses",
            ),
            ("true outfall", f"rank {rank}, probability {posterior.candidates[rank - 1].probability:.3f}"),
            ("emcee, one candidate", f"{per_candidate:.1f} s for {evaluations:,} evaluations"),
            ("emcee, all candidates", f"{scaled:.0f} s, scaled from {len(peers)} run; no evidences"),
            (
                "emcee",
                f"{WALKERS} walkers × {STEPS} steps after {BURN_IN}; least effective sample size {least_ess:.0f}",
            ),
            ("medians differ at most", f"start {largest[0]:.2f} sd, mass {largest[1]:.2f} sd"),
        ],
        {
            "hypotheses": posterior.hypotheses,
            "seconds": posterior.seconds,
            "speedup_over_emcee": scaled / posterior.seconds,
            "cpu_seconds": cpu_seconds,
            "hydraulic_settings": SETTINGS.n_settings,
            "marginalised_seconds": marginalised.seconds,
            "marginalised_cpu_seconds": marginalised_cpu_seconds,
            "marginalised_hypotheses": marginalised.hypotheses,
            "peak_mb": peak_mb,
            "walkers": WALKERS,
            "steps": STEPS,
            "effective_sample_size": least_ess,
            "emcee_seconds_per_candidate": per_candidate,
            "emcee_candidates_run": len(peers),
            "median_start_difference_sd": largest[0],
            "median_mass_difference_sd": largest[1],
            "true_rank": rank,
            "network": case.name,
        },
    )


def make_case(path: Path) -> Case:
    """New Hope Creek with hydraulics by formula, or a generated tree; the readings are made with the same
    model."""
    if path.exists():
        name = "New Hope Creek (NHDPlus)"
        reaches, _ = repair(read_vector(path, mapping=NHDPLUS).reaches)
        network = Network.build(estimate_hydraulics(reaches))
    else:
        name, network = "a generated tree", generated_tree()
    rng = np.random.default_rng(20)
    main_stem = stem(network)
    above = [reach for reach in network.upstream(main_stem[0]) if reach not in main_stem[:20]]
    chosen = sorted(rng.choice(len(above), size=PLACES, replace=len(above) < PLACES))
    candidates = [
        Candidate(
            f"{i}: {above[row]}", Location(above[row], rng.random() * network.reach(above[row]).length_m)
        )
        for i, row in enumerate(chosen)
    ]
    places = [
        Location(main_stem[i], 0.5 * network.reach(main_stem[i]).length_m) for i in range(0, 5 * STATIONS, 5)
    ]
    # A source whose water passes all stations makes the hardest case: the farthest above the uppermost one.
    source, place, farthest = candidates[0], places[0], -1.0
    for candidate in candidates:
        assert candidate.location is not None
        distance = network.distance_m(candidate.location, places[-1])
        if distance is not None and distance > farthest:
            source, place, farthest = candidate, candidate.location, distance
    steps = np.arange(0, N_STARTS, READING_EVERY, dtype=np.float64)
    grid = LaplaceGrid.over(2.0 * N_STARTS * STEP_S, STEP_S, 18.0)
    stations = []
    for number, station in enumerate(places):
        flow = network.reach(station.reach_id).discharge_m3s
        assert flow is not None
        rate = grid.invert(responses(network, station, [place], grid)[0] * grid.cell_average)
        arrived = np.cumsum(rate) * STEP_S
        index = np.arange(len(arrived))
        passed = np.interp(steps - TRUE_START, index, arrived, left=0.0)
        passed -= np.interp(steps - TRUE_START - TRUE_STEPS, index, arrived, left=0.0)
        value = 0.4 + TRUE_KG * 1_000.0 / (TRUE_STEPS * STEP_S) * passed / flow
        value += rng.normal(0.0, NOISE.absolute, len(steps))
        stations.append(StationSeries(station, flow, STEP_S * steps, value, name=f"S{number + 1}"))
    nothing = Candidate("nothing in this network", None, "nothing", 0.05 * PLACES)
    strength = StrengthPrior.from_readings(stations)
    return Case(name, network, stations, [*candidates, nothing], source.key, strength)


def stem(network: Network) -> list[str]:
    """From the largest outlet upwards, always into the larger arm."""

    def flow(reach_id: str) -> float:
        return network.reach(reach_id).discharge_m3s or 0.0

    reach_id = max(network.outlets(), key=flow)
    found = [reach_id]
    while above := [r.id for r in network.reaches if r.down == network.reach(reach_id).up]:
        reach_id = max(above, key=flow)
        found.append(reach_id)
    return found


def generated_tree(size: int = 746) -> Network:
    """A tree as large as New Hope Creek's, of one velocity and one dispersion."""
    return random_tree(size, lambda _: (0.4, 5.0))


def exact(case: Case, hydraulics: HydraulicPrior | None = None) -> Posterior:
    """The posterior by riverkit, of known hydraulics if no prior of them is given."""
    return trace(
        case.network,
        case.stations,
        case.candidates,
        first_start_s=0.0,
        start_step_s=STEP_S,
        n_starts=N_STARTS,
        durations_s=[steps * STEP_S for steps in DURATION_STEPS],
        noise=NOISE,
        strength=case.strength,
        hydraulics=hydraulics,
    )


def run_emcee(python: Path, case: Case, posterior: Posterior, key: str) -> Sampled:
    """Hand one candidate's problem to emcee in its own environment."""
    candidate = next(c for c in case.candidates if c.key == key)
    result = next(c for c in posterior.candidates if c.key == key)
    assert candidate.location is not None
    assert result.start_s is not None
    assert result.duration_s is not None
    assert result.released_kg is not None
    readings = [prepare(station, NOISE, BackgroundPrior()) for station in case.stations]
    size = on_grid(readings, 0.0, STEP_S).size
    grid = LaplaceGrid.over(1.5 * size * STEP_S, STEP_S, 18.0)
    predictor = Predictor(case.stations, readings, grid, size, 0.0, DURATION_STEPS)
    places = [station.location for station in case.stations]
    _, rows = next(arrivals(case.network, places, [candidate.location], grid))
    integral = predictor.integral(rows)
    centre = [result.start_s.median / STEP_S, result.duration_s.median / STEP_S, result.released_kg.median]
    problem: dict[str, Floats] = {
        "stations": np.array(float(len(readings))),
        "lowest": np.array([-0.5, DURATION_STEPS[0] - 1.0]),
        "highest": np.array([N_STARTS - 0.5, DURATION_STEPS[-1] + 1.0]),
        "sd_kg": np.array(case.strength.sd_kg),
        "centre": np.array(centre),
    }
    for i, each in enumerate(readings):
        problem[f"integral{i}"] = integral[i]
        problem[f"position{i}"] = each.time_s / STEP_S
        problem[f"weight{i}"] = each.weight
        problem[f"weighted{i}"] = each.weighted
        problem[f"projections{i}"] = each.projections
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problem.npz"
        np.savez(path, allow_pickle=False, **problem)
        script = Path(__file__).with_name("_emcee_peer.py")
        arguments = [str(value) for value in (path, WALKERS, STEPS, BURN_IN, 1)]
        done = subprocess.run(
            [str(python), str(script), *arguments], check=True, capture_output=True, text=True
        )
    return Sampled(**json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    main()
