"""Progress of long searches: a bar on a terminal, a line now and then in a log."""

import time
from collections.abc import Callable
from typing import TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

LINE_EVERY_S = 15.0

Answer = TypeVar("Answer")


def with_progress(console: Console, what: str, run: Callable[[Callable[[int, int], None]], Answer]) -> Answer:
    """Run what reports (done, of): with a bar that goes when it is done, or a line now and then where nobody sees a bar."""
    if not console.is_terminal:
        return run(_Lines(what))
    columns = (TextColumn(what), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(
        *columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, transient=True
    ) as bar:
        task = bar.add_task(what, total=None)
        return run(lambda done, total: bar.update(task, completed=done, total=total))


class _Lines:
    """Progress in a log: on standard error, apart from the answer."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began = self._told = time.monotonic()

    def __call__(self, done: int, of: int) -> None:
        if time.monotonic() - self._told >= LINE_EVERY_S:
            self._told = time.monotonic()
            left_min = (self._told - self._began) * (of - done) / (60.0 * max(done, 1))
            left = f"about {left_min:.0f} min left" if left_min >= 1.0 else "less than a minute left"
            click.echo(f"{self._what}: {done:,} of {of:,}, {left}", err=True)
