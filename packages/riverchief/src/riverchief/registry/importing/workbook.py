"""Rows of a spreadsheet (.xlsx): the first sheet that has any, each cell as the text that a person would read."""

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.utils import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

from riverchief.base.errors import InvalidInput

MOST_ROWS = 200_000
MOST_COLUMNS = 400
MOST_UNPACKED = 1024 * 1024 * 1024
"""A few kilobytes can unpack to terabytes; a sheet of so many bytes is none that an office makes."""

Lines = list[tuple[int, list[str]]]


def workbook_lines(path: Path, name: str, *, merged: bool = False) -> tuple[Lines, str]:
    """The rows that hold anything, with their numbers in the sheet, and the sheet's name.

    Formulas count by the value that was saved with them. Empty columns at the right are left away. With `merged`, every
    cell of a merged block says what the block says.

    Raises:
        InvalidInput: it is no such file, or larger than a sheet can reasonably be.
    """
    with opened_workbook(path, name) as book:
        for sheet in book.worksheets:
            blocks = _merged_blocks(path, sheet) if merged else {}
            lines = _lines(sheet, name, blocks)
            if lines:
                return lines, sheet.title
    return [], ""


@contextmanager
def opened_workbook(path: Path, name: str) -> Iterator[Workbook]:
    """A spreadsheet that is read row by row, formulas by the value that was saved with them.

    Raises:
        InvalidInput: it is no such file, or larger unpacked than an office's can reasonably be.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
                raise _too_large(name)
        book = load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise InvalidInput(
            f"{name} 不是可读的 XLSX 文件。|{name} is no readable XLSX file.",
            cure="请在 Excel 中打开并重新另存为 .xlsx 或 CSV（加密的文件请先去掉密码）。"
            "|Open it in Excel and save it again as .xlsx or CSV; take a password away first.",
            field="file",
        ) from error
    try:
        yield book
    finally:
        book.close()


_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]+\d+:[A-Z]+\d+)"')
_LONGEST_TAG = 64
_CHUNK = 1 << 20

Blocks = dict[int, list[tuple[int, int, int]]]
"""First row to (last row, first column, last column), counted from 1."""


def _merged_blocks(path: Path, sheet: Any) -> Blocks:
    """The merged blocks of a sheet. A sheet that is read row by row does not tell them: they stand behind its rows."""
    blocks: Blocks = {}
    for left, top, right, bottom in _ranges(path, sheet._worksheet_path):
        blocks.setdefault(top, []).append((min(bottom, top + MOST_ROWS), left, min(right, MOST_COLUMNS)))
    return blocks


def _ranges(path: Path, member: str) -> Iterator[tuple[int, int, int, int]]:
    with zipfile.ZipFile(path) as packed, packed.open(member) as part:
        rest = b""
        while chunk := part.read(_CHUNK):
            text, end = rest + chunk, 0
            for found in _MERGED.finditer(text):
                yield range_boundaries(found[1].decode())
                end = found.end()
            rest = text[max(end, len(text) - _LONGEST_TAG) :]


def _lines(sheet: Any, name: str, blocks: Blocks) -> Lines:
    lines: Lines = []
    width = 0
    under: dict[int, tuple[int, str]] = {}  # column to the last row of the block it is in, and what that says
    for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True), start=1):
        texts = [cell_text(cell) for cell in cells]
        for last, left, right in blocks.get(number, ()):
            says = texts[left - 1] if left <= len(texts) else ""
            under.update((column, (last, says)) for column in range(left, right + 1))
        for column, (last, says) in under.items():
            if number <= last and column <= len(texts):
                texts[column - 1] = says
        while texts and not texts[-1]:
            texts.pop()
        if not texts:
            continue
        if not lines:
            width = len(texts)
        lines.append((number, texts + [""] * (width - len(texts))))
        if len(lines) > MOST_ROWS:
            raise _too_large(name)
    return lines


def cell_text(cell: object) -> str:
    """A cell as text: whole numbers without a point, times as ISO 8601."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell).strip()


def _too_large(name: str) -> InvalidInput:
    return InvalidInput(
        f"{name} 超过 {MOST_ROWS} 行，或解开后过大。|{name} has more than {MOST_ROWS} rows, or is too large unpacked.",
        cure="请拆分文件，或另存为 CSV。|Split it, or save it as CSV.",
        field="file",
    )
