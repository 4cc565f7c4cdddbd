"""Lists as offices keep them: a title above the header, a header in two lines, repeated on every page, merged cells, "同上"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from riverchief.base.errors import InvalidInput
from riverchief.registry.importing.columns import guess
from riverchief.registry.importing.tables import EXCESS, Table, lines_of, storable
from riverchief.registry.importing.workbook import Lines

HEADER_WITHIN = 20
"""Lines in which the header must stand: titles and notes above it are few."""
LEAST_FIELDS = 2
DITTO = {"同上", "〃", "″", '"', "”", "“", "…同上", "-同上-"}
_FOOT = re.compile(
    r"(合计|总计|小计|填表|制表|审核|备注[:：]|注[:：]|说明[:：])|.{1,12}(合计|总计|小计)[:：]?$"
)


@dataclass(frozen=True)
class OfficeList(Table):
    """A table, and what had to be understood to read it: cells that said "as above", lines that were no rows."""

    dittos: int
    dropped: int


def read_list(path: Path, name: str, fields: Sequence[str]) -> OfficeList:
    """Read a list; `name` is what the user calls the file, `fields` what its header may name.

    Raises:
        InvalidInput: no line of its head names two of the fields.
    """
    lines, source = lines_of(path, name)
    columns, first = _header(lines, name, fields)
    heads = _words_of_header(lines[:first], len(columns))
    rows: list[tuple[int, dict[str, str]]] = []
    above = [""] * len(columns)
    dittos = dropped = 0
    for number, cells in lines[first:]:
        texts = [cell.strip() for cell in cells[: len(columns)]] + [""] * (len(columns) - len(cells))
        repeated = all(text in heads[place] for place, text in enumerate(texts) if text)
        if repeated or _is_no_row(texts):
            dropped += 1
            continue
        for place, text in enumerate(texts):
            if text in DITTO and above[place]:
                texts[place] = above[place]
                dittos += 1
        above = texts
        row = dict(zip(columns, texts, strict=True))
        if any(cell.strip() for cell in cells[len(columns) :]):
            row[EXCESS] = "…"
        rows.append((number, row))
    zh, en = source.split("|")
    note = (
        f"从{zh}读取 {len(rows)} 行；另有 {dropped} 行是标题、重复表头或表尾。"
        f"|Read {len(rows)} rows of {en}; {dropped} more lines are titles, repeated headers or the foot."
    )
    read = OfficeList(columns, rows, note, dittos, dropped)
    storable(read, name)
    return read


def _words_of_header(lines: Lines, width: int) -> list[set[str]]:
    """What the lines above the rows say in each column: a header is repeated line by line, not always merged alike."""
    said: list[set[str]] = [set() for _ in range(width)]
    for _, cells in lines:
        for place, cell in enumerate(cells[:width]):
            said[place].add(cell.strip())
    return said


def _is_no_row(texts: Sequence[str]) -> bool:
    """A title, a line that only counts, the foot of a page: one text (a merged block says it often), or a known word."""
    said = {text for text in texts if text}
    first = next((text for text in texts if text), "")
    return len(said) < 2 or _FOOT.match(first) is not None


def _header(lines: Lines, name: str, fields: Sequence[str]) -> tuple[list[str], int]:
    """The columns, and where the rows begin: the line (or two lines) of the head that names the most fields."""
    best: tuple[int, int, int, list[str]] = (0, 0, 0, [])
    for place, (_, cells) in enumerate(lines[:HEADER_WITHIN]):
        texts = [cell.strip() for cell in cells]
        for height in (1, 2):
            below = [cell.strip() for cell in lines[place + 1][1]] if place + 1 < len(lines) else []
            columns = _named(texts) if height == 1 else _named(_joined(texts, below))
            found = len(guess(columns, fields))
            # Of two that name as many, the one line: the second would be a row.
            if found > best[0]:
                best = (found, place, height, columns)
    if best[0] < LEAST_FIELDS:
        raise InvalidInput(
            f"{name} 的前 {HEADER_WITHIN} 行里没有认得出的表头。"
            f"|{name}: none of the first {HEADER_WITHIN} lines is a header that is known.",
            cure="表头应含“姓名”“联系电话”“河流”等列名；不同的列名请先改为常用名称。"
            "|A header names columns such as 姓名, 联系电话, 河流; rename others to what is usual.",
            field="file",
        )
    return best[3], best[1] + best[2]


def _joined(above: Sequence[str], below: Sequence[str]) -> list[str]:
    """A header of two lines: the lower word, after the upper one where the lower one stands under several."""
    width = max(len(above), len(below))
    upper = [*above, *[""] * (width - len(above))]
    lower = [*below, *[""] * (width - len(below))]
    return [
        high + low if low and low != high and lower.count(low) > 1 else low or high
        for high, low in zip(upper, lower, strict=True)
    ]


def _named(texts: Sequence[str]) -> list[str]:
    """Column names, each once: an empty one by its place, a repeated one with its number."""
    names: list[str] = []
    for place, text in enumerate(texts, start=1):
        plain = re.sub(r"\s+", "", text) or f"（第 {place} 列）"
        count = names.count(plain)
        names.append(plain if not count else f"{plain}（第 {place} 列）")
    return names
