"""`riverchief rain`, `station` and `quarantine`: what gauges and stations say, and who calls that nobody knows or can read."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click
from rich.table import Table

from riverchief.base.tables import counted, print_table
from riverchief.monitor.acting import (
    TypedTime,
    acting,
    clock_of,
    in_the_name_of_a_person,
    json_option,
    limit_option,
    offset_option,
    print_json,
    station_of,
    time_of_the_place,
)

if TYPE_CHECKING:
    from riverchief.accounts.models import User
    from riverchief.accounts.roles import Capability
    from riverchief.registry.models import Station


@click.command("rain")
@in_the_name_of_a_person
@click.option(
    "--hours", type=click.IntRange(1, 744), default=72, show_default=True, help="How far back from now."
)
@click.option("--basin", default="", help="Code of a basin; without one, all gauges.")
def rain_command(user: "User", hours: int, basin: str) -> None:
    """Tell the rain of the last hours at every gauge on that person's map, and whether that is dry weather."""
    # Not at the top: the command line shows its help before Django is set up.
    from riverchief.accounts.policies import require
    from riverchief.accounts.roles import Capability
    from riverchief.base import clock
    from riverchief.base.errors import NotFound
    from riverchief.monitor.overflows import queries
    from riverchief.registry.models import Basin

    require(user, Capability.VIEW_READINGS)
    known = Basin.objects.filter(code=basin).first() if basin else None
    if basin and known is None:
        codes = ", ".join(Basin.objects.order_by("code").values_list("code", flat=True)[:20])
        raise NotFound(
            f"没有流域“{basin}”。|There is no basin “{basin}”.",
            cure=f"可用：{codes}。|Use one of: {codes}.",
        )
    gauges = list(queries.gauges(user, basin=known.pk if known else None))
    found = queries.shown_rain(gauges, clock.now() - timedelta(hours=hours), clock.now())
    table = Table("gauge", "name", f"mm in {hours} h", "heard")
    for gauge in found["gauges"]:
        total = "-" if gauge["total_mm"] is None else f"{gauge['total_mm']:.1f}"
        table.add_row(gauge["code"], gauge["name_zh"], total, f"{gauge['coverage']:.0%}")
    print_table(table)
    verdict = {True: "dry", False: "not dry", None: "unknown: too few data"}[found["dry"]]
    click.echo(f"Last {found['dry_hours']} h against {found['dry_mm']} mm: {verdict}.")


@click.group("station")
def station_command() -> None:
    """What a station says; `riverchief station-query` asks it, `riverchief fleet` tells how its device is.

    Every command acts in the name of the person of --as, with that person's permissions.
    """


@acting(station_command, "show")
@click.argument("code")
@json_option
def show_station(user: "User", code: str, as_json: bool) -> None:
    """The last value of every parameter of the station with this code."""
    from riverchief.accounts.roles import Capability
    from riverchief.monitor import queries
    from riverchief.monitor.codes import english

    shown = queries.shown_station(user, _visible(user, code, Capability.VIEW_MAP))
    if as_json:
        return print_json(shown)
    click.echo(f"{shown['code']} {shown['name_en']}: {english('station_states', shown['state'])}")
    table = Table("parameter", "value", "unit", "flag", "at")
    for parameter, said in shown["values"].items():
        value = "-" if said["value"] is None else f"{said['value']:g}"
        table.add_row(parameter, value, said["unit"], english("flags", said["flag"]), clock_of(said["at"]))
    print_table(table)


