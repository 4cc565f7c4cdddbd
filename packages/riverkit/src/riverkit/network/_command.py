"""`riverkit network`: look at a network file before anything is built on it."""

import math
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from riverkit._command_line import NewFile, Number, plain_console
from riverkit.errors import RiverkitError
from riverkit.network.checks import DEFAULT_TOLERANCE_M, CheckReport, Severity
from riverkit.network.mapping import PRESETS, AttributeMapping
from riverkit.network.readers import ReadResult, RowProblem, read_vector, write_vector
from riverkit.network.repairs import check as check_reaches
from riverkit.network.repairs import repair as repair_reaches
from riverkit.network.swmm import read_swmm

_MAPPING_HELP = (
    f"Which columns hold what: {', '.join(PRESETS)}, or pairs such as id=CODE,up=FROM,down=TO,length=KM,"
    "length_unit_m=1000. Without it, NHDPlus is recognised, else columns named like the fields of a reach are taken."
)


@click.group()
def network() -> None:
    """Look at river networks."""


@network.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--layer", help="Layer of the file; needed if it has several.")
@click.option("--mapping", "mapping_text", help=_MAPPING_HELP)
@click.option("--encoding", help="Text encoding of a Shapefile, for example GB18030.")
@click.option(
    "--tolerance",
    "tolerance_m",
    type=Number(min=0),
    default=DEFAULT_TOLERANCE_M,
    help="Ends closer than this (m) should meet.",
)
@click.option("--repair", "out", type=NewFile, help="Write the repaired reaches to this file.")
@click.option("--crs", help="Reference system of the coordinates of a SWMM file, for example EPSG:4549.")
@click.option(
    "--filling", type=Number(), default=1.0, help="Depth over full depth in the pipes of a SWMM file."
)
@click.option("--notes", is_flag=True, help="Show notes too, not only errors and warnings.")
def check(
    file: Path,
    layer: str | None,
    mapping_text: str | None,
    encoding: str | None,
    tolerance_m: float,
    out: Path | None,
    crs: str | None,
    filling: float,
    notes: bool,
) -> None:
    """Check the reaches in FILE (GeoPackage, GeoJSON, Shapefile, SWMM .inp) and say what to mend.

    Exits with 1 if a network cannot be built from them, even after the repairs that need no judgement.
    """
    console = plain_console()
    try:
        read: ReadResult
        if file.suffix.lower() == ".inp":
            read = read_swmm(file, filling=filling, crs=crs)
        else:
            read = read_vector(file, layer=layer, mapping=_mapping(mapping_text), encoding=encoding)
        console.print(f"{file.name}: {len(read.reaches)} reaches, coordinates in {read.crs}")
        _print_problems(console, read.problems)
        if out is None:
            report = check_reaches(read.reaches, tolerance_m=tolerance_m)
        else:
            repaired, report = repair_reaches(read.reaches, tolerance_m=tolerance_m)
            write_vector(out, repaired)
            for done in report.repaired:
                console.print(f"repaired: {done.message}")
            console.print(f"Repairs: {_repairs(report)}. Written to {out}.")
    except RiverkitError as error:
        raise click.ClickException(str(error)) from error
    _print_report(console, report, notes)
    if out is None and report.repaired:
        console.print(f"--repair would mend: {_repairs(report)}.")
    if not report.ok or not report.reaches:
        raise SystemExit(1)


def _mapping(text: str | None) -> AttributeMapping | None:
    """A preset by name, or `field=column` pairs."""
    if text is None:
        return None
    if text.lower() in PRESETS:
        return PRESETS[text.lower()]
    fields: dict[str, str | float] = {}
    known = set(AttributeMapping.__dataclass_fields__)
    for pair in text.split(","):
        name, equals, column = (part.strip() for part in pair.partition("="))
        if not (equals and column and name in known):
            raise click.BadParameter(
                f"{pair!r} is neither a preset ({', '.join(PRESETS)}) nor field=column with a field of "
                f"{', '.join(sorted(known))}.",
                param_hint="--mapping",
            )
        fields[name] = column
    if "length_unit_m" in fields:
        try:
            unit = float(fields["length_unit_m"])
        except ValueError:
            unit = math.nan
        if not (math.isfinite(unit) and unit > 0):
            raise click.BadParameter("length_unit_m is metres per unit, above 0.", param_hint="--mapping")
        fields["length_unit_m"] = unit
    return AttributeMapping(**fields)  # type: ignore[arg-type]  # the one number was converted above


def _repairs(report: CheckReport) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in report.repairs().items()) or "none"


def _print_problems(console: Console, problems: list[RowProblem]) -> None:
    if not problems:
        return
    table = Table("row", "field", "problem", title=f"{len(problems)} problems in rows")
    for problem in problems:
        table.add_row(str(problem.row), problem.field, problem.message)
    console.print(table)


def _print_report(console: Console, report: CheckReport, notes: bool) -> None:
    shown = [f for f in report.findings if notes or f.severity is not Severity.NOTE]
    if shown:
        table = Table("severity", "kind", "finding", "cure")
        for finding in shown:
            table.add_row(finding.severity, finding.kind, finding.message, finding.cure)
        console.print(table)
    console.print(
        f"{report.length_m / 1000:.1f} km, outlets {report.outlets}, headwaters {report.headwaters}, "
        f"connected parts {report.parts}; errors {len(report.of(Severity.ERROR))}, "
        f"warnings {len(report.of(Severity.WARNING))}, notes {len(report.of(Severity.NOTE))}",
    )
