"""Where the story is played: it tells each step as it happens, remembers it, and waits for the product with progress."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.table import Table

from riverchief.accounts.models import User
from riverchief.base import clock
from riverchief.demo.progress import progress
from riverchief.demo.state import DemoState, Line, write_state

T = TypeVar("T")

LOOK_EVERY_S = 0.3


class StoryFailed(Exception):
    """The product did not do its part in time; the message says what was waited for."""


class Stage:
    """Tells and waits."""

    def __init__(self, console: Console, home: Path, state: DemoState) -> None:
        self.console = console
        self.home = home
        self.state = state

    def title(self, text: str) -> None:
        """The head of a part of the story."""
        self._remember(Line("", "", text))

    def tell(self, who: User | str, what: str) -> None:
        """One step: printed, and kept for later starts."""
        name = who if isinstance(who, str) else f"{who.name_zh} {who.name_en} ({who.username})"
        at = clock.now().astimezone(clock.SHANGHAI)
        self._remember(Line(f"{at:%H:%M:%S}", name, what))

    def _remember(self, line: Line) -> None:
        self.state.lines.append(line)
        write_state(self.home, self.state)
        show(self.console, line)

    def wait(self, for_what: str, look: Callable[[], T | None], limit_s: float = 240.0) -> T:
        """Look until there is an answer, showing what is waited for.

        Raises:
            StoryFailed: there is none within the limit.
        """
        started = time.monotonic()
        with progress(self.console) as report:
            while True:
                found = look()
                if found is not None:
                    return found
                if time.monotonic() - started > limit_s:
                    raise StoryFailed(
                        f"No {for_what} within {limit_s:.0f} s. The log of gateway and worker is "
                        f"{self.home / 'logs'}; look there for errors."
                    )
                report(f"waiting for {for_what} …", 0, 0)
                time.sleep(LOOK_EVERY_S)


def show(console: Console, line: Line) -> None:
    """Print a line of the story as a row of its table."""
    if not line.at:
        console.print()
        console.rule(f"[bold]{line.what}", align="left")
        return
    row = Table.grid(padding=(0, 2))
    row.add_column(width=8, style="dim")
    row.add_column(width=30, style="cyan")
    row.add_column(ratio=1, overflow="fold")
    row.add_row(line.at, line.who, line.what)
    console.print(row)
