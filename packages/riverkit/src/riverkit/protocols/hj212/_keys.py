"""The keys of a data area (``w01018-Rtd``, ``DataTime``): what each holds, and whether it is written as it should be."""

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from ._codes import factor_code


class Role(Enum):
    """What the value of a key must look like."""

    MEASUREMENT = "measurement"
    NUMBER = "number"
    TIME = "time"
    DATA_FLAG = "data flag"
    STATE = "equipment state"
    TEXT = "text"


_SUFFIX_ROLES = {
    **dict.fromkeys(
        ("Rtd", "Min", "Avg", "Max", "Cou", "ZsRtd", "ZsMin", "ZsAvg", "ZsMax"), Role.MEASUREMENT
    ),
    **dict.fromkeys(("Data", "DayData", "NightData"), Role.MEASUREMENT),  # noise
    "SampleTime": Role.TIME,
    "Flag": Role.DATA_FLAG,
    "EFlag": Role.TEXT,
    "RS": Role.STATE,
    "RT": Role.NUMBER,
    "Info": Role.TEXT,
    "SN": Role.TEXT,
    # Of 2005, then of 2025: known from other people's programs only, so their values are not checked.
    **dict.fromkeys(("Ala", "UpValue", "LowValue"), Role.TEXT),
    **dict.fromkeys(("CompleteTime", "SampleType"), Role.TEXT),
}
_PLAIN_ROLES = {
    **dict.fromkeys(("DataTime", "SystemTime", "BeginTime", "EndTime", "RestartTime"), Role.TIME),
    **dict.fromkeys(
        ("QnRtn", "ExeRtn", "RtdInterval", "MinInterval", "OverTime", "ReCount", "Ctime", "Stime"),
        Role.NUMBER,
    ),
    **dict.fromkeys(("PolId", "InfoId", "NewPW", "VaseNo", "CstartTime"), Role.TEXT),
    # As above; in 2005 the answers carry the QN of the exchange here.
    **dict.fromkeys(("QN", "CN", "AlarmTime", "AlarmType", "ReportTarget", "ReportTime"), Role.TEXT),
    **dict.fromkeys(("SKCreateTime", "NewSK"), Role.TEXT),
}
_SUFFIXES = {suffix.lower(): suffix for suffix in _SUFFIX_ROLES}
_PLAIN = {key.lower(): key for key in _PLAIN_ROLES}
_FIVE_DIGITS = re.compile(r"[0-9]{5}")


@dataclass(frozen=True, slots=True)
class Key:
    """A key understood: ``code-suffix`` (both set), or a plain parameter name (both None)."""

    name: str
    code: str | None
    suffix: str | None
    role: Role
    remarks: tuple[tuple[str, str, bool], ...]  # name, message, breaks the syntax


@lru_cache(maxsize=4096)
def read_key(text: str) -> Key:
    """Understand one key; unknown ones are text and kept. Cached, because every packet repeats them."""
    code, hyphen, written = text.rpartition("-")
    if not hyphen:
        return _plain_key(text)
    remarks: list[tuple[str, str, bool]] = []
    suffix = _SUFFIXES.get(written.lower())
    if suffix is None:
        remarks.append(
            ("unknown_suffix", f"-{written} is not a suffix of HJ 212; the value is kept as text", False)
        )
        return Key(text, code, written, Role.TEXT, tuple(remarks))
    if suffix != written:
        remarks.append(("key_case", f"-{written} is read as -{suffix}", False))
    if _FIVE_DIGITS.fullmatch(code):
        remarks.append(
            ("factor_letter_lost", f"factor code {code} lacks its letter; it is kept as it is", True)
        )
    known = factor_code(code)
    if known != code:
        remarks.append(("factor_case", f"factor code {code} is read as {known}", True))
    return Key(f"{known}-{suffix}", known, suffix, _SUFFIX_ROLES[suffix], tuple(remarks))


def _plain_key(text: str) -> Key:
    name = _PLAIN.get(text.lower())
    if name is None:
        return Key(
            text,
            None,
            None,
            Role.TEXT,
            (("unknown_key", f"{text} is not a parameter of HJ 212", False),),
        )
    if name != text:
        return Key(name, None, None, _PLAIN_ROLES[name], (("key_case", f"{text} is read as {name}", False),))
    return Key(name, None, None, _PLAIN_ROLES[name], ())
