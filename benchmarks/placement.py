"""`python -m benchmarks.placement`: stations against Chama's MILP on the same impact matrix, and 2,000 places.

WNTR simulates a contaminant at every junction of Net3 (released for an hour, watched for two days) and Chama makes
of it the hours until each junction notices; both programs then choose from that matrix. The second part lays a
possible source and a possible station on every reach of a generated tree of 2,000, works out the travel between all
of them, and places ten stations twice: soonest seen, and most telling about the source.
"""

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from riverkit.network import Location
from riverkit.placement import ImpactPlacement, TypicalRelease, place_for_impact, place_to_identify, travel

from benchmarks._peers import environment
from benchmarks._report import report
from benchmarks.posterior import generated_tree

CHAMA = [
    "chama==0.3.0",
    "highspy==1.15.*",
    "numpy==1.26.*",
    "pandas==1.5.*",
    "pyomo==6.7.*",
    "setuptools<81",
    "six==1.17.*",
    "wntr==1.2.0",
]
COUNTS = (3, 5, 8, 12)
REPEATS = 15
PLACES, STATIONS, HORIZON_H = 2_000, 10, 72.0
RELEASE = TypicalRelease(mass_kg=20.0, threshold_g_m3=0.05)
Floats = NDArray[np.float64]
REPOSITORY = Path(__file__).resolve().parent.parent


def main() -> None:
    """Run both parts and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = REPOSITORY.parent / "shared" / "data"
    parser.add_argument("--data", type=Path, default=default, help="folder with networks/epanet/Net3.inp")
    arguments = parser.parse_args()
    peer, impact, undetected = run_chama(arguments.data / "networks" / "epanet" / "Net3.inp")
    rows, ratios, speedups, whole_speedups = [], [], [], []
    for solution in peer["solutions"]:
        seconds, found = timed(impact, undetected, solution["count"])
        ratios.append(found.mean_impact / solution["objective"])
        speedups.append(solution["solver_s"] / seconds)
        whole_speedups.append((solution["model_s"] + solution["solver_s"]) / seconds)
        rows.append(
            (
                f"Net3, {solution['count']} of {impact.shape[1]} places",
                f"mean {found.mean_impact:.3f} h (Chama {solution['objective']:.3f}; proven not below "
                f"{found.lower_bound:.2f}) in {1_000 * seconds:.1f} ms "
                f"(HiGHS {solution['solver_s']:.2f} s, building its model {solution['model_s']:.2f} s)",
            )
        )
    network = generated_tree(PLACES)
    places = [Location(reach.id, 0.5 * reach.length_m) for reach in network.reaches]
    flows = np.array([reach.discharge_m3s for reach in network.reaches], dtype=np.float64)
    began = time.perf_counter()
    hours = travel(network, places, places).detection_h(RELEASE, flows)
    soonest = place_for_impact(hours.T, HORIZON_H, STATIONS)
    soonest_s = time.perf_counter() - began
    began = time.perf_counter()
    telling = place_to_identify(network, places, STATIONS, places, RELEASE)
    telling_s = time.perf_counter() - began
    report(
        f"Placement: {peer['versions']}",
        [
            *rows,
            ("worst ratio to the optimum", f"{max(ratios):.4f} (target ≤ 1.02)"),
            (
                "faster than Chama",
                f"{min(speedups):.0f} × its solver, {min(whole_speedups):.0f} × with its model (target ≥ 10)",
            ),
            (
                "making the matrix, the same for both",
                f"WNTR {peer['simulation_s']:.1f} s, Chama {peer['detection_s']:.1f} s",
            ),
            (
                f"{PLACES:,} places and sources, {STATIONS} stations, soonest seen",
                f"{soonest_s:.1f} s with travel; mean {soonest.mean_impact:.1f} h, {soonest.seen_share:.0%} seen",
            ),
            (
                "the same, most telling",
                f"{telling_s:.1f} s; {telling.confusable:.1%} of the sources look like the true one, at least "
                f"{telling.bits:.1f} of {telling.prior_bits:.1f} bits (target ≤ 60 s)",
            ),
        ],
        {
            "ratio_to_optimum": max(ratios),
            "speedup_over_chama": min(speedups),
            "speedup_over_chama_with_model": min(whole_speedups),
            "seconds_2000_places": max(soonest_s, telling_s),
            "seconds_2000_places_soonest": soonest_s,
            "seconds_2000_places_telling": telling_s,
            "confusable_2000_places": telling.confusable,
            "bits_2000_places": telling.bits,
        },
    )


def run_chama(network_file: Path) -> tuple[dict[str, Any], Floats, float]:
    """Let Chama, in its own environment, make the impact matrix and solve it."""
    python = environment("chama", CHAMA)
    script = Path(__file__).with_name("_chama_peer.py")
    with tempfile.TemporaryDirectory() as folder:
        matrix = Path(folder) / "matrix.npz"
        command = [str(python), str(script), str(network_file), ",".join(map(str, COUNTS)), str(matrix)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        with np.load(matrix) as saved:
            impact, undetected = saved["impact"], float(saved["undetected"])
    return json.loads(done.stdout.splitlines()[-1]), impact, undetected


def timed(impact: Floats, undetected: float, count: int) -> tuple[float, ImpactPlacement]:
    """Median seconds of several runs, and the result."""
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        found = place_for_impact(impact, undetected, count)
        seconds.append(time.perf_counter() - began)
    return median(seconds), found


if __name__ == "__main__":
    main()
