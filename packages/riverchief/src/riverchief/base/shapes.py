"""Requests of the wrong shape, in words: what pydantic found wrong with a field, and the cure, in both languages."""

from collections.abc import Mapping, Sequence
from typing import Any

from riverchief.base.errors import InvalidInput

_INTEGER = ("须为整数", "must be a whole number", "请填写整数，如 12。|Give a whole number, such as 12.")
_NUMBER = ("须为数字", "must be a number", "请填写数字，如 106.55。|Give a number, such as 106.55.")
_TEXT = ("须为文字", "must be a text", "请填写文字。|Give a text.")
_TRUTH = ("须为是或否", "must be true or false", "请填写 true 或 false。|Give true or false.")
_MOMENT = (
    "不是可用的时间",
    "is no time",
    "请使用带时区的 ISO 8601 时间，如 2026-11-20T04:00:00Z。|Write it as 2026-11-20T04:00:00Z.",
)
_DAY = ("不是可用的日期", "is no date", "请写作 2026-11-20。|Write it as 2026-11-20.")
_RANGE = "请填写范围内的数值。|Give a number within the range."
_OBJECT = ("须为一组字段", "must be an object", "请发送 JSON 对象。|Send an object of JSON.")
_OTHER = ("不可用", "cannot be used", "请按接口文档改正。|Correct it as the API document says.")

# By the type of pydantic's error: (what is wrong, in English, the cure); braces take values from the error's context.
_WORDS: dict[str, tuple[str, str, str]] = {
    "missing": ("缺失", "is missing", "请补充此项。|Give it."),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), _INTEGER),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), _NUMBER),
    **dict.fromkeys(("string_type", "string_unicode"), _TEXT),
    **dict.fromkeys(("bool_type", "bool_parsing"), _TRUTH),
    **dict.fromkeys(
        (
            "datetime_type",
            "datetime_parsing",
            "datetime_from_date_parsing",
            "datetime_object_invalid",
            "timezone_aware",
        ),
        _MOMENT,
    ),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing"), _DAY),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), _OBJECT),
    "date_from_datetime_inexact": _DAY,
    "list_type": ("须为列表", "must be a list", "请发送 JSON 数组。|Send an array of JSON."),
    "greater_than_equal": ("不得小于 {ge}", "must be {ge} or more", _RANGE),
    "greater_than": ("须大于 {gt}", "must be more than {gt}", _RANGE),
    "less_than_equal": ("不得大于 {le}", "must be {le} or less", _RANGE),
    "less_than": ("须小于 {lt}", "must be less than {lt}", _RANGE),
    "string_too_long": (
        "不得超过 {max_length} 字",
        "may have {max_length} characters",
        "请缩短。|Shorten it.",
    ),
    "string_too_short": ("不得少于 {min_length} 字", "needs {min_length} characters", "请补充。|Write more."),
    "literal_error": (
        "须为下列之一：{expected}",
        "must be one of {expected}",
        "请从中选择。|Choose one of them.",
    ),
}


def wrong_shape(error: Mapping[str, Any]) -> InvalidInput:
    """The refusal of a request by the first error that pydantic reports of it."""
    place = [str(part) for part in error.get("loc", ())][1:]
    field = _name(place)
    chinese, english, cure = _WORDS.get(error["type"], _OTHER)
    values = error.get("ctx", {})
    return InvalidInput(
        f"“{field}”{chinese.format(**values).replace(' or ', '、')}。|“{field}” {english.format(**values)}.",
        cure=cure,
        field=place[-1] if place else None,
    )


def _name(place: Sequence[str]) -> str:
    """The name of a field as the sender knows it; of a list also where in it: `basis`, `ids.1`, `rows.3.name`.

    What stands before it is how our own code calls the part of the request, such as `body`.
    """
    first = max(len(place) - 1, 0)
    while first > 0 and (place[first].isdigit() or place[first - 1].isdigit()):
        first -= 1
    return ".".join(place[first:])
