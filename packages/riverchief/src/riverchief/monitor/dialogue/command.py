"""`riverchief station-query`: ask a station from the command line, and see what it was asked.

Queries only. Control commands have two people, each signed in as themselves: whoever holds a shell could be both.
"""

import time
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from riverchief.accounts.command import user_named
from riverchief.base.tables import counted
from riverchief.monitor.acting import TypedTime, told

if TYPE_CHECKING:
    from riverchief.monitor.dialogue.models import StationRequest
    from riverchief.registry.models import Station

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_MOMENTS = ["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]
_LISTED = 20
_UNSUCCESSFUL = 1


@click.command("station-query")
@click.argument("station")
@click.argument("cn", required=False)
@click.option("--as", "username", default="", help="User name of the person who asks; needed to ask.")
@click.option("--reason", default="", help="Why; needed to ask.")
@click.option("--begin", type=TypedTime(_MOMENTS), help="First period of history (Asia/Shanghai).")
@click.option("--end", type=TypedTime(_MOMENTS), help="Last period of history (Asia/Shanghai).")
@click.option("--wait", "wait_s", default=60.0, show_default=True, help="Seconds to wait for the result.")
def station_query_command(
    station: str,
    cn: str | None,
    username: str,
    reason: str,
    begin: datetime | None,
    end: datetime | None,
    wait_s: float,
) -> None:
    """Ask STATION (code or MN) for CN, or, without CN, list what it was asked.

    CN: 1011 time, 1061 real-time interval, 1063 minute interval; with --begin and --end: 2051 minute, 2061 hour, 2031
    day data. A running gateway sends it. Exit code 1 where it did not come to its end.
    """
    # Not at the top: the command line shows its help before Django is set up.
    from riverchief.base.errors import RiverchiefError
    from riverchief.monitor.actions import AskStation
    from riverchief.monitor.dialogue.models import StationRequest

    asked = _station(station)
    if cn is None:
        for row in StationRequest.objects.filter(station=asked).select_related("asked_by")[:_LISTED]:
            click.echo(_line(row))
        return
    if not username:
        raise click.ClickException("Say who asks: --as NAME, somebody who can sign in.")
    try:
        row = AskStation(
            actor=user_named(username),
            station_id=asked.pk,
            cn=cn,
            reason=reason,
            begin=begin.replace(tzinfo=_SHANGHAI) if begin else None,
            end=end.replace(tzinfo=_SHANGHAI) if end else None,
        ).run()
    except RiverchiefError as error:
        raise told(error) from error
    deadline = time.monotonic() + wait_s
    while row.finished_at is None and time.monotonic() < deadline:
        time.sleep(0.2)
        row.refresh_from_db()
    click.echo(_line(row))
    if row.finished_at is None:
        raise click.ClickException(
            "Not finished yet: it goes on; see `riverchief station-query STATION` later. Is a gateway running?"
        )
    if row.state != StationRequest.State.DONE:
        raise SystemExit(_UNSUCCESSFUL)


def _line(row: "StationRequest") -> str:
    from riverchief.monitor.codes import TABLES

    words = {
        name: {item["key"]: item["en"] for item in TABLES[name]}
        for name in ("station_commands", "station_request_states", "request_results", "execution_results")
    }
    at = row.asked_at.astimezone(_SHANGHAI)
    who = row.asked_by.username if row.asked_by else "system"
    parts = [f"{at:%Y-%m-%d %H:%M:%S}", who, row.cn, words["station_commands"][row.cn]]
    if row.begin and row.end:
        parts.append(
            f"{row.begin.astimezone(_SHANGHAI):%Y-%m-%d %H:%M} to {row.end.astimezone(_SHANGHAI):%Y-%m-%d %H:%M}"
        )
    parts.append(words["station_request_states"][row.state])
    for table, code in (
        ("request_results", row.request_result),
        ("execution_results", row.execution_result),
    ):
        if code not in (None, 1):
            parts.append(words[table].get(str(code), str(code)))
    if row.uploads:
        parts.append(counted(row.uploads, "packet"))
    parts += [f"{key} {value}" for key, value in row.result.items()]
    return " · ".join(parts)


def _station(text: str) -> "Station":
    from django.db.models import Q

    from riverchief.registry.models import Station

    row = Station.objects.filter(Q(code=text) | Q(mn=text)).first()
    if row is None:
        raise click.ClickException(f"There is no station with the code or MN “{text}”.")
    return row
