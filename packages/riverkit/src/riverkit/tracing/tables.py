"""CSV tables for the command line: UTF-8 or GB 18030, every error with file, row and column."""

import csv
import io
import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from riverkit.errors import NetworkError, TracingError
from riverkit.network import Location, Network
from riverkit.tracing.next_sample import SamplingPlace
from riverkit.transport import FlowTime

TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Signs that turn the direction in which a name is read."""

LEAST_SPAN_S, FEWEST_TIMES = 600.0, 3
"""Readings of a river that so many times tell, and that lie all within ten minutes, are told in another unit."""

SPREADSHEET = re.compile(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?:[ T]+(\d{1,2})(:.+))?")
"""Times as spreadsheets write them: 2024/5/6 8:00, 2024-05-06 8:00:30+08:00."""

LARGEST_FACTOR = 1_000.0
"""Of the flow, up or down: a flood over a drought."""


@dataclass(frozen=True)
class Row:
    """One row of a table that knows where it stands."""

    path: Path
    line: int
    values: dict[str, str]

    def error(self, column: str, problem: str) -> TracingError:
        """An error that names file, row and column."""
        return TracingError(f"{self.path.name}, row {self.line}, column {column!r}: {problem}")

    def text(self, column: str) -> str:
        """A text that must be there."""
        if column not in self.values:
            raise TracingError(f"{self.path.name}: no column {column!r}; it has {', '.join(self.values)}.")
        return self.values[column].strip()

    def optional(self, column: str) -> str:
        """A text that may be missing, as column or as value."""
        return self.values.get(column, "").strip()

    def number(self, column: str, part: str | None = None) -> float:
        """A finite number that must be there, alone or as that part of the text."""
        value = self.text(column) if part is None else part
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise self.error(column, f"{self.text(column)!r} is not a number.")
        return number

    def optional_number(self, column: str) -> float | None:
        """A finite number, or None where there is nothing."""
        return self.number(column) if self.optional(column) else None


def read_rows(path: Path) -> list[Row]:
    """The rows of a CSV file with a header; row 1 is the header."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise TracingError(f"{path}: cannot be read ({error.strerror}).") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = raw.decode("gb18030")
        except UnicodeDecodeError as error:
            raise TracingError(
                f"{path.name}: byte {error.start} is neither UTF-8 nor GB 18030. Save it in UTF-8."
            ) from error
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    rows = []
    begins = 1
    try:
        for values in reader:
            if None in values or None in values.values():
                raise TracingError(
                    f"{path.name}, row {reader.line_num}: not as many values as the header has columns."
                )
            row = Row(path, reader.line_num, values)
            for column, value in values.items():
                # A terminal obeys them, and no name needs them.
                if any(
                    sign in TURNING or (unicodedata.category(sign) == "Cc" and sign not in "\t\r\n")
                    for sign in value
                ):
                    raise row.error(column, f"{value!r} holds a control character. Take it away.")
            rows.append(row)
            begins = reader.line_num + 1
    except csv.Error as error:
        raise TracingError(
            f"{path.name}, row {begins}: a quote is opened here and not closed where the value ends. Close it, or take "
            "it away; write a quote inside a quoted value twice."
        ) from error
    if not rows:
        raise TracingError(f"{path.name}: no rows below the header.")
    return rows


@dataclass(frozen=True)
class Clock:
    """How the readings' times became seconds: since `origin`, or as they stood in the table if it is None.

    `zoned`: whether the times name their zone. Without one they count as UTC, so that the two kinds never stand beside each
    other: eight hours would move a source by tens of kilometres.
    """

    origin: datetime | None
    zoned: bool = True

    @property
    def manner(self) -> str:
        """In words, how the readings' times are written."""
        if self.origin is None:
            return "seconds"
        zone, name = ("with", "+08:00") if self.zoned else ("without", "")
        return f"ISO 8601 {zone} a zone, for example 2026-05-04T14:30{name}"

    def show(self, seconds: float) -> str:
        """A time for people."""
        if self.origin is None:
            return f"{seconds / 3600:.2f} h"
        moment = datetime.fromtimestamp(self.origin.timestamp() + seconds, tz=self.origin.tzinfo)
        return moment.strftime("%Y-%m-%d %H:%M")

    def seconds(self, text: str) -> float:
        """A time as people give it.

        Raises:
            ValueError: it is not of the same kind as the readings' times.
        """
        if self.origin is None:
            if not _is_number(text):
                raise ValueError(f"{text!r} is no number of seconds")
            return float(text)
        moment = moment_of(text)
        if (moment.tzinfo is not None) != self.zoned:
            raise ValueError(f"{text!r} is not {self.manner}")
        return (_zoned(moment) - self.origin).total_seconds()


