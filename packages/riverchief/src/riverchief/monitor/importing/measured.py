"""What a cell of a result says: a number, less than a detection limit, or nothing; and of which parameter."""

import re
from dataclasses import dataclass
from functools import cache

from riverkit.protocols.hj212 import factors

from riverchief.monitor.codes import OTHER_PARAMETERS
from riverchief.registry.importing.columns import plain
from riverchief.registry.importing.parameters import Parameter, parameter_of
from riverchief.registry.importing.values import BadValue, figure, half_width

_OTHER_UNITS = {
    "rain": "mm",
    "rain_total": "mm",
    "level": "m",
    "turb": "NTU",
    "power": "kW",
    "current": "A",
    "chla": "mg/L",
}
# What has no detection limit: "below 7" says nothing about a pH, and half of it would be a false value.
_WITHOUT_LIMIT = {"ph", "wt", "ec", "level", "flow", "rain", "rain_total", "power", "current"}
_NOTHING = {"", "-", "--", "—", "/", "-9999", "-9999.0", "null", "nan", "无", "缺测"}
_UNFOUND = {"未检出", "nd", "n.d.", "bdl"}
_UNIT = re.compile(r"[（(\[]([^）)\]]*)[）)\]]\s*$")


@cache
def others() -> dict[str, Parameter]:
    """Parameters that are measured but not limited, by plain name, in the units of their readings."""
    units = {row.key: row.unit for row in factors().values() if row.key} | _OTHER_UNITS
    return {
        plain(name): Parameter(key, units[key])
        for key, words in OTHER_PARAMETERS.items()
        for name in (key, *words)
    }


@dataclass(frozen=True)
class Measured:
    """A result as it was written: a number, or with `below` less than that detection limit."""

    value: float
    below: bool


def measured(text: str, field: str, parameter: str) -> Measured | None:
    """What a cell says of a parameter (key); None for one that says nothing. `<0.05`, `0.05L` and `＜０．０５` are below the
    limit 0.05.

    Raises:
        BadValue: it is no number, "not detected" without the limit, or below a limit that the parameter cannot have.
    """
    written = half_width(text).strip()
    if written.lower() in _NOTHING:
        return None
    if written.lower() in _UNFOUND:
        raise BadValue(
            field,
            f"“{text}”没有写检出限。|“{text}” does not say the detection limit.",
            "请写成 <0.05 或 0.05L。|Write it as <0.05.",
        )
    below = written.startswith("<") or written[-1:] in "Ll"
    value = figure(written.strip("<Ll= "), field)
    if value is None or (below and value <= 0):
        raise BadValue(
            field,
            f"“{text}”不是数字。|“{text}” is no number.",
            "请只填数字；低于检出限写成 <0.05；没有结果留空。"
            "|Give digits only; below a detection limit <0.05; leave it empty where there is no result.",
        )
    if below and parameter in _WITHOUT_LIMIT:
        raise BadValue(
            field,
            f"“{text}”：该指标没有检出限。|“{text}”: this parameter has no detection limit.",
            "请填写测得的数值；没有结果留空。|Give what was measured; leave it empty where there is no result.",
        )
    return Measured(value, below)


def header(text: str) -> tuple[Parameter, str] | None:
    """The parameter that the header of a column names, and the unit in its brackets; None for another column."""
    unit = _UNIT.search(text)
    parameter = parameter_of(text[: unit.start()] if unit else text, others()) or parameter_of(text, others())
    if parameter is None:
        return None
    given = unit.group(1).strip() if unit else ""
    # "总磷(TP)", "pH(无量纲)": what stands in the brackets may be another name.
    return parameter, "" if parameter_of(given, others()) else given
