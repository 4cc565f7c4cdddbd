"""S_gg and S_gy of a release place for every duration and start, by Fourier transforms no longer than they need be."""

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft

from riverkit.tracing.model import Floats, Ints
from riverkit.tracing.readings import GriddedReadings
from riverkit.transport.kernel import Complex

KERNELS_PER_BLOCK = 4
"""A block of readings is so many kernels long: much longer transforms cost more, much shorter ones overlap more."""


class Correlator:
    """S_gg and S_gy of a release place for all durations × starts, from running integrals at the stations.

    A cloud passes a station in a part of the time searched. Readings are therefore cut into overlapping blocks a few
    clouds long, counted from the cloud's first arrival, and each block is correlated by itself: exact, and several
    times cheaper than transforms as long as the search. Where a cloud lasts as long, one block is all.
    """

    def __init__(self, readings: GriddedReadings, n_starts: int, duration_steps: tuple[int, ...]) -> None:
        self._size = readings.size
        self._n_starts = n_starts
        self._steps = np.array(duration_steps)
        self._longest = max(duration_steps)
        self._lags = n_starts + self._longest
        # Zeros follow the last reading, for as far as a block may reach.
        self._following = KERNELS_PER_BLOCK * (readings.size + self._longest) + self._lags
        self._onto_readings = self._padded(readings.weighted)
        self._onto_background = [self._padded(rows) for rows in readings.projections]
        squares = [readings.same] if readings.next_ is None else [readings.same, readings.next_]
        self._onto_squares = [self._padded(rows) for rows in squares]

    def _padded(self, rows: Floats) -> Floats:
        return np.pad(rows, [(0, 0), (0, self._following)])

    def products(self, integral: Floats) -> tuple[Floats, Floats]:
        """S_gg and S_gy, each of shape [durations, starts].

        Args:
            integral: shape [stations, size of the readings' grid]: g/m³ · s at position n after a release of 1 kg in
                one instant at position 0, integrated from 0 to n; divided by the step it is the concentration while
                1 kg is released in every step.
        """
        s_gg = np.zeros((len(self._steps), self._n_starts))
        active = np.flatnonzero(integral.any(axis=1))
        if not len(active):
            return s_gg, np.zeros_like(s_gg)
        integral = integral[active]
        arrival = (integral != 0.0).argmax(axis=1)
        rising_until = self._size - (integral != integral[:, -1:])[:, ::-1].argmax(axis=1)
        length = int((rising_until - arrival).max()) + 1
        # A start so late that the cloud arrives after the last reading is seen by none.
        lags = min(self._lags, self._size - int(arrival.min()))
        blocks = _Blocks(length + self._longest, lags, active, arrival)

        # The integral from its arrival on, constant after the cloud, with zeros for the longest duration before.
        rising = np.zeros((len(active), self._longest + length + self._longest))
        for row, begin in enumerate(arrival):
            seen = integral[row, begin : begin + length]
            rising[row, self._longest :] = integral[row, -1]
            rising[row, self._longest : self._longest + len(seen)] = seen
        pulses = blocks.spectrum(np.diff(rising[:, self._longest - 1 : self._longest + length], axis=1))
        rates = self._steps[:, None].astype(float)

        lines = [np.einsum("sf,sbf->bf", pulses, blocks.of(self._onto_readings))]
        for row, station in enumerate(active):
            lines.extend(pulses[row] * blocks.of_station(row, self._onto_background[station]))
        passed = self._released(blocks.lagged(np.stack(lines)))

        released = rising[:, None, self._longest :] - self._before(rising)
        squares = blocks.summed(np.square(released), self._onto_squares[0])
        if len(self._onto_squares) > 1:
            squares += blocks.summed(released[..., :-1] * released[..., 1:], self._onto_squares[1])
        known = min(lags, self._n_starts)
        s_gg[:, :known] = blocks.lagged(squares)[:, :known]
        s_gy = next(passed)
        for onto in passed:
            s_gg -= np.square(onto, out=onto)
        s_gy /= rates
        s_gg /= rates**2
        # Rounding may leave a signal that no reading sees slightly below zero.
        return np.maximum(s_gg, 0.0, out=s_gg), s_gy

    def _released(self, lags: Floats) -> Iterator[Floats]:
        """From each line of correlations with a pulse those with releases of every duration: sums over so many starts.

        Shape of each [durations, starts].
        """
        cumulated = np.zeros((len(lags), self._lags + 1))
        known = lags.shape[1]
        np.cumsum(lags, axis=1, out=cumulated[:, 1 : known + 1])
        cumulated[:, known + 1 :] = cumulated[:, known : known + 1]
        for line in cumulated:
            ends = sliding_window_view(line, self._n_starts)[self._steps]
            ends -= line[: self._n_starts]
            yield ends

    def _before(self, rising: Floats) -> Floats:
        """The integral as it was one duration earlier, shape [stations, durations, length of a block's kernel]."""
        length = rising.shape[1] - self._longest
        return sliding_window_view(rising, length, axis=1)[:, self._longest - self._steps]


class _Blocks:
    """Overlapping blocks of the readings, and the correlations of one kernel per station with them."""

    def __init__(self, kernel: int, lags: int, stations: Ints, arrival: Ints) -> None:
        self._size = fft.next_fast_len(min(KERNELS_PER_BLOCK * kernel, kernel + lags), real=True)
        self._hop = self._size - kernel + 1
        self._lags = lags
        self._stations = stations
        begins = np.arange(-(-lags // self._hop)) * self._hop
        self._positions = arrival[:, None, None] + begins[:, None] + np.arange(self._size)

    def of(self, rows: Floats) -> Complex:
        """Spectra of each active station's row, shape [stations, blocks, frequencies]."""
        found: Complex = fft.rfft(rows[self._stations[:, None, None], self._positions])
        return found

    def of_station(self, row: int, terms: Floats) -> Complex:
        """Spectra of several rows of the active station number `row`, shape [terms, blocks, frequencies]."""
        found: Complex = fft.rfft(terms[:, self._positions[row]])
        return found

    def spectrum(self, kernels: Floats) -> Complex:
        """Conjugate spectra of kernels, zero-padded to a block."""
        found: Complex = fft.rfft(kernels, n=self._size)
        return np.conj(found, out=found)

    def summed(self, kernels: Floats, rows: Floats) -> Complex:
        """Spectra of the correlations summed over stations, shape [durations, blocks, frequencies].

        Args:
            kernels: shape [stations, durations, positions].
            rows: of all stations, on the readings' grid.
        """
        # Frequencies first: the sum over stations is then one product of small matrices for each.
        onto = fft.rfft(rows[self._stations[:, None, None], self._positions].T, axis=0)
        of_kernels = fft.rfft(kernels.T, n=self._size, axis=0)
        found: Complex = np.moveaxis(of_kernels.conj() @ onto.swapaxes(1, 2), 0, -1)
        return found

    def lagged(self, product: Complex) -> Floats:
        """Correlations for lags from 0 on, from spectra of shape [..., blocks, frequencies]."""
        each = fft.irfft(product, n=self._size)[..., : self._hop]
        found: Floats = each.reshape(*each.shape[:-2], -1)[..., : self._lags]
        return found
