"""`riverchief review`: the review queue at the command line, each command in the name of a person."""

import functools
from datetime import datetime
from typing import TYPE_CHECKING

import click
from rich.table import Table

from riverchief.base.tables import counted, print_table
from riverchief.monitor.acting import (
    TypedTime,
    acting,
    clock_of,
    json_option,
    limit_option,
    offset_option,
    print_json,
)

if TYPE_CHECKING:
    from riverchief.accounts.models import User

_area_option = click.option("--area", default="", help="Code of an area; only stations below it.")
_reason_option = click.option("--reason", required=True, help="Why; kept in the log.")


@click.group("review")
def review_command() -> None:
    """The review queue: readings that rules find hard to believe, and what people decide.

    Every command acts in the name of the person of --as, with that person's permissions, and says so in the log.
    """


_command = functools.partial(acting, review_command)


@_command("list")
@click.option(
    "--state",
    type=click.Choice(["open", "kept", "invalidated", "passed", "all"]),
    default="open",
    show_default=True,
)
@click.option("--rule", default="", help="Only of one rule, such as spike.")
@_area_option
@limit_option
@offset_option
@json_option
def list_doubts(
    user: "User", state: str, rule: str, area: str, limit: int, offset: int, as_json: bool
) -> None:
    """The doubts, the newest first."""
    from riverchief.monitor.codes import english
    from riverchief.monitor.review import queries

    rows = queries.doubts(user, state="" if state == "all" else state, rule=rule, area=area)
    shown = queries.shown_doubts(user, list(rows[offset : offset + limit]))
    if as_json:
        return print_json({"items": shown, "count": rows.count()})
    table = Table("doubt", "station", "from", "to", "state", "what")
    for row in shown:
        until = clock_of(row["last_at"]) if row["last_at"] else "lasts"
        table.add_row(
            str(row["id"]),
            row["station"]["code"],
            clock_of(row["first_at"]),
            until,
            english("doubt_states", row["state"]),
            row["sentence_en"],
        )
    print_table(table)
    click.echo(f"{counted(rows.count(), 'doubt')}; times are of Asia/Shanghai.")


@_command("show")
@click.argument("doubt_id", type=int)
@json_option
def show_doubt(user: "User", doubt_id: int, as_json: bool) -> None:
    """One doubt, and what was decided."""
    from riverchief.monitor.codes import english
    from riverchief.monitor.review import queries

    row = queries.shown_doubt(user, doubt_id)
    if as_json:
        return print_json(row)
    until = clock_of(row["last_at"]) if row["last_at"] else "now"
    state, rule = english("doubt_states", row["state"]), english("doubt_rules", row["rule"])
    click.echo(f"{row['station']['name_en']}, {clock_of(row['first_at'])} to {until} ({state})")
    click.echo(f"  {row['sentence_en']} (rule “{rule}”, version {row['rules_version']})")
    if row["decided_by"]:
        click.echo(
            f"  {row['decided_by']['name_en'] or row['decided_by']['name_zh']}, {clock_of(row['decided_at'])}: {row['reason']}"
        )


@_command("keep")
@click.argument("doubt_id", type=int)
@_reason_option
def keep(user: "User", doubt_id: int, reason: str) -> None:
    """The readings are right after all."""
    from riverchief.monitor.review.actions import KeepReadings

    KeepReadings(actor=user, doubt_id=doubt_id, reason=reason).run()
    click.echo(f"Doubt {doubt_id}: the readings count as before.")


@_command("invalidate")
@click.argument("doubt_id", type=int)
@_reason_option
@click.option("--authorisation", default="", help="Of an enterprise's monitor: the document that allows it.")
def invalidate(user: "User", doubt_id: int, reason: str, authorisation: str) -> None:
    """The readings are no measurement: they count for nothing, and stay as they were sent."""
    from riverchief.monitor.review.actions import InvalidateReadings

    InvalidateReadings(actor=user, doubt_id=doubt_id, reason=reason, authorisation=authorisation).run()
    click.echo(f"Doubt {doubt_id}: the readings count for nothing from now on.")


@_command("reopen")
@click.argument("doubt_id", type=int)
@_reason_option
def reopen(user: "User", doubt_id: int, reason: str) -> None:
    """A decision was wrong: the doubt waits again, and its readings count again."""
    from riverchief.monitor.review.actions import ReopenDoubt

    ReopenDoubt(actor=user, doubt_id=doubt_id, reason=reason).run()
    click.echo(f"Doubt {doubt_id} is open again.")


@_command("rates")
@click.option(
    "--month", type=TypedTime(["%Y-%m"]), default=None, help="Such as 2026-11; without it, this one."
)
@_area_option
@limit_option
@offset_option
@json_option
def show_rates(
    user: "User", month: datetime | None, area: str, limit: int, offset: int, as_json: bool
) -> None:
    """Transmission and validity rates of stations in a month."""
    from riverchief.base import clock
    from riverchief.monitor.review import queries

    rows = queries.reviewed_stations(user, area=area)
    shown = queries.shown_rates(list(rows[offset : offset + limit]), month.date() if month else clock.today())
    if as_json:
        return print_json({"items": shown, "count": rows.count()})
    table = Table(
        "station", "name", "expected", "sent", "announced", "afterwards", "came", "stopped", "valid", "transmission",
        "validity",
    )  # fmt: skip
    for row in shown:
        shares = ["-" if row[name] is None else f"{row[name]:.1%}" for name in ("transmission", "validity")]
        names = ("expected", "sent", "announced", "afterwards", "came", "stopped", "valid")
        counts = [str(row[name]) for name in names]
        table.add_row(row["station"]["code"], row["station"]["name_en"], *counts, *shares)
    print_table(table)
    click.echo(f"{rows.count()} stations.")
