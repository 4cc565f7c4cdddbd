"""What stands in a cell of an old ledger: days in every fashion, words for states and kinds."""

import re
from datetime import date

from riverchief.registry.importing.chiefs.cells import list_day
from riverchief.registry.importing.values import BadValue, half_width

DAY_ORDERS = ("ymd", "mdy", "dmy")
"""What 5/3/23 may mean; the file does not say which."""

EARLIEST, LATEST = 2000, 2049
"""Years that two digits can mean."""

_EMPTY = {"", "/", "-", "—", "无", "同上"}
_TIME = re.compile(r"[\sT]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$")
_SHORT = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{2}|\d{4})")
_BEFORE = re.compile(r"(之前|以前|前|止)$")
_END_OF_MONTH = re.compile(r"月(底|末)$")


def ledger_day(text: str, field: str, order: str, *, last: bool = False) -> date | None:
    """A day as ledgers write it: 2023.5.3, 2023年5月3日, a spreadsheet's number, 2023年5月 (its first day, or its `last`).

    Three short numbers are read in `order` ("" where nobody has said it), unless they can mean one day only.

    Raises:
        BadValue: it is no day, or may be several; the message lists them.
    """
    plain = _TIME.sub("", half_width(text).strip())
    plain = _BEFORE.sub("", re.sub(r"\s+", "", plain))
    if plain in _EMPTY:
        return None
    if re.fullmatch(r"\d{5}\.\d+", plain):  # a spreadsheet's number with the time of day
        plain = plain.partition(".")[0]
    if found := _SHORT.fullmatch(plain):
        return _short_day(text, field, order, found[1], found[2], found[3])
    end = _END_OF_MONTH.search(plain) is not None
    return list_day(_END_OF_MONTH.sub("月", plain), field, last=last or end)


def _short_day(text: str, field: str, order: str, first: str, second: str, third: str) -> date:
    readings = {"mdy": (third, first, second), "dmy": (third, second, first)}
    if len(third) == 2:
        readings["ymd"] = (first, second, third)
    days = {name: day for name, parts in readings.items() if (day := _day(*parts)) is not None}
    if order in days:
        return days[order]
    if len(set(days.values())) == 1:
        return next(iter(days.values()))
    if not days:
        raise BadValue(
            field, f"“{text}”不是日期。|“{text}” is no day.", "请写成 2023-05-03。|Write it as 2023-05-03."
        )
    listed = sorted({day.isoformat() for day in days.values()}, reverse=True)
    raise BadValue(
        field,
        f"“{text}”可读作 {'、'.join(listed)}。|“{text}” may be {' or '.join(listed)}.",
        "请选定本文件的日期顺序，或将此格写成 2023-05-03。|Choose the order of days in this file, or write the cell as 2023-05-03.",
    )


def _day(year: str, month: str, day: str) -> date | None:
    whole = int(year) + (2000 if len(year) < 4 else 0)
    try:
        return date(whole, int(month), int(day)) if EARLIEST <= whole <= LATEST else None
    except ValueError:
        return None


def readable_day(text: str) -> str:
    """A day as a person would read it, where a spreadsheet gives its number or midnight; else the text as it is."""
    plain = text.strip().removesuffix(" 00:00:00")
    return str(list_day(plain, "")) if re.fullmatch(r"\d{5}", plain) else plain


def word(text: str) -> str:
    """A cell as a word that is looked up: without blanks."""
    return re.sub(r"\s+", "", text)


STATE_WORDS: dict[str, tuple[str, ...]] = {
    "registered": ("待交办", "未交办", "已登记"),
    "signed_for": ("未整改", "未完成", "待整改", "未开工", "未启动", "否", "未销号"),
    "planned": ("整改中", "正在整改", "推进中", "正在推进", "整治中", "进行中", "未完成（整改中）"),
    "rectified": ("已整改", "整改完成", "已完成", "完成", "已完成整改", "已整改到位", "整改到位", "是"),
    "written_off": ("已销号", "销号", "完成销号"),
}
"""What the words of old ledgers usually mean; the person confirms it, and says what other words mean."""

CLASS_WORDS = {"立行立改": "at_once", "立即整改": "at_once", "限期整改": "by_date", "限期": "by_date", "长期工程": "long_works", "长期整改": "long_works", "长期坚持": "long_works"}  # fmt: skip


def usual_state(text: str) -> str:
    """The state that a word usually means; "" where that is for the person to say."""
    return next((state for state, words in STATE_WORDS.items() if text in words), "")
