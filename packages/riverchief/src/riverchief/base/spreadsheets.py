"""Tables that people take away: CSV that spreadsheets open as it is, and cells of workbooks that are never formulas."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell

LONGEST_CELL = 32_767
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """A table that spreadsheets open as it is; no text in it is a formula."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows({name: _plain(row.get(name)) for name in columns} for row in rows)
    return "\ufeff" + out.getvalue()  # spreadsheets take it for UTF-8 by this mark only


def _plain(value: Any) -> Any:
    """No text is a formula: names are what people wrote."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def write_text(cell: Cell, text: str) -> None:
    """Write a text into a cell of a workbook: as text, also after somebody has clicked into it.

    What no workbook can hold (control characters, more than a cell's longest text) is left away.
    """
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)[:LONGEST_CELL]
    cell.data_type = "s"
    if text.startswith(_FORMULA):
        cell.quotePrefix = True
