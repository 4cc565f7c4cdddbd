"""Measured values of a station as arrays, from the database, as far back as a question needs."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from riverkit.quality import Standard, WaterBody

from riverchief.monitor.detection import Array, Scale
from riverchief.monitor.lab_readings import laboratory_times
from riverchief.monitor.models import Kind
from riverchief.monitor.retrieval import Row, retrieve
from riverchief.registry.models import Station

# A day's mean comes after the day: too late to raise an alarm, and it would repeat one.
WATCHED_KINDS = (Kind.INSTANT, Kind.MINUTE, Kind.HOUR)


@dataclass(frozen=True)
class Series:
    """Measured values (flag N) of one parameter at one station, in order of time."""

    station: Station
    parameter: str
    kind: str
    unit: str
    scale: Scale
    target_class: int
    time_s: Array
    value: Array

    @property
    def badness(self) -> Array:
        """The values, turned so that more is worse."""
        return self.scale.badness(self.value)

    def moment(self, index: int) -> datetime:
        """The time of a reading."""
        return moment(self.time_s[index])


def moment(time_s: float) -> datetime:
    """Seconds since 1970 as a time."""
    return datetime.fromtimestamp(float(time_s), UTC)


def target_of(station: Station) -> int | None:
    """The target class of a station: its own, or that of its section; None where nobody has set one."""
    return station.target_class or (station.section.target_class if station.section else None)


def watched_series(station: Station, since: datetime, until: datetime, by: Standard) -> list[Series]:
    """The series of a station that have a limit to pass; of each parameter the kind with most values."""
    target = target_of(station)
    if target is None:
        return []
    found: dict[str, dict[str, list[tuple[float, float, str]]]] = defaultdict(lambda: defaultdict(list))
    for parameter, kind, at, value, unit in _measured(station, WATCHED_KINDS, since, until):
        found[parameter][kind].append((at.timestamp(), value, unit))
    series = []
    for parameter, kinds in sorted(found.items()):
        water_body: WaterBody = "lake" if station.water_body == "lake" else "river"
        scale = Scale.of(by, parameter, water_body, target)
        if scale is None:
            continue
        kind, rows = max(kinds.items(), key=lambda item: (len(item[1]), item[0]))
        time_s, values, units = zip(*rows, strict=True)
        series.append(
            Series(station, parameter, kind, units[-1], scale, target, np.array(time_s), np.array(values))
        )
    return series


def with_history(series: Series, back: timedelta) -> Series:
    """The same series, from `back` before its first reading on."""
    start = series.moment(0)
    rows = [
        (at.timestamp(), value)
        for _, _, at, value, _ in _measured(
            series.station, [series.kind], start - back, start - datetime.resolution, [series.parameter]
        )
    ]
    if not rows:
        return series
    time_s, values = (np.array(column) for column in zip(*rows, strict=True))
    return Series(
        series.station,
        series.parameter,
        series.kind,
        series.unit,
        series.scale,
        series.target_class,
        np.concatenate([time_s, series.time_s]),
        np.concatenate([values, series.value]),
    )


@dataclass(frozen=True)
class StationValues:
    """Measured values (flag N) of several parameters at one station, each of the kind with most of them, on one time axis.

    `time_s` (N,) are all times at which anything was measured; `values` (N,) are NaN where this parameter was not.
    """

    time_s: Array
    values: dict[str, Array]
    kinds: dict[str, str]
    units: dict[str, str]

    def times_of(self, parameter: str) -> Array:
        """When the parameter was measured."""
        times: Array = self.time_s[~np.isnan(self.values[parameter])]
        return times


def measured_values(
    station_id: int,
    parameters: Iterable[str],
    since: datetime,
    until: datetime,
    *,
    instruments_only: bool = False,
) -> StationValues:
    """What a station measured, in order of time; `instruments_only`: without what a laboratory found in its water."""
    found: dict[str, dict[str, list[tuple[float, float, str]]]] = defaultdict(lambda: defaultdict(list))
    rows = retrieve(
        ("parameter", "kind", "period_start", "value", "unit", "packet_id"),
        stations=[station_id],
        start=since,
        end=until,
        parameters=parameters,
        kinds=WATCHED_KINDS,
        measured=True,
    )
    if instruments_only:
        rows = _of_instruments(rows, station_id, since, until)
    for parameter, kind, at, value, unit, _ in rows:
        found[parameter][kind].append((at.timestamp(), value, unit))
    best = {
        parameter: max(kinds.items(), key=lambda item: (len(item[1]), item[0]))
        for parameter, kinds in sorted(found.items())
    }
    columns = {parameter: np.array([row[:2] for row in rows]) for parameter, (_, rows) in best.items()}
    time_s = (
        np.unique(np.concatenate([column[:, 0] for column in columns.values()])) if columns else np.empty(0)
    )
    values = {}
    for parameter, column in columns.items():
        values[parameter] = np.full(len(time_s), np.nan)
        values[parameter][np.searchsorted(time_s, column[:, 0])] = column[:, 1]
    return StationValues(
        time_s,
        values,
        {parameter: kind for parameter, (kind, _) in best.items()},
        {parameter: rows[-1][2] for parameter, (_, rows) in best.items()},
    )


def _of_instruments(rows: list[Row], station_id: int, since: datetime, until: datetime) -> list[Row]:
    """Of rows that end with the number of their packet those that follow from no result of a laboratory."""
    if all(row[-1] is not None for row in rows):
        return rows
    found = laboratory_times(station_id, since, until)
    return [
        row for row in rows if row[-1] is not None or row[1] != Kind.INSTANT or (row[0], row[2]) not in found
    ]


def _measured(
    station: Station,
    kinds: Iterable[str],
    since: datetime,
    until: datetime,
    parameters: Iterable[str] | None = None,
) -> Iterable[tuple[str, str, datetime, float, str]]:
    return retrieve(
        ("parameter", "kind", "period_start", "value", "unit"),
        stations=[station.pk],
        start=since,
        end=until,
        parameters=parameters,
        kinds=kinds,
        measured=True,
    )
