"""How far a long step is: a moving bar at a terminal, plain lines where nothing can move (a pipe, a log)."""

import contextlib
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

Report = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done and how much there is; 0 of 0 where nobody can say."""

LINE_EVERY_S = 5.0
"""At most this long between two plain lines, as long as somebody reports."""


@contextlib.contextmanager
def progress(console: Console) -> Iterator[Report]:
    """Show what is reported, until the step ends. At a terminal it leaves nothing behind."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[amount]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None, amount="")

        def report(what: str, done: int, total: int) -> None:
            bar.update(
                task, description=what, completed=done, total=total or None, amount=_amount(done, total)
            )

        yield report


def _amount(done: int, total: int) -> str:
    return f"{done:,} of {total:,}" if total else ""


class _Lines:
    """A line when something new begins, at every quarter of it, and every few seconds between."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = time.monotonic()
        self._told: tuple[str, int] | None = None
        self._told_at = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        milestone = (what, 4 * done // total if total else 0)
        if milestone == self._told and now - self._told_at < LINE_EVERY_S:
            return
        self._told, self._told_at = milestone, now
        elapsed_s = now - self._started
        line = f"  [{elapsed_s:3.0f} s] {what} {_amount(done, total)}".rstrip()
        self._console.print(line, markup=False, soft_wrap=True)
