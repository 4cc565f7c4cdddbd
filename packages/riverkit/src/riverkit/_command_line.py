"""Types of options that the commands share: a bad value is refused when the command line is read."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from riverkit.errors import OutputError
from riverkit.output import refuse_undrawable, refuse_unwritable

FilePath = click.Path(exists=True, dir_okay=False, path_type=Path)
Folder = click.Path(exists=True, file_okay=False, path_type=Path)
Seed = click.IntRange(min=0)


class Number(click.FloatRange):
    """A finite number within bounds: `click.FloatRange` lets NaN and infinity pass."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number."""
        try:
            finite = math.isfinite(float(value))
        except ValueError:
            finite = True
        if not finite:
            self.fail(f"{value} is no finite number.", param, ctx)
        return super().convert(value, param, ctx)


class _Output(click.Path):
    """A file to be written, which is refused before the work if it cannot be."""

    def __init__(self, refuse: Callable[[Path], None]) -> None:
        super().__init__(dir_okay=False, path_type=Path)
        self._refuse = refuse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Its path."""
        path = Path(value)
        try:
            self._refuse(path)
        except OutputError as error:
            self.fail(str(error), param, ctx)
        return path


NewFile, ChartFile = _Output(refuse_unwritable), _Output(refuse_undrawable)

parameter_option = click.option("--parameter", help="Which one, where the readings are of several.")


def plain_console() -> Console:
    """Where the commands print: a name from somebody's table stands there as it is, and is not read as markup."""
    return Console(markup=False, highlight=False)
