"""``riverkit assess``: classes of the readings in a file, beside the published ones."""

from collections import defaultdict
from datetime import datetime
from pathlib import Path

import click
import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from riverkit._command_line import FilePath, NewFile, plain_console
from riverkit.output import write_csv

from ._agreement import Assessment, Share, assess
from ._classes import WaterClass
from ._classify import REQUIRED
from ._readings_file import Readings, read_readings
from ._standard import standard


@click.command("assess")
@click.argument("file", type=FilePath)
@click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar="KEY=COLUMN",
    help="Which column holds a parameter (ph, do, codmn, ...), section, date or published; may be repeated.",
)
@click.option("--encoding", help="Encoding of the file; by default UTF-8, or GBK if it cannot be UTF-8.")
@click.option(
    "--learn-before",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Learn river or lake from published classes before this date, apply it from then on [the middle of the dates].",
)
@click.option(
    "--required",
    default=",".join(REQUIRED),
    show_default=True,
    help="Without one of these parameters a reading gets no class.",
)
@click.option("--show", default=20, show_default=True, help="How many differences and bad rows to print.")
@click.option(
    "--output",
    type=NewFile,
    help="Write every row's class, deciding parameters and remark to this CSV file.",
)
def command(
    file: Path,
    mapping: tuple[str, ...],
    encoding: str | None,
    learn_before: datetime | None,
    required: str,
    show: int,
    output: Path | None,
) -> None:
    """Classify the readings in FILE by GB 3838-2002 and compare them with published classes.

    FILE is a CSV table, gzipped or not, one reading a row: the national centre's daily layout, or any other with --map.
    Total phosphorus has stricter limits in lakes; whether a section is one is learned from the classes published before a
    date and applied to the readings after it.
    """
    readings = read_readings(file, columns=_columns(mapping), encoding=encoding)
    split = None if learn_before is None else np.datetime64(learn_before.date())
    needed = tuple(key.strip() for key in required.split(",") if key.strip())
    result = assess(readings, learn_before=split, required=needed)
    console = plain_console()
    _print_problems(console, readings, show)
    _print_classes(console, readings, result)
    if (readings.published > 0).any():
        _print_agreement(console, result)
        _print_differences(console, readings, result, show)
    if output is not None:
        rows = _write(output, readings, result)
        console.print(f"{rows:,} rows written to {output}")


def _columns(mapping: tuple[str, ...]) -> dict[str, str]:
    columns = {}
    for pair in mapping:
        key, equals, column = pair.partition("=")
        if not (key and equals and column):
            raise click.BadParameter(f"{pair!r} is not KEY=COLUMN, as in --map do=溶解氧", param_hint="--map")
        columns[key] = column
    return columns


def _print_problems(console: Console, readings: Readings, show: int) -> None:
    if readings.unused:
        names = ", ".join(readings.unused)
        console.print(
            f"columns not read: {names} (--map KEY=COLUMN names one that was meant)",
        )
    if not readings.problems:
        return
    left_out = sum(not problem.column for problem in readings.problems)
    cells = len(readings.problems) - left_out
    console.print(
        f"{cells:,} cells could not be read and count as empty, {left_out:,} rows left out",
        style="bold",
    )
    for problem in readings.problems[:show]:
        column = f", column {problem.column}" if problem.column else ""
        console.print(f"  row {problem.line}{column}: {problem.message}")
    if len(readings.problems) > show:
        console.print(f"  and {len(readings.problems) - show:,} more (--show, or --output for all)")


def _print_classes(console: Console, readings: Readings, result: Assessment) -> None:
    rules = standard()
    grades, of = result.classification.grade, result.classification.of
    table = Table(title=f"Classes by {rules.code} (valid from {rules.valid_from}), {len(grades):,} readings")
    table.add_column("class")
    table.add_column("readings", justify="right")
    for grade in WaterClass:
        table.add_row(f"{grade.label_zh}  {grade.label}", f"{int((grades == grade).sum()):,}")
    table.add_row("none: a required parameter is missing", f"{int((grades == 0).sum()):,}")
    console.print(table)
    if (grades > 0).any():
        assessed = result.classification.assessed[grades > 0]
        console.print(f"assessed with {assessed.min()} to {assessed.max()} of {of} parameters")


