"""Cells into values; what cannot be one raises `BadValue` with the field and the cure."""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from unicodedata import east_asian_width, normalize

from riverkit.quality import WaterClass

from riverchief.accounts.models import Area, Organisation
from riverchief.accounts.roles import LABELS
from riverchief.base.clock import SHANGHAI
from riverchief.registry.models import (
    Duty,
    Outfall,
    PermitLimit,
    PermitTerm,
    Section,
    SelfMonitoring,
    StandingWater,
    Station,
    WaterBody,
)

_MN = re.compile(r"[0-9A-Za-z_-]+")
_PASSWORD = re.compile(r"[^\s;,&=]{6}")
# A station of SL 651 is known by ten digits and sends four.
_SL651_STATION = re.compile(r"[0-9A-F]{10}")
_SL651_PASSWORD = re.compile(r"[0-9A-F]{4}")


class BadValue(ValueError):
    """A cell that cannot be used: field, "中文|English" message and cure."""

    def __init__(self, field: str, message: str, cure: str) -> None:
        super().__init__(message)
        self.field, self.message, self.cure = field, message, cure


def half_width(text: str) -> str:
    """Digits, points and signs as they are calculated with, where a Chinese input method wrote them wide: `０．５` is 0.5.

    Only wide characters are changed (NFKC): taken as a whole, it would make 103 of 10³.
    """
    return "".join(normalize("NFKC", one) if east_asian_width(one) == "F" else one for one in text)


_THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?")


def figure(text: str, field: str) -> float | None:
    """The number that a text says, with a decimal point, maybe with commas between thousands; None for what is no number.

    Raises:
        BadValue: a comma that stands between no thousands: `0,05` is read by some as 0.05 and by others as 5.
    """
    written = half_width(text).strip()
    if "," in written and not _THOUSANDS.fullmatch(written):
        raise BadValue(
            field,
            f"“{text}”中的逗号不是千位分隔。|The comma in “{text}” separates no thousands.",
            "小数请用小数点，例如 0.05。|Write decimals with a point, such as 0.05.",
        )
    if "_" in written:  # Python's own way to group digits, and nobody else's
        return None
    try:
        value = float(written.replace(",", ""))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def required(row: Mapping[str, str], field: str) -> str:
    """A text that must be there."""
    text = row.get(field, "").strip()
    if not text:
        raise BadValue(field, "此项为空。|The cell is empty.", "请填写。|Fill it in.")
    return text


def short(text: str, field: str, longest: int) -> str:
    """A text that fits its column."""
    if len(text) > longest:
        raise BadValue(
            field,
            f"有 {len(text)} 个字符，最多 {longest} 个。|It has {len(text)} characters; at most {longest} fit.",
            "请缩短。|Shorten it.",
        )
    return text


def degrees(row: Mapping[str, str], field: str, limit: float) -> float:
    """A coordinate in decimal degrees, within ±`limit`."""
    text = required(row, field)
    value = figure(text, field)
    if value is None or abs(value) > limit:
        raise BadValue(
            field,
            f"“{text}”不是 ±{limit:g} 以内的度数。|“{text}” is no number of degrees within ±{limit:g}.",
            "请用十进制度（如 106.55），不要用度分秒或投影坐标。"
            "|Use decimal degrees (such as 106.55), no minutes and no projected coordinates.",
        )
    return value


