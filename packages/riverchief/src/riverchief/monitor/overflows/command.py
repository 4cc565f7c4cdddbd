"""`riverchief overflows`: which outfalls ran over, at the command line, each command in the name of a person."""

import functools
from datetime import datetime
from typing import TYPE_CHECKING

import click
from rich.table import Table

from riverchief.base.tables import print_table
from riverchief.monitor.acting import (
    TypedTime,
    acting,
    clock_of,
    json_option,
    limit_option,
    of_the_place,
    offset_option,
    outfall_of,
    print_json,
    time_of_the_place,
)

if TYPE_CHECKING:
    from riverchief.accounts.models import User

_MOMENT = TypedTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"])
_volume_option = click.option("--volume", type=float, default=None, help="m³, once it has stopped.")
_not_metered_option = click.option("--not-metered", is_flag=True, help="Instead of the volume.")
_rain_option = click.option("--rain", type=float, default=None, help="mm, where it is known.")


@click.group("overflows")
def overflows_command() -> None:
    """Overflow records; `riverchief import --kind overflows` brings in many.

    Every command acts in the name of the person of --as, with that person's permissions, and says so in the log.
    """


_command = functools.partial(acting, overflows_command)


@_command("list")
@click.option(
    "--state", type=click.Choice(["running", "ended", "withdrawn"]), default=None, help="Only these."
)
@click.option("--outfall", "code", default="", help="Only of the outfall with this code.")
@click.option("--area", default="", help="Code of an area: only outfalls below it.")
@limit_option
@offset_option
@json_option
def list_overflows(
    user: "User", state: str | None, code: str, area: str, limit: int, offset: int, as_json: bool
) -> None:
    """The records that hold, those that run first; with --state withdrawn those that do not."""
    from riverchief.monitor.codes import english
    from riverchief.monitor.overflows import queries

    outfall = outfall_of(code).pk if code else None
    rows = queries.overflows(user, state=state or "", area=area, outfall=outfall)
    shown = queries.shown_overflows(list(rows[offset : offset + limit]), user)
    if as_json:
        return print_json({"items": shown, "count": rows.count()})
    table = Table("record", "outfall", "source", "started", "stopped", "volume m³", "known by")
    for row in shown:
        volume = (
            "not metered"
            if row["not_metered"]
            else "-"
            if row["volume_m3"] is None
            else f"{row['volume_m3']:g}"
        )
        table.add_row(
            str(row["id"]),
            row["outfall"]["code"],
            english("overflow_sources", row["source"]),
            clock_of(row["started_at"]),
            clock_of(row["stopped_at"]) if row["stopped_at"] else "running" if row["running"] else "-",
            volume,
            english("overflow_known_by", row["known_by"]),
        )
    print_table(table)
    click.echo(f"{rows.count()} records; times are of Asia/Shanghai.")


@_command("record")
@click.option("--outfall", "code", required=True, help="Code of the outfall.")
@click.option("--source", type=click.Choice(["overflow", "pump_station", "plant_bypass"]), default="overflow")
@click.option("--started", type=_MOMENT, required=True, help="Time of the place: 2026-12-01 08:00.")
@click.option("--stopped", type=_MOMENT, default=None, help="Likewise; without it, it still runs.")
@_volume_option
@_not_metered_option
@_rain_option
@click.option("--note", default="")
def record(
    user: "User",
    code: str,
    source: str,
    started: datetime,
    stopped: datetime | None,
    volume: float | None,
    not_metered: bool,
    rain: float | None,
    note: str,
) -> None:
    """Write down that an outfall ran over, or runs."""
    from riverchief.monitor.overflows.actions import RecordOverflow

    row = RecordOverflow(
        actor=user,
        outfall_id=outfall_of(code).pk,
        source=source,
        started_at=of_the_place(started),
        stopped_at=of_the_place(stopped) if stopped else None,
        volume_m3=volume,
        not_metered=not_metered,
        rainfall_mm=rain,
        note=note,
    ).run()
    click.echo(f"Overflow record {row.pk} is written.")


@_command("stop")
@click.argument("record_id", type=int)
@click.option("--stopped", type=_MOMENT, default=None, help="Time of the place; without it, now.")
@_volume_option
@_not_metered_option
@_rain_option
def stop(
    user: "User",
    record_id: int,
    stopped: datetime | None,
    volume: float | None,
    not_metered: bool,
    rain: float | None,
) -> None:
    """A running overflow has stopped: when, and how much it was or that it was not metered."""
    from riverchief.monitor.overflows.actions import StopOverflow

    StopOverflow(
        actor=user,
        overflow_id=record_id,
        stopped_at=time_of_the_place(stopped),
        volume_m3=volume,
        not_metered=not_metered,
        rainfall_mm=rain,
    ).run()
    click.echo(f"Overflow record {record_id} has ended.")


@_command("withdraw")
@click.argument("record_id", type=int)
@click.option("--reason", required=True, help="Why; kept in the log.")
def withdraw(user: "User", record_id: int, reason: str) -> None:
    """A record was wrong: it counts for nothing from now on, and stays readable."""
    from riverchief.monitor.overflows.actions import WithdrawOverflow

    WithdrawOverflow(actor=user, overflow_id=record_id, reason=reason).run()
    click.echo(f"Overflow record {record_id} is withdrawn.")
