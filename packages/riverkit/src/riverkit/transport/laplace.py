"""From the Laplace domain to time series: inversion by the damped fast Fourier transform."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from riverkit.errors import TransportError

DAMPING = 12.0
"""Damping times window: wrap-around is e^-12 of what lies one window later, round-off e^12·1e-16 at the end."""

SIGMAS_AFTER_MEAN = 10.0
STEPS_PER_SIGMA = 4.0

SPREAD_STEPS = 10
"""A sharp cloud is spread by two steps at most: no further than so many."""


@dataclass(frozen=True)
class LaplaceGrid:
    """Nodes `s = a + iω_k` of the damped transform, and the series of `steps` values every `dt_s`.

    A kernel is recovered to about 1e-12 of its peak where `dt_s` is at most a quarter of its standard
    deviation (5e-6 at a half) and where it has died out within the window `steps · dt_s`. At Péclet numbers
    below about 50 its rise is sharper than its deviation tells and wants smaller steps in proportion.
    """

    steps: int
    dt_s: float
    damping_per_s: float

    def __post_init__(self) -> None:
        if self.steps < 2 or not (self.dt_s > 0 and self.damping_per_s > 0):
            raise TransportError(
                f"A Laplace grid of {self.steps} steps of {self.dt_s} s, damped by {self.damping_per_s} 1/s, "
                "cannot be used: give at least 2 steps, a step and a damping above 0."
            )

    @classmethod
    def over(cls, window_s: float, dt_s: float, damping: float = DAMPING) -> "LaplaceGrid":
        """The grid that covers `window_s` with steps of `dt_s`; `damping` (8 … 18) is damping times
        window."""
        steps = fft.next_fast_len(max(2, math.ceil(window_s / dt_s)), real=True)
        return cls(steps, dt_s, damping / (steps * dt_s))

    @classmethod
    def for_kernels(cls, mean_s: float, sigma_min_s: float, window_s: float) -> "LaplaceGrid":
        """A grid fine enough for the sharpest kernel and long enough for the slowest.

        Args:
            mean_s: mean travel time of the slowest kernel.
            sigma_min_s: standard deviation of the sharpest kernel.
            window_s: the least time to be covered; it is lengthened to ten `sigma_min_s` after the mean.
        """
        if not sigma_min_s > 0:
            raise TransportError(
                f"A kernel of spread {sigma_min_s} s cannot be sampled. Give a spread above 0."
            )
        window = max(window_s, mean_s + SIGMAS_AFTER_MEAN * sigma_min_s)
        return cls.over(window, sigma_min_s / STEPS_PER_SIGMA)

    @cached_property
    def s(self) -> NDArray[np.complex128]:
        """The nodes, steps // 2 + 1 of them, in 1/s."""
        omega = (2.0 * math.pi / (self.steps * self.dt_s)) * np.arange(self.steps // 2 + 1)
        return np.asarray(self.damping_per_s + 1j * omega, dtype=np.complex128)

    @cached_property
    def time_s(self) -> NDArray[np.float64]:
        """The times of the series, from 0."""
        return self.dt_s * np.arange(self.steps, dtype=np.float64)

    @cached_property
    def cell_average(self) -> NDArray[np.complex128]:
        """Transform of the mean over the step that ends at each time: `(1 - e^(-sΔ))/(sΔ)`.

        Multiplied by a kernel's transform it makes the running sum of the series the exact integral, and
        keeps a kernel narrower than a step from ringing through the whole window.
        """
        product = self.s * self.dt_s
        average = np.asarray(-np.expm1(-product) / product, dtype=np.complex128)
        return average

    def arrived(self, transforms: NDArray[np.complex128]) -> NDArray[np.float64]:
        """Share that has arrived at each time: the running integral of kernels (last axis), sharp ones spread.

        What a transform has left at the last node rings through the whole window and grows with the damping: a cloud
        that passes at once, close to its source, would be thousands of times its mass hours later. It is spread by
        a normal, at most two steps wide and no wider than brings that rest down to the wrap-around, e^-damping.
        """
        transforms = transforms * self.cell_average
        wrapped = math.exp(-self.damping_per_s * self.steps * self.dt_s)
        left = np.maximum(np.abs(transforms[..., -1:]) / wrapped, 1.0)
        variance = 2.0 * np.log(left) * (self.dt_s / math.pi) ** 2
        mass_rate = self.invert(transforms * np.exp(0.5 * variance * self.s**2))
        # What is spread to before the start stands, grown, at the end of the window.
        before = mass_rate[..., -SPREAD_STEPS:].sum(axis=-1, keepdims=True) * wrapped
        arrived: NDArray[np.float64] = (before + np.cumsum(mass_rate, axis=-1)) * self.dt_s
        return arrived

    @cached_property
    def _growth(self) -> NDArray[np.float64]:
        growth: NDArray[np.float64] = np.exp(self.damping_per_s * self.time_s) / self.dt_s
        return growth

    def invert(self, transform: NDArray[np.complex128]) -> NDArray[np.float64]:
        """The series (last axis, per second) whose Laplace transform at the nodes `s` is given."""
        if transform.shape[-1] != self.steps // 2 + 1:
            raise TransportError(
                f"The transform has {transform.shape[-1]} nodes, this grid has {self.steps // 2 + 1}. "
                "Evaluate it at `grid.s`."
            )
        series: NDArray[np.float64] = fft.irfft(transform, n=self.steps, axis=-1) * self._growth
        return series