def _labels(choices: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The codes of a table, by themselves and by their Chinese words."""
    return {word: key for key, zh in choices for word in (key, zh)}


def device(row: Mapping[str, str]) -> str | None:
    """The MN of a device, as HJ 212 can carry it; None for an empty cell."""
    mn = short(row.get("mn", "").strip(), "mn", 40)
    if mn and not _MN.fullmatch(mn):
        raise BadValue(
            "mn",
            f"“{mn}”不能作为设备唯一标识。|“{mn}” can be no MN of a device.",
            "HJ 212 的 MN 只含字母、数字、_ 和 -。|An MN of HJ 212 has letters, digits, _ and - only.",
        )
    return mn or None


def device_password(row: Mapping[str, str]) -> str:
    """The password of a device, as HJ 212 or SL 651 can carry it; "" for an empty cell. It is not repeated in the message."""
    password = row.get("password", "").strip()
    if _SL651_STATION.fullmatch(row.get("mn", "").strip()) and _SL651_PASSWORD.fullmatch(password):
        return password
    if password and not _PASSWORD.fullmatch(password):
        raise BadValue(
            "password",
            f"访问密码有 {len(password)} 个字符，或含有不能传送的字符。"
            f"|The password has {len(password)} characters, or one that cannot be sent.",
            "HJ 212 的密码为 6 个字符，不含 ; , & =；SL 651 测站（标识为 10 位遥测站地址）为 4 位十六进制数字（Excel 会去掉开头的 0）；发送其他密码的设备，请在“未知设备”中认领。"
            "|HJ 212 has six characters, without ; , & =; a station of SL 651 (ten digits of address) four hex digits, A–F in upper case (Excel drops zeros in front); a device that sends another one is "
            "adopted from the unknown devices.",
        )
    return password


CHOICES: dict[str, dict[str, str]] = {
    "station_kind": {
        "automatic": Station.Kind.AUTOMATIC, "自动站": Station.Kind.AUTOMATIC, "自动": Station.Kind.AUTOMATIC,
        "manual": Station.Kind.MANUAL, "手工": Station.Kind.MANUAL, "手工监测": Station.Kind.MANUAL,
        "rain_gauge": Station.Kind.RAIN_GAUGE, "雨量站": Station.Kind.RAIN_GAUGE, "雨量": Station.Kind.RAIN_GAUGE,
    },
    "owner": {
        "office": Station.Owner.OFFICE, "政府": Station.Owner.OFFICE,
        "enterprise": Station.Owner.ENTERPRISE, "企业": Station.Owner.ENTERPRISE,
    },
    "water_body": {
        "river": WaterBody.RIVER, "河流": WaterBody.RIVER,
        "lake": WaterBody.LAKE, "湖库": WaterBody.LAKE, "湖泊": WaterBody.LAKE, "水库": WaterBody.LAKE,
    },
    "level": {
        **{value: value for value in Section.Level.values},
        "国控": Section.Level.NATIONAL, "国考": Section.Level.NATIONAL, "省控": Section.Level.PROVINCIAL,
        "市控": Section.Level.CITY, "区县控": Section.Level.COUNTY, "县控": Section.Level.COUNTY,
    },
    "outfall_kind": {
        **{value: value for value in Outfall.Kind.values},
        "工业": Outfall.Kind.INDUSTRIAL, "工业排污口": Outfall.Kind.INDUSTRIAL, "工业企业排污口": Outfall.Kind.INDUSTRIAL,
        "污水处理厂": Outfall.Kind.SEWAGE_WORKS, "城镇污水处理厂排污口": Outfall.Kind.SEWAGE_WORKS,
        "溢流口": Outfall.Kind.OVERFLOW, "雨洪排口": Outfall.Kind.STORM, "雨水排口": Outfall.Kind.STORM,
        "农业": Outfall.Kind.AGRICULTURAL, "农业排口": Outfall.Kind.AGRICULTURAL, "农业农村排污口": Outfall.Kind.AGRICULTURAL,
        "其他": Outfall.Kind.OTHER, "其他排口": Outfall.Kind.OTHER,
    },
    "averaging": {
        "month": PermitLimit.Averaging.MONTH, "月均值": PermitLimit.Averaging.MONTH, "月均": PermitLimit.Averaging.MONTH,
        "monthly mean": PermitLimit.Averaging.MONTH, "月": PermitLimit.Averaging.MONTH,
        "day": PermitLimit.Averaging.DAY, "日均值": PermitLimit.Averaging.DAY, "日均": PermitLimit.Averaging.DAY,
        "daily mean": PermitLimit.Averaging.DAY, "日": PermitLimit.Averaging.DAY,
        "hour": PermitLimit.Averaging.HOUR, "小时均值": PermitLimit.Averaging.HOUR, "小时": PermitLimit.Averaging.HOUR,
        "hourly mean": PermitLimit.Averaging.HOUR, "时均值": PermitLimit.Averaging.HOUR,
    },
    "status": {
        **{value: value for value in Outfall.Status.values},
        "在用": Outfall.Status.IN_USE, "已封堵": Outfall.Status.CLOSED, "封堵": Outfall.Status.CLOSED,
        "待核实": Outfall.Status.UNVERIFIED,
    },
    "area_level": _labels(Area.LEVELS)
    | {"区": "county", "县": "county", "乡": "town", "镇": "town", "街道": "town"},
    "organisation_kind": _labels(Organisation.KINDS),
    "permit_term": _labels(PermitTerm.Kind.choices) | {"首次申请": "first", "变更申请": "changed", "重新申领": "reissued"},
    "monitoring_manner": _labels(SelfMonitoring.Manner.choices) | {"自动": "automatic", "手工": "manual", "人工": "manual"},
    "per": _labels(SelfMonitoring.Per.choices) | {"天": "day", "季度": "quarter"},
    "role": _labels((role.value, zh) for role, (zh, _) in LABELS.items()),
    "duty_kind": _labels(Duty.Kind.choices),
    "standing_water_kind": _labels(StandingWater.Kind.choices)
    | {"湖": "lake", "湖泊": "lake", "水库": "lake", "坑": "pond", "塘": "pond"},
    "truth": {
        "是": "1", "有": "1", "yes": "1", "true": "1", "1": "1", "y": "1",
        "否": "", "无": "", "no": "", "false": "", "0": "", "n": "",
    },
}  # fmt: skip


def choice(row: Mapping[str, str], field: str, table: str, default: str | None = None) -> str:
    """A code from its Chinese or English word; an empty cell takes the default, if there is one."""
    text = row.get(field, "").strip()
    if not text and default is not None:
        return default
    known = CHOICES[table]
    found = known.get(required(row, field).lower())
    if found is None:
        words = ", ".join(known)
        raise BadValue(
            field,
            f"不认识“{text}”。|“{text}” is not known.",
            f"可用：{words}|Use one of: {words}",
        )
    return str(found)


def truth(row: Mapping[str, str], field: str) -> bool:
    """Yes or no; an empty cell is neither, and refused."""
    return bool(choice(row, field, "truth"))


def target_class(row: Mapping[str, str], field: str) -> int | None:
    """A class I … V, as a numeral in Chinese or Latin letters or as 1 … 5; None for an empty cell."""
    text = half_width(row.get(field, "")).strip()
    if not text:
        return None
    grade = WaterClass(int(text)) if text in {"1", "2", "3", "4", "5"} else WaterClass.read(text)
    if grade is None or grade is WaterClass.INFERIOR_V:
        raise BadValue(
            field,
            f"“{text}”不是 Ⅰ–Ⅴ 类。|“{text}” is none of the classes I to V.",
            "请写 Ⅲ、III 或 3。|Write Ⅲ, III or 3.",
        )
    return int(grade)


def number(row: Mapping[str, str], field: str) -> float | None:
    """A number that is not negative, as `figure` reads it; None for an empty cell."""
    text = row.get(field, "").strip()
    if not text:
        return None
    value = figure(text, field)
    if value is None or value < 0:
        raise BadValue(
            field,
            f"“{text}”不是 0 或以上的数。|“{text}” is no number of 0 or more.",
            "请只填数字，单位写在表头。|Give digits only; the unit stands in the header.",
        )
    return value


_MOMENT = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[T\s]*(\d{1,2})(?:[:时点](\d{1,2})分?)?(?::?(\d{1,2})(?:\.\d+)?秒?)?)?"
)


def moment(row: Mapping[str, str], field: str) -> datetime | None:
    """A time as offices write it (2026-01-31 08:05, 2026/1/31 8:05, 2026年1月31日8时, ISO 8601, 14 digits); None for an
    empty cell. Without a zone it is of Asia/Shanghai, without an hour the start of the day."""
    text = half_width(row.get(field, "")).strip()
    if not text:
        return None
    try:
        if text.isdigit() and len(text) == 14:
            return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=SHANGHAI)
        if "+" in text or text.endswith("Z"):
            return datetime.fromisoformat(text)
        if found := _MOMENT.fullmatch(text):
            return datetime(*(int(part or 0) for part in found.groups()), tzinfo=SHANGHAI)  # type: ignore[misc, arg-type]
    except ValueError:
        pass
    raise BadValue(
        field,
        f"“{text}”不是可用的时间。|“{text}” is no time.",
        "请写成 2026-01-31 08:05。|Write it as 2026-01-31 08:05.",
    )


def day(row: Mapping[str, str], field: str) -> date | None:
    """A day as 2026-01-31; None for an empty cell."""
    text = half_width(row.get(field, "")).strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadValue(
            field,
            f"“{text}”不是日期。|“{text}” is no day.",
            "请写成 2026-01-31。|Write it as 2026-01-31.",
        ) from error
