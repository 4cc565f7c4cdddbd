"""`python -m benchmarks.loads`: loads of the parts of New Hope Creek, known because they are made up.

In every case twelve stations stand at random, each reach adds a load at a random place (lognormal per metre; one in a
hundred is a point source of a hundred times as much), and what decay leaves of it on its mean travel time arrives at
the stations. As many cases more have outfalls alone: one reach in twenty has one, however long it is, the others add
nothing. Flows and concentrations are then read with errors. The estimate knows the sizes of the errors and a
prior of the decay. Beside it stands what is done by hand: the difference between a station and those above it.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from riverkit.loads import Apportionment, DecayPrior, LoadStation, apportion
from riverkit.loads.zones import Zone, cut, zones
from riverkit.network import NHDPLUS, Location, Network, estimate_hydraulics, read_vector, repair
from riverkit.placement import travel

from benchmarks._report import report

CASES, STATIONS = 40, 12
SEED = 3_000
"""The model was chosen on other cases."""

FLOW_ERROR, READING_ERROR = 0.10, 0.08
DECAY = DecayPrior(0.4 / 86_400.0, 0.4)
KG_PER_DAY_M = 2e-4
UNEVENNESS, POINT_SOURCES, POINT_STRENGTH = 1.0, 0.01, 100.0
OUTFALLS, OUTFALL_KG_D, OUTFALL_LOG_SD = 0.05, 5.0, 2.0
LEAST_FLOW_M3S = 0.05
DETECTION_G_M3 = 1e-5
REPOSITORY = Path(__file__).resolve().parent.parent

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """Stations with what they read, the true load of every zone, and the differences between stations."""

    stations: list[LoadStation]
    truth: Floats
    differences: Floats


def main() -> None:
    """Estimate all cases and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = REPOSITORY.parent / "shared" / "data"
    parser.add_argument(
        "--data", type=Path, default=default, help="folder with networks/nhdplus/new_hope.gpkg"
    )
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    path = arguments.data / "networks" / "nhdplus" / "new_hope.gpkg"
    reaches, _ = repair(read_vector(path, mapping=NHDPLUS).reaches)
    network = Network.build(estimate_hydraulics(reaches))
    along, alone = (
        score(network, arguments.cases, np.random.default_rng((arguments.seed, way)), outfalls_only=bool(way))
        for way in (0, 1)
    )
    report(
        f"Steady loads: {len(network)} reaches of New Hope Creek, {STATIONS} stations, {arguments.cases} cases each",
        [*along.rows("along all channels"), *alone.rows("outfalls alone")],
        {
            "cases": arguments.cases,
            **along.figures(),
            **{f"{name}_outfalls_alone": value for name, value in alone.figures().items()},
        },
    )


@dataclass(frozen=True)
class Score:
    """How well the loads of all cases were found; shares are of all load of a case."""

    zones: int
    coverage: float
    below: float
    coverage_total: float
    error: float
    error_by_hand: float
    error_total: float
    width: float
    largest_named: float
    seconds: float

    def rows(self, way: str) -> list[tuple[str, str]]:
        """For people."""
        return [
            (f"Loads {way}: zones", f"{self.zones}"),
            (
                "in their 90 % intervals",
                f"{self.coverage:.1%} ({self.below:.1%} below, {1 - self.coverage - self.below:.1%} above)",
            ),
            ("totals in theirs", f"{self.coverage_total:.0%}"),
            ("error of the zones' loads, share of all load", f"{self.error:.1%} in the median"),
            ("the same by differences of stations", f"{self.error_by_hand:.1%}"),
            ("error of the total", f"{self.error_total:.1%} in the median"),
            ("widths of all zones' intervals, share of all load", f"{self.width:.0%} in the median"),
            ("largest contributor named", f"{self.largest_named:.0%}"),
            ("time of a case", f"{self.seconds:.2f} s"),
        ]

    def figures(self) -> dict[str, float]:
        """For programs."""
        return {
            "zones": self.zones,
            "coverage_90": self.coverage,
            "coverage_90_of_total": self.coverage_total,
            "median_error_share": self.error,
            "median_error_share_by_differences": self.error_by_hand,
            "median_error_of_total": self.error_total,
            "median_width_share": self.width,
            "largest_named": self.largest_named,
            "seconds_per_case": self.seconds,
        }


