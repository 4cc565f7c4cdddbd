"""Commands of the command line that act in the name of a person, with that person's permissions and name in the log."""

import functools
import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from riverchief.accounts.command import user_named

if TYPE_CHECKING:
    from riverchief.base.errors import RiverchiefError
    from riverchief.registry.models import Outfall, Station
FIRST_YEAR, LAST_YEAR = 1970, 2099


class TypedTime(click.DateTime):
    """A time or month that somebody typed, of the years that anything here can be about (as of `base.http.Moment`)."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse a year that no computation could reach beyond."""
        at = super().convert(value, param, ctx)
        if not FIRST_YEAR <= at.year <= LAST_YEAR:
            self.fail(f"{value}: the year must be from {FIRST_YEAR} to {LAST_YEAR}. Check it.", param, ctx)
        return at


limit_option = click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True)
offset_option = click.option("--offset", type=click.IntRange(0), default=0, help="Leave out so many.")
at_option = click.option(
    "--at", type=TypedTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]), default=None, help="At the place; now."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")


def acting(group: click.Group, name: str) -> Callable[[Callable[..., None]], click.Command]:
    """A command of the group that acts in the name of a person."""
    return lambda work: group.command(name)(in_the_name_of_a_person(work))


def in_the_name_of_a_person(work: Callable[..., None]) -> Callable[..., None]:
    """Takes --as: `user` is that person, and refusals of the platform, or of a file, become messages."""

    @click.option("--as", "username", required=True, help="User name of the person who does this.")
    @functools.wraps(work)
    def run(username: str, **options: Any) -> None:
        from riverchief.base.errors import RiverchiefError

        try:
            work(user=user_named(username), **options)
        except RiverchiefError as error:
            raise told(error) from error
        except OSError as error:
            if error.filename is None:
                raise
            raise click.ClickException(f"{error.filename}: {error.strerror}. Name another file.") from error

    return run


def told(error: "RiverchiefError") -> click.ClickException:
    """A refusal of the platform as the message of a command, with its cure."""
    words = error.as_json("en")
    return click.ClickException(f"{words['message']} {words['cure']}".strip())


def of_the_place(at: datetime) -> datetime:
    """A time that somebody typed, at the place."""
    from riverchief.base.clock import SHANGHAI

    return at.replace(tzinfo=SHANGHAI)


def time_of_the_place(at: datetime | None) -> datetime:
    """The same; now where nobody typed one."""
    from riverchief.base import clock

    return of_the_place(at) if at else clock.now()


def clock_of(at: datetime) -> str:
    """A time as it is printed, at the place."""
    from riverchief.base.clock import SHANGHAI

    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def print_json(content: Any) -> None:
    """Print what the API would answer."""
    click.echo(json.dumps(content, ensure_ascii=False, default=lambda value: value.isoformat()))


def outfall_of(code: str) -> "Outfall":
    """The outfall of a code."""
    from riverchief.base.errors import NotFound
    from riverchief.registry.models import Outfall

    row = Outfall.objects.filter(code=code).first()
    if row is None:
        raise NotFound(f"没有排污口“{code}”。|There is no outfall “{code}”.")
    return row


def station_of(code: str) -> "Station":
    """The station of a code."""
    from riverchief.base.errors import NotFound
    from riverchief.registry.models import Station

    row = Station.objects.filter(code=code).first()
    if row is None:
        raise NotFound(f"没有点位“{code}”。|There is no station “{code}”.")
    return row
