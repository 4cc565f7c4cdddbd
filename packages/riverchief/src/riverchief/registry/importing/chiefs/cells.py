"""What stands in a row of the list: names with blanks in them, numbers as a spreadsheet spoils them, duties in words."""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta

from riverchief.registry.duties.models import Duty, K
from riverchief.registry.importing.values import BadValue, half_width

_MOBILE = re.compile(r"1[3-9]\d{9}")
_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+?\d+")
_APART = re.compile(r"[、，,;；/\n]|\s{2,}|兼任|兼")
_CHINESE = re.compile(r"[\u3400-\u9fff·]")

# Longer words first: a 副总河长 is also a 河长.
_DUTY_WORDS: tuple[tuple[str, Duty.Kind], ...] = (
    ("副总河长", K.DEPUTY_HEAD),
    ("副总河湖长", K.DEPUTY_HEAD),
    ("双总河长", K.DUAL_HEAD),
    ("双总河湖长", K.DUAL_HEAD),
    ("第一总河长", K.DUAL_HEAD),
    ("总河长", K.HEAD),
    ("总河湖长", K.HEAD),
    ("警长", K.POLICE_CHIEF),
    ("民间河长", K.VOLUNTEER),
    ("志愿", K.VOLUNTEER),
    ("副河长", K.DEPUTY),
    ("湿地长", K.WETLAND_CHIEF),
    ("湖长", K.LAKE_CHIEF),
    ("库长", K.LAKE_CHIEF),
    ("坑长", K.POND_CHIEF),
    ("塘长", K.POND_CHIEF),
    ("河长", K.CHIEF),
)
_LEVEL_WORDS = {"省": "province", "市": "city", "县": "county", "区": "county", "镇": "town", "乡": "town", "街道": "town", "村": "village", "社区": "village"}  # fmt: skip
_LEFT = re.compile(r"离任|调离|退休|免职|卸任|辞职|离职|已故|不再担任")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?月?(?:\s+0?0:00(?::00)?)?")
_FIRST_SERIAL_DAY = date(1899, 12, 30)


@dataclass
class Wanted:
    """A row as it was understood: a person, and the duties that it says they hold."""

    row: int
    person: str
    phone: str
    position: str
    kinds: list[Duty.Kind]
    level: str
    waters: list[str]
    since: date | None
    until: date | None
    left: bool
    doubts: list[BadValue] = field(default_factory=list)


def person_name(text: str) -> str:
    """A name without the blanks that line up names of two characters with those of three; Latin names keep theirs.

    Raises:
        BadValue: there is none, or a note stands in its place.
    """
    plain = text.strip()
    if _CHINESE.search(plain):
        plain = re.sub(r"\s+", "", plain)
    plain = re.sub(r"[（(].*?[）)]", "", plain).strip()
    if not plain or plain in {"无", "空缺", "暂缺", "待定", "/", "-"}:
        raise BadValue(
            "person",
            "此行没有姓名。|The row names nobody.",
            "请填写姓名，或删去此行。|Give the name, or take the row out.",
        )
    if len(plain) > 60:
        raise BadValue(
            "person",
            f"姓名有 {len(plain)} 个字符。|The name has {len(plain)} characters.",
            "请核对此列。|Check the column.",
        )
    return plain


def mobile(text: str) -> str:
    """A mobile number of eleven digits; "" for an empty cell. Of several the first.

    Raises:
        BadValue: it is none; a spreadsheet's 1.38E+10 has lost its digits.
    """
    plain = half_width(text).strip()
    if not plain:
        return ""
    if _SCIENTIFIC.fullmatch(plain):
        raise BadValue(
            "phone",
            f"“{plain}”是科学计数，号码的后几位已丢失。|“{plain}” is in scientific notation: its last digits are lost.",
            "请把该列设为文本后重新导出。|Format the column as text, and export it again.",
        )
    for part in re.split(r"[、，,;；/\n]|\s{2,}", plain):
        digits = re.sub(r"\.0+$", "", part.strip())
        digits = re.sub(r"[\s\-—]", "", digits).removeprefix("+86").removeprefix("0086")
        if _MOBILE.fullmatch(digits):
            return digits
    raise BadValue(
        "phone",
        f"“{plain}”不是 11 位手机号码。|“{plain}” is no mobile number of 11 digits.",
        "请改正；没有手机号码的人无法用短信登录。|Correct it; nobody signs in by a message without one.",
    )


def duty_kinds(text: str) -> list[Duty.Kind]:
    """The kinds that a text such as "镇级河长、总河长" says, each once; none for an empty one.

    Raises:
        BadValue: a part of it says none.
    """
    found: list[Duty.Kind] = []
    for part in _APART.split(re.sub(r"[ \t]", "", text)):
        if not part:
            continue
        kind = next((kind for word, kind in _DUTY_WORDS if word in part), None)
        if kind is None:
            raise BadValue(
                "duty",
                f"看不懂职责“{part}”。|The duty “{part}” is not understood.",
                "例如：总河长、双总河长、副总河长、河长、副河长、河道警长、湖长、民间河长。|Such as 总河长, 河长, 河道警长, 湖长.",
            )
        if kind not in found:
            found.append(kind)
    return found


def level_in(text: str) -> str:
    """The tier that "镇级河长" or "县级" says; "" where it says none."""
    found = re.search(r"(省|市|县|区|镇|乡|街道|村|社区)[（(]?[^、，]{0,6}?级", text)
    return _LEVEL_WORDS[found[1]] if found else ""


def waters_in(text: str) -> list[str]:
    """The names of waters in a cell, parted by 、 and the like."""
    return list(dict.fromkeys(part for raw in _APART.split(text) if (part := re.sub(r"\s+", "", raw))))


def has_left(text: str) -> bool:
    """Whether a remark says that the person holds the duty no more."""
    return _LEFT.search(text) is not None


def list_day(text: str, name: str, *, last: bool = False) -> date | None:
    """A day as people write it: 2026-03-01, 2026.3.1, 2026年3月 (its first day, or its `last`), a spreadsheet's number.

    Raises:
        BadValue: it is none.
    """
    plain = half_width(text).strip()
    if not plain or plain in {"至今", "今", "/", "-"}:
        return None
    try:
        if plain.isdecimal() and len(plain) == 5:
            return _FIRST_SERIAL_DAY + timedelta(days=int(plain))
        if found := _DAY.fullmatch(plain):
            year, month, day = int(found[1]), int(found[2]), int(found[3] or 0)
            if day or not last:
                return date(year, month, day or 1)
            return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        if re.fullmatch(r"\d{8}", plain):
            return date(int(plain[:4]), int(plain[4:6]), int(plain[6:]))
    except ValueError:
        pass
    raise BadValue(
        name, f"“{plain}”不是日期。|“{plain}” is no day.", "请写成 2026-01-31。|Write it as 2026-01-31."
    )
