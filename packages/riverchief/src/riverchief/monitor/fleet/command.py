"""`riverchief fleet`: how the stations are, at the command line, each command in the name of a person."""

import functools
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from riverchief.base.tables import print_table
from riverchief.monitor.acting import TypedTime, acting, json_option, of_the_place, print_json, station_of

if TYPE_CHECKING:
    from riverchief.accounts.models import User

_STATES = ["silent", "late", "never", "ok", "stopped"]
_MOMENT = TypedTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d"])


@click.group("fleet")
def fleet_command() -> None:
    """Fleet health: how every station is, those first that somebody must look after.

    Every command acts in the name of the person of --as, with that person's permissions.
    """


_command = functools.partial(acting, fleet_command)


@_command("list")
@click.option("--state", type=click.Choice(_STATES), default=None, help="Only those in this state.")
@click.option("--kind", type=click.Choice(["automatic", "rain_gauge"]), default=None, help="Only of a kind.")
@click.option("--area", default="", help="Code of an area: only stations below it.")
@click.option("--q", "text", default="", help="Only with this text in name or code.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many."
)
@click.option("--offset", type=click.IntRange(0), default=0, help="Leave out so many before.")
@click.option(
    "--csv", "csv_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the table to a file."
)
@json_option
def list_fleet(
    user: "User",
    state: str | None,
    kind: str | None,
    area: str,
    text: str,
    limit: int,
    offset: int,
    csv_file: Path | None,
    as_json: bool,
) -> None:
    """The stations with a device: state, age of the last reading against the usual interval, rates of this month."""
    from riverchief.monitor.fleet import queries
    from riverchief.monitor.fleet.table import fleet_csv

    rows = queries.fleet(user, state=state or "", kind=kind or "", area=area, q=text)
    shown = queries.shown_fleet(user, list(rows[offset : offset + limit]))
    if csv_file is not None:
        csv_file.write_text(fleet_csv(shown), encoding="utf-8", newline="")
        click.echo(f"{len(shown)} stations: {csv_file}")
        return None
    if as_json:
        return print_json({"items": shown, "count": rows.count()})
    # Edition, refused packets and the days are in --csv and --json: a terminal is narrow.
    table = Table("station", "state", "line", "age / usual", "sent", "valid", "doubts", "clock s")
    for row in shown:
        table.add_row(
            row["code"],
            _state(row),
            "yes" if row["connected"] else "no",
            f"{_span(row['age_s'])} / {_span(row['interval_s'])}",
            _share(row["transmission"]),
            _share(row["validity"]),
            _plain(row["doubts"]),
            "-" if row["clock_ahead_s"] is None else f"{row['clock_ahead_s']:+.0f}",
        )
    print_table(table)
    click.echo(f"{rows.count()} stations.")


@_command("stop")
@click.argument("code")
@click.option("--since", type=_MOMENT, required=True, help="Time of the place: 2026-12-01 08:00.")
@click.option("--until", type=_MOMENT, default=None, help="Likewise; without it, until it is ended.")
@click.option("--reason", required=True, help="Why; kept in the log.")
def stop(user: "User", code: str, since: datetime, until: datetime | None, reason: str) -> None:
    """Announce that the station with this code is stopped: nobody takes it for silent."""
    from riverchief.monitor.fleet.actions import AnnounceStoppage

    row = AnnounceStoppage(
        actor=user,
        station_id=station_of(code).pk,
        since=of_the_place(since),
        until=of_the_place(until) if until else None,
        reason=reason,
    ).run()
    later = row.entry.said[1]
    click.echo(f"Stoppage {row.pk} is on record{f': {later}' if later else ''}.")


@_command("resume")
@click.argument("stoppage_id", type=int)
def resume(user: "User", stoppage_id: int) -> None:
    """End a stoppage: the station is expected to speak."""
    from riverchief.monitor.fleet.actions import EndStoppage

    EndStoppage(actor=user, stoppage_id=stoppage_id).run()
    click.echo(f"Stoppage {stoppage_id} is over.")


def _state(row: dict[str, Any]) -> str:
    from riverchief.monitor.codes import english

    words = english("fleet_states", row["state"])
    if not row["stoppage"]:
        return words
    later = row["stoppage"]["afterwards_en"]
    return f"{words} (stoppage {row['stoppage']['id']}{f', {later}' if later else ''})"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _plain(value: Any) -> str:
    return "-" if value is None else str(value)


def _span(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    minutes = round(seconds / 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes / 60:.0f} h" if minutes < 2880 else f"{minutes / 1440:.0f} d"
