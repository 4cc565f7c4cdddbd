"""What happens to releases on a river network, cell by cell and step by step."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from riverkit.errors import SimulationError
from riverkit.network import Location, Network
from riverkit.simulation.grid import Floats, Grid, Rows, Storage, Weighted, build_grid
from riverkit.simulation.stepping import State, Stepper

LARGEST_COURANT = 0.8
"""Share of a cell that water crosses in a step where the caller names no step; at most 1 is stable."""

LONGEST_DEFAULT_STEP_S = 60.0
"""Longest step where the caller names none."""


@dataclass(frozen=True, slots=True)
class Release:
    """Mass (kg) let into the river at a constant rate from `start_s` for `duration_s`; duration 0 is a pulse."""

    location: Location
    start_s: float
    duration_s: float
    mass_kg: float


@dataclass(frozen=True, slots=True)
class MassBalance:
    """Where the mass is at the end, kg.

    Attributes:
        released: entered the simulated part of the network so far.
        held: in its channels and storage zones.
        decayed: lost by decay.
        left: flowed out, at an outlet or into channels that lead to no station.
        unseen: released where no station lies below, and therefore not simulated.
    """

    released_kg: float
    held_kg: float
    decayed_kg: float
    left_kg: float
    unseen_kg: float

    @property
    def error(self) -> float:
        """What the balance misses, as a share of the mass released."""
        missing = self.released_kg - self.held_kg - self.decayed_kg - self.left_kg
        return abs(missing) / self.released_kg if self.released_kg else abs(missing)


@dataclass(frozen=True, slots=True)
class SimulationResult:
    """What the stations saw.

    Attributes:
        time_s: end of every step, from 0.
        concentration: g/m³ [station, time], resident: what a probe in the water reads.
        mass_rate_g_s: g/s [station, time], advective and dispersive, through the station's section. Divided by the
            discharge it is the flux concentration, the quantity that Laplace-domain transfer functions give.
        mass_balance: the books.
        cells: number of cells simulated.
        passed: ids of reaches shorter than half a cell, which mass passes at once (their travel time is lost).
    """

    time_s: Floats
    concentration: Floats
    mass_rate_g_s: Floats
    mass_balance: MassBalance
    cells: int
    passed: tuple[str, ...]


def simulate(
    network: Network,
    releases: Sequence[Release],
    stations: Sequence[Location],
    *,
    duration_s: float,
    dt_s: float | None = None,
    cell_m: float | None = None,
    flow_factor: Callable[[Floats], Floats] | None = None,
    velocity_factor: float = 1.0,
    dispersion_factor: float = 1.0,
    storage: Storage = None,
    decay_per_s: float = 0.0,
) -> SimulationResult:
    """Solve advection, dispersion, storage and decay on the part of the network between releases and stations.

    At a node the arriving mass is mixed, and divided by flow shares; clean lateral inflow (a discharge that grows)
    dilutes. Dispersion acts both ways where one reach continues another, but not back across a confluence or
    divergence.

    Args:
        network: with discharge, velocity and dispersion on every reach concerned; with discharge and volume on lakes,
            which are mixed throughout.
        releases: what is let in, and where.
        stations: where concentrations are wanted.
        duration_s: how long to simulate, from time 0.
        dt_s: time step; by default water crosses at most 0.8 of a cell, and 60 s.
        cell_m: longest cell; by default twice the dispersion length D/u of each reach, at least 20 m.
        flow_factor: factor f(t) on discharge and velocity everywhere, of times in s; dispersion follows velocity.
            Cross-sections stay. By default the flow is steady.
        velocity_factor, dispersion_factor: factors on the network's velocities and dispersion coefficients.
        storage: (β, α), storage area over channel area and exchange rate in 1/s (first order; Bencala & Walters
            1983): for all reaches, or one or None for each in the order of `network.reaches`.
        decay_per_s: first-order decay in channel and storage.

    Raises:
        SimulationError: something above is impossible or missing; the message names it and the cure.
    """
    _refuse_impossible(releases, duration_s, dt_s, cell_m, velocity_factor, dispersion_factor, decay_per_s)
    factor_limit = _largest(flow_factor, duration_s)
    reachable = {i for place in stations for i in network.upstream(place.reach_id)}
    seen = [r for r in releases if r.location.reach_id in reachable]
    unseen_kg = math.fsum(r.mass_kg for r in releases if r.location.reach_id not in reachable)
    grid = build_grid(
        network,
        [r.location for r in seen],
        stations,
        cell_m=cell_m,
        velocity_factor=velocity_factor,
        dispersion_factor=dispersion_factor,
        storage=storage,
    )
    steps, dt_s = _steps(grid, duration_s, dt_s, factor_limit)
    time_s: Floats = dt_s * np.arange(1, steps + 1, dtype=np.float64)
    middle: Floats = time_s - dt_s / 2
    flow: Floats = np.ones(steps) if flow_factor is None else np.asarray(flow_factor(middle), dtype=float)
    if grid is None:
        nothing = np.zeros((len(stations), steps))
        return SimulationResult(
            time_s, nothing, nothing.copy(), MassBalance(0.0, 0.0, 0.0, 0.0, unseen_kg), 0, ()
        )
    stepper = Stepper(grid, dt_s, decay_per_s)
    return _run(grid, stepper, seen, stations, time_s, flow, unseen_kg)


def _run(
    grid: Grid,
    stepper: Stepper,
    releases: Sequence[Release],
    stations: Sequence[Location],
    time_s: Floats,
    flow: Floats,
    unseen_kg: float,
) -> SimulationResult:
    dt_s, cells = stepper.dt_s, grid.length_m.size
    places = [place for place in stations if place.reach_id in grid.row_of]
    rows = [i for i, place in enumerate(stations) if place.reach_id in grid.row_of]
    read = [grid.reading(place) for place in places]
    sections = [grid.section(place) for place in places]
    sources = _Sources(grid, releases, dt_s, time_s.size)
    state = State(np.zeros(cells), np.zeros(cells))
    concentration = np.zeros((len(stations), time_s.size))
    step_rate = np.zeros((len(stations), time_s.size))
    cells_read, parts_read = _pairs(read)
    faces, parts_of_faces = _pairs(sections)
    decayed_g = 0.0
    # What enters during a step is dispersed in it; so is what was there before the first one.
    sources.add_before(0, state.channel)
    state.channel, _, _, out = stepper.disperse(state.channel, flow[0])
    sources.add_after(0, state.channel)
    left_g = out * dt_s
    for k in range(time_s.size):
        channel, advected, inlet, out = stepper.advect(state.channel, flow[k])
        left_g += out * dt_s
        sources.add_before(k + 1, channel)
        before = channel[cells_read]
        state.channel, dispersed, inlet_dispersed, out = stepper.disperse(channel, flow[k])
        left_g += out * dt_s
        sources.add_after(k + 1, state.channel)
        decayed_g += stepper.exchange(state)
        # Advection is centred in the step; half of the other processes belongs to this moment (Strang splitting).
        now = 0.5 * (before + state.channel[cells_read])
        # At the ends of a reach this extrapolates, in front of a steep cloud to below zero.
        concentration[rows, k] = np.maximum((now * parts_read).sum(axis=1), 0.0)
        through = np.concatenate((advected + dispersed, inlet + inlet_dispersed))[faces]
        step_rate[rows, k] = (through * parts_of_faces).sum(axis=1)
    rate = step_rate.copy()
    rate[:, :-1] = 0.5 * (step_rate[:, :-1] + step_rate[:, 1:])
    balance = MassBalance(
        released_kg=sources.released_kg,
        held_kg=stepper.held_g(state) / 1000.0,
        decayed_kg=decayed_g / 1000.0,
        left_kg=left_g / 1000.0,
        unseen_kg=unseen_kg,
    )
    return SimulationResult(time_s, concentration, rate, balance, cells, grid.passed)


def _pairs(places: Sequence[Weighted]) -> tuple[Rows, Floats]:
    """Indices and weights [place, 2] of values to be interpolated between two neighbours."""
    where = np.array([place.where for place in places], dtype=np.intp).reshape(-1, 2)
    return where, np.array([place.parts for place in places], dtype=float).reshape(-1, 2)


class _Sources:
    """What the releases add to the concentrations of the cells at each step (0: before the first one).

    Mass through an inlet enters during a step, on average in its middle: step k stands for the time (k - ½) dt. Mass
    put between cell centres is there at the end of the step, k dt, and has the half of that step's dispersion
    that belongs to this moment.
    """

    def __init__(self, grid: Grid, releases: Sequence[Release], dt_s: float, steps: int) -> None:
        at_inlet = np.array([r.location.chainage_m <= 0 for r in releases])
        amounts_g = 1000.0 * np.array(
            [
                _mass_per_step(r, dt_s, steps, 0.5 if inlet else 0.0)
                for r, inlet in zip(releases, at_inlet, strict=True)
            ]
        )
        self.released_kg = float(amounts_g.sum()) / 1000.0
        where, parts = _pairs([grid.injection(r.location) for r in releases])
        self._cells, which = np.unique(where, return_inverse=True)
        self._per_gram = np.zeros((self._cells.size, len(releases)))
        np.add.at(self._per_gram, (which.reshape(where.shape), np.arange(len(releases))[:, None]), parts)
        self._per_gram /= grid.volume_m3[self._cells, None]
        self._before = amounts_g * np.where(at_inlet, 1.0, 0.5)[:, None]
        self._after = amounts_g - self._before

    def add_before(self, step: int, channel: Floats) -> None:
        """Add what comes before the dispersion of a step, in place."""
        channel[self._cells] += self._per_gram @ self._before[:, step]

    def add_after(self, step: int, channel: Floats) -> None:
        """Add what comes after it, in place."""
        channel[self._cells] += self._per_gram @ self._after[:, step]


def _mass_per_step(release: Release, dt_s: float, steps: int, lag: float) -> Floats:
    """Mass (kg) of a release at steps 0 … steps, step k standing for the time (k - lag) dt.

    Hat functions about these times share it out, so that the mean time of the release is exact.
    """
    moments = (np.arange(-1, steps + 2) - lag) * dt_s
    start, end = release.start_s, release.start_s + release.duration_s
    if release.duration_s < 1e-6 * dt_s:
        ramp = np.maximum(start - moments, 0.0)
    else:
        squares = np.maximum(end - moments, 0.0) ** 2 - np.maximum(start - moments, 0.0) ** 2
        ramp = squares / (2 * release.duration_s)
    hat: Floats = np.maximum((ramp[:-2] - 2 * ramp[1:-1] + ramp[2:]) / dt_s, 0.0)
    return release.mass_kg * hat


def _steps(
    grid: Grid | None, duration_s: float, dt_s: float | None, factor_limit: float
) -> tuple[int, float]:
    """Number and length of the steps; a given step is kept, the last may end after `duration_s`."""
    crossing = math.inf if grid is None else float(np.min(grid.length_m / grid.velocity_m_s)) / factor_limit
    if dt_s is None:
        steps = math.ceil(duration_s / min(LARGEST_COURANT * crossing, LONGEST_DEFAULT_STEP_S))
        return steps, duration_s / steps
    if dt_s > crossing * (1 + 1e-12):
        raise SimulationError(
            f"dt_s is {dt_s:g} s, but water crosses the shortest cell in {crossing:.3g} s. Give a step of at most "
            "that, or longer cells (cell_m)."
        )
    return math.ceil(duration_s / dt_s - 1e-9), dt_s


def _largest(flow_factor: Callable[[Floats], Floats] | None, duration_s: float) -> float:
    if flow_factor is None:
        return 1.0
    values = np.asarray(flow_factor(np.linspace(0.0, duration_s, 2001)), dtype=float)
    if values.shape != (2001,) or not (np.isfinite(values).all() and (values > 0).all()):
        raise SimulationError("flow_factor must give one number above 0 for every time it is given.")
    return float(values.max()) * 1.02  # a peak may hide between the moments looked at


def _refuse_impossible(
    releases: Sequence[Release],
    duration_s: float,
    dt_s: float | None,
    cell_m: float | None,
    velocity_factor: float,
    dispersion_factor: float,
    decay_per_s: float,
) -> None:
    positive = {"duration_s": duration_s, "dt_s": dt_s, "cell_m": cell_m, "velocity_factor": velocity_factor}
    for name, value in positive.items():
        if value is not None and not (math.isfinite(value) and value > 0):
            raise SimulationError(f"{name} is {value!r}. Give a number above 0.")
    least_zero = {"dispersion_factor": dispersion_factor, "decay_per_s": decay_per_s}
    for i, release in enumerate(releases):
        for field in ("start_s", "duration_s", "mass_kg"):
            least_zero[f"{field} of release {i}"] = getattr(release, field)
    for name, value in least_zero.items():
        if not (math.isfinite(value) and value >= 0):
            raise SimulationError(f"{name} is {value!r}. Give a number of at least 0.")
