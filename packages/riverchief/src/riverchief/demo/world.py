"""Everything the demo's analysers see: the quiet water, the secret on top of it, gaps and services."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from riverchief.demo.background import CODES, MEASURED, SERVICED, Water, moment_of, seconds, step_of, waters
from riverchief.demo.model import DemoBasin, DemoStation
from riverchief.demo.rain import Sky
from riverchief.demo.truth import PARAMETER, WINDOW_S, Secret
from riverchief.monitor.readings import ReadingRow
from riverchief.monitor.virtual.analyser import Sample

Steps = NDArray[np.int64]


@dataclass(frozen=True)
class World:
    """A basin on the day of the story; the window of the story ends at `window_end`."""

    basin: DemoBasin
    secret: Secret
    window_end: datetime
    waters: dict[str, Water]

    @classmethod
    def of(cls, basin: DemoBasin, secret: Secret, window_end: datetime) -> "World":
        """The world of a basin, its secret and the end of the window."""
        return cls(basin, secret, window_end, waters(basin.seed, basin.stations))

    @property
    def window_start(self) -> datetime:
        """When the story's readings begin."""
        return self.window_end - timedelta(seconds=WINDOW_S)

    @property
    def sky(self) -> Sky:
        """What falls on the gauges."""
        return Sky(self.basin.seed, self.window_end)

    @property
    def analysed(self) -> list[DemoStation]:
        """The stations that have an analyser."""
        return [station for station in self.basin.stations if station.mn is not None]

    def window(self) -> Steps:
        """The steps of the story."""
        return np.arange(step_of(self.window_start), step_of(self.window_end) + 1, dtype=np.int64)

    def samples(self, station: DemoStation, steps: Steps) -> Iterator[Sample]:
        """What the station's logger sends; steps that never arrive are left out."""
        columns, missing, serviced = self._read(station, steps)
        for row in np.flatnonzero(~missing):
            flag = SERVICED if serviced[row] else MEASURED
            values = {CODES[key][0]: (float(column[row]), flag) for key, column in columns.items()}
            yield Sample(moment_of(int(steps[row])), values)

    def history(self, station: DemoStation, station_id: int, steps: Steps) -> Iterator[ReadingRow]:
        """The same as readings that were stored long ago."""
        columns, missing, serviced = self._read(station, steps)
        for row in np.flatnonzero(~missing):
            at = moment_of(int(steps[row]))
            for key, column in columns.items():
                yield ReadingRow(
                    station_id=station_id,
                    parameter=key,
                    kind="instant",
                    period_start=at,
                    sampled_at=at,
                    value=float(f"{column[row]:.4g}"),
                    unit=CODES[key][1],
                    flag=SERVICED if serviced[row] else MEASURED,
                    received_at=at,
                )

    def _read(
        self, station: DemoStation, steps: Steps
    ) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.bool_], NDArray[np.bool_]]:
        water = self.waters[station.code]
        columns = {key: water.values(key, steps) for key in CODES}
        since_start = seconds(steps) - self.window_start.timestamp()
        columns[PARAMETER] = columns[PARAMETER] + self.secret.at(station.code, since_start)
        masks = water.masks(steps)
        missing, serviced = masks.missing, masks.serviced
        if station.code in self.secret.affected[:2]:
            # Else the outcome of the story would hang on the hour at which somebody starts it.
            told = (since_start >= 0) & (since_start <= WINDOW_S)
            missing, serviced = missing & ~told, serviced & ~told
        return columns, missing, serviced
