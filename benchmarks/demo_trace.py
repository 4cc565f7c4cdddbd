"""`python -m benchmarks.demo_trace`: how well the platform finds the demo's secret outfall, over many basins.

Each seed makes another basin, another outfall and another day. The truth runs through the finite-volume solver with
velocity, dispersion, dead zones and a swell that the registry does not know; the stations read every ten minutes with
noise and gaps; the trace is asked as the platform of the demo asks it, with its rules. No database, no server. Beside it
stands an oracle that is told the day's velocity, dispersion and dead zones: what it misses, no better registry would
mend. The settings were chosen on seeds below 20.

The story leaves its outfall two to five rivals above the same station; `--any-outfall` lets it be any.
"""

import argparse
import itertools
import json
import math
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "riverchief.site.settings")
django.setup()

import numpy as np  # noqa: E402
import riverchief.monitor  # noqa: E402
import riverchief.rectify  # noqa: E402
import riverchief.trace  # noqa: E402
from riverchief.demo import truth  # noqa: E402
from riverchief.demo.background import history_steps  # noqa: E402
from riverchief.demo.basin import generate  # noqa: E402
from riverchief.demo.direction import FINE  # noqa: E402
from riverchief.demo.known_river import settings  # noqa: E402
from riverchief.demo.model import DemoStation  # noqa: E402
from riverchief.demo.truth import PARAMETER, Secret, draw_secret  # noqa: E402
from riverchief.demo.world import World  # noqa: E402
from riverchief.monitor.detection import Course, DetectionRules, Scale, onset  # noqa: E402
from riverchief.registry.models import Station  # noqa: E402
from riverchief.trace.codes import PLACES, CandidateKind  # noqa: E402
from riverchief.trace.compute import compute  # noqa: E402
from riverchief.trace.habit import Row, station_input  # noqa: E402
from riverchief.trace.inputs import CandidateInput, StationInput, TraceInputs, reach_to_json  # noqa: E402
from riverchief.trace.places import candidates_on, ground_of, stations_on  # noqa: E402
from riverkit.quality import standard  # noqa: E402
from riverkit.tracing import Posterior  # noqa: E402

from benchmarks._report import report  # noqa: E402

BINS = 5
"""Equal bins of the first candidate's probability, for the calibration error."""


@dataclass(frozen=True)
class Case:
    """What the platform would trace, and the truth."""

    inputs: TraceInputs
    secret: Secret
    truth: str
    true_start_s: float


@dataclass(frozen=True)
class Outcome:
    """How one trace came out."""

    rank: int
    probability: float
    first_probability: float
    opens_clue: bool
    rank_without_priors: int
    probability_without_priors: float
    start_covered: bool
    mass_covered: bool
    duration_covered: bool
    hypotheses: int
    cpu_seconds: float