def clock_of(rows: Sequence[Row]) -> Clock:
    """The clock of rows with a column `time`: seconds, or ISO 8601 counted from the earliest.

    Raises:
        TracingError: neither; or numbers that can hardly be seconds.
    """
    text = rows[0].text("time")
    if _is_number(text):
        _refuse_other_units(rows)
        return Clock(None)
    try:
        moment = moment_of(text)
    except ValueError:
        raise rows[0].error(
            "time",
            f"{text!r} is neither seconds nor ISO 8601, for example 2026-05-04T14:30+08:00 or 2026/5/4 14:30.",
        ) from None
    first = Clock(_zoned(moment), zoned=moment.tzinfo is not None)
    earliest_s = min(seconds_of(row, first) for row in rows)
    return replace(first, origin=_zoned(moment) + timedelta(seconds=earliest_s))


def _refuse_other_units(rows: Sequence[Row]) -> None:
    """A spreadsheet's days and a logger's hours look like seconds, and a river would be traced that runs in a moment."""
    times = [seconds_of(row, Clock(None)) for row in rows]
    span_s = max(times) - min(times)
    if 0 < span_s < LEAST_SPAN_S and len(set(times)) >= FEWEST_TIMES:
        raise rows[0].error(
            "time",
            f"all readings lie within {span_s:g} s, if these are seconds. Turn hours or a spreadsheet's days into seconds; "
            "if they are right, give them as ISO 8601.",
        )


def place_of(network: Network, row: Row) -> Location:
    """The place of a row: `reach` and `chainage_m`, or `lon` and `lat` in degrees, snapped to the network."""
    try:
        if row.optional("reach"):
            reach, chainage_m = network.reach(row.text("reach")), row.number("chainage_m")
            if not 0 <= chainage_m <= reach.length_m:
                raise row.error(
                    "chainage_m",
                    f"{chainage_m:g} m, and reach {reach.id!r} is {reach.length_m:g} m long. Give 0 … {reach.length_m:g}.",
                )
            return Location(reach.id, chainage_m)
        return network.snap(row.number("lon"), row.number("lat"))
    except NetworkError as error:
        raise row.error("reach" if row.optional("reach") else "lon", str(error)) from error


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def read_sampling_places(
    network: Network, path: Path, background: tuple[float, float]
) -> list[SamplingPlace]:
    """Places where a crew can take water.

    Columns `place`; where it is, as for stations; optionally `discharge_m3s` (else the reach's), `background_mg_l`
    and `background_sd_mg_l`, of which `background` is what stands in.
    """
    places: list[SamplingPlace] = []
    for row in read_rows(path):
        name, location = row.text("place"), place_of(network, row)
        if name in {place.name for place in places}:
            raise row.error(
                "place", f"{name!r} stands further up already. Give each place a name of its own."
            )
        level, sd = row.optional_number("background_mg_l"), row.optional_number("background_sd_mg_l")
        places.append(
            SamplingPlace(
                name,
                location,
                discharge_of(row, network, location),
                background[0] if level is None else level,
                background[1] if sd is None else sd,
            )
        )
    return places


def moment_of(text: str) -> datetime:
    """A time in ISO 8601 or as spreadsheets write it; without a zone where it names none.

    Raises:
        ValueError: it is neither.
    """
    written = SPREADSHEET.fullmatch(text)
    if written is not None:
        year, _, month, day, hour, rest = written.groups()
        text = f"{year}-{month:0>2}-{day:0>2}" + (f"T{hour:0>2}{rest}" if hour else "")
    return datetime.fromisoformat(text)


def _zoned(moment: datetime) -> datetime:
    """In UTC where it names no zone."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def seconds_of(row: Row, clock: Clock) -> float:
    """The time of a row on that clock."""
    text = row.text("time")
    try:
        return clock.seconds(text)
    except ValueError:
        raise row.error(
            "time",
            f"{text!r} is not in {clock.manner}, as the other times are. Give all times a zone, or none.",
        ) from None


def discharge_of(row: Row, network: Network, place: Location) -> float:
    """The flow in the table, or else the reach's; a 0 in the table is no missing value.

    Raises:
        TracingError: there is none, or it is not above 0.
    """
    given = row.optional_number("discharge_m3s")
    flow = network.reach(place.reach_id).discharge_m3s if given is None else given
    if flow is None:
        raise row.error(
            "discharge_m3s",
            f"neither given here nor known for reach {place.reach_id!r}. Give it, or let --specific-discharge estimate it.",
        )
    if not flow > 0:
        raise row.error("discharge_m3s", f"{flow:g} m³/s. Give a flow above 0.")
    return flow


def read_flow(path: Path, clock: Clock) -> FlowTime:
    """How the flow changes, by a table with the columns `time` and `factor`: discharge over that of the network."""
    found: dict[float, float] = {}
    for row in read_rows(path):
        time_s = seconds_of(row, clock)
        if time_s in found:
            raise row.error("time", f"{row.text('time')!r} is given twice. Keep one.")
        factor = row.number("factor")
        if not factor > 0:
            raise row.error("factor", f"{factor:g} is not above 0; water that stands still has no flow-time.")
        if not 1.0 / LARGEST_FACTOR <= factor <= LARGEST_FACTOR:
            raise row.error(
                "factor",
                f"{factor:g} times the network's discharge. Give discharge over that of the network, no discharge in m³/s.",
            )
        found[time_s] = factor
    return FlowTime(*zip(*sorted(found.items()), strict=True))
