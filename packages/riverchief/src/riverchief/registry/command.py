"""`riverchief import`: the import at the command line, for large files and for first set-ups."""

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress as Bar
from rich.table import Table

from riverchief.accounts.command import user_named
from riverchief.base.tables import print_table

OFFICE_KINDS = ("areas", "organisations", "people", "standing_waters", "duties", "chiefs")
RECORD_KINDS = ("overflows", "stoppages", "readings", "lab_results", "bottle_results")
KINDS = (
    "reaches",
    "rivers",
    "sections",
    "stations",
    "outfalls",
    "permits",
    "permit_outlets",
    "permit_limits",
    "permitted_loads",
    "self_monitoring",
    *OFFICE_KINDS,
    *RECORD_KINDS,
)
SHOWN_ERRORS = 50


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--kind", type=click.Choice(KINDS), default="reaches", show_default=True, help="What FILE holds."
)
@click.option(
    "--basin",
    "basin_code",
    default="",
    help="Code of the basin; reaches make it if it is not there. Areas, organisations, people and records have none.",
)
@click.option(
    "--map",
    "pairs",
    multiple=True,
    metavar="FIELD=COLUMN",
    help="Which column holds a field, or =TEXT for the same in every row (FIELD==TEXT); may be repeated.",
)
@click.option(
    "--passwords",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A new file for the first passwords of new people; only you can read it.",
)
@click.option(
    "--accept-partial",
    is_flag=True,
    help="Write a network although reaches of the file must be left out of it.",
)
@click.option(
    "--as",
    "username",
    default="",
    help="In the name of this person, with their permissions (results of bottles need one); else of the system.",
)
@click.option("--dry-run", is_flag=True, help="Do it all, tell the outcome, change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def import_command(
    file: Path,
    kind: str,
    basin_code: str,
    pairs: tuple[str, ...],
    passwords: Path | None,
    accept_partial: bool,
    username: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import FILE: a basin (GeoPackage, GeoJSON, Shapefile, CSV in UTF-8 or GBK, XLSX), who there is, or records
    (overflows, history of readings, laboratory results: CSV or XLSX).

    Good rows are kept; bad ones are listed with the cure, and make the exit code 1. Of reaches nothing is written
    unless all fit, or --accept-partial is given.
    """
    # Not at the top: the command line shows its help before Django is set up.
    from riverchief.base.actions import SYSTEM
    from riverchief.base.errors import RiverchiefError
    from riverchief.registry.importing import run_import

    actor = user_named(username) if username else SYSTEM
    console = Console(stderr=True, markup=False)
    mapping = dict(_pair(pair) for pair in pairs)
    with Bar(console=console, transient=True) as bar:
        task = bar.add_task(f"{file.name}: reading", total=None)

        def show(what: str, done: int, total: int) -> None:
            bar.update(task, description=f"{file.name}: {what}", completed=done, total=total)

        try:
            result = run_import(
                file,
                kind=kind,
                basin_code=basin_code,
                mapping=mapping,
                dry_run=dry_run,
                accept_partial=accept_partial,
                passwords=passwords,
                actor=actor,
                progress=show,
            )
        except RiverchiefError as error:
            told = error.as_json("en")
            raise click.ClickException(f"{told['message']} {told['cure']}".strip()) from error
    outcome = result.as_json("en")
    if as_json:
        click.echo(json.dumps(outcome, ensure_ascii=False))
    else:
        for note in outcome["notes"]:
            click.echo(note)
        for warning in outcome["warnings"]:
            click.echo(f"WARNING: {warning}", err=True)
        if outcome["assumed"]:
            _show_assumed(outcome["assumed"])
        if outcome["errors"]:
            _show_errors(outcome["errors"])
        click.echo(
            f"{outcome['rows']} rows: {outcome['created']} created, {outcome['updated']} updated, "
            f"{outcome['unchanged']} unchanged, {len(outcome['errors'])} problems"
            + (
                " (dry run: nothing was changed)"
                if dry_run
                else ""
                if result.written
                else " (NOTHING WAS WRITTEN)"
            )
        )
    if result.errors:
        raise SystemExit(1)


def _pair(text: str) -> tuple[str, str]:
    field, equals, column = text.partition("=")
    if not equals or not field or not column:
        raise click.BadParameter(f"{text!r} is not FIELD=COLUMN.", param_hint="--map")
    return field, column


def _show_assumed(assumed: list[dict[str, Any]]) -> None:
    table = Table("assumed, since the file does not say", "count")
    table.columns[1].justify = "right"
    for each in assumed:
        table.add_row(each["what"], str(each["count"]))
    print_table(table)


def _show_errors(errors: list[dict[str, str]]) -> None:
    table = Table("row", "field", "problem", "cure", title=f"{len(errors)} problems")
    for error in errors[:SHOWN_ERRORS]:
        table.add_row(str(error["row"]), error["field"], error["message"], error["cure"])
    print_table(table, on_stderr=True)
    if len(errors) > SHOWN_ERRORS:
        click.echo(f"… and {len(errors) - SHOWN_ERRORS} more; --json lists them all.", err=True)
