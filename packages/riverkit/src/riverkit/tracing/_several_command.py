"""`riverkit trace --sources`: how many released at a time, and which, among what single sources leave probable."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from riverkit.errors import TracingError
from riverkit.network import Network
from riverkit.output import short_name, write_json
from riverkit.tracing._progress import with_progress
from riverkit.tracing._searching import COARSE, SearchOptions, alone
from riverkit.tracing._shown import HOUR_S, SHOWN, interval_text, when_text
from riverkit.tracing.coarser import averaged, step_for_combinations
from riverkit.tracing.glitches import without_wrong
from riverkit.tracing.model import Candidate, Noise
from riverkit.tracing.parameter import Parameter
from riverkit.tracing.result import Posterior
from riverkit.tracing.several import CREDIBLE, SourceCount, trace_several
from riverkit.tracing.survey import Instrument
from riverkit.tracing.tables import Clock
from riverkit.tracing.uncertain import Misfit

TOGETHER = 10
"""So many candidates are weighed together: time grows with their pairs and triples."""

MOST_CELLS = 4e6
"""Readings times releases that are held for one setting: so many take a second or two, with their pairs."""

SETTINGS = 96
"""Drawn where the readings lead, if the user does not say how many: fewer leave the number of sources to a few of them."""

MISFIT = Misfit(0.035, 0.5)
"""What one water leaves at several stations: the best curves through single dye curves of real rivers leave as much of the
peak, give or take half. Without it a second source is found in what no kernel follows."""

NUMBER_PRIOR = (0.9, 0.08, 0.02)


def count_sources(
    console: Console,
    network: Network,
    instruments: Mapping[str, Sequence[Instrument]],
    candidates: Sequence[Candidate],
    posterior: Posterior,
    options: SearchOptions,
    at_most: int,
) -> SourceCount:
    """Weigh up to so many sources together, by readings of one parameter.

    Raises:
        TracingError: no candidate has a place, or as `trace_several`.
    """
    placed = [each for each in candidates if each.kind != "nothing" and each.prior > 0]
    if not placed:
        raise TracingError("No candidate has a place. Give --candidates some, or leave --sources away.")
    (parameter,) = options.parameters(instruments)
    parameter = dataclasses.replace(
        parameter, stations=without_wrong(parameter.stations, posterior.set_aside)
    )
    kept = placed
    if len(placed) > TOGETHER:
        kept = _leading(console, network, parameter, placed, posterior, options, at_most)
    names = ", ".join(short_name(candidate.key) for candidate in kept)
    console.print(f"Weighed together, {len(kept)} of {len(placed)}: {names}")
    n_settings = options.n_settings or SETTINGS
    step_s = step_for_combinations(
        parameter.stations,
        min(float(each.time_s.min()) for each in parameter.stations) - options.back_h * HOUR_S,
        options.step_s,
        n_candidates=len(kept),
        n_durations=len(options.durations_s(COARSE)),
        most_cells=MOST_CELLS,
    )
    stations = [averaged(each, step_s) for each in parameter.stations]
    if step_s > options.step_s:
        console.print(
            f"Steps of {step_s / 60.0:g} min, and readings averaged over each, to weigh all of them together."
        )
        options = dataclasses.replace(options, step_min=step_s / 60.0)
    # One setting cannot stand for an unknown misfit; several have one of their own, alike over all readings of a water.
    misfit = MISFIT if n_settings > 1 else None
    if misfit is not None:
        parameter = dataclasses.replace(parameter, noise=Noise(parameter.noise.absolute))
    grid = dataclasses.replace(options, dead_zones=False).grid(network, stations, n_settings, growth=COARSE)
    return with_progress(
        console,
        "weighing sources together",
        lambda progress: trace_several(
            network,
            stations,
            kept,
            **grid,
            **alone(parameter),
            misfit=misfit,
            number_prior=NUMBER_PRIOR[:at_most],
            progress=progress,
        ),
    )


def _leading(
    console: Console,
    network: Network,
    parameter: Parameter,
    candidates: Sequence[Candidate],
    posterior: Posterior,
    options: SearchOptions,
    at_most: int,
) -> list[Candidate]:
    """The most probable single sources, then those of what the best one leaves unexplained, and so on.

    A second source need not be probable as the only one: beside the first it explains what is left.
    """
    by_key = {candidate.key: candidate for candidate in candidates}
    kept: dict[str, Candidate] = {}
    left = list(parameter.stations)
    for number in range(at_most):
        if number > 0:
            unexplained = _without(left, posterior)
            if unexplained is None:
                break
            left = unexplained
            posterior = options.search(console, network, {parameter.name: left}, candidates)
        share = math.ceil((TOGETHER - len(kept)) / (at_most - number))
        ranked = [result.key for result in posterior.candidates if result.key in by_key]
        new = [key for key in ranked if key not in kept][:share]
        kept |= {key: by_key[key] for key in new}
    return list(kept.values())


def _without(stations: Sequence[Instrument], posterior: Posterior) -> list[Instrument] | None:
    """The readings less what the best place makes of them; None where no place is probable enough to be predicted."""
    best = next((result for result in posterior.candidates if result.predicted), None)
    if best is None:
        return None
    curves = {curve.station: curve for curve in best.predicted}
    left = []
    for station in stations:
        curve = curves[station.label]
        # With the background taken out too, what is left has one of its own around zero.
        value = station.value - np.interp(station.time_s, curve.time_s, curve.mean)
        below = station.below
        if below is not None:
            # Of a limit below what is explained nothing is left.
            below, value = below & (value > 0), np.where(below, np.maximum(value, 0.0), value)
        left.append(dataclasses.replace(station, value=value, below=below, background=None))
    return left


def show_count(console: Console, count: SourceCount, clock: Clock) -> None:
    """The number's probabilities, and of the most probable number the combinations that hold 90 %."""
    shares = ", ".join(f"{number}: {share:.1%}" for number, share in enumerate(count.probability, start=1))
    console.print(f"Sources at a time (suspected): {shares}")
    credible = count.credible[count.number - 1]
    table = Table(
        title=f"The leading {'combinations' if count.number > 1 else 'places'} of all with {count.number}, up to {CREDIBLE:.0%} "
        "together (not confirmed); intervals 90 %",
        title_justify="left",
    )
    for heading in ("probability", "place", "start", "duration, h", "released, kg"):
        table.add_column(heading)
    for combination in credible[:SHOWN]:
        for number, source in enumerate(combination.sources):
            table.add_row(
                f"{combination.probability:.1%}" if number == 0 else "",
                short_name(source.key),
                when_text(source.start_s, clock),
                interval_text(source.duration_s, HOUR_S),
                interval_text(source.released_kg, 1.0),
                end_section=number == len(combination.sources) - 1,
            )
    console.print(table)
    if len(credible) > SHOWN:
        others = math.fsum(each.probability for each in credible[SHOWN:])
        console.print(
            f"and {len(credible) - SHOWN} more with {others:.1%} together (--sources-json has them)"
        )
    if count.number > 1:
        by_place: dict[str, float] = {}
        for combination in credible:
            for source in combination.sources:
                by_place[source.key] = by_place.get(source.key, 0.0) + combination.probability
        ranked = sorted(by_place.items(), key=lambda each: -each[1])[:SHOWN]
        named = ", ".join(f"{short_name(key)} {share:.0%}" for key, share in ranked)
        console.print(
            f"If {count.number} released, each place is one of them with at least: {named}. A place may have little in the table of "
            "single sources and much here."
        )


def write_count(console: Console, count: SourceCount, path: Path | None) -> None:
    """The answer as JSON, where a file was named; evidence that is none is null there."""
    if path is not None:
        plain = dataclasses.asdict(count)
        plain["log_evidence"] = [each if math.isfinite(each) else None for each in count.log_evidence]
        write_json(path, plain)
        console.print(f"number of sources: {path}")
