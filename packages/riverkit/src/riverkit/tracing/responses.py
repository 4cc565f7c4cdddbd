"""What stations would read of a release of 1 kg, scaled so that the errors of readings are independent and of unit size."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from riverkit.tracing.model import Floats, Ints
from riverkit.tracing.readings import Readings


@dataclass(frozen=True, eq=False)
class Responses:
    """Responses under one setting.

    Attributes:
        integrals: of every release place, the running integrals of `Predictor.integral`, shape [places, points, positions].
        point, position: of every reading of all stations, its place and its time since the first start in grid steps.
        white: matrix that scales the readings.
        observed: the readings less their background, scaled.
        steps: the durations, grid steps.
    """

    integrals: Floats
    point: Ints
    position: Floats
    white: Floats
    observed: Floats
    steps: tuple[int, ...]
    n_starts: int

    def of(self, place: int, starts: Floats) -> Floats:
        """Of releases from a place with these starts in grid steps, shape [durations, starts, readings]."""
        begun = self._begun(place, starts)
        return np.stack([(begun - self._begun(place, starts + steps)) / steps for steps in self.steps])

    def on_grid(self, place: int) -> Floats:
        """The same of all starts on the grid."""
        begun = self._begun(place, np.arange(self.n_starts + max(self.steps), dtype=np.float64))
        return np.stack(
            [(begun[: self.n_starts] - begun[steps : steps + self.n_starts]) / steps for steps in self.steps]
        )

    def _begun(self, place: int, starts: Floats) -> Floats:
        """Of a release of 1 kg in every step that goes on."""
        found: Floats = (
            passed_smoothly(self.integrals[place], self.point, self.position - starts[:, None]) @ self.white.T
        )
        return found


def passed_smoothly(integral: Floats, point: Ints, position: Floats) -> Floats:
    """The integral at a place for each reading (last axis): by cubics (Catmull–Rom) between grid times, zero before the release.

    With straight lines a start would fit best at the same part of each step, wherever readings stand on the grid.
    """
    lower = np.clip(np.floor(position), 0, integral.shape[1] - 2).astype(np.int64)
    share = np.clip(position - lower, 0.0, 1.0)
    before, begin, end, behind = (
        integral[point, np.clip(lower + number, 0, integral.shape[1] - 1)] for number in (-1, 0, 1, 2)
    )
    curved = 2.0 * before - 5.0 * begin + 4.0 * end - behind + share * (3.0 * (begin - end) + behind - before)
    found: Floats = begin + 0.5 * share * (end - before + share * curved)
    found[position < 0] = 0.0
    return found


def whitened(readings: Sequence[Readings]) -> tuple[Floats, Floats]:
    """The matrix that scales the readings of all stations, and these, less their background, scaled."""
    white = linalg.block_diag(*map(whitening, readings))
    return white, white @ np.concatenate([each.value - each.prior_background for each in readings])


def whitening(readings: Readings) -> Floats:
    """A matrix A with AᵀA the precision of a station's readings, the background integrated out."""
    root = np.sqrt(readings.weight)
    counted = np.where(root > 0, root, 1.0)
    _, shares, directions = np.linalg.svd(readings.projections / counted, full_matrices=False)
    kept = np.sqrt(np.maximum(1.0 - shares**2, 0.0))
    found: Floats = np.diag(root) - (directions.T * (1.0 - kept)) @ (directions * root)
    return found


def log_alone(readings: Readings) -> float:
    """Log density of a station's readings with nothing but their background, each counted as often as its weight says."""
    counts = readings.weight * readings.error**2
    counted = readings.weight > 0
    shared = readings.projections[:, counted]
    within = np.eye(len(shared)) - shared / readings.weight[counted] @ shared.T
    centred = readings.value - readings.prior_background
    density = -counts @ np.log(readings.error * math.sqrt(2.0 * math.pi)) - 0.5 * centred @ readings.weighted
    return float(density) + 0.5 * float(np.linalg.slogdet(within)[1])
