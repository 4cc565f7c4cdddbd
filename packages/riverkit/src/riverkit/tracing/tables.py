"""CSV tables for the command line: UTF-8 or GB 18030, every error with file, row and column."""

import csv
import io
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from riverkit.errors import NetworkError, TracingError
from riverkit.network import Location, Network
from riverkit.tracing.model import Floats, StationSeries
from riverkit.tracing.next_sample import SamplingPlace
from riverkit.tracing.survey import Instrument, Survey
from riverkit.transport import FlowTime


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

    def number(self, column: str) -> float:
        """A finite number that must be there."""
        value = self.text(column)
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise self.error(column, f"{value!r} is not a number.")
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
            rows.append(Row(path, reader.line_num, values))
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
    """How the readings' times became seconds: since `origin`, or as they stood in the table if it is None."""

    origin: datetime | None

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
            return float(text)
        return (_zoned(text) - self.origin).total_seconds()


def read_instruments(
    network: Network, stations_path: Path | None, readings_path: Path | None, survey_paths: Sequence[Path]
) -> tuple[dict[str, list[Instrument]], Clock]:
    """Stations and surveys by what they measured, on one clock; under "" where the tables name no parameter.

    At least one table of readings must be given, and stations with their readings.

    The stations' table has columns `station`; a place as `lon`, `lat` (degrees) or `reach`, `chainage_m`; and
    optionally `discharge_m3s` (else the reach's), `background_mg_l` and `parameter`: such a row holds for that parameter
    only, one without it for all others. The readings' table has `station`, `time` (seconds, or ISO 8601; all alike),
    `value_mg_l` (empty where missing) and optionally `parameter`, `sigma_mg_l` and `flag` (a reading with any flag but N
    or empty counts as missing). A survey's table has a place for every reading instead of a station.
    """
    found: defaultdict[str, list[Instrument]] = defaultdict(list)
    clock: Clock | None = None
    if stations_path is not None and readings_path is not None:
        rows = read_rows(readings_path)
        clock = clock_of(rows)
        known = _known_stations(stations_path)
        for parameter, own in _by_parameter(rows).items():
            found[parameter] += _stations(network, known, parameter, own, clock)
    for path in survey_paths:
        rows = read_rows(path)
        clock = clock or clock_of(rows)
        for parameter, own in _by_parameter(rows).items():
            found[parameter].append(_survey(network, path.stem, own, clock))
    if "" in found and len(found) > 1:
        raise TracingError(
            "Some tables of readings have a column 'parameter' and others have none. Give it to all of them."
        )
    assert clock is not None, "there is a table of readings"
    return dict(found), clock


def read_stations(
    network: Network, stations_path: Path, readings_path: Path
) -> tuple[list[StationSeries], Clock]:
    """Stations with readings of one parameter; tables as for `read_instruments`."""
    rows = read_rows(readings_path)
    clock = clock_of(rows)
    by_parameter = _by_parameter(rows)
    if len(by_parameter) > 1:
        raise TracingError(
            f"{readings_path.name}: readings of {', '.join(by_parameter)}; this command takes one parameter. Keep the "
            "rows of one."
        )
    ((parameter, own),) = by_parameter.items()
    return _stations(network, _known_stations(stations_path), parameter, own, clock), clock