def score(network: Network, cases: int, rng: np.random.Generator, *, outfalls_only: bool) -> Score:
    """Make and estimate so many cases."""
    inside, below, totals, errors, by_hand, total_errors, widths, named, seconds = ([] for _ in range(9))
    for number in range(cases):
        case = make_case(network, rng, outfalls_only=outfalls_only)
        began = time.perf_counter()
        found = apportion(network, case.stations, decay=DECAY, seed=number)
        seconds.append(time.perf_counter() - began)
        median, low, high = intervals(found)
        inside.append((low <= case.truth) & (case.truth <= high))
        below.append(case.truth < low)
        total = case.truth.sum()
        totals.append(found.total_kg_d.low <= total <= found.total_kg_d.high)
        errors.append(np.abs(median - case.truth).sum() / total)
        by_hand.append(np.abs(case.differences - case.truth).sum() / total)
        total_errors.append(abs(found.total_kg_d.median / total - 1.0))
        widths.append((high - low).sum() / total)
        named.append(np.argmax(median) == np.argmax(case.truth))
    return Score(
        zones=sum(map(len, inside)),
        coverage=float(np.concatenate(inside).mean()),
        below=float(np.concatenate(below).mean()),
        coverage_total=float(np.mean(totals)),
        error=float(np.median(errors)),
        error_by_hand=float(np.median(by_hand)),
        error_total=float(np.median(total_errors)),
        width=float(np.median(widths)),
        largest_named=float(np.mean(named)),
        seconds=float(np.median(seconds)),
    )


def make_case(network: Network, rng: np.random.Generator, *, outfalls_only: bool) -> Case:
    """Random stations and loads, and readings with errors; transport is plug flow, made without the estimator."""
    arrays = network.arrays
    flowing = np.flatnonzero(arrays.discharge_m3s > LEAST_FLOW_M3S)
    rows = rng.choice(flowing, STATIONS, replace=False)
    places = [Location(network.reaches[row].id, rng.random() * arrays.length_m[row]) for row in rows.tolist()]
    sources = [Location(reach.id, rng.random() * reach.length_m) for reach in network.reaches]
    if outfalls_only:
        sizes = OUTFALL_KG_D * rng.lognormal(0.0, OUTFALL_LOG_SD, len(network))
        load = np.where(rng.random(len(network)) < OUTFALLS, sizes, 0.0)
    else:
        load = KG_PER_DAY_M * arrays.length_m * rng.lognormal(0.0, UNEVENNESS, len(network))
        load[rng.random(len(network)) < POINT_SOURCES] *= POINT_STRENGTH
    rate = DECAY.median_per_s * np.exp(DECAY.log_sd * rng.standard_normal())
    way = travel(network, places, sources)
    reaching = np.where(way.share > 0, way.share * np.exp(-rate * np.nan_to_num(way.mean_s)), 0.0)
    arriving = reaching @ load
    flow = arrays.discharge_m3s[rows]
    concentration = arriving / 86.4 / flow
    stations = [
        LoadStation(
            name=f"S{number + 1}",
            location=place,
            concentration_g_m3=float(max(c * (1 + READING_ERROR * rng.standard_normal()), 0.0)),
            concentration_sd=max(float(READING_ERROR * c), DETECTION_G_M3),
            discharge_m3s=float(q * (1 + FLOW_ERROR * rng.standard_normal())),
            discharge_sd=float(FLOW_ERROR * q),
        )
        for number, (place, c, q) in enumerate(
            zip(places, concentration.tolist(), flow.tolist(), strict=True)
        )
    ]
    seen = [zone for zone in zones(network, places, cut(network, places)) if zone.seen_by]
    measured = np.array([station.load_kg_d for station in stations])
    passed = [frozenset(np.flatnonzero(column).tolist()) for column in (way.share > 0).T]
    truth = np.array([load[[each == frozenset(zone.seen_by) for each in passed]].sum() for zone in seen])
    # Of parts with the same lower station, by hand only the one with most channels gets a load.
    largest = {zone.seen_by[0]: zone for zone in sorted(seen, key=lambda zone: len(zone.pieces))}
    differences = np.array(
        [_difference(zone, measured) if largest[zone.seen_by[0]] is zone else 0.0 for zone in seen]
    )
    return Case(stations, truth, differences)


def _difference(zone: Zone, measured: Floats) -> float:
    return max(0.0, float(measured[zone.seen_by[0]] - measured[list(zone.fed_by)].sum()))


def intervals(found: Apportionment) -> tuple[Floats, Floats, Floats]:
    """Median and 90 % interval of the zones that stations see."""
    loads = [zone.load_kg_d for zone in found.zones if zone.load_kg_d is not None]
    columns = zip(*((load.median, load.low, load.high) for load in loads), strict=True)
    median, low, high = (np.array(column) for column in columns)
    return median, low, high


if __name__ == "__main__":
    main()
