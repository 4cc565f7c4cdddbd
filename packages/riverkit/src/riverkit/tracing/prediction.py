"""From transforms to concentrations at the stations, and to bands around what was observed."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from scipy import special

from riverkit.tracing.model import Floats, StationSeries
from riverkit.tracing.readings import Readings
from riverkit.tracing.result import StationPrediction
from riverkit.tracing.tally import Draws
from riverkit.transport import LaplaceGrid
from riverkit.transport.kernel import Complex

BAND_DRAWS = 128
BAND = (0.05, 0.95)
ERRORS = special.ndtri((np.arange(32) + 0.5) / 32)[:, None]
"""Evenly spread errors of a reading, in standard deviations."""

GRAMS_PER_KILOGRAM = 1_000.0

Transported = Callable[[int, Sequence[int]], Iterator[tuple[int, Complex]]]
"""(hydraulic setting, release places) -> each place with its transforms at the stations."""


class Predictor:
    """Concentrations at the stations for releases on the grid of start times."""

    def __init__(
        self,
        stations: Sequence[StationSeries],
        readings: Sequence[Readings],
        grid: LaplaceGrid,
        size: int,
        first_start_s: float,
        duration_steps: tuple[int, ...],
    ) -> None:
        self._names = [station.label for station in stations]
        self._readings = readings
        self._grid = grid
        self._size = size
        self._duration_steps = np.array(duration_steps)
        self._positions = [(each.time_s - first_start_s) / grid.dt_s for each in readings]
        # From the share of the mass to g/m³ while 1 kg is released in every step.
        flows = np.array([station.discharge_m3s for station in stations])
        self._scale = (GRAMS_PER_KILOGRAM / grid.dt_s) / flows

    def integral(self, rows: Complex) -> Floats:
        """Concentration at each station (row) and grid time while every step releases 1 kg, from step 0
        on."""
        active = rows.any(axis=1)
        result = np.zeros((len(rows), self._size))
        mass_rate = self._grid.invert(rows[active] * self._grid.cell_average)[:, : self._size]
        arrived = np.cumsum(mass_rate, axis=1) * self._grid.dt_s
        result[active] = arrived * self._scale[active, None]
        return result

    def bands(
        self, candidates: Sequence[tuple[Draws, Floats]], transported: Transported
    ) -> list[tuple[StationPrediction, ...]]:
        """For each candidate's weighted draws the band of concentrations at every station."""
        chosen = [_evenly_chosen(draws, weights) for draws, weights in candidates]
        integrals = self._integrals(chosen, transported)
        return [self._bands_of(draws, masses, integrals) for draws, masses in chosen]

    def _integrals(
        self, chosen: Sequence[tuple[Draws, Floats]], transported: Transported
    ) -> dict[tuple[int, int], Floats]:
        places_in: defaultdict[int, set[int]] = defaultdict(set)
        for draws, _ in chosen:
            for setting, place in zip(draws.setting.tolist(), draws.place.tolist(), strict=True):
                places_in[setting].add(place)
        return {
            (setting, place): self.integral(rows)
            for setting, places in places_in.items()
            for place, rows in transported(setting, sorted(places))
        }

    def _bands_of(
        self, draws: Draws, masses: Floats, integrals: dict[tuple[int, int], Floats]
    ) -> tuple[StationPrediction, ...]:
        steps = self._duration_steps[draws.duration]
        bands = []
        for row, readings in enumerate(self._readings):
            curves = np.empty((len(masses), len(readings.time_s)))
            for i, mass in enumerate(masses):
                integral = integrals[int(draws.setting[i]), int(draws.place[i])][row]
                since = self._positions[row] - draws.start[i]
                released = _at(integral, since) - _at(integral, since - steps[i])
                curves[i] = mass / steps[i] * released
            curves += readings.background(curves)
            low, high = np.quantile(curves, BAND, axis=0)
            scattered = curves[:, None, :] + ERRORS * readings.error
            reading = np.quantile(scattered.reshape(-1, len(readings.time_s)), BAND, axis=0)
            series = (readings.time_s, readings.value, curves.mean(axis=0), low, high, *reading)
            bands.append(StationPrediction(self._names[row], *(tuple(s.tolist()) for s in series)))
        return tuple(bands)


def _at(integral: Floats, position: Floats) -> Floats:
    """The integral between grid times, linear as in the likelihood, and zero before the release."""
    return np.interp(position, np.arange(len(integral)), integral, left=0.0)


def _evenly_chosen(draws: Draws, weights: Floats) -> tuple[Draws, Floats]:
    """So many equally weighted draws, with a mass each."""
    cumulated = np.cumsum(weights)
    targets = (np.arange(BAND_DRAWS) + 0.5) * (cumulated[-1] / BAND_DRAWS)
    chosen = draws.taken(np.searchsorted(cumulated, targets))
    return chosen, chosen.masses()
