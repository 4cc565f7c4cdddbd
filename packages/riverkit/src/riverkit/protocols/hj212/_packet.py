"""A packet of HJ 212, and the measured values in it."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from .._common import Deviation
from ._codes import PERIODS, Factor, PeriodKind, factor_of
from ._errors import Refusal
from ._keys import Key, Role, read_key
from ._times import read_time

Group = tuple[tuple[str, str], ...]
AssemblyKey = tuple[str, str, str, str, int]
GIVEN_TWICE = "given_twice"
"""The deviation of a packet that tells different things of one key."""
_MEASUREMENT = Role.MEASUREMENT
_STATE = re.compile(r"[0-9]{1,4}")


class FactorValue(NamedTuple):
    """One value of one factor.

    ``kind`` is the suffix (Rtd, Avg, Min, Max, Cou; ZsAvg … for flue gas, Data for noise). ``flag`` None means
    unknown, not normal. ``value`` None means that the packet carried none, not zero. ``unit`` is the table's default
    unit, "" where it is not known; ``key`` is riverkit's name of the quantity, None for loads (Cou) and for codes
    without one.
    """

    code: str
    key: str | None
    kind: str
    value: Decimal | None
    flag: str | None
    sample_time: datetime | None
    unit: str
    quality_value: Decimal | None
    """The value in the unit of the quality standards (mg/L, pH units); None where unit or key is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """A packet read, or to be written.

    Header fields are None where the packet lacked them. ``fields`` is the data area: groups separated by ``;``, each
    of (key, value) pairs separated by ``,``, in order, repeats included. ``raw`` is the frame as received, without
    its line end (empty for a packet that was made here).

        packet = decode(frame)
        assert packet.cn == "2011" and packet.data_time is not None
        assert packet.values()[0].key == "ph"
    """

    st: str
    cn: str
    mn: str
    qn: str | None = None
    pw: str | None = None
    flag: int | None = None
    pnum: int | None = None
    pno: int | None = None
    fields: tuple[Group, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    refused: tuple[Refusal, ...] = ()
    """What salvage mode left out of `fields`."""
    raw: bytes = b""

    @property
    def wants_answer(self) -> bool:
        """True if bit A of Flag asks for an answer; a packet without Flag (2005) does not."""
        return self.flag is not None and bool(self.flag & 1)

    @property
    def version_bits(self) -> int | None:
        """Bits V of Flag: 0 = 2005, 1 = 2017, 2 = 2025. For display only: real devices set them wrongly."""
        return None if self.flag is None else self.flag >> 2

    @property
    def data_time(self) -> datetime | None:
        """DataTime: the instant, or the **start** of the period, in China Standard Time; None of two that differ, too."""
        if self.deviations and "DataTime" in self.given_twice:
            return None
        digits = self.get("DataTime")
        return None if digits is None else read_time(digits)

    @property
    def period(self) -> PeriodKind | None:
        """What DataTime denotes for this command: an instant, or a minute, hour or day period; None for others."""
        return PERIODS.get(self.cn)

    @property
    def assembly_key(self) -> AssemblyKey | None:
        """What the parts of one split message share: (MN, ST, CN, DataTime, PNUM); None for a whole message.

        QN is not in it: in the standard's own examples the parts' QN differ by a millisecond.
        """
        if self.pnum is None or self.pnum < 2:
            return None
        return (self.mn, self.st, self.cn, self.get("DataTime") or "", self.pnum)

    @property
    def given_twice(self) -> frozenset[str]:
        """The keys of which the packet tells different things, such as ``w21001-Flag``."""
        return frozenset(
            deviation.where.removeprefix("CP ")
            for deviation in self.deviations
            if deviation.name == GIVEN_TWICE
        )

    def get(self, name: str) -> str | None:
        """The first value of a key, in whatever letter case the packet wrote it; None if absent."""
        for group in self.fields:
            for key, text in group:
                if key == name or read_key(key).name == name:
                    return text
        return None

    def values(self) -> list[FactorValue]:
        """The measured values in the packet's order; repeats are kept. Data flag and sample time come with each.

        A flag or sample time written in a group of its own (``;`` where ``,`` was meant) goes to every value of that
        factor that has none.
        """
        found: list[tuple[Key, str, dict[str, str]]] = []
        lone: dict[str, str] = {}
        for group in self.fields:
            measured = set()
            near: dict[str, str] = {}
            others: list[tuple[Key, str]] = []
            for written, text in group:
                key = read_key(written)
                if key.role is _MEASUREMENT:
                    found.append((key, text, near))
                    measured.add(key.code)
                else:
                    others.append((key, text))
            for key, text in others:
                (near if key.code in measured else lone)[key.name] = text
        return [_value(key, text, near, lone, self.st) for key, text, near in found]

    def equipment_states(self) -> list[tuple[str, int]]:
        """The states of equipment (``SB1-RS``) by code: 0 off, 1 on, 2 calibrating, 3 maintenance, 4 alarm, 5 blowback."""
        return [
            (key.code, int(text))
            for group in self.fields
            for written, text in group
            # Few packets have one, and every packet is asked.
            if written[-3:].upper() == "-RS"
            for key in [read_key(written)]
            if key.role is Role.STATE and key.code and _STATE.fullmatch(text)
        ]


def _value(key: Key, text: str, near: dict[str, str], lone: dict[str, str], st: str) -> FactorValue:
    code, kind = key.code or "", key.suffix or ""
    name, unit, scale, flag_key, time_key = _quantity(code, kind, st)
    flag = near.get(flag_key) or lone.get(flag_key) or None
    sampled = near.get(time_key) or lone.get(time_key)
    value = Decimal(text) if text else None
    quality_value = None if value is None or scale is None else value * scale
    sample_time = read_time(sampled) if sampled else None
    return FactorValue(code, name, kind, value, flag, sample_time, unit, quality_value)


class _Quantity(NamedTuple):
    """What is the same for every value of a factor and kind."""

    key: str | None
    unit: str
    scale: Decimal | None  # to the unit of the quality standards; None: not known
    flag_key: str
    time_key: str


@lru_cache(maxsize=4096)
def _quantity(code: str, kind: str, st: str) -> _Quantity:
    factor = factor_of(code, st)
    load = kind == "Cou"
    unit = _unit(factor, code, load=load)
    key = None if factor is None or load else factor.key
    scale = factor.to_quality_unit(Decimal(1)) if factor and key and unit else None
    return _Quantity(key, unit, scale, f"{code}-Flag", f"{code}-SampleTime")


def _unit(factor: Factor | None, code: str, *, load: bool) -> str:
    if factor is None:
        return ""
    # The units of the 2005 table were not at hand. Where 2017 prescribes µg/L or ng/L, an old code may still mean mg/L:
    # a guess would be wrong a thousandfold.
    if code == factor.code_2005 and factor.unit in ("µg/L", "ng/L"):
        return ""
    return factor.load_unit if load else factor.unit