@acting(station_command, "readings")
@click.argument("code")
@click.argument("parameter")
@click.option(
    "--kind",
    type=click.Choice(["instant", "minute", "hour", "day"]),
    default=None,
    help="Without it the one last heard of; of what a permit limits the hours.",
)
@click.option("--hours", type=click.IntRange(1, 744), default=48, show_default=True, help="How far back.")
@click.option("--end", type=TypedTime(["%Y-%m-%d %H:%M"]), default=None, help="From here; now.")
@json_option
def list_readings(
    user: "User",
    code: str,
    parameter: str,
    kind: str | None,
    hours: int,
    end: datetime | None,
    as_json: bool,
) -> None:
    """The readings of a parameter (nh3n, 氨氮 or w21003) at the station with this code, with flags and what was first sent of corrected ones."""
    from riverchief.accounts.policies import require
    from riverchief.accounts.roles import Capability
    from riverchief.base import clock
    from riverchief.monitor import permits, queries
    from riverchief.monitor.codes import english

    require(user, Capability.VIEW_READINGS)
    row = _visible(user, code, Capability.VIEW_READINGS)
    until = time_of_the_place(end)
    key = _parameter_at(row, parameter)
    permit = permits.held_at(row, key, clock.day_of(until))
    found = queries.readings(
        user, row.pk, key, until - timedelta(hours=hours), until, kind or "", permitted=bool(permit)
    )
    if as_json:
        shown = {
            name: getattr(found, name)
            for name in ("unit", "kind", "points", "raw_values", "raw_flags", "reasons")
        }
        return print_json(shown)
    raw, reasons = dict(found.raw_values), dict(found.reasons)
    flags = {at: english("flags", flag) for at, flag in found.raw_flags}
    for at, value, flag in found.points:
        why = f": {english('reading_reasons', reasons[at]).lower()}" if at in reasons else ""
        click.echo(
            f"{clock_of(at)}  {'-' if value is None else f'{value:g}'} {found.unit}  {english('flags', flag)}{why}"
            f"{_first_sent(raw.get(at), flags.get(at))}"
        )
    click.echo(f"{counted(len(found.points), 'reading')}{', the last of more' if found.truncated else ''}")


def _first_sent(value: float | None, flag: str | None) -> str:
    said = [text for text in (None if value is None else f"{value:g}", flag) if text]
    return f"  (first sent: {', '.join(said)})" if said else ""


def _parameter_at(station: "Station", name: str) -> str:
    """The parameter of a station by its key, its name in Chinese or English, or its factor code of HJ 212."""
    from riverkit.protocols import hj212

    from riverchief.base.errors import InvalidInput
    from riverchief.monitor.importing.measured import others
    from riverchief.monitor.models import Latest
    from riverchief.registry.importing.parameters import parameter_of

    there = sorted(set(Latest.objects.filter(station=station).values_list("parameter", flat=True)))
    if name in there:
        return name
    factor = hj212.factor_of(name)
    known = parameter_of(factor.key if factor and factor.key else name, others())
    if known is None or known.key not in there:
        has = ", ".join(there) or "-"
        raise InvalidInput(
            f"{station.code} 没有参数“{name}”的数据。|{station.code} has no readings of “{name}”.",
            cure=f"该点位有：{has}|It has: {has}",
            field="parameter",
        )
    return known.key


def _visible(user: "User", code: str, by: "Capability") -> "Station":
    from riverchief.base.errors import NotFound
    from riverchief.monitor import queries

    row = queries.station(user, station_of(code).pk, by)
    if row is None:
        raise NotFound("没有这个监测点位。|There is no such station.")
    return row


@click.group("quarantine")
def quarantine_command() -> None:
    """Devices that call under an unknown number or a wrong password, and frames that could not be read.

    Every command acts in the name of the person of --as, with that person's permissions, and says so in the log.
    """


@acting(quarantine_command, "list")
@limit_option
@offset_option
@json_option
def list_quarantine(user: "User", limit: int, offset: int, as_json: bool) -> None:
    """The devices whose packets wait, the last heard first."""
    from riverchief.monitor import queries
    from riverchief.monitor.codes import english

    rows = queries.quarantine(user)
    shown = queries.shown_quarantine(rows[offset : offset + limit])
    if as_json:
        return print_json({"items": shown, "count": len(rows)})
    table = Table("device", "why", "uses the number of", "packets", "first", "last")
    for row in shown:
        table.add_row(
            row["mn"],
            english("packet_errors", row["error"]),
            row["station"]["name_en"] if row["station"] else "",
            str(row["packets"]),
            clock_of(row["first_at"]),
            clock_of(row["last_at"]),
        )
    print_table(table)
    for row in shown:
        if len(row["senders"]) > 1:
            click.echo(
                f"{row['mn']} calls under {len(row['senders'])} passwords; adopt needs --sender and --reason:"
            )
        for each in row["senders"] if len(row["senders"]) > 1 else ():
            click.echo(
                f"  {each['key']}: {counted(each['packets'], 'packet')}, {clock_of(each['first_at'])} to {clock_of(each['last_at'])}, "
                f"from {' '.join(each['peers'])}"
            )
    click.echo(f"{counted(len(rows), 'device')}; times are of Asia/Shanghai.")


