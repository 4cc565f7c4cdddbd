"""What a table calls a parameter, and the units in which it may give it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from riverkit.quality import standard

from riverchief.registry.importing.columns import plain
from riverchief.registry.importing.values import BadValue

_CONCENTRATIONS = {
    **dict.fromkeys(("mg/l", "毫克/升"), 1.0),
    **dict.fromkeys(("µg/l", "μg/l", "ug/l", "微克/升"), 1e-3),
    "ng/l": 1e-6,
    "g/l": 1e3,
}
# What a number in a unit is multiplied by to be in the one that we keep.
_UNITS: dict[str, Mapping[str, float]] = {
    "mg/L": _CONCENTRATIONS,
    "1": dict.fromkeys(("1", "-", "无量纲", "ph"), 1.0),
    "°C": dict.fromkeys(("°c", "℃", "c", "摄氏度"), 1.0),
    "µS/cm": {**dict.fromkeys(("µs/cm", "μs/cm", "us/cm"), 1.0), "ms/cm": 1e3, "ms/m": 10.0, "s/m": 1e4},
    "NTU": dict.fromkeys(("ntu", "fnu"), 1.0),
    "1/L": dict.fromkeys(("1/l", "个/l", "mpn/l", "cfu/l"), 1.0),
    "L/s": {
        "l/s": 1.0,
        "m3/s": 1e3,
        "m³/s": 1e3,
        "m3/h": 1 / 3.6,
        "m³/h": 1 / 3.6,
        "m3/d": 1 / 86.4,
        "m³/d": 1 / 86.4,
    },
    "m": {"m": 1.0, "米": 1.0, "cm": 1e-2, "mm": 1e-3},
    "mm": {"mm": 1.0, "毫米": 1.0},
    "kW": {"kw": 1.0, "千瓦": 1.0, "w": 1e-3, "mw": 1e3},
    "A": {"a": 1.0, "安": 1.0, "安培": 1.0, "ma": 1e-3},
    "degree": dict.fromkeys(("degree", "度", "倍"), 1.0),
}
# Common names beside those of the standard.
_ALIASES = {
    "cod": ("codcr", "化学需氧量(codcr)"),
    "codmn": ("高锰酸盐指数(codmn)", "高锰酸钾指数"),
    "nh3n": ("氨氮(nh3-n)", "nh4-n", "nh3"),
    "tp": ("总磷(tp)",),
    "tn": ("总氮(tn)",),
    "bod5": ("bod", "生化需氧量"),
    "do": ("溶氧",),
    "ph": ("ph值", "酸碱度"),
}


@dataclass(frozen=True)
class Parameter:
    """A parameter: riverkit's key, and the unit that its readings are kept in."""

    key: str
    unit: str

    @property
    def reading_unit(self) -> str:
        """The unit as a reading says it: "" for a number without one."""
        return "" if self.unit == "1" else self.unit

    def factor(self, given: str) -> float:
        """What a number in the given unit is multiplied by; none given is the unit that is kept.

        Raises:
            BadValue: the unit is not one of this quantity.
        """
        known = _UNITS.get(self.unit, {})
        if not given.strip():
            return 1.0
        if (factor := known.get(given.strip().replace(" ", "").lower())) is None:
            raise BadValue(
                "unit",
                f"单位“{given}”不能换算为 {self.unit}。|The unit “{given}” cannot be turned into {self.unit}.",
                f"可用：{'、'.join(known)}|Use one of: {', '.join(known)}",
            )
        return factor


@cache
def _of_the_standard() -> dict[str, Parameter]:
    found = {}
    for item in standard().parameters.values():
        for name in (item.key, item.name_zh, item.name, *_ALIASES.get(item.key, ())):
            found[plain(name)] = Parameter(item.key, item.unit)
    return found


def parameter_of(text: str, others: Mapping[str, Parameter] | None = None) -> Parameter | None:
    """The parameter of a name in Chinese or English, or of a key; `others` (by plain name) are known beside the standard."""
    return _of_the_standard().get(plain(text)) or (others or {}).get(plain(text))


def required_parameter(text: str, others: Mapping[str, Parameter] | None = None) -> Parameter:
    """The same; `BadValue` where it is not known."""
    if (found := parameter_of(text, others)) is None:
        raise BadValue(
            "parameter",
            f"不认识指标“{text}”。|The parameter “{text}” is not known.",
            "请写标准中的名称或代号，如 氨氮、nh3n。|Write a name or key of the standard, such as nh3n.",
        )
    return found
