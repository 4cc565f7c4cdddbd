"""Checks of what people enter, in the same words everywhere."""

from collections.abc import Collection

from riverchief.base.errors import InvalidInput

MAX_TEXT = 4000


def text(value: str, field: str, *, longest: int = MAX_TEXT) -> str:
    """A text that must be there, without blanks around it."""
    cleaned = value.strip()
    if not cleaned:
        raise InvalidInput(
            "此项不能为空。|This must not be empty.", cure="请填写后再提交。|Fill it in.", field=field
        )
    return optional_text(cleaned, field, longest=longest)


def optional_text(value: str, field: str, *, longest: int = MAX_TEXT) -> str:
    """A text that may be empty, without blanks around it; a longer one is refused, never cut."""
    cleaned = value.strip()
    if len(cleaned) > longest:
        raise InvalidInput(
            f"文字长度为 {len(cleaned)}，最多 {longest}。|The text has {len(cleaned)} characters, {longest} are allowed.",
            cure="请缩短后再提交。|Shorten it.",
            field=field,
        )
    return cleaned


def one_of(value: str, allowed: Collection[str], field: str) -> str:
    """A key of a code table."""
    if value not in allowed:
        raise InvalidInput(
            f"“{value}”不在代码表中。|“{value}” is not in the code table.",
            cure=f"请选择：{'、'.join(sorted(allowed))}。|Choose one of: {', '.join(sorted(allowed))}.",
            field=field,
        )
    return value


def on_earth(lon: float, lat: float) -> None:
    """A position in degrees; 0, 0 is what devices send when they have none."""
    if not (-180 <= lon <= 180 and -90 <= lat <= 90) or (lon == 0 and lat == 0):
        raise InvalidInput(
            f"坐标 {lon}, {lat} 无效。|{lon}, {lat} is no position.",
            cure="请先给经度、再给纬度（度，CGCS2000）。|Give longitude, then latitude, in degrees (CGCS2000).",
            field="lon",
        )
