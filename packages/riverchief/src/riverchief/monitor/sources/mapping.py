"""What a record of another platform says, as a report of ours: which field means what is data of the file of the sources.

[pull.fields]
station = "mn"             # a path into the record: "device.mn"
time = "dataTime"
updated_at = "updateTime"  # when the platform last changed it; without it, its time
time_format = "%Y-%m-%d %H:%M:%S"  # or iso (if nothing is said), unix, unix_ms
utc_offset = "+08:00"      # of times without one
parameter = "code"         # one value a record …
value = "val"
unit = "unit"
flag = "flag"
values = [{parameter = "nh3n", unit = "mg/L", path = "nh3n", flag = "nh3nFlag"}]  # … or several
names = {"301" = "nh3n"}   # its parameters in our words
units = {"301" = "mg/L"}   # where records do not say them
flags = {"正常" = "N"}
default_flag = "N"         # only where the platform gives valid values alone; else they are U, and used for nothing
kind = "hour"
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timezone
from typing import Any

from riverchief.monitor.models import Kind
from riverchief.monitor.readings import UNKNOWN_FLAG
from riverchief.monitor.telemetry.json_reports import enveloped, is_station_name

Record = dict[str, Any]

_VALUES_PER_REPORT = 50
_TEXTS = ("station", "time", "updated_at", "time_format", "utc_offset", "parameter", "value", "unit", "flag", "default_flag", "kind")  # fmt: skip
_TABLES = ("names", "units", "flags")
_FIXED = {"parameter", "unit", "path", "flag"}


@dataclass(frozen=True)
class _Column:
    """A value of a record: its parameter and unit, said once, or the paths to them."""

    path: str
    flag: str
    parameter: str = ""
    unit: str = ""
    parameter_path: str = ""
    unit_path: str = ""


@dataclass(frozen=True)
class Mapping:
    """Where a record says what."""

    station: str
    time: str
    updated_at: str
    time_format: str
    zone: timezone
    columns: tuple[_Column, ...]
    default_flag: str
    kind: str
    names: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    flags: dict[str, str] = field(default_factory=dict)

    def updated(self, record: Record) -> datetime | None:
        """When the platform last changed a record; None where it does not say it in a way that can be read."""
        return self._moment(found(record, self.updated_at))

    def written(self, at: datetime) -> str:
        """A time as the platform writes it."""
        if self.time_format in ("unix", "unix_ms"):
            return str(int(at.timestamp() * (1000 if self.time_format == "unix_ms" else 1)))
        local = at.astimezone(self.zone)
        return (
            local.isoformat(timespec="seconds")
            if self.time_format == "iso"
            else local.strftime(self.time_format)
        )

    def reports(self, records: Iterable[Record], origin: str) -> Iterator[bytes]:
        """Reports for `json_reports`, each of one station; a value carries the record that it comes from, as it came."""
        by_station: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for record in records:
            by_station[_name(found(record, self.station))] += self._values(record)
        for station, values in by_station.items():
            for start in range(0, len(values), _VALUES_PER_REPORT):
                body = {"station": station, "values": values[start : start + _VALUES_PER_REPORT]}
                payload = json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")
                yield enveloped(payload, origin, station if is_station_name(station) else "")

    def _values(self, record: Record) -> list[dict[str, Any]]:
        at = self._moment(found(record, self.time))
        values: list[dict[str, Any]] = []
        for column in self.columns:
            name = _name(found(record, column.parameter_path)) if column.parameter_path else column.parameter
            flag = found(record, column.flag) if column.flag else None
            number = _number(found(record, column.path))
            if not column.parameter_path and number is None and flag is None:
                continue  # this record says nothing of it
            unit = found(record, column.unit_path) if column.unit_path else column.unit
            values.append(
                {
                    "parameter": self.names.get(name, name),
                    "value": number,
                    "unit": unit or self.units.get(name, ""),
                    "flag": self.flags.get(str(flag), flag) if flag not in (None, "") else self.default_flag,
                    "time": at.isoformat() if at else None,
                    "kind": self.kind,
                }
            )
        if values:
            values[0]["record"] = record
        return values

    def _moment(self, value: Any) -> datetime | None:
        try:
            if self.time_format in ("unix", "unix_ms"):
                return datetime.fromtimestamp(
                    float(value) / (1000 if self.time_format == "unix_ms" else 1), UTC
                )
            if self.time_format == "iso":
                at = datetime.fromisoformat(value)
            else:
                at = datetime.strptime(value, self.time_format)  # noqa: DTZ007 - the zone is set below
            return (at if at.tzinfo else at.replace(tzinfo=self.zone)).astimezone(UTC)
        except (TypeError, ValueError, OverflowError, OSError):
            return None


def mapping_of(content: dict[str, Any]) -> Mapping:
    """The mapping of a table of the file.

    Raises:
        ValueError: it is none, and why.
    """
    unknown = set(content) - {*_TEXTS, *_TABLES, "values"}
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    texts = {name: content.get(name, "") for name in _TEXTS}
    tables = {name: content.get(name, {}) for name in _TABLES}
    if not all(isinstance(text, str) for text in texts.values()):
        raise ValueError("a text is needed for each of: " + ", ".join(_TEXTS))
    for name, table in tables.items():
        if not isinstance(table, dict) or not all(isinstance(word, str) for word in table.values()):
            raise ValueError(f"{name} must be a table of texts")
    if not texts["station"] or not texts["time"]:
        raise ValueError("station and time are needed")
    kind = texts["kind"] or Kind.INSTANT.value
    if kind not in Kind.values:
        raise ValueError(f"kind must be one of {', '.join(Kind.values)}")
    zone = datetime.fromisoformat(f"2000-01-01T00:00:00{texts['utc_offset'] or '+08:00'}").tzinfo
    return Mapping(
        station=texts["station"],
        time=texts["time"],
        updated_at=texts["updated_at"] or texts["time"],
        time_format=texts["time_format"] or "iso",
        zone=zone if isinstance(zone, timezone) else UTC,
        columns=_columns(texts, content.get("values", [])),
        default_flag=texts["default_flag"] or UNKNOWN_FLAG,
        kind=kind,
        **tables,
    )


def _columns(texts: dict[str, str], values: Any) -> tuple[_Column, ...]:
    if not isinstance(values, list) or bool(values) == bool(texts["value"]):
        raise ValueError("either parameter and value, or values, are needed")
    if not values:
        if not texts["parameter"]:
            raise ValueError("parameter is needed beside value")
        return (
            _Column(
                texts["value"], texts["flag"], parameter_path=texts["parameter"], unit_path=texts["unit"]
            ),
        )
    for item in values:
        if not isinstance(item, dict) or set(item) - _FIXED or not {"parameter", "path"} <= set(item):
            raise ValueError("each of values has parameter and path, and perhaps unit and flag")
        if not all(isinstance(text, str) for text in item.values()):
            raise ValueError("values hold texts")
    return tuple(
        _Column(item["path"], item.get("flag", ""), item["parameter"], item.get("unit", ""))
        for item in values
    )


def found(content: Any, path: str) -> Any:
    """What stands at a path such as `data.items` within an answer; None where nothing does. The empty path is the whole."""
    for step in path.split(".") if path else ():
        content = content.get(step) if isinstance(content, dict) else None
    return content


def _name(value: Any) -> str:
    """A name or number of a station or a parameter; "" where it is none, and refused where reports are read."""
    return str(value) if isinstance(value, str | int) else ""


def _number(value: Any) -> Any:
    """A number that was written as a text; what is none stays as it is, and is refused where reports are read."""
    if isinstance(value, str):
        try:
            return float(value) if value.strip() else None
        except ValueError:
            return value
    return value
