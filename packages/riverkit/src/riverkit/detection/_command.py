"""``riverkit detect``: quality control and events of one station's readings in a file."""

import csv
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from riverkit._command_line import plain_console

from ._table import StationTable, read_station
from .events import Detection, Event, Mask, detect
from .measured import MEASURED, measured
from .normal import DAY_S, Settings
from .quality import Finding, check, missing
from .rules import QualityRules
from .silence import silences


@click.command("detect")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--parameter",
    "parameters",
    multiple=True,
    metavar="COLUMN",
    help="A column to look at; may be repeated [all].",
)
@click.option(
    "--rain",
    metavar="COLUMN",
    help="Column of rain in mm since the row before; wet hours have a normal of their own.",
)
@click.option(
    "--wet-mm", default=5.0, show_default=True, help="So much rain within 24 hours makes a reading a wet one."
)
@click.option(
    "--rules",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Rules of quality control as JSON [those that come with riverkit].",
)
@click.option(
    "--threshold", type=float, help="An event begins so many usual differences from the expected [4]."
)
@click.option("--show", default=20, show_default=True, help="How many findings and events to print.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every reading's score, whether it is in an event, and the doubts about it to this CSV file.",
)
def command(
    file: Path,
    parameters: tuple[str, ...],
    rain: str | None,
    wet_mm: float,
    rules: Path | None,
    threshold: float | None,
    show: int,
    output: Path | None,
) -> None:
    """Look through the readings in FILE: what cannot be right, and what left the station's own normal.

    FILE is a CSV table of one station, gzipped or not: a column `time` in local time, a column for each parameter (ph, do,
    nh3n, ... as in `riverkit assess`; others are looked at for events only), and where there are data flags a column
    <parameter>_flag: what is not N is no measurement. Leave flows and levels out with --parameter: they are no water quality.
    """
    station = read_station(file, columns=parameters, rain=rain)
    limits = QualityRules.supplied() if rules is None else QualityRules.read(rules)
    settings = Settings() if threshold is None else replace(Settings(), threshold=threshold)
    number = len(station.time_s)
    sent = {
        name: measured(column, [MEASURED] * number, no_value=limits.no_value)
        for name, column in station.values.items()
    }
    values = {
        name: measured(column, station.flags[name]) if name in station.flags else column
        for name, column in sent.items()
    }
    findings = missing(sent) + check(station.time_s, values, limits)
    findings.sort(key=lambda finding: (finding.first, finding.parameter, finding.rule))
    found = detect(station.time_s, values, settings=settings, wet=_wet(station, wet_mm))
    console = plain_console()
    _print_findings(console, station, findings, limits, show)
    _print_events(console, found, settings, show)
    if output is not None:
        _write(output, station, found, findings)
        console.print(f"{number:,} rows written to {output}")


def _wet(station: StationTable, wet_mm: float) -> Mask | None:
    """Readings with at least `wet_mm` of rain in the 24 hours up to them."""
    if station.rain_mm is None:
        return None
    total = np.concatenate(([0.0], np.cumsum(np.nan_to_num(station.rain_mm))))
    since = np.searchsorted(station.time_s, station.time_s - DAY_S, side="right")
    wet: Mask = total[1:] - total[since] >= wet_mm
    return wet


def _print_findings(
    console: Console, station: StationTable, findings: list[Finding], rules: QualityRules, show: int
) -> None:
    gaps = silences(station.time_s, intervals=rules.silent_intervals, now_s=float(station.time_s[-1]))
    table = Table(title=f"Doubts by rules {rules.version}: {len(findings):,}", title_justify="left")
    for name in ("from", "to", "parameter", "rule", "why"):
        table.add_column(name, no_wrap=name in ("from", "to"))
    for finding in findings[:show]:
        first, last = (_shown(station.time_s[place]) for place in (finding.first, finding.last))
        table.add_row(first, last, finding.parameter, finding.rule, finding.reason)
    if findings:
        console.print(table)
    else:
        console.print(f"no doubt about any reading by rules {rules.version}")
    if len(findings) > show:
        console.print(f"and {len(findings) - show:,} more (--show, or --output for all)")
    if gaps:
        longest = max(gaps, key=lambda gap: (gap.until_s or gap.since_s) - gap.since_s)
        console.print(
            f"silent {len(gaps):,} times, longest from {_shown(longest.since_s)} to {_shown(longest.until_s)}",
        )


def _print_events(console: Console, found: Detection, settings: Settings, show: int) -> None:
    table = Table(title=f"Events: {len(found.events):,}", title_justify="left")
    for name in ("from", "to", "score", "why"):
        table.add_column(name, no_wrap=name in ("from", "to"))
    for event in found.events[:show]:
        until = "goes on" if event.ongoing else _shown(event.last_s)
        table.add_row(_shown(event.first_s), until, f"{event.score:.1f}", _why(event))
    if found.events:
        console.print(table)
    else:
        console.print(
            f"no event: nothing left its normal by more than {settings.threshold:g} usual differences"
        )
    if len(found.events) > show:
        console.print(f"and {len(found.events) - show:,} more (--show)")
    if np.isnan(found.score).all():
        console.print("too few readings to know a normal: it takes a day and 30 readings at least")


def _why(event: Event) -> str:
    words = [
        f"{reason.parameter} {reason.value:.4g} where {reason.expected:.4g} was expected: {abs(reason.score):.1f} times "
        f"the usual difference of {reason.usual:.3g}"
        for reason in event.reasons
    ]
    return "; ".join(words) + (" (wet)" if event.wet else "")


def _write(path: Path, station: StationTable, found: Detection, findings: list[Finding]) -> None:
    doubts: list[list[str]] = [[] for _ in station.time_s]
    for finding in findings:
        for place in range(finding.first, finding.last + 1):
            doubts[place].append(f"{finding.parameter} {finding.rule}: {finding.reason}")
    names = list(station.values)
    with path.open(
        "w", encoding="utf-8-sig", newline=""
    ) as file:  # the mark makes spreadsheets read it as UTF-8
        writer = csv.writer(file)
        writer.writerow(["time", *names, "score", "event", "doubts"])
        for place, moment in enumerate(station.time_s):
            score = found.score[place]
            writer.writerow(
                [
                    _shown(moment),
                    *(_number(station.values[name][place]) for name in names),
                    _number(score if np.isnan(score) else round(float(score), 2)),
                    "1" if found.in_event[place] else "",
                    "; ".join(doubts[place]),
                ]
            )


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:g}"


def _shown(moment_s: float | None) -> str:
    return (
        "now" if moment_s is None else datetime.fromtimestamp(float(moment_s), UTC).strftime("%Y-%m-%d %H:%M")
    )
