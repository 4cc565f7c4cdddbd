"""One parameter's readings, ready for the search."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from riverkit.network import Location
from riverkit.tracing.correlation import Clouds, Correlator
from riverkit.tracing.model import Floats, Ints
from riverkit.tracing.parameter import Parameter
from riverkit.tracing.passing import Seen
from riverkit.tracing.prediction import Predictor
from riverkit.tracing.readings import GriddedReadings, Readings
from riverkit.tracing.singly import BLOCK, SinglePassing
from riverkit.transport import LaplaceGrid
from riverkit.transport.kernel import Complex


@dataclass(frozen=True, eq=False)
class Pulses:
    """What places send past the stations that see them, on the grid of starts.

    Attributes:
        stations: numbers of these, shape [m].
        pulses: as of `Predictor.pulses`, shape [places, m, positions].
        first: position of the first pulse that is told from 0, shape [places, m].
        length: from there on, of the longest at any station, shape [places].
    """

    stations: Ints
    pulses: Floats
    first: Ints
    length: Ints

    def clouds(self, correlator: Correlator, rows: Ints) -> Clouds:
        """Of some of the places."""
        longest = int(self.length[rows].max())
        begin = np.minimum(self.first[rows], self.pulses.shape[-1] - longest)
        windows = sliding_window_view(self.pulses[rows], longest, axis=-1)
        inside = np.take_along_axis(windows, begin[..., None, None], axis=2)[:, :, 0]
        return Clouds(correlator, self.stations, begin, inside)


@dataclass(frozen=True, eq=False)
class Measured:
    """A parameter's readings, with what turns transforms into their products.

    "Stations" are the places with so many readings that transforms of the readings pay.

    Attributes:
        decay_per_s: first-order loss on the way.
        rows: for each place where it was read, the number among the search's locations.
        gains: share of the mass that is recovered there, shape [settings, places].
    """

    decay_per_s: float
    rows: Ints
    gains: Floats
    gridded: GriddedReadings
    predictor: Predictor
    correlator: Correlator

    @classmethod
    def prepared(
        cls,
        parameter: Parameter,
        readings: Sequence[Readings],
        gridded: GriddedReadings,
        grid: LaplaceGrid,
        *,
        rows: Ints,
        gains: Floats,
        first_start_s: float,
        n_starts: int,
        steps: tuple[int, ...],
    ) -> "Measured":
        """Lay out what the search needs of it; `steps` are the durations in start steps."""
        predictor = Predictor(parameter.stations, readings, grid, gridded.size, first_start_s, steps)
        correlator = Correlator(gridded, n_starts, steps)
        return cls(parameter.decay_per_s, rows, gains, gridded, predictor, correlator)

    @property
    def n_single_values(self) -> int:
        """Values that a release has at once at what is correlated reading by reading."""
        single, places = self.gridded.single, len(self.rows) - len(self.gridded.points)
        return max(len(single.weight) * (BLOCK + self.correlator.longest), places * self.gridded.size)

    def most(self, passes: NDArray[np.bool_]) -> Floats:
        """What releases explain at most of which these of the search's locations see anything, shape [places, locations].

        As a sum of ½ S_gy²/S_gg, shape [places].
        """
        seen = passes[:, self.rows]
        held = self.correlator.held
        stations = np.arange(len(self.gridded.points))
        of_station = held.between(
            stations, np.zeros_like(stations), np.full_like(stations, self.gridded.size)
        )
        most: Floats = seen[:, self.gridded.points] @ of_station.bound()
        return most + self.gridded.single.most(seen) if len(self.gridded.single.weight) else most

    def seen_by(self, transforms: Complex) -> NDArray[np.bool_]:
        """Which stations releases pass, shape [pairs, stations], by their transforms [pairs, places read at, nodes]."""
        seen: NDArray[np.bool_] = transforms[:, self.gridded.points, 0] != 0
        return seen

    def pulses(self, transforms: Complex, seen_by: NDArray[np.bool_]) -> Pulses | None:
        """Pulses at these stations, by the transforms at all places; None for no station."""
        stations = np.flatnonzero(seen_by)
        if not len(stations):
            return None
        points = self.gridded.points[stations]
        pulses, first, last = self.predictor.pulses(transforms[:, points], points)
        return Pulses(stations, pulses, first, (last - first).max(axis=1) + 1)

    def seen(self, pulses: Pulses | None, transforms: Complex, rows: Ints) -> Seen:
        """What is seen of these releases: at stations by their clouds, elsewhere reading by reading."""
        found: list[Clouds | SinglePassing] = []
        if pulses is not None:
            found.append(pulses.clouds(self.correlator, rows))
        single = self.gridded.single
        if len(single.weight):
            elsewhere = transforms[rows]
            elsewhere[:, self.gridded.points] = 0.0
            integrals = self.predictor.integral(elsewhere)
            found.append(SinglePassing(single, integrals, self.correlator.n_starts, self.correlator.steps))
        return found


def rows_and_gain_numbers(
    parameters: Sequence[Parameter],
) -> tuple[list[Location], list[Ints], list[Ints], int]:
    """Where the parameters were read: all places once; by parameter, the place and the gain of each of its points.

    A gain belongs to an instrument and its places: what was read at the same ones shares it, whatever the parameter.
    Gains are numbered by place, so that the settings drawn are the same in whatever order the stations come. The last is
    the number of gains.
    """
    locations: dict[Location, int] = {}
    gains = _numbered_by_place(parameters)
    rows, gain_numbers = [], []
    for parameter in parameters:
        own_rows, own_gains = [], []
        again: Counter[tuple[Location, ...]] = Counter()
        for instrument in parameter.stations:
            where = instrument.points.locations
            own_rows += [locations.setdefault(place, len(locations)) for place in where]
            own_gains += [gains[where, again[where]]] * len(where)
            again[where] += 1
        rows.append(np.array(own_rows))
        gain_numbers.append(np.array(own_gains))
    return list(locations), rows, gain_numbers, len(gains)


def _numbered_by_place(parameters: Sequence[Parameter]) -> dict[tuple[tuple[Location, ...], int], int]:
    """A number for every instrument's places, and for each that was there again."""
    most: Counter[tuple[Location, ...]] = Counter()
    for parameter in parameters:
        most |= Counter(instrument.points.locations for instrument in parameter.stations)
    own = [(where, again) for where, times in most.items() for again in range(times)]
    own.sort(key=lambda each: ([(place.reach_id, place.chainage_m) for place in each[0]], each[1]))
    return {each: number for number, each in enumerate(own)}