def _by_parameter(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """In the order of their first mention; all under "" where there is no column `parameter`."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        name = row.optional("parameter")
        if not name and "parameter" in row.values:
            raise row.error(
                "parameter", "nothing here. Name what was measured in every row, or leave the column out."
            )
        found[name].append(row)
    return dict(found)


def _known_stations(path: Path) -> dict[tuple[str, str], Row]:
    """The rows of the stations' table by station and parameter, "" where a row holds for all."""
    known: dict[tuple[str, str], Row] = {}
    for row in read_rows(path):
        name = row.text("station"), row.optional("parameter")
        if name in known:
            raise row.error(
                "station", f"{' '.join(name).strip()!r} stands further up already. Keep one of the rows."
            )
        known[name] = row
    return known


def _stations(
    network: Network, known: Mapping[tuple[str, str], Row], parameter: str, rows: Sequence[Row], clock: Clock
) -> list[StationSeries]:
    by_station: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_station[row.text("station")].append(row)
    series = []
    for station, own in by_station.items():
        meta = known.get((station, parameter)) or known.get((station, ""))
        if meta is None:
            path = next(iter(known.values())).path
            of = f" for {parameter}" if parameter else ""
            raise own[0].error("station", f"{station!r} is not in {path.name}{of}. Give it a row there.")
        series.append(_series(network, meta, own, clock))
    return series


def clock_of(rows: Sequence[Row]) -> Clock:
    """The clock of rows with a column `time`: seconds, or ISO 8601 counted from the earliest."""
    if _is_number(rows[0].text("time")):
        return Clock(None)
    return Clock(min(_moment(row) for row in rows))


def _series(network: Network, meta: Row, rows: Sequence[Row], clock: Clock) -> StationSeries:
    place = place_of(network, meta)
    discharge = discharge_of(meta, network, place)
    if discharge is None:
        raise meta.error("discharge_m3s", "neither given here nor known for the reach. Give it.")
    value, sigma = _readings(rows)
    return StationSeries(
        location=place,
        discharge_m3s=discharge,
        time_s=np.array([seconds_of(row, clock) for row in rows]),
        value=value,
        sigma=sigma,
        background=meta.optional_number("background_mg_l"),
        name=meta.text("station"),
    )


def _readings(rows: Sequence[Row]) -> tuple[Floats, Floats | None]:
    """Values, NaN where missing or flagged, and their standard errors if they have any."""
    usable = [row.optional("flag") in ("", "N") for row in rows]
    values = [row.optional_number("value_mg_l") if ok else None for row, ok in zip(rows, usable, strict=True)]
    sigmas = [row.optional_number("sigma_mg_l") for row in rows]
    given = np.array([math.nan if value is None else value for value in values])
    if all(sigma is None for sigma in sigmas):
        return given, None
    for row, sigma, value in zip(rows, sigmas, values, strict=True):
        if sigma is None and value is not None:
            raise row.error("sigma_mg_l", "nothing here, and other readings have one. Give all or none.")
    return given, np.array([1.0 if sigma is None else sigma for sigma in sigmas])


def _survey(network: Network, name: str, rows: Sequence[Row], clock: Clock) -> Survey:
    places = [place_of(network, row) for row in rows]
    flows = []
    for row, place in zip(rows, places, strict=True):
        flow = discharge_of(row, network, place)
        if flow is None:
            raise row.error("discharge_m3s", "neither given here nor known for the reach. Give it.")
        flows.append(flow)
    time_s = np.array([seconds_of(row, clock) for row in rows])
    value, sigma = _readings(rows)
    return Survey(places, np.array(flows), time_s, value, sigma, name=name)


def place_of(network: Network, row: Row) -> Location:
    """The place of a row: `reach` and `chainage_m`, or `lon` and `lat` in degrees, snapped to the network."""
    try:
        if row.optional("reach"):
            return Location(network.reach(row.text("reach")).id, row.number("chainage_m"))
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
        discharge = discharge_of(row, network, location)
        if discharge is None:
            raise row.error("discharge_m3s", "neither given here nor known for the reach. Give it.")
        level, sd = row.optional_number("background_mg_l"), row.optional_number("background_sd_mg_l")
        places.append(
            SamplingPlace(
                name,
                location,
                discharge,
                background[0] if level is None else level,
                background[1] if sd is None else sd,
            )
        )
    return places


def _moment(row: Row) -> datetime:
    text = row.text("time")
    try:
        return _zoned(text)
    except ValueError:
        raise row.error("time", f"{text!r} is neither seconds nor ISO 8601, as the first row's is.") from None


def _zoned(text: str) -> datetime:
    """A time in ISO 8601, in UTC where it names no zone."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def seconds_of(row: Row, clock: Clock) -> float:
    """The time of a row on that clock."""
    if clock.origin is None:
        return row.number("time")
    return (_moment(row) - clock.origin).total_seconds()


def discharge_of(row: Row, network: Network, place: Location) -> float | None:
    """The flow in the table, or else the reach's; a 0 in the table is no missing value."""
    given = row.optional_number("discharge_m3s")
    return network.reach(place.reach_id).discharge_m3s if given is None else given


def read_flow(path: Path, clock: Clock) -> FlowTime:
    """How the flow changes, by a table with the columns `time` and `factor`: discharge over that of the network."""
    found: dict[float, float] = {}
    for row in read_rows(path):
        try:
            time_s = clock.seconds(row.text("time"))
        except ValueError as error:
            raise row.error("time", str(error)) from error
        if time_s in found:
            raise row.error("time", f"{row.text('time')!r} is given twice. Keep one.")
        factor = row.number("factor")
        if not factor > 0:
            raise row.error("factor", f"{factor:g} is not above 0; water that stands still has no flow-time.")
        found[time_s] = factor
    return FlowTime(*zip(*sorted(found.items()), strict=True))