def main() -> None:
    """Trace every seed twice and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=40, help="how many basins")
    parser.add_argument("--first-seed", type=int, default=101)
    parser.add_argument(
        "--any-outfall",
        action="store_true",
        help="draw the secret from all outfalls, not from those with two to five rivals above the same station",
    )
    arguments = parser.parse_args()
    if arguments.any_outfall:
        truth.FEWEST_SUSPECTS, truth.MOST_SUSPECTS = 1, 1_000
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    product, oracle, without = [], [], 0
    for seed in seeds:
        case = make_case(seed)
        if case is None:
            without += 1
            continue
        product.append(outcome(case, case.inputs))
        oracle.append(outcome(case, told_the_hydraulics(case)))
    found, attainable = summary(product), summary(oracle)
    rows = [("basins", f"{len(product)}, seeds {seeds[0]}–{seeds[-1]}; {without} had no story or no event")]
    rows += [
        (what, f"{show(found[key])}   told the hydraulics: {show(attainable[key])}")
        for key, what in LABELS.items()
    ]
    figures: dict[str, object] = {
        "basins": len(product),
        "first_seed": seeds[0],
        "any_outfall": arguments.any_outfall,
        "without_event": without,
        **found,
        **{f"oracle_{key}": value for key, value in attainable.items()},
    }
    report("The demo's secret outfall, as the platform traces it", rows, figures)


LABELS: Mapping[str, str] = {
    "top1": "true outfall first",
    "top3": "true outfall among the first three",
    "ranks": "ranks of the true outfall (1, 2, 3, 4–10, later)",
    "probability_of_truth": "probability given to it, mean",
    "log_score": "log score (mean -ln of it; 0 is best)",
    "confidence": "probability given to the first, mean",
    "calibration_error": "expected calibration error of the first",
    "clues": "likely enough for a clue by itself; first among these; among three",
    "start_coverage": "90 % interval holds the start",
    "mass_coverage": "90 % interval holds the mass",
    "duration_coverage": "90 % interval holds the duration",
    "top1_without_priors": "true outfall first, by evidence alone",
    "top3_without_priors": "among the first three, by evidence alone",
    "log_score_without_priors": "log score, all candidates equal beforehand",
    "hypotheses": "hypotheses, mean",
    "cpu_seconds": "processor seconds of a trace, mean",
    "cpu_seconds_most": "processor seconds of a trace, most",
}


def show(value: object) -> str:
    """A figure for people."""
    return f"{value:,.3g}" if isinstance(value, float) else str(value)


def make_case(seed: int) -> Case | None:
    """The story of a seed up to the question; None where it has no fitting outfall or nothing was noticed."""
    basin = generate(seed)
    try:
        secret = draw_secret(basin)
    except ValueError:
        return None
    # Another hour of the day with each seed: habits follow the day.
    end = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=37 * seed)
    world = World.of(basin, secret, end)
    rule = settings(_rule(riverchief.trace, "settings"))
    readings = {number: _readings(world, station, rule) for number, station in _numbered(world)}
    stations = dict(_numbered(world))
    courses = {
        number: course
        for number, station in stations.items()
        if station.code in secret.affected
        and (course := _course(station, readings[number], world.window_start)) is not None
    }
    if not courses:
        return None
    affected = sorted(courses, key=lambda number: courses[number].first_s)
    opened = datetime.fromtimestamp(courses[affected[0]].first_s, UTC)
    last = datetime.fromtimestamp(max(course.last_s for course in courses.values()), UTC)
    origin = opened - timedelta(hours=rule["lookback_hours"])
    until = last + timedelta(hours=rule["lookahead_hours"])
    inputs = {}
    for number, station in stations.items():
        rows = [row for row in readings[number] if row[0] <= until]
        made = station_input(_registered(number, station), {"instant": rows}, origin, number in affected)
        if isinstance(made, StationInput):
            inputs[number] = made
    ground = ground_of(basin.network, inputs, affected, rule)
    outfalls = [
        CandidateInput(
            key=f"outfall:{item.code}",
            kind=CandidateKind.OUTFALL,
            prior=1.0,
            reach_id=item.location.reach_id,
            chainage_m=item.location.chainage_m,
        )
        for item in basin.outfalls
        if item.location.reach_id in ground.in_question
    ]
    candidates, _ = candidates_on(ground, outfalls, lambda ids, _: dict.fromkeys(ids), rule)
    question = TraceInputs(
        parameter=PARAMETER,
        origin=origin,
        opened_at_s=(opened - origin).total_seconds(),
        last_at_s=(last - origin).total_seconds(),
        basin_code=basin.code,
        basin_version=1,
        reaches=[reach_to_json(reach) for reach in ground.network.reaches],
        stations=stations_on(ground, inputs),
        candidates=candidates,
        excluded=[],
        settings=rule,
    )
    true_start_s = (world.window_start - origin).total_seconds() + secret.start_s
    return Case(question, secret, f"outfall:{secret.outfall.code}", true_start_s)


def _rule(package: Any, name: str) -> dict[str, Any]:
    path = Path(package.__file__).parent / "rules" / f"{name}.json"
    body: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["body"]
    return body


def _numbered(world: World) -> Iterable[tuple[int, DemoStation]]:
    return enumerate(world.analysed, start=1)


def _registered(number: int, station: DemoStation) -> Station:
    """The station as a row that is in no database."""
    return Station(
        pk=number,
        code=station.code,
        name_zh=station.name[0],
        name_en=station.name[1],
        reach_id=station.location.reach_id,
        chainage_m=station.location.chainage_m,
    )


def _readings(world: World, station: DemoStation, rule: Mapping[str, Any]) -> list[Row]:
    """The traced parameter from the days of habit to the end of the story."""
    back = timedelta(days=rule["habit_days"], hours=rule["lookback_hours"])
    steps = np.concatenate(
        [history_steps(world.window_start - back, world.window_start, FINE), world.window()]
    )
    return [
        (row.period_start, row.value, row.flag, row.unit)
        for row in world.history(station, 0, steps)
        if row.parameter == PARAMETER
    ]


def _course(station: DemoStation, rows: Sequence[Row], since: datetime) -> Course | None:
    """The event as the monitor notices it at one station."""
    rules = DetectionRules.of(_rule(riverchief.monitor, "detection"))
    scale = Scale.of(standard(), PARAMETER, "river", station.target_class)
    assert scale is not None
    measured = [(at.timestamp(), value) for at, value, flag, _ in rows if flag == "N" and value is not None]
    time_s, values = (np.array(column) for column in zip(*measured, strict=True))
    badness = scale.badness(values)
    new_from = int(np.searchsorted(time_s, since.timestamp()))
    found = onset(time_s, badness, scale.limit, new_from, rules)
    if found is None:
        return None
    first_s = float(time_s[found.index])
    course = Course(found.threshold, first_s, first_s, float(badness[found.index]), first_s, first_s)
    course.follow(time_s, badness, rules)
    return course


def told_the_hydraulics(case: Case) -> TraceInputs:
    """The same question with the hydraulics of the day taken as certain; only the swell remains unknown."""
    hydraulics = case.secret.hydraulics
    reaches = [
        {
            **row,
            "velocity_m_s": row["velocity_m_s"] * hydraulics.velocity_factor,
            "dispersion_m2s": row["dispersion_m2s"] * hydraulics.dispersion_factor,
        }
        for row in case.inputs.reaches
    ]
    share, exchange_per_s = hydraulics.storage
    certain = {
        "n_settings": 1,
        "discharge_log_sd": case.inputs.settings["hydraulics"]["discharge_log_sd"],
        "above_first_log_sd": 0.0,
        "storage": {"share": share, "exchange_per_s": exchange_per_s},
    }
    return replace(case.inputs, reaches=reaches, settings={**case.inputs.settings, "hydraulics": certain})


def outcome(case: Case, inputs: TraceInputs) -> Outcome:
    """Trace, and hold the answer against the truth."""
    began = time.process_time()
    posterior = compute(inputs)
    cpu_seconds = time.process_time() - began
    keys = [candidate.key for candidate in posterior.candidates]
    row = keys.index(case.truth)
    true = posterior.candidates[row]
    assert true.start_s is not None
    assert true.released_kg is not None
    assert true.duration_s is not None
    rank_without, probability_without = _without_priors(posterior, case.truth)
    first = posterior.candidates[0]
    kind = next(row.kind for row in inputs.candidates if row.key == first.key)
    enough = _rule(riverchief.rectify, "clue_from_trace")["min_probability"]
    return Outcome(
        rank=row + 1,
        probability=true.probability,
        first_probability=first.probability,
        opens_clue=kind in PLACES and not posterior.note and first.probability >= enough,
        rank_without_priors=rank_without,
        probability_without_priors=probability_without,
        start_covered=true.start_s.low <= case.true_start_s <= true.start_s.high,
        mass_covered=true.released_kg.low <= case.secret.mass_kg <= true.released_kg.high,
        duration_covered=true.duration_s.low <= case.secret.duration_s <= true.duration_s.high,
        hypotheses=posterior.hypotheses,
        cpu_seconds=cpu_seconds,
    )


def _without_priors(posterior: Posterior, truth: str) -> tuple[int, float]:
    """Rank and probability of the truth where every candidate weighs the same beforehand."""
    evidence = {candidate.key: candidate.log_evidence for candidate in posterior.candidates}
    top = max(evidence.values())
    total = sum(math.exp(value - top) for value in evidence.values())
    rank = 1 + sum(value > evidence[truth] for value in evidence.values())
    return rank, math.exp(evidence[truth] - top) / total


def summary(outcomes: Sequence[Outcome]) -> dict[str, object]:
    """The figures of many traces."""
    ranks = np.array([each.rank for each in outcomes])
    bare_ranks = np.array([each.rank_without_priors for each in outcomes])
    first = np.array([each.first_probability for each in outcomes])
    probability = np.array([each.probability for each in outcomes])
    clue = np.array([each.opens_clue for each in outcomes])
    bare = np.array([each.probability_without_priors for each in outcomes])
    seconds = [each.cpu_seconds for each in outcomes]
    edges = [0, 1, 2, 3, 10, math.inf]
    return {
        "top1": float(np.mean(ranks == 1)),
        "top3": float(np.mean(ranks <= 3)),
        "ranks": [int(np.sum((ranks > low) & (ranks <= high))) for low, high in itertools.pairwise(edges)],
        "probability_of_truth": float(probability.mean()),
        "log_score": _log_score(probability),
        "confidence": float(first.mean()),
        "calibration_error": _calibration_error(first, ranks == 1),
        "clues": [int(np.sum(clue)), int(np.sum(clue & (ranks == 1))), int(np.sum(clue & (ranks <= 3)))],
        "start_coverage": float(np.mean([each.start_covered for each in outcomes])),
        "mass_coverage": float(np.mean([each.mass_covered for each in outcomes])),
        "duration_coverage": float(np.mean([each.duration_covered for each in outcomes])),
        "top1_without_priors": float(np.mean(bare_ranks == 1)),
        "top3_without_priors": float(np.mean(bare_ranks <= 3)),
        "log_score_without_priors": _log_score(bare),
        "hypotheses": float(np.mean([each.hypotheses for each in outcomes])),
        "cpu_seconds": float(np.mean(seconds)),
        "cpu_seconds_most": max(seconds),
    }


def _log_score(probability: "np.ndarray[Any, np.dtype[np.float64]]") -> float:
    """A probability that rounds to 0 counts as the smallest double: JSON knows no infinity."""
    return float(-np.log(np.maximum(probability, np.finfo(float).tiny)).mean())


def _calibration_error(
    confidence: "np.ndarray[Any, np.dtype[np.float64]]", right: "np.ndarray[Any, np.dtype[np.bool_]]"
) -> float:
    """How far, on average, the share of right answers lies from the confidence they were given with."""
    number = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [abs(float(confidence[number == n].sum() - right[number == n].sum())) for n in range(BINS)]
    return sum(gaps) / len(confidence)


if __name__ == "__main__":
    main()
