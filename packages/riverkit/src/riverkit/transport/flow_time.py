"""Flow that changes with time: kernels for steady flow, run in flow-time."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riverkit.errors import TransportError

Floats = NDArray[np.float64]


class FlowTime:
    """Flow-time τ(t) = ∫ f dt for a flow that changes everywhere in proportion, Q = Q0 · f(t).

    If velocity, dispersion and exchange with dead zones grow with discharge (cross-sections staying), the kernels of the
    steady flow Q0 hold exactly with τ for t: a release at t0 gives the concentration h(τ(t) - τ(t0)) / Q0 per unit mass,
    h the mass rate of `grid.invert`. Mixed lakes obey it too. Decay, and exchange that does not follow the flow, go by
    the clock: divide their rates by the mean of f on the way (`mean_factor`). Where water rises at one place before it does at another, the factor is only a mean over the
    way; with backwater or pumping there is none. docs/design/transport.md has the errors.

    Two uses: turn all times of readings into flow-time and go on as in steady flow (a constant release is then constant
    per flow-time), or read single kernels with `on_clock`. For slow changes steady kernels per window do as well: run
    the network with `mean_factor` over release and passage as velocity_factor and dispersion_factor.
    """

    def __init__(self, time_s: Sequence[float] | Floats, factor: Sequence[float] | Floats) -> None:
        """f at increasing times, linear between them and constant outside.

        Args:
            time_s: at least one time (s); flow-time is 0 at the first.
            factor: discharge over that of the steady kernels, above 0.

        Raises:
            TransportError: times do not increase, or a factor is not above 0.
        """
        self.time_s = np.asarray(time_s, dtype=np.float64)
        self.factor = np.asarray(factor, dtype=np.float64)
        shaped = self.time_s.ndim == 1 and self.time_s.shape == self.factor.shape and self.time_s.size > 0
        if not shaped or not (np.diff(self.time_s) > 0).all() or not np.isfinite(self.time_s).all():
            raise TransportError(
                "Flow-time wants increasing times and one factor for each. Sort and pair them."
            )
        if not ((self.factor > 0) & np.isfinite(self.factor)).all():
            bad = int(np.flatnonzero(~((self.factor > 0) & np.isfinite(self.factor)))[0])
            raise TransportError(
                f"The flow factor at {self.time_s[bad]:g} s is {self.factor[bad]}. Give a number above 0; water that "
                "stands still has no flow-time."
            )
        steps = np.diff(self.time_s) * 0.5 * (self.factor[1:] + self.factor[:-1])
        self._flow_s = np.concatenate([[0.0], np.cumsum(steps)])
        # The slope of f in each stretch, with the constant ends as stretches of their own.
        slope = np.diff(self.factor) / np.diff(self.time_s)
        self._slope = np.concatenate([[0.0], slope, [0.0]])

    def flow_s(self, clock_s: ArrayLike) -> Floats:
        """Flow-time at times of the clock, s."""
        clock = np.asarray(clock_s, dtype=np.float64)
        stretch, start = self._stretch(np.searchsorted(self.time_s, clock, side="right"))
        later = clock - self.time_s[start]
        flow: Floats = self._flow_s[start] + later * (self.factor[start] + 0.5 * self._slope[stretch] * later)
        return flow

    def clock_s(self, flow_s: ArrayLike) -> Floats:
        """Time of the clock at flow-times, s: the inverse of `flow_s`."""
        flow = np.asarray(flow_s, dtype=np.float64)
        stretch, start = self._stretch(np.searchsorted(self._flow_s, flow, side="right"))
        first, slope, gone = self.factor[start], self._slope[stretch], flow - self._flow_s[start]
        # The root of first·x + slope·x²/2 = gone, in the form that holds for slope 0 too.
        root = np.sqrt(np.maximum(first**2 + 2.0 * slope * gone, 0.0))
        clock: Floats = self.time_s[start] + 2.0 * gone / (first + root)
        return clock

    def mean_factor(self, start_s: float, end_s: float) -> float:
        """Mean of f between two times of the clock."""
        if not end_s > start_s:
            raise TransportError(f"No mean between {start_s} s and {end_s} s. Give a later end.")
        flow = self.flow_s([start_s, end_s])
        return float((flow[1] - flow[0]) / (end_s - start_s))

    def on_clock(self, time_s: Floats, series: Floats, release_s: float, at_s: ArrayLike) -> Floats:
        """A kernel in flow-time, read at times of the clock.

        Args:
            time_s, series: the kernel over (flow-)time since the release, as `grid.time_s` and `grid.invert` give it.
            release_s: when the release began, by the clock.
            at_s: when to read, by the clock.

        Returns:
            The series at these times, 0 before the release. Divided by the station's steady discharge Q0 (not by the
            discharge at the time) it is the concentration; times f(t) it is the mass rate.
        """
        since = self.flow_s(at_s) - self.flow_s(release_s)
        return np.asarray(np.interp(since, time_s, series, left=0.0, right=0.0), dtype=np.float64)

    def _stretch(self, position: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Number of the stretch between given times (0 before the first), and the time at which it starts."""
        return position, np.maximum(position - 1, 0)
