"""One step of transport over a flat array of cells: advection, dispersion, storage, decay.

The discretisation is a finite-volume one of its own and shares nothing with the Laplace-domain kernels:
advection by the third-order QUICKEST face values (Leonard 1979, Computer Methods in Applied Mechanics and
Engineering 19:59) with the universal limiter (Leonard 1991, same journal 88:17) where the profile is monotone
and a bound that keeps concentrations positive at extrema, so that peaks are not cut; dispersion implicit and
L-stable (SDIRK2, Alexander 1977); storage exchange and decay exact.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack

from riverkit.simulation.grid import Floats, Grid

_GAMMA = 1 - 1 / np.sqrt(2)

# Far from the mass an implicit solution falls by a factor per cell, into denormal numbers, on which processors are
# up to a hundred times slower. Dispersion does not see a constant, so this one keeps numbers normal at no loss.
_OFFSET = 1e-40


@dataclass(slots=True)
class State:
    """Concentrations (g/m³) of the channel and of the storage zone, per cell."""

    channel: Floats
    storage: Floats


class Stepper:
    """Advances a state by steps of `dt_s`; water flows `flow` times as fast as the grid says in each step."""

    def __init__(self, grid: Grid, dt_s: float, decay_per_s: float) -> None:
        self.grid, self.dt_s = grid, dt_s
        self._has_storage = bool(grid.storage_ratio.any())
        inverse = np.divide(
            1.0, grid.storage_ratio, out=np.zeros(grid.length_m.size), where=grid.storage_ratio > 0
        )
        self._approach = np.exp(-grid.storage_rate_per_s * (1 + inverse) * dt_s)
        self.survival = float(np.exp(-decay_per_s * dt_s))
        cells = grid.length_m.size
        self.courant = grid.velocity_m_s * dt_s / grid.length_m
        self._single = grid.first == grid.last
        self._tanks = grid.last[self._single]
        # Water may disperse through the lower face of every cell but the last of a reach, and of that one too where
        # a single reach follows: there half a cell of each lies between the centres.
        half = 2.0 * (grid.volume_m3 / grid.length_m) * grid.dispersion_m2s / grid.length_m
        self._conductance = half / 2.0
        self._conductance[grid.last] = 0.0
        self._above_joint = grid.last[grid.joined]
        self._joined_after = np.flatnonzero(grid.joined) + 1
        above, below = half[self._above_joint], half[self._above_joint + 1]
        # Where neither side disperses nothing passes, and no share of it either.
        both = above + below
        self._part_below = np.divide(below, both, out=np.zeros_like(both), where=both > 0)
        self._conductance[self._above_joint] = above * self._part_below
        # Elsewhere the last cell keeps its dispersive balance: what comes in from above goes on to the next reaches
        # (zero curvature), as in a channel that continues. So a confluence reflects nothing upstream.
        self._open = ~grid.joined
        before_last = np.maximum(grid.last - 1, 0)
        continued = self._open & ~self._single
        self._outlet_conductance = np.where(continued, self._conductance[before_last], 0.0)
        self._before_last = before_last
        lower = self._conductance[:-1] * dt_s / grid.volume_m3[1:]
        upper = self._conductance[:-1] * dt_s / grid.volume_m3[:-1]
        lower[grid.last[continued] - 1] = 0.0
        self._lower, self._upper = lower, upper
        self._diagonal = np.zeros(cells)
        self._diagonal[1:] += lower
        self._diagonal[:-1] += upper

    def advect(self, c: Floats, flow: float) -> tuple[Floats, Floats, Floats, float]:
        """New concentrations, mass flow through lower faces and inlets (g/s), and what leaves the network (g/s)."""
        grid = self.grid
        courant = self.courant * flow
        discharge = grid.discharge_m3s * flow
        through = discharge * self._face_values(c, courant)
        if self._tanks.size:
            # What a lake lets out during the step is its content half-way, else all below it comes half a step late.
            entering = (grid.routing @ through[grid.last])[self._single] / discharge[self._tanks]
            content = c[self._tanks] + 0.5 * courant[self._tanks] * (entering - c[self._tanks])
            through[self._tanks] = discharge[self._tanks] * content
        leaving = through[grid.last]
        inlet = grid.routing @ leaving
        gain = -through
        gain[1:] += through[:-1]
        gain[grid.first[1:]] -= through[grid.first[1:] - 1]
        gain[grid.first] += inlet
        return c + gain * (self.dt_s / grid.volume_m3), through, inlet, float(leaving.sum() - inlet.sum())

    def _face_values(self, c: Floats, courant: Floats) -> Floats:
        grid = self.grid
        below = np.empty_like(c)
        below[:-1] = c[1:]
        below[grid.last] = 2 * c[grid.last] - c[self._before_last]
        below[grid.last[self._single]] = c[grid.last[self._single]]
        above = np.empty_like(c)
        above[1:] = c[:-1]
        above[grid.first] = 2 * c[grid.first] - below[grid.first]
        # Through a joint the profile is continuous, with a kink where dispersion changes.
        joint = self._above_joint
        drop = 2 * (c[joint + 1] - c[joint])
        below[joint] = c[joint] + drop * self._part_below
        above[joint + 1] = c[joint + 1] - drop * (1 - self._part_below)
        step = below - c
        rise = c - above
        face = c + 0.5 * (1 - courant) * step - (1 - courant * courant) / 6 * (step - rise)
        # Universal limiter: between the cell and the cell below, and no steeper than lets the cell stay monotone.
        monotone = step * rise > 0
        bound = np.where(monotone, c + rise * (1 / courant - 1), below)
        bound = np.where(np.abs(bound - c) < np.abs(step), bound, below)
        face = np.clip(face, np.minimum(c, bound), np.maximum(c, bound))
        # No cell gives away more than it holds.
        return np.clip(face, 0.0, np.maximum(c, 0.0) / courant)

    def disperse(self, c: Floats, flow: float) -> tuple[Floats, Floats, Floats, float]:
        """As `advect`, for the dispersive mass flow."""
        grid = self.grid
        first_stage = self._solve(c, flow * _GAMMA)
        # y2 = c + (1 - γ) L y1 + γ L y2, and L y1 = (y1 - c) / γ
        second_stage = self._solve(c + (first_stage - c) * ((1 - _GAMMA) / _GAMMA), flow * _GAMMA)
        mean = (1 - _GAMMA) * first_stage + _GAMMA * second_stage
        through = np.zeros_like(c)
        through[:-1] = self._conductance[:-1] * flow * (mean[:-1] - mean[1:])
        leaving = self._outlet_conductance * flow * (mean[self._before_last] - mean[grid.last])
        through[grid.last[self._open]] = leaving[self._open]
        inlet = grid.routing @ leaving
        new = second_stage
        new[grid.first] += inlet * (self.dt_s / grid.volume_m3[grid.first])
        out = float(leaving.sum() - inlet.sum())
        inlet[self._joined_after] += through[self._above_joint]
        return new, through, inlet, out

    def _solve(self, right: Floats, factor: float) -> Floats:
        """Solve (1 - factor L) y = right, L the dispersion operator of one step."""
        *_, solution, info = lapack.dgtsv(
            -factor * self._lower,
            1 + factor * self._diagonal,
            -factor * self._upper,
            right + _OFFSET,
            overwrite_dl=True,
            overwrite_d=True,
            overwrite_du=True,
            overwrite_b=True,
        )
        assert info == 0, "a diagonally dominant matrix has a solution"
        shifted: Floats = solution
        shifted -= _OFFSET
        return shifted

    def exchange(self, state: State) -> float:
        """Exchange with storage and decay, in place; returns the mass decayed (g)."""
        if self._has_storage:
            ratio = self.grid.storage_ratio
            total = state.channel + ratio * state.storage
            difference = (state.channel - state.storage) * self._approach
            state.channel = (total + ratio * difference) / (1 + ratio)
            state.storage = state.channel - difference
        if self.survival == 1.0:
            return 0.0
        decayed = self.held_g(state) * (1 - self.survival)
        state.channel = state.channel * self.survival
        state.storage = state.storage * self.survival
        return decayed

    def held_g(self, state: State) -> float:
        """Mass in channel and storage, g."""
        # No matrix product: for vectors of this size it would start threads, at every step.
        held = state.channel + self.grid.storage_ratio * state.storage
        return float((self.grid.volume_m3 * held).sum())
