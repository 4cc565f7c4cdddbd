"""`riverchief simulate`: virtual stations over real sockets, with faults on demand."""

import asyncio
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from riverchief.base.tables import print_table

if TYPE_CHECKING:
    from riverchief.monitor.virtual.account import Account
    from riverchief.monitor.virtual.fleet import Plan

_USUAL_SHARE = 0.05
_LOST = 1
_UNTIL_KNOWN_S = 1.0
"""Longer than a gateway's view of the registry makes somebody a stranger (`Limits.strangers_s`)."""


def _shares(context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]) -> dict[str, float]:
    """Shares by fault, of `NAME` or `NAME=SHARE`."""
    from riverchief.monitor.virtual.faults import FAULTS

    shares: dict[str, float] = {}
    for text in texts:
        name, _, share = text.partition("=")
        if name not in FAULTS and name != "all":
            raise click.BadParameter(f"there is no fault {name!r}: use all, {', '.join(FAULTS)}.")
        try:
            number = float(share or _USUAL_SHARE)
        except ValueError:
            number = -1.0
        if not 0 < number <= 1:
            raise click.BadParameter(
                f"{text!r}: the share is a number above 0 and up to 1, as in {name}=0.1."
            )
        shares |= dict.fromkeys(FAULTS, number) if name == "all" else {name: number}
    return shares


@click.command("simulate")
@click.option("--stations", type=click.IntRange(0), default=10, show_default=True, help="Of HJ 212-2017.")
@click.option("--stations-2005", type=click.IntRange(0), default=0, help="Of HJ/T 212-2005.")
@click.option("--stations-sl651", type=click.IntRange(0), default=0, help="Of SL 651-2014.")
@click.option(
    "--unknown",
    type=click.IntRange(0),
    default=0,
    help="Of each of these kinds of which there is a station, so many more that nobody registered.",
)
@click.option(
    "--host",
    envvar="RIVERCHIEF_GATEWAY_HOST",
    default="127.0.0.1",
    show_default="RIVERCHIEF_GATEWAY_HOST, else 127.0.0.1",
    help="Of the gateway.",
)
@click.option(
    "--port",
    envvar="RIVERCHIEF_GATEWAY_PORT",
    type=click.IntRange(1, 65535),
    default=9212,
    show_default="RIVERCHIEF_GATEWAY_PORT, else 9212",
    help="Of the gateway.",
)
@click.option("--password", default="123456", show_default=True, help="Of the devices; six characters.")
@click.option(
    "--interval",
    type=click.IntRange(60),
    default=60,
    show_default=True,
    help="Seconds between two data times, whole minutes.",
)
@click.option(
    "--speed",
    type=click.FloatRange(0),
    default=1.0,
    show_default=True,
    help="How many times as fast as the clock; 0: as fast as answers come.",
)
@click.option(
    "--packets", type=click.IntRange(1), help="Of each station; without it until Ctrl-C, at speed 1."
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    callback=_shares,
    metavar="NAME[=SHARE]",
    help="What goes wrong, and of which share of uploads (0.05); may be repeated; `all`; see --faults.",
)
@click.option("--faults", "list_faults", is_flag=True, help="List the faults and end.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option(
    "--answer-timeout",
    type=click.FloatRange(0.1),
    default=5.0,
    show_default=True,
    help="Seconds; then it is sent again.",
)
@click.option(
    "--register",
    is_flag=True,
    help="First make a station for every device, in this installation; only where it holds nothing real.",
)
@click.option(
    "--check",
    is_flag=True,
    help="Compare with this installation's database; exit code 1 if anything is lost or doubled.",
)
def simulate_command(
    stations: int,
    stations_2005: int,
    stations_sl651: int,
    unknown: int,
    host: str,
    port: int,
    password: str,
    interval: int,
    speed: float,
    packets: int | None,
    faults: dict[str, float],
    list_faults: bool,
    seed: int,
    answer_timeout: float,
    register: bool,
    check: bool,
) -> None:
    """Play virtual stations against a gateway, each over a connection of its own: what they measure follows a small daily
    pattern, every upload is sent again until it is acknowledged, questions are answered. Ctrl-C ends with the account.

    Only --register and --check need the database of an installation; without them any gateway may be played against.
    """
    # Not at the top: the command line shows its help before Django is set up.
    from django.db import connection

    from riverchief.monitor.virtual.faults import FAULTS
    from riverchief.monitor.virtual.fleet import Member, Plan
    from riverchief.monitor.virtual.pattern import Standard

    if list_faults:
        for name, what in FAULTS.items():
            click.echo(f"{name:10} {what}")
        return
    if interval % 60:
        raise click.UsageError("--interval: give whole minutes, such as 300; SL 651 tells no seconds.")
    if packets is None and speed != 1:
        raise click.UsageError(
            "--speed other than 1 needs --packets: otherwise the data run into the future."
        )
    if len(password) != 6 or not password.isascii() or not password.isalnum():
        raise click.UsageError("--password: HJ 212 has six letters or digits.")
    kinds: dict[Standard, int] = {
        "hj212-2017": stations,
        "hj212-2005": stations_2005,
        "sl651": stations_sl651,
    }
    members: list[Member] = []
    for standard, number_of in kinds.items():
        for known, how_many in ((True, number_of), (False, unknown if number_of else 0)):
            members += [Member(len(members) + 1 + place, standard, known) for place in range(how_many)]
    if not members:
        raise click.UsageError(
            "No station is to be played: give --stations, --stations-2005 or --stations-sl651."
            + (" --unknown adds strangers to each kind of which there is one." if unknown else "")
        )
    plan = Plan(
        tuple(members),
        host,
        port,
        password,
        timedelta(seconds=interval),
        packets,
        speed,
        faults,
        seed,
        answer_timeout,
    )
    _require_listener(host, port)
    if register:
        _register(plan)
    if check:
        _require_registered(plan)
    if register or check:
        # Whatever becomes of the database while the stations are played, the comparison finds its way to it.
        connection.close()
    started = datetime.now(UTC)
    account = asyncio.run(_play(plan))
    print_table(account.table())
    click.echo(
        f"Open is what was not acknowledged when the run ended. {account.reconnected:,} times called again, {account.history:,} uploads of history on request, "
        f"{account.kept_silent:,} kept silent."
    )
    if check and not _holds(account, started):
        raise SystemExit(_LOST)


