"""From transforms to concentrations at the stations, and to bands around what was observed."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft, special

from riverkit.tracing.model import Floats, Ints
from riverkit.tracing.readings import Readings, first_points
from riverkit.tracing.result import StationPrediction
from riverkit.tracing.survey import Instrument
from riverkit.tracing.tally import Draws
from riverkit.transport import LaplaceGrid
from riverkit.transport.kernel import Complex

BAND_DRAWS = 128
BAND = (0.05, 0.95)
BAND_NODES = 8
"""Every so many of the ordered curves stand for all where the error of a reading is added."""

GRAMS_PER_KILOGRAM = 1_000.0

ROUNDING = 1e-14
"""Error of an inverse transform, as a share of its largest value."""

RINGING, RINGING_KEPT = 3.0, 64
"""Ringing is taken to be so many times its estimate, and left alone within so many steps around a cloud's peak."""

PRECISION, QUIET = 1e-5, 8
"""What is cut off is below that share of the cloud's peak, and not told from errors for at least so many steps. Sharp
clouds are left with a hundredth of the error that their ringing would add up to, and never with more."""

PASSING = 1e-7
"""A mean concentration below this (g/m³) is no cloud."""

NEWTON_STEPS, LEVEL_PRECISION = 12, 1e-4

Transported = Callable[[int, Sequence[int]], Iterator[tuple[int, Complex]]]
"""(hydraulic setting, release places) -> each place with its transforms at the stations."""


