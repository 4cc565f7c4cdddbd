"""Kernels of sources far and near: each on a grid that fits its travel time."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riverkit.network import Location, Network
from riverkit.transport.carriers import BackDispersion, Factor, Hydraulics, Memories, Transforms
from riverkit.transport.cascade import moments
from riverkit.transport.laplace import LaplaceGrid
from riverkit.transport.memory import Complex
from riverkit.transport.sweep import sweep

DEFAULT_STEPS = 2_048
SIGMAS = 10.0
"""A kernel is taken to be over this many standard deviations after its mean."""

DAMPING = 8.0
"""As windows cover the kernels, little is left to wrap around, and the ringing of sharp ones is to stay small."""

OCTAVES = 16
"""The finest grid covers 2^-15 of the slowest travel time; nearer sources share it."""

BATCH = 256
"""Series held at once."""


class Kernels(NamedTuple):
    """Kernels of some sources, all on one grid.

    Attributes:
        grid: their times.
        sources: numbers of the sources, in the order given by the caller.
        mass_rate_per_s: shape [sources, steps], share of the mass that passes the station per second, the mean
            over the step that ends at each time: running sums times the step are the exact integral.
    """

    grid: LaplaceGrid
    sources: NDArray[np.int64]
    mass_rate_per_s: NDArray[np.float64]


def kernels(
    network: Network,
    station: Location,
    sources: Sequence[Location],
    *,
    steps: int = DEFAULT_STEPS,
    decay_per_s: float = 0.0,
    velocity_factor: Factor = 1.0,
    dispersion_factor: Factor = 1.0,
    storage: Memories = None,
    back_dispersion: bool = False,
) -> Iterator[Kernels]:
    """Yield the kernels from all sources whose water passes the station, grouped by octave of travel time.

    Travel times in a large network span several orders of magnitude, and no one grid of a few thousand steps is fine
    enough for the near sources and long enough for the far ones. Each octave has a grid of its own, which covers
    mean + 10 σ of its slowest kernel with `steps` steps, so a kernel lasts at least half of its window. One pass
    goes up the network for each, only as far as its sources lie: as the near octaves hold few reaches, all passes
    together cost little more than one.

    A kernel narrower than a step (no dispersion, or a source at the station) becomes a pure delay. Sources nearer to the
    station than the dispersion length D/u have too sharp a rise for their grid and ring.

    Args:
        network, station, sources: as in `responses`.
        steps: of every grid; 2,048 resolve a kernel up to a Péclet number of about 100,000.
        decay_per_s, velocity_factor, dispersion_factor, storage, back_dispersion: as in `arrivals`.

    Raises:
        TransportError: as in `arrivals`.
    """
    travel = moments(
        network,
        station,
        sources,
        velocity_factor=velocity_factor,
        dispersion_factor=dispersion_factor,
        storage=storage,
    )
    end_s = travel.mean_s + SIGMAS * travel.sigma_s
    reached = np.flatnonzero(travel.share > 0)
    if not reached.size:
        return
    longest = float(end_s[reached].max()) or 1.0
    with np.errstate(divide="ignore"):
        octave = np.minimum(np.floor(np.log2(longest / end_s[reached])), OCTAVES - 1).astype(int)
    hydraulics = Hydraulics(network, velocity_factor, dispersion_factor, storage)
    kind = BackDispersion if back_dispersion else Transforms
    for number in np.unique(octave):
        members = reached[octave == number]
        grid = LaplaceGrid.over(longest / 2.0**number, longest / 2.0**number / steps, DAMPING)
        carrier = kind(network, [hydraulics], grid.s, decay_per_s)
        places = [sources[member] for member in members]
        sharp = travel.sigma_s < grid.dt_s / 2.0
        for found in _inverted(grid, members, sweep(network, [station], places, carrier)):
            for row, source in enumerate(found.sources):
                if sharp[source]:
                    arriving = min(math.ceil(travel.mean_s[source] / grid.dt_s), grid.steps - 1)
                    mass = travel.share[source] * math.exp(-decay_per_s * travel.mean_s[source])
                    found.mass_rate_per_s[row] = 0.0
                    found.mass_rate_per_s[row, arriving] = mass / grid.dt_s
            yield found


def _inverted(
    grid: LaplaceGrid, members: NDArray[np.int64], found: Iterator[tuple[int, Complex]]
) -> Iterator[Kernels]:
    """Invert in batches, so that neither transforms nor series of all sources need memory at once."""
    transforms = np.zeros((min(BATCH, len(members)), len(grid.s)), dtype=np.complex128)
    numbers: list[int] = []
    for number, value in found:
        nodes = value.shape[-1]
        np.multiply(value[0, 0], grid.cell_average[:nodes], out=transforms[len(numbers), :nodes])
        transforms[len(numbers), nodes:] = 0.0
        numbers.append(number)
        if len(numbers) == len(transforms):
            yield Kernels(grid, members[numbers], grid.invert(transforms))
            numbers = []
    if numbers:
        yield Kernels(grid, members[numbers], grid.invert(transforms[: len(numbers)]))
