"""A database for the length of one command, whether or not the product is running."""

import contextlib
import os
from collections.abc import Iterator

from riverchief.site.home import Home, HomeInUse, default_path
from riverchief.site.postgres import Postgres


@contextlib.contextmanager
def available(*, alone: bool = False) -> Iterator[None]:
    """DATABASE_URL where it is set; else the running product's database; else our own, started for this command.

    `alone` asks for an installation that nobody is running: `HomeInUse` is raised where it is.
    """
    if os.environ.get("DATABASE_URL"):
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
