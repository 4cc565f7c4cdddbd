"""The one way a benchmark speaks: a table for people, then exactly one JSON line for machines, last."""

import json
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table


def report(title: str, rows: Sequence[tuple[str, str]], figures: Mapping[str, object]) -> None:
    """Print `rows` (what, value with unit) under `title`, then `figures` as one line of JSON.

    NaN and infinity are refused: they are no JSON; leave out what could not be measured.
    """
    line = json.dumps(dict(figures), ensure_ascii=False, allow_nan=False)
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column(style="bold")
    table.add_column()
    for what, value in rows:
        table.add_row(what, value)
    console = Console(soft_wrap=False)
    console.print(table)
    print(line, flush=True)
