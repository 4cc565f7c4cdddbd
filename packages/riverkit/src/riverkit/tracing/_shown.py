"""How commands show what a trace found."""

import math
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from riverkit.output import write_json
from riverkit.tracing.result import CandidateResult, Interval, Posterior
from riverkit.tracing.tables import Clock

SHOWN = 10
SHOWN_ABOVE = 0.01
"""Of the masses by parameter only those of candidates with so much probability."""

FEW_SETTINGS = 5
"""Where fewer hydraulic settings count, the answer is uncertain by their choice."""

HOUR_S = 3_600.0


def show_posterior(console: Console, posterior: Posterior, clock: Clock) -> None:
    """The leading candidates as a table, and what is to be noted."""
    shown = posterior.candidates[:SHOWN]
    table = Table(title="Suspected sources (not confirmed); intervals 90 %", title_justify="left")
    table.add_column("place")
    table.add_column("probability", justify="right", no_wrap=True)
    table.add_column("start")
    table.add_column("hours")
    table.add_column("released, kg")
    for candidate in shown:
        start = candidate.start_s
        table.add_row(
            candidate.key,
            f"{candidate.probability:.1%}",
            when_text(start, clock) if start else "",
            interval_text(candidate.duration_s, HOUR_S) if candidate.duration_s else "",
            interval_text(candidate.released_kg, 1.0) if candidate.released_kg else "",
        )
    console.print(table)
    _show_parameters(console, shown)
    for note in dict.fromkeys(candidate.note for candidate in shown if candidate.note):
        keys = ", ".join(candidate.key for candidate in shown if candidate.note == note)
        console.print(f"{keys}: {note}", highlight=False)
    rest = len(posterior.candidates) - SHOWN
    if rest > 0:
        others = math.fsum(c.probability for c in posterior.candidates[SHOWN:])
        console.print(f"and {rest} more with {others:.1%} together", highlight=False)
    if posterior.note:
        console.print(posterior.note, style="bold", highlight=False)
    _show_settings(console, posterior)
    console.print(
        f"{posterior.hypotheses:,} hypotheses weighed in {posterior.seconds:.1f} s", highlight=False
    )


def _show_settings(console: Console, posterior: Posterior) -> None:
    """How many of the hydraulic settings the answer rests on, where that is in doubt."""
    hydraulics = posterior.settings["hydraulics"]
    counted, drawn = hydraulics["effective_settings"], hydraulics["n_settings"]
    if counted is None:
        console.print(
            f"{drawn} hydraulic settings were drawn without regard to the readings: how many of them count is not known.",
            highlight=False,
        )
    elif counted < FEW_SETTINGS <= drawn:
        console.print(
            f"Only {counted:.1f} of {drawn} hydraulic settings count: the answer hangs on which were drawn. Take more "
            "--settings, or compare another --seed.",
            style="bold",
            highlight=False,
        )


def _show_parameters(console: Console, shown: Sequence[CandidateResult]) -> None:
    """Where several parameters were weighed: the masses, and how their ratios fit what is usual."""
    named = [
        candidate for candidate in shown if candidate.parameters and candidate.probability >= SHOWN_ABOVE
    ]
    if not named:
        return
    table = Table(title="Masses by parameter, and their ratios; intervals 90 %", title_justify="left")
    for heading in ("place", "parameter", "released, kg", "ratio to", "that the readings need", "expected"):
        table.add_column(heading)
    for candidate in named:
        for each in candidate.parameters:
            ratios = (each.ratio_needed, each.ratio_expected)
            table.add_row(
                candidate.key,
                each.parameter,
                interval_text(each.released_kg, 1.0),
                each.reference if each.ratio_needed else "",
                *(interval_text(ratio, 1.0) if ratio else "" for ratio in ratios),
            )
    console.print(table)


def interval_text(interval: Interval, unit: float) -> str:
    """Median, and the 90 % interval below it."""
    return f"{interval.median / unit:.2f}\n({interval.low / unit:.2f} … {interval.high / unit:.2f})"


def when_text(interval: Interval, clock: Clock) -> str:
    """A time as `interval_text`."""
    return f"{clock.show(interval.median)}\n({clock.show(interval.low)} … {clock.show(interval.high)})"


def write_posterior(console: Console, posterior: Posterior, path: Path | None) -> None:
    """The whole posterior as JSON, where a file was named."""
    if path is not None:
        write_json(path, posterior.to_dict())
        console.print(f"posterior: {path}", highlight=False)
