"""Tables of stations, readings and surveys, for the command line."""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from riverkit.errors import TracingError
from riverkit.network import Network
from riverkit.tracing.model import Floats, StationSeries
from riverkit.tracing.survey import Instrument, Survey
from riverkit.tracing.tables import Clock, Row, clock_of, discharge_of, place_of, read_rows, seconds_of

PURE_WATER = 1e6
"""mg/L: no concentration is above the weight of the water."""

_BELOW_LIMIT = re.compile(r"[<＜]\s*(.+)|(.+)L", re.IGNORECASE)
"""As laboratories write what they could not find: <0.025 or 0.025L."""

UNLIKELY = 10.0
"""A background so many times the highest reading is in another unit, or another parameter's."""

PER_MILLIGRAM = {"mg_l": 1.0, "ug_l": 1_000.0}
"""The units that a column's name may bear: value_mg_l, value_ug_l."""

Flags = NDArray[np.bool_]
Tell = Callable[[str], None]
"""Takes a sentence for whoever asked."""


def read_instruments(
    network: Network,
    stations_path: Path | None,
    readings_path: Path | None,
    survey_paths: Sequence[Path],
    *,
    tell: Tell,
) -> tuple[dict[str, list[Instrument]], Clock]:
    """Stations and surveys by what they measured, on one clock; under "" where the tables name no parameter.

    At least one table of readings must be given, and stations with their readings.

    The stations' table has columns `station`; a place as `lon`, `lat` (degrees) or `reach`, `chainage_m`; and
    optionally `discharge_m3s` (else the reach's), `background_mg_l` and `parameter`: such a row holds for that parameter
    only, one without it for all others. The readings' table has `station`, `time` (seconds, ISO 8601 or as spreadsheets write it; all with a zone or all without),
    `value_mg_l` (empty where missing, <0.05 or 0.05L below a detection limit) and optionally `parameter`, `sigma_mg_l` and
    `flag` (a reading with any flag but N or empty counts as missing). A survey's table has a place for every reading
    instead of a station. `background_ug_l`, `value_ug_l` and `sigma_ug_l` are read in µg/L. A row that repeats another is
    left out and told; one that contradicts another is refused.
    """
    found: defaultdict[str, list[Instrument]] = defaultdict(list)
    clock: Clock | None = None
    if stations_path is not None and readings_path is not None:
        rows = read_rows(readings_path)
        clock = clock_of(rows)
        known = read_known_stations(stations_path)
        for parameter, own in _by_parameter(rows).items():
            found[parameter] += _stations(network, known, parameter, own, clock, tell)
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
    network: Network, stations_path: Path, readings_path: Path, parameter: str | None = None, *, tell: Tell
) -> tuple[list[StationSeries], Clock]:
    """Stations with readings of one parameter; tables as for `read_instruments`."""
    name, rows = rows_of_one(read_rows(readings_path), parameter)
    clock = clock_of(rows)
    return _stations(network, read_known_stations(stations_path), name, rows, clock, tell), clock


def rows_of_one(rows: Sequence[Row], parameter: str | None) -> tuple[str, list[Row]]:
    """The rows of that parameter, or of the only one there is; with its name, "" where the table names none.

    Raises:
        TracingError: there are several and none was chosen, or none of that name.
    """
    found = _by_parameter(rows)
    where, names = rows[0].path.name, ", ".join(filter(None, found)) or "none: it has no column 'parameter'"
    if parameter is None and len(found) > 1:
        raise TracingError(f"{where}: readings of {names}. Choose one of them with --parameter.")
    name = next(iter(found)) if parameter is None else parameter
    if name not in found:
        raise TracingError(f"{where}: no readings of {name!r}; the parameters are {names}.")
    return name, found[name]


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


KnownStations = Mapping[tuple[str, str], Row]
"""The rows of a stations' table by station and parameter, "" where a row holds for all."""


def read_known_stations(path: Path) -> KnownStations:
    """The stations' table, in which no station may stand twice for the same parameter."""
    known: dict[tuple[str, str], Row] = {}
    for row in read_rows(path):
        name = row.text("station"), row.optional("parameter")
        if name in known:
            raise row.error(
                "station", f"{' '.join(name).strip()!r} stands further up already. Keep one of the rows."
            )
        known[name] = row
    return known


def rows_by_station(
    known: KnownStations, parameter: str, rows: Sequence[Row], clock: Clock, tell: Tell
) -> list[tuple[Row, list[Row]]]:
    """For every station that was read, its row in the stations' table and its readings of that parameter, each once."""
    by_station: defaultdict[str, list[Row]] = defaultdict(list)
    once = _each_once(rows, clock)
    if len(once) < len(rows):
        tell(
            f"{rows[0].path.name}: {len(rows) - len(once):,} rows repeat another (same station, time and value): each counts "
            "once."
        )
    for row in once:
        by_station[row.text("station")].append(row)
    found = []
    for station, own in by_station.items():
        meta = known.get((station, parameter)) or known.get((station, ""))
        if meta is None:
            path = next(iter(known.values())).path
            of = f" for {parameter}" if parameter else ""
            raise own[0].error("station", f"{station!r} is not in {path.name}{of}. Give it a row there.")
        found.append((meta, own))
    return found