class Predictor:
    """Concentrations at the stations for releases on the grid of start times."""

    def __init__(
        self,
        stations: Sequence[Instrument],
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
        self._points = [
            begin + each.point for begin, each in zip(first_points(readings), readings, strict=True)
        ]
        self._positions = [(each.time_s - first_start_s) / grid.dt_s for each in readings]
        # From the share of the mass to g/m³ while 1 kg is released in every step.
        flows = np.concatenate([station.points.discharge_m3s for station in stations])
        self._scale = (GRAMS_PER_KILOGRAM / grid.dt_s) / flows
        self._growth = np.exp(grid.damping_per_s * grid.time_s[:size]) / grid.dt_s
        # A series repeats after its window: what rings ahead of the cloud rings at the window's end too.
        distance = np.abs(np.arange(1 - size, size))
        distance = np.maximum(np.minimum(distance, grid.steps - distance), RINGING_KEPT)
        self._ringing = RINGING / (math.pi * distance)

    def integral(self, transforms: Complex) -> Floats:
        """Concentration at each place (last axis but one) and grid time while every step releases 1 kg, from step 0
        on."""
        active = np.flatnonzero(transforms[..., 0].reshape(-1, transforms.shape[-2]).any(axis=0))
        result = np.zeros((*transforms.shape[:-1], self._size))
        pulses, _, _ = self.pulses(transforms[..., active, :], active)
        np.cumsum(pulses, axis=-1, out=pulses)
        result[..., active, :] = pulses
        return result

    def pulses(self, transforms: Complex, points: Ints) -> tuple[Floats, Ints, Ints]:
        """How that concentration rises from step to step, and the first and the last step that are told from 0.

        Args:
            transforms: shape [..., places, nodes], of these places, which must see the releases.
        """
        averaged = transforms * self._grid.cell_average
        pulses = fft.irfft(averaged, n=self._grid.steps)[..., : self._size]
        first, last = self._told(pulses, np.abs(averaged[..., -1]))
        pulses *= self._growth
        pulses *= (self._grid.dt_s * self._scale[points])[:, None]
        position = np.arange(self._size)
        pulses[(position < first[..., None]) | (position > last[..., None])] = 0.0
        return pulses, first, last

    def _told(self, damped: Floats, at_nyquist: Floats) -> tuple[Ints, Ints]:
        """Positions between which the inversion can be told from rounding and from ringing.

        The series grows by the damping out of one that is right to the rounding of its largest value, and a transform
        of size r at the last frequency rings with r/π over the distance (in steps) from the cloud. Both would pass for
        water still under way at the end of the window.
        """
        size = self._size
        magnitude = np.abs(damped)
        peak, largest = magnitude.argmax(axis=-1), magnitude.max(axis=-1)
        error = sliding_window_view(self._ringing, size)[size - 1 - peak] * at_nyquist[..., None]
        error += ROUNDING * largest[..., None]
        told = magnitude > error
        # A tail is cut only where it has fallen below the errors while these, grown, were still nothing to the peak.
        error *= self._growth
        small = error <= (PRECISION * largest * self._growth[peak])[..., None]
        small_until = size - 1 - small[..., ::-1].argmax(axis=-1)
        first = told.argmax(axis=-1)
        told &= np.arange(size) <= small_until[..., None]
        last = size - 1 - told[..., ::-1].argmax(axis=-1)
        quiet = small.any(axis=-1) & (small_until >= last + QUIET)
        return np.where(quiet, first, 0), np.where(quiet, last, size - 1)

    def bands(
        self, masses: Sequence[Floats], chosen: Sequence[Draws], transported: Transported
    ) -> list[tuple[StationPrediction, ...]]:
        """For each candidate's equally weighted draws, of these masses, the band of concentrations at every station."""
        curves = self.unit_curves(chosen, transported)
        return [self._bands_of(kilograms, unit) for kilograms, unit in zip(masses, curves, strict=True)]

    def unit_curves(self, chosen: Sequence[Draws], transported: Transported) -> list[list[Floats]]:
        """For each candidate's draws the concentration a kilogram causes, g/m³: by station [draws, readings]."""
        curves = [[np.empty((len(draws.start), len(at))) for at in self._positions] for draws in chosen]
        places_in: defaultdict[int, set[int]] = defaultdict(set)
        for draws in chosen:
            for setting, place in zip(draws.setting.tolist(), draws.place.tolist(), strict=True):
                places_in[setting].add(place)
        for setting, places in places_in.items():
            for place, rows in transported(setting, sorted(places)):
                integral = self.integral(rows)
                for draws, of_candidate in zip(chosen, curves, strict=True):
                    own = np.flatnonzero((draws.setting == setting) & (draws.place == place))
                    if len(own):
                        steps = self._duration_steps[draws.duration[own]]
                        self._fill(of_candidate, own, integral, draws.start[own, None], steps[:, None])
        return curves

    def _fill(self, curves: list[Floats], own: Ints, integral: Floats, start: Ints, steps: Ints) -> None:
        for curve, point, position in zip(curves, self._points, self._positions, strict=True):
            since = position - start
            curve[own] = (passed(integral, point, since) - passed(integral, point, since - steps)) / steps

    def _bands_of(self, masses: Floats, unit_curves: Sequence[Floats]) -> tuple[StationPrediction, ...]:
        bands = []
        for row, (readings, unit) in enumerate(zip(self._readings, unit_curves, strict=True)):
            curves = masses[:, None] * unit
            passage = _passage(readings.time_s, curves.mean(axis=0))
            curves += readings.background(curves)
            ordered = np.sort(curves.T, axis=1)
            low, high = np.quantile(ordered, BAND, axis=1)
            reading_low, reading_high = (
                _quantile_with_error(ordered[:, ::BAND_NODES], readings.error, level) for level in BAND
            )
            # Errors are normal here, and concentrations are not below 0 unless somebody took something off them.
            floor = min(0.0, float(readings.observed.min()))
            low, reading_low = np.maximum(low, floor), np.maximum(reading_low, floor)
            bands.append(
                StationPrediction(
                    self._names[row],
                    time_s=tuple(readings.time_s.tolist()),
                    observed=tuple(readings.observed.tolist()),
                    mean=tuple(curves.mean(axis=0).tolist()),
                    low=tuple(low.tolist()),
                    high=tuple(high.tolist()),
                    reading_low=tuple(reading_low.tolist()),
                    reading_high=tuple(reading_high.tolist()),
                    passage_s=passage,
                )
            )
        return tuple(bands)


def passed(integral: Floats, point: Ints, position: Floats) -> Floats:
    """The integral at a place for each reading (last axis): linear between grid times, zero before the release."""
    lower = np.clip(np.floor(position), 0, integral.shape[1] - 2).astype(np.int64)
    share = np.clip(position - lower, 0.0, 1.0)
    found: Floats = integral[point, lower] * (1.0 - share) + integral[point, lower + 1] * share
    found[position < 0] = 0.0
    return found


def _passage(time_s: Floats, signal: Floats) -> tuple[float, float] | None:
    """Between which times the middle of a cloud passes: from 5 to 95 % of what passes while there are readings."""
    passed = np.concatenate([[0.0], np.cumsum(np.diff(time_s) * (signal[1:] + signal[:-1]) / 2.0)])
    if not passed[-1] > PASSING * (time_s[-1] - time_s[0]):
        return None
    first, last = np.interp(BAND, passed / passed[-1], time_s)
    return float(first), float(last)


def _quantile_with_error(values: Floats, error: Floats, level: float) -> Floats:
    """Quantile of equally likely values (last axis) plus a normal error, by Newton steps kept within brackets."""
    normal = float(special.ndtri(level))
    low, high = values.min(axis=1) + normal * error, values.max(axis=1) + normal * error
    found = values.mean(axis=1) + normal * np.hypot(error, values.std(axis=1))
    for _ in range(NEWTON_STEPS):
        outside = (found < low) | (found > high)
        found = np.where(outside, 0.5 * (low + high), found)
        scaled = (found[:, None] - values) / error[:, None]
        excess = special.ndtr(scaled).mean(axis=1) - level
        density = np.exp(-0.5 * scaled * scaled).mean(axis=1) / (math.sqrt(2.0 * math.pi) * error)
        low, high = np.where(excess < 0, found, low), np.where(excess > 0, found, high)
        found = found - excess / np.maximum(density, np.finfo(float).tiny)
        if np.abs(excess).max() < LEVEL_PRECISION:
            break
    within: Floats = np.clip(found, low, high)
    return within


def evenly_chosen(draws: Draws, weights: Floats, count: int) -> Draws:
    """So many equally weighted draws of weighted ones."""
    cumulated = np.cumsum(weights)
    targets = (np.arange(count) + 0.5) * (cumulated[-1] / count)
    return draws.taken(np.searchsorted(cumulated, targets))
