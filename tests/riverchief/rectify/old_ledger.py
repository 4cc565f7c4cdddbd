"""An invented ledger of three years, as an office keeps it in Excel: a title, a header of two lines that is repeated, merged
cells, "as above", days in every fashion, subtotals, a foot. Fourteen of its rows need a person.
"""

from datetime import date, timedelta
from functools import cache
from io import BytesIO
from typing import Any

from openpyxl import Workbook, load_workbook

from tests.riverchief.rectify.office import POISON_FIRM

PAGE = 30
COUNTIES = ("江东区", "江西区")
FIRST_DAY = date(2023, 3, 1)
STATES = ("已销号", "已完成", "整改中", "未整改")
HEAD = (
    ("序号", ""), ("区县", ""), ("河流", ""), ("问题情况", "问题类型"), ("问题情况", "存在问题"), ("查出日期", ""),
    ("责任单位", ""), ("整改", "整改期限"), ("整改", "整改状态"), ("整改", "完成日期"), ("整改", "销号日期"),
)  # fmt: skip
WRONG: tuple[tuple[int, str, str], ...] = (
    (2, "查出日期", "5/3/23"), (2, "整改期限", "尽快"), (1, "河流", "无名沟"), (2, "责任单位", "某单位"),
    (1, "问题类型", "其它情况"), (1, "查出日期", "2027-01-01"), (2, "区县", "江南区"), (1, "整改状态", "？"),
    (1, "查出日期", ""), (1, "序号", "1"),
)  # fmt: skip
"""How often a column of a row says something that no row can be taken over by: fourteen in all."""


def counts_of(total: int) -> dict[str, int]:
    """So many rows in each state, in the shares of Order No. 1: 4,055 found, 3,345 reported, 3,120 of them written off."""
    reported, off = round(total * 3345 / 4055), round(total * 3120 / 4055)
    left = total - reported
    return {"已销号": off, "已完成": reported - off, "整改中": left - left // 3, "未整改": left // 3}


@cache
def old_ledger(total: int) -> bytes:
    """The ledger as a workbook."""
    book = Workbook()
    sheet = book.active
    sheet.append(["山城市“三排”问题整改台账"])
    sheet.merge_cells("A1:K1")
    _header(sheet)
    states = _spread(counts_of(total))
    wrong = {40 + 2 * n: cell for n, cell in enumerate(cell for times, *cell in WRONG for _ in range(times))}
    above = 0
    for n, state in enumerate(states, start=1):
        if n % PAGE == 1 and n > 1:
            sheet.append(["小计", "", PAGE])
            _header(sheet)
        if n % PAGE == 1:
            above = sheet.max_row + 1
        row = _row(n, state)
        for column, text in [wrong[n]] if n in wrong else []:
            row[column] = f"{row[column]}？" if text == "？" else text
        county = row["区县"]
        if n not in wrong and n % PAGE not in (0, 1) and n != total:
            row["区县"] = None  # of the merged block below
        sheet.append(list(row.values()))
        if n % PAGE == 0 or n == total or (n + 1) in wrong:
            if sheet.max_row > above and n not in wrong:
                _merge(sheet, above, sheet.max_row, county)
            above = sheet.max_row + 1
        elif n in wrong:
            above = sheet.max_row + 1
    sheet.append([f"制表：办公室    共 {total} 件"])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _merge(sheet: Any, first: int, last: int, county: str) -> None:
    for row in range(first, last + 1):
        sheet.cell(row, 2).value = county if row == first else None
    sheet.merge_cells(start_row=first, end_row=last, start_column=2, end_column=2)


def _header(sheet: Any) -> None:
    for line in (0, 1):
        sheet.append([head[line] for head in HEAD])


def _spread(counts: dict[str, int]) -> list[str]:
    left, states = dict(counts), []
    while any(left.values()):
        states.extend(state for state in STATES if left[state])
        left = {state: max(0, n - 1) for state, n in left.items()}
    return states


def _row(n: int, state: str) -> dict[str, Any]:
    found = FIRST_DAY + timedelta(days=n % 500)
    county = COUNTIES[(n - 1) // PAGE % 2]
    due, done = found + timedelta(days=90), found + timedelta(days=60)
    off = done + timedelta(days=20)
    return {
        "序号": n,
        "区县": county,
        "河流": "清溪",
        "问题类型": ("直排", "乱排问题", "偷排")[n % 3],
        "存在问题": f"{POISON_FIRM}旁排口有污水流出（{n}）",
        "查出日期": _day(n, found),
        "责任单位": "同上" if n % PAGE > 1 and n % 4 == 0 and n not in range(38, 70) else f"{county}水务局",
        "整改期限": _day(n + 1, due),
        "整改状态": state,
        "完成日期": _day(n + 2, done) if state in ("已完成", "已销号") else "",
        "销号日期": _day(n, off) if state == "已销号" else "",
    }


def _day(n: int, day: date) -> Any:
    return (
        day,
        (day - date(1899, 12, 30)).days,
        f"{day.year}.{day.month}.{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        day.isoformat(),
    )[n % 5]


def lines(workbook: bytes) -> list[list[Any]]:
    """The rows of a workbook's first sheet."""
    return [list(row) for row in load_workbook(BytesIO(workbook)).worksheets[0].iter_rows(values_only=True)]
