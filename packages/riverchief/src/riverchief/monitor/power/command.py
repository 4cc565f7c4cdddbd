"""`riverchief power`: meters, announced stops and what stands out, at the command line, in the name of a person."""

import functools
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from riverchief.monitor.acting import (
    TypedTime,
    acting,
    clock_of,
    json_option,
    of_the_place,
    outfall_of,
    print_json,
    station_of,
)

if TYPE_CHECKING:
    from riverchief.accounts.models import User

_outfall = click.option("--outfall", "code", required=True, help="Code of the outfall.")
_TIME = TypedTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d"])


@click.group("power")
def power_command() -> None:
    """Power meters of production and treatment: cheap evidence that a works runs and its treatment does not."""


_command = functools.partial(acting, power_command)


@_command("show")
@_outfall
@click.option("--hours", type=click.IntRange(1, 336), default=48, show_default=True, help="How far back.")
@json_option
def show(user: "User", code: str, hours: int, as_json: bool) -> None:
    """The lines of an outfall, announced stops, and what stands out."""
    from riverchief.base import clock
    from riverchief.monitor.power import queries

    shown = queries.power(user, outfall_of(code).pk, clock.now() - timedelta(hours=hours), clock.now())
    if as_json:
        return print_json(shown)
    if not shown["meters"]:
        click.echo("no meter in use")
    for meter in shown["meters"]:
        last = next(
            (f"{point[1]:g} {meter['unit']}" for point in meter["points"][::-1] if point[1] is not None), "-"
        )
        click.echo(
            f"meter {meter['id']}  {meter['line']:<10}  {meter['name_zh']}  runs from {meter['runs_from']:g}, last {last}"
        )
    if not shown["stops"]:
        click.echo(f"no announced stop within {hours} h")
    for stop in shown["stops"]:
        click.echo(
            f"stop {stop['id']}  {clock_of(stop['starts_at'])} to {clock_of(stop['ends_at'])}  {stop['reason']}"
        )
    if not shown["spans"]:
        click.echo(f"nothing worth a look within {hours} h")
    for span in shown["spans"]:
        click.echo(f"worth a look: {span['why_en']}")
    click.echo(shown["is_not_en"])


@_command("add-meter")
@_outfall
@click.option("--station", required=True, help="Code of the station of the outfall that sends the readings.")
@click.option(
    "--parameter", required=True, help="Name of the reading: power, current, or the device's own code."
)
@click.option("--unit", default="", help="Of a device's own code: W, kW, MW, mA or A.")
@click.option("--line", type=click.Choice(["production", "treatment"]), required=True)
@click.option("--name", "names", nargs=2, required=True, help="In Chinese, and in English.")
@click.option("--runs-from", type=float, required=True, help="What the line draws at least when it runs.")
def add_meter(
    user: "User",
    code: str,
    station: str,
    parameter: str,
    unit: str,
    line: str,
    names: tuple[str, str],
    runs_from: float,
) -> None:
    """Say which reading is the power of which line."""
    from riverchief.monitor.power.actions import RegisterPowerMeter

    row = RegisterPowerMeter(
        actor=user,
        outfall_id=outfall_of(code).pk,
        station_id=station_of(station).pk,
        parameter=parameter,
        unit=unit,
        line=line,
        name_zh=names[0],
        name_en=names[1],
        runs_from=runs_from,
    ).run()
    click.echo(f"meter {row.pk}")


@_command("retire-meter")
@click.argument("meter", type=int)
def retire_meter(user: "User", meter: int) -> None:
    """A meter was taken away."""
    from riverchief.monitor.power.actions import RetirePowerMeter

    click.echo(f"meter {RetirePowerMeter(actor=user, meter_id=meter).run().pk} is retired")


@_command("announce-stop")
@_outfall
@click.option("--from", "starts_at", type=_TIME, required=True)
@click.option("--to", "ends_at", type=_TIME, required=True)
@click.option("--reason", required=True)
def announce_stop(user: "User", code: str, starts_at: datetime, ends_at: datetime, reason: str) -> None:
    """Enter a stop of the treatment that was announced; nothing is told of while it lasts."""
    from riverchief.monitor.power.actions import AnnounceStop

    row = AnnounceStop(
        actor=user,
        outfall_id=outfall_of(code).pk,
        starts_at=of_the_place(starts_at),
        ends_at=of_the_place(ends_at),
        reason=reason,
    ).run()
    click.echo(f"stop {row.pk}")


@_command("withdraw-stop")
@click.argument("stop", type=int)
@click.option("--reason", required=True)
def withdraw_stop(user: "User", stop: int, reason: str) -> None:
    """A stop was entered wrongly, or called off."""
    from riverchief.monitor.power.actions import WithdrawStop

    click.echo(f"stop {WithdrawStop(actor=user, stop_id=stop, reason=reason).run().pk} is withdrawn")
