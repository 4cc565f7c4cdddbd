"""Tables of the command line: whole where something else reads them, folded and never cut where a person does."""

import os

from rich.console import Console
from rich.table import Table

_UNBOUNDED = 10_000
"""Characters: a table takes only those that its longest row needs."""


def print_table(table: Table, *, on_stderr: bool = False) -> None:
    """Print a table. In a terminal (or where COLUMNS says how wide) cells are folded, the first column last of all.

    In a pipe or file every row is one line, however long: what is cut there names nothing.
    """
    for column in table.columns:
        column.overflow = "fold"
    if table.columns:
        table.columns[0].no_wrap = True
    console = Console(stderr=on_stderr, markup=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _UNBOUNDED
    console.print(table)


def counted(count: int, word: str) -> str:
    """`1 reading`, `2 readings`."""
    return f"{count} {word}{'' if count == 1 else 's'}"