def _require_listener(host: str, port: int) -> None:
    try:
        socket.create_connection((host, port), timeout=5.0).close()
    except OSError as error:
        raise click.ClickException(
            f"Nobody listens on {host}:{port} ({error}): start `riverchief serve` or `riverchief gateway`, "
            "or give --host and --port."
        ) from error


def _register(plan: "Plan") -> None:
    from riverchief.base.actions import SYSTEM
    from riverchief.base.errors import RiverchiefError, in_language
    from riverchief.monitor.virtual.registration import RegisterVirtualStations

    passwords = {member.mn: member.password(plan.shared_password) for member in plan.members if member.known}
    try:
        new = RegisterVirtualStations(actor=SYSTEM, passwords=passwords).run()
    except RiverchiefError as error:
        raise click.ClickException(
            f"{in_language(error.message, 'en')} {in_language(error.cure, 'en')}"
        ) from error
    click.echo(f"{new} stations registered, {len(passwords) - new} were there.")
    if new:
        # A gateway that has looked a moment before takes them for strangers.
        time.sleep(_UNTIL_KNOWN_S)


def _require_registered(plan: "Plan") -> None:
    from riverchief.registry.models import Station

    wanted = {member.mn for member in plan.members if member.known}
    missing = sorted(wanted.difference(Station.objects.filter(mn__in=wanted).values_list("mn", flat=True)))
    if missing:
        raise click.UsageError(
            f"--check: {len(missing)} of the stations are not registered in this installation ({missing[0]} …): add "
            "--register, import them, or play them as --unknown."
        )


async def _play(plan: "Plan") -> "Account":
    from riverchief.monitor.virtual.fleet import Fleet

    stop = asyncio.Event()
    with _stopped_by_signals(stop.set):
        return await Fleet(plan).play(stop, _report)


def _report(seconds: float, account: "Account") -> None:
    total = account.total
    click.echo(
        f"  [{seconds:4.0f} s] {total.uploads:,} uploads, {total.acknowledged:,} acknowledged, {total.resent:,} sent again"
    )


@contextmanager
def _stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


def _holds(account: "Account", started: datetime) -> bool:
    from riverchief.monitor.virtual.comparison import compare

    found = compare(account.played, started)
    for example in found.examples:
        click.echo(example, err=True)
    click.echo(
        f"Acknowledged and compared: {found.readings:,} values of registered stations, {found.strangers:,} packets in "
        f"quarantine; lost: {found.lost:,}; doubled: {found.doubled:,}."
    )
    return not found.lost and not found.doubled