def _each_once(rows: Sequence[Row], clock: Clock) -> list[Row]:
    """The rows without those that repeat another; of those that hold no reading there may be several at a time.

    Raises:
        TracingError: two readings of a station at one time differ.
    """
    first: dict[tuple[str, float], tuple[Row, tuple[float, bool]]] = {}
    kept = []
    for row in rows:
        reading = _reading(row)
        if math.isnan(reading[0]):
            kept.append(row)
            continue
        station, when = row.text("station"), seconds_of(row, clock)
        earlier, value = first.setdefault((station, when), (row, reading))
        if earlier is row:
            kept.append(row)
        elif value != reading:
            column, _ = _unit(row, "value")
            raise row.error(
                column,
                f"{row.text(column)} at {station!r}, {row.text('time')}, where row {earlier.line} has "
                f"{earlier.text(column)}. Keep the right one, or give their mean.",
            )
    return kept


def _stations(
    network: Network, known: KnownStations, parameter: str, rows: Sequence[Row], clock: Clock, tell: Tell
) -> list[StationSeries]:
    found = rows_by_station(known, parameter, rows, clock, tell)
    return [_series(network, meta, own, clock) for meta, own in found]


def _series(network: Network, meta: Row, rows: Sequence[Row], clock: Clock) -> StationSeries:
    place = place_of(network, meta)
    value, below = concentrations(rows)
    return StationSeries(
        location=place,
        discharge_m3s=discharge_of(meta, network, place),
        time_s=np.array([seconds_of(row, clock) for row in rows]),
        value=value,
        sigma=_errors(rows, value),
        background=background_of(meta, value),
        name=meta.text("station"),
        below=below if below.any() else None,
    )


def _survey(network: Network, name: str, rows: Sequence[Row], clock: Clock) -> Survey:
    places = [place_of(network, row) for row in rows]
    value, below = concentrations(rows)
    return Survey(
        places,
        np.array([discharge_of(row, network, place) for row, place in zip(rows, places, strict=True)]),
        np.array([seconds_of(row, clock) for row in rows]),
        value,
        _errors(rows, value),
        name=name,
        below=below if below.any() else None,
    )


def concentrations(rows: Sequence[Row]) -> tuple[Floats, Flags]:
    """The value of every row in mg/L, NaN where missing or flagged, and whether it is a limit that the reading was below."""
    found = [_reading(row) for row in rows]
    return np.array([value for value, _ in found]), np.array([below for _, below in found], dtype=bool)


def _reading(row: Row) -> tuple[float, bool]:
    return _concentration(row) if row.optional("flag") in ("", "N") else (math.nan, False)


def _concentration(row: Row) -> tuple[float, bool]:
    column, factor = _unit(row, "value")
    text = row.text(column)
    if not text:
        return math.nan, False
    limit = _BELOW_LIMIT.fullmatch(text)
    value = factor * row.number(column, text if limit is None else limit[1] or limit[2])
    if value < 0 or (limit is not None and value == 0):
        raise row.error(
            column,
            f"{text} {_named(column)} is no concentration. Leave it empty, flag it, or give the detection limit, as in <0.05.",
        )
    if value > PURE_WATER:
        raise row.error(column, f"{text} {_named(column)} is more than water weighs. Check the unit.")
    return value, limit is not None


def _unit(row: Row, quantity: str) -> tuple[str, float]:
    """The column of a concentration, by the unit in its name, and the factor that makes it mg/L."""
    given = [unit for unit in PER_MILLIGRAM if f"{quantity}_{unit}" in row.values]
    if len(given) > 1:
        raise row.error(
            f"{quantity}_{given[1]}", f"{quantity}_{given[0]} is there too. Keep one of the columns."
        )
    unit = given[0] if given else "mg_l"
    return f"{quantity}_{unit}", 1.0 / PER_MILLIGRAM[unit]


def _named(column: str) -> str:
    return "µg/L" if column.endswith("_ug_l") else "mg/L"


def _optional_mg_l(row: Row, quantity: str) -> tuple[str, float | None]:
    """The column of a concentration that may be missing, and it in mg/L."""
    column, factor = _unit(row, quantity)
    value = row.optional_number(column)
    return column, None if value is None else factor * value


def at_half_limit(value: Floats, below: Flags | None) -> Floats:
    """The same with half the limit for readings below it, as means and quantiles take them."""
    return value if below is None else np.where(below, 0.5 * value, value)


def background_of(meta: Row, value: Floats) -> float | None:
    """The background of a station with these readings, mg/L; None where it is not given."""
    column, background = _optional_mg_l(meta, "background")
    if background is None:
        return None
    highest = float(np.nanmax(value, initial=0.0))
    if background < 0 or background > UNLIKELY * highest > 0:
        raise meta.error(
            column,
            f"{background:g} mg/L, and the highest reading is {highest:g} mg/L. Give what the station shows without "
            "the event, in the same unit, or leave it empty.",
        )
    return background


def _errors(rows: Sequence[Row], value: Floats) -> Floats | None:
    """Standard errors of the readings in mg/L, if they have any."""
    column, _ = _unit(rows[0], "sigma")
    sigmas = [_optional_mg_l(row, "sigma")[1] for row in rows]
    if all(sigma is None for sigma in sigmas):
        return None
    for row, sigma, usable in zip(rows, sigmas, np.isfinite(value).tolist(), strict=True):
        if usable and sigma is None:
            raise row.error(column, "nothing here, and other readings have one. Give all or none.")
        if sigma is not None and not sigma > 0:
            raise row.error(column, f"{sigma:g} mg/L. Give a standard error above 0.")
    return np.array([1.0 if sigma is None else sigma for sigma in sigmas])
