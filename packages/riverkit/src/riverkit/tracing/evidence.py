"""The evidence of every start and duration of one release place, the strength integrated out in closed form.

For a prediction `q g` with readings y of precision W and the strength q normal(m0, s0²) cut to q ≥ 0, only
S_gg = gᵀWg and S_gy = gᵀWy matter. Both are correlations over the start time, so that one Fourier transform
gives them for all starts, and with the running integral F of the kernel a release of b steps is F[n] - F[n -
b].
"""

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft, special

from riverkit.tracing.model import Floats, Ints, StrengthPrior
from riverkit.tracing.readings import GriddedReadings
from riverkit.transport.kernel import Complex

_LARGE = 30.0
"""Beyond this argument the normal distribution function is 1 in double precision, and exp(z²/2) still
finite."""


def log_bayes_factor(s_gg: Floats, s_gy: Floats, strength: StrengthPrior) -> Floats:
    """Log evidence of a release of unknown strength against no release, for any shape of S_gg and S_gy."""
    prior_precision = strength.sd_kg**-2
    root = np.sqrt(s_gg + prior_precision)
    z = (s_gy + strength.mean_kg * prior_precision) / root
    # ½z² + ln Φ(z) = ln(½ erfcx(-z/√2)): stable in the lower tail, and one function instead of two.
    tame = np.minimum(z, _LARGE)
    factor = special.erfcx(tame * -math.sqrt(0.5))
    factor /= root
    result: Floats = np.log(factor, out=factor)
    result += 0.5 * (z - tame) * (z + tame)
    prior_tail = float(special.erfcx(-strength.mean_kg / strength.sd_kg * math.sqrt(0.5)))
    result -= math.log(prior_tail * strength.sd_kg)
    return result


def leading_log_bayes_factor(s_gg: Floats, s_gy: Floats, strength: StrengthPrior, depth: float) -> Floats:
    """As `log_bayes_factor`, but -inf where that is certainly more than `depth` below its largest value.

    By e^(z²/2) Φ(z) ≤ e^(z²/2) for z > 0 and ≤ 1/2 below, most cells need no special function.
    """
    prior_precision = strength.sd_kg**-2
    pull = np.maximum(s_gy + strength.mean_kg * prior_precision, 0.0)
    bound = pull * pull
    bound /= 2.0 * (s_gg + prior_precision)
    best = slice(number := int(np.argmax(bound)), number + 1)
    top = float(log_bayes_factor(s_gg.ravel()[best], s_gy.ravel()[best], strength)[0])
    possible = bound > top - depth + special.log_ndtr(strength.mean_kg / strength.sd_kg)
    result = np.full(s_gg.shape, -math.inf)
    result[possible] = log_bayes_factor(s_gg[possible], s_gy[possible], strength)
    return result


def strength_given(s_gg: Floats, s_gy: Floats, strength: StrengthPrior) -> tuple[Floats, Floats]:
    """Mean and standard deviation of the strength's normal, before the cut at zero."""
    precision = s_gg + strength.sd_kg**-2
    return (s_gy + strength.mean_kg * strength.sd_kg**-2) / precision, precision**-0.5


def strength_at(share: Floats, mean: Floats, sd: Floats) -> Floats:
    """The strength below which `share` of a normal cut at zero lies; exact however far the mean is below
    zero."""
    log_upper = np.log1p(-share) + special.log_ndtr(mean / sd)
    strength: Floats = np.maximum(mean - sd * special.ndtri_exp(log_upper), 0.0)
    return strength


class Correlator:
    """S_gg and S_gy of a release place for all durations × starts, from running integrals at the stations."""

    def __init__(self, readings: GriddedReadings, n_starts: int, duration_steps: tuple[int, ...]) -> None:
        self._readings = readings
        self._n_starts = n_starts
        self._steps = duration_steps
        # Lags beyond the last reading are zero by themselves, so the padding never exceeds the readings.
        self._lags = n_starts + max(duration_steps)
        self._length = fft.next_fast_len(readings.size + min(self._lags, readings.size), real=True)
        self._weighted = self._spectrum(readings.weighted).conj()
        self._same = self._spectrum(readings.same).conj()
        self._next = None if readings.next_ is None else self._spectrum(readings.next_).conj()
        self._projections = [self._spectrum(rows).conj() for rows in readings.projections]

    def products(self, integral: Floats) -> tuple[Floats, Floats]:
        """S_gg and S_gy, each of shape [durations, starts].

        Args:
            integral: shape [stations, readings.size]: g/m³ · s at position n after a release of 1 kg in one
                instant at position 0, integrated from 0 to n; divided by the step it is the concentration
                while 1 kg is released in every step.
        """
        active = np.flatnonzero(integral.any(axis=1))
        if not len(active):
            unseen = np.zeros((len(self._steps), self._n_starts))
            return unseen, unseen
        spectra = self._spectrum(integral[active])
        onto_readings = np.einsum("sf,sf->f", spectra, self._weighted[active])
        onto_background = [
            spectrum * projection
            for spectrum, station in zip(spectra, active, strict=True)
            for projection in self._projections[station]
        ]
        lags = self._correlation(np.stack([onto_readings, *onto_background]))
        # Column a of row b: the correlation with F[n] - F[n - steps_b] at start a.
        begins = lags[:, : self._n_starts]
        ends = sliding_window_view(lags, self._n_starts, axis=1)[:, self._steps]
        s_gy = begins[0] - ends[0]
        s_gg = self._correlation(self._squares(integral[active], active))[:, : self._n_starts]
        onto = begins[1:, None] - ends[1:]
        s_gg -= np.einsum("pba,pba->ba", onto, onto)
        steps = np.array(self._steps, dtype=float)[:, None]
        s_gy /= steps
        s_gg /= steps**2
        # Rounding may leave a signal that no reading sees slightly below zero.
        return np.maximum(s_gg, 0.0, out=s_gg), s_gy

    def _squares(self, integral: Floats, active: Ints) -> Complex:
        """Spectrum of Σ weight · prediction² for all durations, at the rate of a kilogram in every step."""
        size = integral.shape[1]
        total = np.zeros((len(self._steps), self._length // 2 + 1), dtype=np.complex128)
        # Padded once and used again: making and copying such arrays costs as much as transforming them.
        released = np.zeros((len(self._steps), self._length))
        for station, row in zip(active, integral, strict=True):
            released[:, :size] = row
            for number, steps in enumerate(self._steps):
                released[number, steps:size] -= row[: max(size - steps, 0)]
            total += self._spectrum(released * released) * self._same[station]
            if self._next is not None:
                released[:, : size - 1] *= released[:, 1:size]
                released[:, size - 1] = 0.0
                total += self._spectrum(released) * self._next[station]
        return total

    def _spectrum(self, rows: Floats) -> Complex:
        spectrum: Complex = fft.rfft(rows, n=self._length, axis=-1)
        return spectrum

    def _correlation(self, conjugate_product: Complex) -> Floats:
        """Σ_n f[n - a] x[n] for all lags a, given F · conj(X): the correlation's spectrum conjugated."""
        lags = fft.irfft(conjugate_product.conj(), n=self._length, axis=-1)
        known = min(self._lags, self._readings.size)
        result = np.zeros((*lags.shape[:-1], self._lags))
        result[..., :known] = lags[..., :known]
        return result
