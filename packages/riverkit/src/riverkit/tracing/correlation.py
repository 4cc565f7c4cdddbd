"""S_gg and S_gy of release places by Fourier transforms, for those starts at which they can explain the readings."""

from functools import cached_property

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft

from riverkit.tracing.model import Floats, Ints
from riverkit.tracing.readings import GriddedReadings
from riverkit.transport.kernel import Complex

CLOUDS_PER_BLOCK = 2
"""A transform is so many clouds long: much longer ones cost more, much shorter ones overlap more."""


class Correlator:
    """The readings, ready to be correlated with the clouds of any release place.

    Attributes:
        n_starts: starts searched.
        steps: durations, in start steps; `longest` is the largest of them.
        size: positions of the readings' grid.
        held: what the readings before each position hold.
    """

    def __init__(self, readings: GriddedReadings, n_starts: int, duration_steps: tuple[int, ...]) -> None:
        self.n_starts = n_starts
        self.steps = np.array(duration_steps)
        self.longest = max(duration_steps)
        self.size = readings.size
        self.off_grid = readings.next_ is not None
        squares = [readings.same] if readings.next_ is None else [readings.same, readings.next_]
        rows = np.array([readings.weighted, *squares, *readings.projections])
        # Zeros follow the last reading, for as far as a block may reach.
        self._rows = np.pad(
            rows, [(0, 0), (0, 0), (0, transform_size(readings.size + self.longest, n_starts))]
        )
        self.held = readings.held.running()

    def spectra(self, stations: Ints, begin: Ints, count: int) -> Complex:
        """Spectra of `count` positions of the readings from each `begin` on, zeros after the last.

        Args:
            stations: numbers, shape [m].
            begin: shape [n, m].

        Returns:
            shape [lines, n, m, frequencies]; the lines are `weighted`, `same`, `next_` if there is one, and projections.
        """
        windows = sliding_window_view(self._rows, count, axis=-1)
        found: Complex = fft.rfft(windows[:, stations, np.minimum(begin, self.size)])
        return found


def transform_size(lasting: int, n_starts: int) -> int:
    """Positions of a transform for clouds that last so long, all durations included."""
    return int(fft.next_fast_len(min(CLOUDS_PER_BLOCK * lasting, lasting + n_starts), real=True))


class Clouds:
    """What release places seen by the same stations send past them, and the products with the readings.

    A cloud passes a station in a part of the time searched. Starts are therefore taken in blocks, each with the
    readings that its clouds meet: exact, cheaper than transforms as long as the search, and most starts need not be
    looked at, as a release explains no more than what the readings hold while its cloud passes (`held.Held`).

    Attributes:
        hop: a block has at most so many starts, and may begin at any.
    """

    def __init__(self, readings: Correlator, stations: Ints, arrival: Ints, pulses: Floats) -> None:
        """Args:
        stations: numbers of those that see the places, shape [m].
        arrival: position of the first pulse after a release at position 0, shape [places, m].
        pulses: from there on the concentration while 1 kg is released in every step, as it rises from step to step,
            g/m³, shape [places, m, positions].
        """
        self._readings, self._stations, self._arrival, self._rises = readings, stations, arrival, pulses
        self._lasting = pulses.shape[-1] + readings.longest
        self._size = transform_size(self._lasting, readings.n_starts)
        self.hop = min(self._size - self._lasting + 1, readings.n_starts)

    def taken(self, rows: Ints) -> "Clouds":
        """Of some of the places."""
        return Clouds(self._readings, self._stations, self._arrival[rows], self._rises[rows])

    @cached_property
    def _pulses(self) -> Complex:
        return self._spectra(self._rises)

    @cached_property
    def _products(self) -> list[Complex]:
        """Spectra of the squares of releases of every duration, and off the grid of the products of neighbours."""
        readings, length = self._readings, self._rises.shape[-1]
        longest = readings.longest
        # Zeros for the longest duration before the cloud, constant after it.
        rising = np.zeros((*self._rises.shape[:-1], longest + self._lasting))
        np.cumsum(self._rises, axis=-1, out=rising[..., longest : longest + length])
        rising[..., longest + length :] = rising[..., longest + length - 1, None]
        before = sliding_window_view(rising, self._lasting, axis=-1)[..., longest - readings.steps, :]
        # Padded to the size of the transform beforehand, which spares a copy.
        padded = np.zeros((*before.shape[:-1], self._size))
        released = padded[..., : self._lasting]
        np.subtract(rising[..., None, longest:], before, out=released)
        products = [self._spectra(released[..., :-1] * released[..., 1:])] if readings.off_grid else []
        np.square(released, out=released)
        return [self._spectra(padded), *products]

    def _spectra(self, kernels: Floats) -> Complex:
        found: Complex = fft.rfft(kernels, n=self._size)
        return np.conj(found, out=found)

    def bounds(self, part: int) -> Floats:
        """For every so many starts: no release that begins at one of them has a larger ½ S_gy²/S_gg.

        Shape [places, parts].
        """
        readings = self._readings
        first = np.arange(0, readings.n_starts, part)
        # A reading between two positions feels the cloud from the position before it on.
        begin = self._arrival[..., None] + first - 1
        end = begin + part + self._lasting
        begin, end = (np.clip(each, 0, readings.size) for each in (begin, end))
        row = self._stations[:, None]
        bounds: Floats = readings.held.between(row, begin, end).bound().sum(axis=1)
        return bounds

    def products(self, places: Ints, first: Ints, count: int) -> tuple[Floats, Floats]:
        """S_gg and S_gy of these places for `count` starts from their first on, each of shape [places, durations, starts].

        Starts beyond the last one of the search are of no use.
        """
        readings = self._readings

        def of_places(kernels: Complex) -> Complex:
            return kernels if len(places) == len(kernels) else kernels[places]

        begin = self._arrival[places] + first[:, None]
        weighted, same, *others = readings.spectra(self._stations, begin, self._size)
        squares = np.einsum("psbf,psf->pbf", of_places(self._products[0]), same)
        if readings.off_grid:
            squares += np.einsum("psbf,psf->pbf", of_places(self._products[1]), others.pop(0))
        s_gg = fft.irfft(squares, n=self._size)[..., :count]
        pulses = of_places(self._pulses)
        for projection in others:
            for onto in np.moveaxis(pulses * projection, 1, 0):
                released = self._released(onto, count)
                s_gg -= np.square(released, out=released)
        s_gy = self._released(np.einsum("psf,psf->pf", pulses, weighted), count)
        rates = readings.steps[:, None].astype(float)
        s_gy /= rates
        s_gg /= rates**2
        # Rounding may leave a signal that no reading sees slightly below zero.
        return np.maximum(s_gg, 0.0, out=s_gg), s_gy

    def _released(self, lines: Complex, count: int) -> Floats:
        """Correlations with releases of every duration from those with a pulse: sums over so many starts.

        From shape [places, frequencies] to [places, durations, starts].
        """
        readings = self._readings
        lags = fft.irfft(lines, n=self._size)[:, : count + readings.longest - 1]
        cumulated = np.zeros((len(lines), count + readings.longest))
        np.cumsum(lags, axis=1, out=cumulated[:, 1:])
        ends = sliding_window_view(cumulated, count, axis=1)[:, readings.steps]
        ends -= cumulated[:, None, :count]
        return ends
