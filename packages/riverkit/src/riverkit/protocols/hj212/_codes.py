"""Code tables of HJ 212: commands by edition, water factors (table B.1), data flags, periods, results."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

PeriodKind = Literal["instant", "minute", "hour", "day"]
Edition = Literal["2005", "2017", "2025"]

DATA_FLAGS: Mapping[str, str] = MappingProxyType(
    {
        "N": "normal",
        "F": "stopped",
        "M": "maintenance",
        "S": "set by hand",
        "D": "instrument fault",
        "C": "calibrating",
        "T": "over range",
        "B": "link lost",
    }
)
"""Data flags (数据标记). Only N is a measurement; a missing flag means unknown, not N."""

DATA_FLAGS_2005: Mapping[str, str] = MappingProxyType({"P": "power failure"})
"""Data flags that only HJ/T 212-2005 has. Our knowledge of loggers and programs: the text of that edition was not at hand."""

PERIODS: Mapping[str, PeriodKind] = MappingProxyType(
    {"2011": "instant", "2021": "instant", "2051": "minute", "2061": "hour", "2031": "day", "2041": "day"}
)
"""What the DataTime of a data command denotes: an instant, or the **start** of a minute, hour or day period."""

REQUEST_RESULTS: Mapping[int, str] = MappingProxyType(
    {
        1: "ready",
        2: "refused",
        3: "wrong PW",
        4: "wrong MN",
        5: "wrong ST",
        6: "wrong Flag",
        7: "wrong QN",
        8: "wrong CN",
        9: "wrong CRC",
        100: "unknown error",
    }
)
"""QnRtn of a 9011 answer."""

EXECUTION_RESULTS: Mapping[int, str] = MappingProxyType(
    {1: "done", 2: "failed", 3: "bad condition", 4: "timeout", 5: "busy", 6: "fault", 100: "no data"}
)
"""ExeRtn of a 9012 answer."""

WATER_SYSTEMS = frozenset({"21", "24", "32", "52"})
"""System codes (ST) under which the three-character factor codes of 2005 mean water factors."""

_TO_MG_PER_L = {"mg/L": Decimal(1), "µg/L": Decimal("1E-3"), "ng/L": Decimal("1E-6")}


@dataclass(frozen=True, slots=True)
class Factor:
    """One water factor (因子) of table B.1.

    ``key`` is the quantity's name in riverkit (``"codmn"``), None where it has none; ``unit`` belongs to Rtd, Avg,
    Min and Max, ``load_unit`` to Cou ("" where the factor has no load).
    """

    code: str
    key: str | None
    name_zh: str
    unit: str
    load_unit: str
    code_2005: str
    data_type: str

    def to_quality_unit(self, value: Decimal) -> Decimal:
        """The value in the unit of the quality standards: mg/L for what HJ 212 sends in µg/L or ng/L."""
        return value * _TO_MG_PER_L.get(self.unit, Decimal(1))


@dataclass(frozen=True, slots=True)
class Command:
    """One command code (命令编码, CN). ``direction``: down = host to field; it and ``kind`` are "" where not known.

    The editions of 2005 and 2025 give some codes another meaning; ``editions`` are those that share this one.
    """

    cn: str
    editions: tuple[Edition, ...]
    name: str
    name_zh: str
    kind: str
    direction: Literal["down", "up", "both", ""]


def _rows(name: str) -> list[dict[str, str]]:
    text = files(__package__).joinpath("data", name).read_text("utf-8")
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


@cache
def factors() -> Mapping[str, Factor]:
    """Table B.1 by its 2017 code: 63 water factors."""
    table = {}
    for row in _rows("factors_water.csv"):
        key = row.pop("key") or None
        table[row["code"]] = Factor(key=key, **row)
    return MappingProxyType(table)


@cache
def commands(edition: Edition = "2017") -> Mapping[str, Command]:
    """The commands of an edition by code: 33 in 2017 (table 9), 31 in 2005 and 43 in 2025 as far as they are known."""
    return MappingProxyType({command.cn: command for command in _commands() if edition in command.editions})


@cache
def _commands() -> tuple[Command, ...]:
    rows = _rows("commands.csv")
    return tuple(Command(editions=tuple(row.pop("editions").split()), **row) for row in rows)  # type: ignore[arg-type]


@cache
def _known_codes() -> frozenset[str]:
    return frozenset(command.cn for command in _commands())


def is_known_command(cn: str) -> bool:
    """True if any edition has the command."""
    return cn in _known_codes()


@cache
def _factors_of_2005() -> Mapping[str, Factor]:
    return {factor.code_2005: factor for factor in factors().values() if factor.code_2005}


def factor_code(written: str) -> str:
    """A code of table B.1 as the table writes it, ``w21003`` for ``W21003``; others as they are, for nobody knows their case."""
    lower = written.lower()
    return lower if written != lower and lower in factors() else written


def factor_of(code: str, st: str = "21") -> Factor | None:
    """The factor that a code, in whatever case, names in a packet of system ``st``; None for codes outside table B.1.

    Codes of HJ/T 212-2005 (``011``) are understood for water systems only: elsewhere they mean other things.
    """
    factor = factors().get(factor_code(code))
    if factor is None and st in WATER_SYSTEMS:
        factor = _factors_of_2005().get(code)
    return factor
