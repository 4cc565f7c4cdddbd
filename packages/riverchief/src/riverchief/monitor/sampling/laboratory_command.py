"""What the laboratory does of `riverchief sampling`: results, and the sheets in which they are reviewed."""

import functools
from datetime import datetime
from typing import TYPE_CHECKING

import click
from rich.table import Table

from riverchief.base.tables import print_table
from riverchief.monitor.acting import (
    acting,
    at_option,
    clock_of,
    json_option,
    limit_option,
    offset_option,
    print_json,
    time_of_the_place,
)

if TYPE_CHECKING:
    from riverchief.accounts.models import User

laboratory_commands = click.Group()
"""Without a name of its own: `riverchief sampling` takes them in."""
_command = functools.partial(acting, laboratory_commands)


@_command("result")
@click.argument("round_id", type=int)
@click.argument("label")
@click.argument("parameter")
@click.argument("written")
@at_option
@click.option("--unit", default="", help="Without one that of the quality standards.")
@click.option("--method", default="")
@click.option("--reason", default="", help="Of a correction: why.")
def enter(
    user: "User",
    round_id: int,
    label: str,
    parameter: str,
    written: str,
    at: datetime | None,
    unit: str,
    method: str,
    reason: str,
) -> None:
    """What was found of a parameter in a bottle; WRITTEN is such as 0.52 or, below a limit, "<0.05"."""
    from riverchief.monitor.sampling.results import EnterResult

    made = EnterResult(
        actor=user,
        round_id=round_id,
        label=label,
        parameter=parameter,
        written=written,
        analysed_at=time_of_the_place(at),
        unit=unit,
        method=method,
        reason=reason,
    ).run()
    click.echo(f"{label} {parameter}: {made.written}, version {made.version}.")


@_command("submit")
@click.argument("round_id", type=int)
def submit(user: "User", round_id: int) -> None:
    """The results that wait go to be checked, in one sheet."""
    from riverchief.monitor.sampling.sheets import SubmitResults

    sheet = SubmitResults(actor=user, round_id=round_id).run()
    click.echo(f"Sheet {sheet.pk} (number {sheet.number} of the round) waits to be checked.")


@_command("sheets")
@click.argument("round_id", type=int)
@limit_option
@offset_option
@json_option
def list_sheets(user: "User", round_id: int, limit: int, offset: int, as_json: bool) -> None:
    """The sheets of a round, the newest first."""
    from riverchief.monitor.codes import english
    from riverchief.monitor.sampling import queries, sheet_queries

    rows = sheet_queries.sheets(user, queries.round_of(user, round_id))
    shown = [sheet_queries.shown_sheet(user, row) for row in rows[offset : offset + limit]]
    if as_json:
        return print_json({"items": shown, "count": rows.count()})
    table = Table("sheet", "number", "state", "results", "submitted", "checked", "reviewed", "issued")
    for row in shown:
        signed = (row[name] for name in ("submitted_by", "checked_by", "reviewed_by", "issued_by"))
        people = (person["name_zh"] if person else "-" for person in signed)
        state = english("sheet_states", row["state"])
        table.add_row(str(row["id"]), str(row["number"]), state, str(row["results"]), *people)
    print_table(table)
    click.echo(f"{rows.count()} sheets.")


@_command("sheet")
@click.argument("sheet_id", type=int)
@limit_option
@offset_option
@json_option
def show_sheet(user: "User", sheet_id: int, limit: int, offset: int, as_json: bool) -> None:
    """A sheet before it is reviewed: its results with what is remarked on them, blanks and duplicates, and its history."""
    from riverchief.monitor.codes import english
    from riverchief.monitor.sampling import sheet_queries
    from riverchief.monitor.sampling.checks import results_in

    sheet = sheet_queries.sheet_of(user, sheet_id)
    detail = sheet_queries.sheet_detail(user, sheet)
    rows = results_in(sheet)
    lines = sheet_queries.shown_lines(user, sheet, list(rows[offset : offset + limit]))
    checks = [sheet_queries.shown_check(check) for check in sheet_queries.sheet_checks(user, sheet)]
    if as_json:
        return print_json({**detail, "lines": lines, "of_checks": checks})
    click.echo(f"Sheet {sheet_id}: {english('sheet_states', detail['state'])}, {rows.count()} results")
    table = Table("bottle", "parameter", "result", "unit", "version", "by", "remarks")
    for line in lines:
        remarks = ", ".join(english("result_remarks", remark) for remark in line["remarks"])
        table.add_row(
            *(line[name] for name in ("label", "parameter", "written", "unit")),
            str(line["version"]),
            line["entered_by"]["name_zh"],
            remarks,
        )
    print_table(table)
    for check in checks:
        click.echo(
            f"{english('bottle_roles', check['role'])} {' '.join(check['labels'])} {check['parameter']}: "
            f"{' / '.join(check['written'])}, {'well' if check['ok'] else 'not well'}"
        )
    if detail["blind"]:
        click.echo("Blanks and duplicates are not told to who entered results of the round")
    elif detail["checks"]["missing"]:
        click.echo(f"{detail['checks']['missing']} blanks and duplicates are not in yet")
    for step in detail["history"]:
        reason = f": {step['reason']}" if step["reason"] else ""
        click.echo(
            f"{clock_of(step['at'])} {step['by']['name_zh']}: {english('sheet_states', step['state'])}{reason}"
        )


@_command("advance")
@click.argument("sheet_id", type=int)
@click.argument("to", type=click.Choice(["submitted", "checked", "reviewed", "issued"]))
@click.option("--reason", default="", help="Why it is issued before all its blanks and duplicates are in.")
def advance(user: "User", sheet_id: int, to: str, reason: str) -> None:
    """A sheet goes one level on; issued results become the stations' laboratory results."""
    from riverchief.monitor.sampling.sheets import AdvanceSheet

    AdvanceSheet(actor=user, sheet_id=sheet_id, to=to, reason=reason).run()
    click.echo(f"Sheet {sheet_id}: {to}.")


@_command("send-back")
@click.argument("sheet_id", type=int)
@click.option("--reason", required=True, help="Why; the laboratory reads it.")
def send_back(user: "User", sheet_id: int, reason: str) -> None:
    """A sheet goes back to the laboratory."""
    from riverchief.monitor.sampling.sheets import SendBackSheet

    SendBackSheet(actor=user, sheet_id=sheet_id, reason=reason).run()
    click.echo(f"Sheet {sheet_id} is back in the laboratory.")
