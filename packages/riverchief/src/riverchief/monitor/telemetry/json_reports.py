"""Reports of stations in JSON: what a broker hands on, or what was asked of a platform, in the form of `docs/design/sources.md`.

    {"station": "…", "time": "2026-11-30T10:00:00+08:00", "kind": "minute",
     "values": [{"parameter": "nh3n", "value": 0.42, "unit": "mg/L", "flag": "N"}]}

Pure: the subscriber, the pulls, the replay of quarantined packets and the tests share it.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from riverkit.protocols import hj212
from riverkit.protocols.hj212 import FIRST_YEAR, LAST_YEAR, FrameError, Refusal

from riverchief.monitor.importing.measured import others
from riverchief.monitor.models import Kind
from riverchief.monitor.readings import UNKNOWN_FLAG, ReadingChecks, ReadingRow
from riverchief.registry.importing.parameters import Parameter, parameter_of
from riverchief.registry.importing.values import BadValue

LARGEST_REPORT = 256 * 1024
BEGIN = b"JSON "

_STATION = re.compile(r"[\w.-]{1,40}")
_HEAD = re.compile(r"JSON station=([\w.-]{0,40}) from=([^\n]*)\n")
_MOST_VALUES = 5000
_LONGEST_NAME = 40
_LONGEST_UNIT = 16
_LARGEST_NUMBER = 1e300
_FLAGS = frozenset("NFMSDCTB")


@dataclass(frozen=True, slots=True)
class JsonValue:
    """One value of a report; `number` is in the unit that readings are kept in where `known`."""

    parameter: str
    kind: str
    at: datetime
    number: float | None
    unit: str
    flag: str
    known: bool


@dataclass(frozen=True, slots=True)
class JsonReport:
    """A report, under the names that packets of HJ 212 have.

    Attributes:
        mn: the name under which the registry knows the device.
        pw: the password in the report.
        vouched: whoever handed it on has said whose it is (a topic of the broker, a platform that was asked): no password.
        raw: a line that says where it came from, then the bytes as they came.
    """

    mn: str
    pw: str | None
    vouched: bool
    raw: bytes
    values: tuple[JsonValue, ...]
    refused: tuple[Refusal, ...]
    st: Literal[""] = ""
    cn: Literal["JSON"] = "JSON"
    qn: None = None

    @property
    def data_time(self) -> datetime | None:
        """The earliest time of a value."""
        return min((value.at for value in self.values), default=None)


def enveloped(payload: bytes, origin: str, station: str = "") -> bytes:
    """A report with the line that says where it came from, and whose it is where whoever handed it on said so."""
    return f"JSON station={station} from={' '.join(origin.split())}\n".encode() + payload


def is_station_name(text: object) -> bool:
    """Whether a device may be called so: letters, digits, dots, dashes and low lines, 40 at most."""
    return isinstance(text, str) and _STATION.fullmatch(text) is not None


class _Refused(Exception):
    """The report cannot be taken, for a reason of this name."""


def read_report(raw: bytes) -> JsonReport | FrameError:
    """A report from its bytes behind their line of origin; of a value that cannot be read only that is refused."""
    if len(raw) > LARGEST_REPORT:
        return FrameError("json_too_long", 0, f"longer than {LARGEST_REPORT} bytes", raw[:4096])
    try:
        text = raw.decode("utf-8")
        head = _HEAD.match(text)
        if head is None:
            raise _Refused("json")
        return _report(head[1], _object(text[head.end() :]), raw)
    except UnicodeDecodeError:
        return FrameError("text", 0, "not UTF-8", raw)
    except _Refused as error:
        return FrameError(str(error), 0, str(error), raw)


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise _Refused("json") from None
    if not isinstance(found, dict):
        raise _Refused("json")
    return found


def _report(vouched: str, body: dict[str, Any], raw: bytes) -> JsonReport:
    named = body.get("station", vouched)
    if not is_station_name(named):
        raise _Refused("json_station" if "station" in body else "missing_mn")
    if vouched and named != vouched:
        raise _Refused("json_other_station")
    items = body.get("values")
    if not isinstance(items, list) or not 0 < len(items) <= _MOST_VALUES:
        raise _Refused("json_values")
    values, refused = [], []
    for item in items:
        try:
            values.append(_value(item, body))
        except _Refused as error:
            text = json.dumps(item, ensure_ascii=False)[:200].encode("utf-8", "replace").decode()
            refused.append(Refusal(text, str(error), str(error)))
    if not values and all(part.name == "json_time" for part in refused):
        raise _Refused("json_time")
    password = body.get("password")
    return JsonReport(
        named,
        password if isinstance(password, str) else None,
        bool(vouched),
        raw,
        tuple(values),
        tuple(refused),
    )


def _value(item: Any, body: dict[str, Any]) -> JsonValue:
    if not isinstance(item, dict):
        raise _Refused("json_values")
    name, unit, number = item.get("parameter"), item.get("unit", ""), item.get("value")
    if not (isinstance(name, str) and name.strip() and isinstance(unit, str) and (name + unit).isprintable()):
        raise _Refused("json_parameter")
    kind = item.get("kind", body.get("kind", Kind.INSTANT.value))
    if kind not in Kind.values:
        raise _Refused("json_kind")
    flag = item.get("flag", UNKNOWN_FLAG)
    if not isinstance(flag, str) or flag not in _FLAGS | {UNKNOWN_FLAG}:
        raise _Refused("data_flag")
    if number is not None and (
        isinstance(number, bool) or not isinstance(number, int | float) or not abs(number) <= _LARGEST_NUMBER
    ):
        raise _Refused("number")
    key, kept_unit, factor, known = _meaning(name.strip(), unit.strip(), needs_unit=number is not None)
    at = _moment(item.get("time", body.get("time")))
    return JsonValue(key, kind, at, None if number is None else number * factor, kept_unit, flag, known)


def _meaning(name: str, unit: str, *, needs_unit: bool) -> tuple[str, str, float, bool]:
    """Parameter, unit, factor, and whether we know it. A factor code of HJ 212 has its unit; another name must say its own.

    What we do not know is kept under its name, in the unit that was given.
    """
    factor = hj212.factor_of(name)
    if factor is not None:
        unit = unit or factor.unit
    known: Parameter | None = parameter_of(factor.key if factor and factor.key else name, others())
    if known is None:
        return name[:_LONGEST_NAME], unit[:_LONGEST_UNIT], 1.0, False
    if needs_unit and not unit and known.unit != "1":
        raise _Refused("json_unit")
    try:
        return known.key, known.unit, known.factor(unit), True
    except BadValue:
        raise _Refused("json_unit") from None


def _moment(text: Any) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise _Refused("json_time") from None
    if at.tzinfo is None or not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise _Refused("json_time")
    return at.astimezone(UTC)


def rows_of(
    report: JsonReport,
    *,
    station_id: int,
    packet_id: int | None,
    received_at: datetime,
    checks: ReadingChecks,
) -> list[ReadingRow]:
    """The readings in a report, one per value."""
    rows = []
    for value in report.values:
        row = ReadingRow(
            station_id,
            value.parameter,
            value.kind,
            value.at,
            value.at,
            value.number,
            value.unit,
            value.flag,
            received_at,
            packet_id=packet_id,
        )
        rows.append(checks.checked(row, known=value.known))
    return rows
