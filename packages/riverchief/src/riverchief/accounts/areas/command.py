"""`riverchief area`: the administrative tree, as it is, as it was, and how it changes."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from riverchief.accounts.command import user_named
from riverchief.base.tables import print_table

if TYPE_CHECKING:
    from riverchief.base.actions import Action, Actor

DAY = click.DateTime(["%Y-%m-%d"])


@click.group("area")
def area_command() -> None:
    """The administrative tree: show it on any day, rename or move an area, put one in the place of others."""


def _actor(username: str) -> "Actor":
    from riverchief.base.actions import SYSTEM

    return user_named(username) if username else SYSTEM


def _done(action: "Action[Any]") -> Any:
    from riverchief.base.errors import RiverchiefError

    try:
        return action.run()
    except RiverchiefError as error:
        told = error.as_json("en")
        raise click.ClickException(f"{told['message']} {told['cure']}".strip()) from error


since_option = click.option("--since", required=True, type=DAY, help="The first day of the new order.")
as_option = click.option(
    "--as", "username", default="", help="In the name of this person; else of the system."
)


@area_command.command("list")
@click.option("--on", type=DAY, help="As of this day; else of today.")
def list_areas(on: datetime | None) -> None:
    """The areas of a day."""
    from riverchief.accounts.areas.queries import as_of
    from riverchief.accounts.models import Area
    from riverchief.base import clock

    day: date = on.date() if on else clock.today()
    table = Table("code", "name", "English", "level", "in")
    for row in as_of(Area.objects.all(), day):
        table.add_row(row["code"], row["name_zh"], row["name_en"], row["level"], row["parent_code"] or "")
    print_table(table)


@area_command.command("change")
@click.argument("code")
@since_option
@click.option("--name", "name_zh", default="", help="Its name from then on.")
@click.option("--name-en", default="", help="Likewise in English.")
@click.option("--level", default="", help="province, city, county, town or village.")
@click.option("--parent", "parent_code", default="", help="Code of the area that it lies in from then on.")
@as_option
def change_area(code: str, since: datetime, username: str, **given: str) -> None:
    """Rename the area CODE, or move it, from a day on; what it was before stays readable."""
    from riverchief.accounts.areas.actions import ChangeArea

    area = _done(ChangeArea(actor=_actor(username), code=code, since=since.date(), **given))
    click.echo(
        f"{area.code} is {area.name_zh} ({area.level}), in {area.parent_id or 'nothing'}, since {since:%Y-%m-%d}."
    )


@area_command.command("supersede")
@click.argument("codes", nargs=-1, required=True)
@click.option(
    "--by", multiple=True, required=True, help="Code of an area that takes the place; may be repeated."
)
@since_option
@as_option
def supersede_areas(codes: tuple[str, ...], by: tuple[str, ...], since: datetime, username: str) -> None:
    """End the areas CODES and put others, imported before, in their place: a new code, a merger, a split."""
    from riverchief.accounts.areas.actions import SupersedeAreas

    done = _done(SupersedeAreas(actor=_actor(username), codes=list(codes), by=list(by), since=since.date()))
    click.echo(
        f"{', '.join(codes)} ended; {', '.join(by)} took over since {since:%Y-%m-%d}: {done.moved} areas moved, "
        f"{done.carried} roles carried over, {done.left} roles left for you to give anew."
    )