def _print_agreement(console: Console, result: Assessment) -> None:
    table = Table(title="Agreement with published classes")
    table.add_column("how")
    for name in ("rows", "agree", "share"):
        table.add_column(name, justify="right")

    def add(how: str, share: Share) -> None:
        fraction = "" if share.fraction is None else f"{100 * share.fraction:.2f} %"
        table.add_row(how, f"{share.rows:,}", f"{share.agree:,}", fraction)

    add("river limits only, rows with total phosphorus", result.river_only)
    add("rows without total phosphorus", result.without_tp)
    if result.learned_before is not None:
        day = result.learned_before
        add(f"river limits only, from {day} on, with total phosphorus", result.applied_river_only)
        add(f"water types learned before {day}, applied from then on, with total phosphorus", result.applied)
    console.print(table)
    if result.learned_before is not None:
        lakes = {name: found for name, found in result.learned.items() if found.water_body == "lake"}
        detail = "; ".join(
            f"{name} ({found.telling} of {found.rows} rows told)" for name, found in lakes.items()
        )
        console.print(
            f"{len(result.learned)} sections learned, {len(lakes)} judged as lakes: {detail}. "
            f"{result.unlearned_rows:,} later rows belong to sections with nothing to learn from: river limits.",
        )


def _print_differences(console: Console, readings: Readings, result: Assessment, show: int) -> None:
    if not result.differences:
        return
    table = Table(title=f"Differences: {len(result.differences):,}", box=box.SIMPLE, title_justify="left")
    table.add_column("row", justify="right", no_wrap=True)
    table.add_column("date", no_wrap=True)
    table.add_column("section", no_wrap=True)
    table.add_column("computed (by)")
    table.add_column("published")
    table.add_column("possible cause")
    for difference in result.differences[:show]:
        index = difference.index
        limits = "lake" if result.lake[index] else "river"
        deciding = ", ".join((*difference.deciding, f"{limits} limits"))
        table.add_row(
            str(readings.line[index]),
            _date(readings, index),
            str(readings.section[index]),
            f"{difference.computed.label_zh} ({deciding})",
            difference.published.label_zh,
            difference.explanation,
        )
    console.print(table)
    if len(result.differences) > show:
        console.print(f"and {len(result.differences) - show:,} more (--show, or --output for all)")


def _date(readings: Readings, index: int) -> str:
    return "" if np.isnat(readings.date[index]) else str(readings.date[index])


def _write(path: Path, readings: Readings, result: Assessment) -> int:
    """Every row of the file in its order: what could not be read, and rows left out, with the reason in ``remark``."""
    unread: defaultdict[int, list[str]] = defaultdict(list)
    for problem in readings.problems:
        if problem.column:
            unread[problem.line].append(f"{problem.column}: {problem.message}")
    explained = {difference.index: [difference.explanation] for difference in result.differences}
    classes = result.classification
    rows: list[tuple[int, list[str]]] = []
    for index, (line, grade) in enumerate(zip(readings.line.tolist(), classes.grade.tolist(), strict=True)):
        published = int(readings.published[index])
        cells = [
            str(readings.section[index]),
            _date(readings, index),
            WaterClass(grade).label_zh if grade else "",
            " ".join(classes.deciding(index)),
            str(classes.assessed[index]),
            str(classes.of),
            "lake" if result.lake[index] else "river",
            WaterClass(published).label_zh if published else "",
            "; ".join(explained.get(index, []) + unread[line]),
        ]
        rows.append((line, cells))
    rows += [
        (problem.line, [""] * 8 + [f"left out: {problem.message}"])
        for problem in readings.problems
        if not problem.column
    ]
    header = [
        "row",
        "section",
        "date",
        "class",
        "deciding",
        "assessed",
        "of",
        "limits",
        "published",
        "remark",
    ]
    ordered = ([line, *cells] for line, cells in sorted(rows, key=lambda row: row[0]))
    # The mark makes spreadsheets read Chinese names.
    write_csv(path, [header, *ordered], encoding="utf-8-sig")
    return len(rows)