@acting(quarantine_command, "adopt")
@click.argument("mn")
@click.option("--station", "code", required=True, help="Code of the station where the device stands.")
@click.option(
    "--reason", default="", help="Needed where the station knows it under another password, or several call."
)
@click.option("--sender", default="", help="Which it is, where `list` tells of several passwords.")
def adopt(user: "User", mn: str, code: str, reason: str, sender: str) -> None:
    """Say where the device MN stands: what it has sent becomes readings, by a job."""
    from riverchief.monitor.actions import AdoptStation

    station = AdoptStation(
        actor=user, mn=mn, station_id=station_of(code).pk, reason=reason, sender=sender
    ).run()
    click.echo(f"{mn} stands at {station.code} now; the worker turns what it has sent into readings.")


@acting(quarantine_command, "adoptions")
@limit_option
@offset_option
@json_option
def list_adoptions(user: "User", limit: int, offset: int, as_json: bool) -> None:
    """The devices that were taken out of quarantine, the last first."""
    from riverchief.monitor.adoption import queries

    rows = queries.adoptions(user)
    shown = [queries.shown_adoption(row) for row in rows[offset : offset + limit]]
    if as_json:
        return print_json({"items": shown, "count": rows.count()})
    table = Table("no.", "device", "station", "adopted", "by", "taken back")
    for row in shown:
        back = row["taken_back_at"]
        table.add_row(
            str(row["id"]),
            row["mn"],
            row["station"]["name_en"],
            clock_of(row["adopted_at"]),
            row["adopted_by"]["name_en"] if row["adopted_by"] else "the system",
            f"{clock_of(back)}, {counted(row['returned'], 'packet')}" if back else "",
        )
    print_table(table)
    click.echo(f"{counted(rows.count(), 'adoption')}; times are of Asia/Shanghai.")


@acting(quarantine_command, "take-back")
@click.argument("adoption_id", type=int)
@click.option("--reason", required=True, help="Why the device does not stand there.")
def take_back(user: "User", adoption_id: int, reason: str) -> None:
    """Take back an adoption (its number is told by `adoptions`): what the device sent goes back into quarantine."""
    from riverchief.monitor.adoption.actions import TakeBackAdoption

    row = TakeBackAdoption(actor=user, adoption_id=adoption_id, reason=reason).run()
    click.echo(
        f"{row.station.code} has what it had before {row.mn}; the worker returns its packets to quarantine."
    )


@acting(quarantine_command, "rejected")
@limit_option
@offset_option
@json_option
def list_rejected(user: "User", limit: int, offset: int, as_json: bool) -> None:
    """The frames that could not be read or stored, and those with a value that cannot be true, by peer and reason."""
    from riverchief.monitor import queries
    from riverchief.monitor.codes import english

    rows = queries.rejected_frames(user)
    shown = queries.shown_rejected_frames(list(rows[offset : offset + limit]))
    if as_json:
        return print_json({"items": shown, "count": rows.count()})
    for row in shown:
        click.echo(
            f"{row['count']} × {english('packet_errors', row['error'])}: {row['mn'] or 'no number'} from {row['peer']}, "
            f"{clock_of(row['first_at'])} to {clock_of(row['last_at'])}"
        )
        for refused in row["refused"]:
            click.echo(f"  {refused['parameter']}: {english('packet_errors', refused['error'])}")
        click.echo(f"  cure: {english('packet_cures', row['error'])}")
        click.echo(f"  {row['raw']}")
    click.echo(f"{rows.count()} entries; times are of Asia/Shanghai.")
