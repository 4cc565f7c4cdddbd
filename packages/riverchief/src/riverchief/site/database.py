"""A database for the length of one command, whether or not the product is running."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import click
import psycopg
from psycopg.conninfo import conninfo_to_dict

from riverchief.site.home import Home, HomeInUse, default_path
from riverchief.site.postgres import Postgres

CONNECT_LIMIT_S = 10


def parts_of(url: str) -> dict[str, Any]:
    """A PostgreSQL URL of any form that libpq understands, in libpq's parts; raises with the form that is wanted."""
    try:
        return dict(conninfo_to_dict(url))
    except psycopg.ProgrammingError:
        # Not libpq's own words, which repeat what they did not understand, and so perhaps the password.
        raise click.ClickException(
            "DATABASE_URL is not the address of a PostgreSQL: write postgresql://USER:PASSWORD@HOST:5432/NAME, "
            "special characters percent-encoded."
        ) from None


def require_answer() -> None:
    """Raise, with the reason and the cure, where the database that DATABASE_URL names lets nobody in."""
    parts = {"connect_timeout": CONNECT_LIMIT_S, **parts_of(os.environ["DATABASE_URL"])}
    try:
        psycopg.connect(**parts).close()
    except psycopg.OperationalError as error:
        reason = " ".join(str(error).split())
        raise click.ClickException(
            f"The database that DATABASE_URL names cannot be used ({reason}): start it, or mend the "
            "address; without DATABASE_URL riverchief runs a database of its own."
        ) from error


@contextlib.contextmanager
def available(*, alone: bool = False) -> Iterator[None]:
    """DATABASE_URL where it is set; else the running product's database; else our own, started for this command.

    `alone` asks for an installation that nobody is running: `HomeInUse` is raised where it is.
    """
    if os.environ.get("DATABASE_URL"):
        require_answer()
        yield
        return
    home = Home(default_path())
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(home.held())
        except HomeInUse:
            if alone:
                raise
        else:
            server = Postgres(home)
            stack.callback(server.stop)
            server.start()
        yield
