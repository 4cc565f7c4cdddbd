"""What the pass up a network carries: transforms at the nodes of a Laplace grid, or moments of travel times."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from riverkit.errors import TransportError
from riverkit.network import Network
from riverkit.transport.kernel import lake_cumulants, lake_transfer, passage, reach_cumulants, root
from riverkit.transport.memory import Complex, Memory, refuse_impossible_memory, slowed
from riverkit.transport.sweep import Carrier, add

Floats = NDArray[np.float64]

Factor = float | Floats
"""One factor for all reaches, or one for each in the order of `Network.reaches`."""

Memories = Memory | Sequence[Memory | None] | None
"""One memory for all reaches, or one (or None) for each in the order of `Network.reaches`."""

NEGLIGIBLE = 1e-16
"""Nodes of a transform this small against its first no longer matter: a reach multiplies each by less than the
first, and even the damping's growth leaves them at the round-off of the inversion."""

LOOK_AGAIN = 1e-3
"""They are looked for only when the last node is this much smaller still: looking costs as much as a reach."""


class Hydraulics:
    """The hydraulics of every reach with factors applied, ready for use; the arguments are those of `arrivals`.

    Attributes:
        velocity_m_s, dispersion_m2s: per reach, NaN where unknown.
        residence_s: volume over discharge of lakes, NaN elsewhere.
        memories: one per reach.
    """

    def __init__(
        self, network: Network, velocity_factor: Factor, dispersion_factor: Factor, storage: Memories
    ) -> None:
        arrays = network.arrays
        velocity, dispersion = (
            arrays.velocity_m_s * velocity_factor,
            arrays.dispersion_m2s * dispersion_factor,
        )
        bad = ~((velocity > 0) | np.isnan(arrays.velocity_m_s))
        bad |= ~((dispersion >= 0) | np.isnan(arrays.dispersion_m2s))
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            raise TransportError(
                f"Reach {network.reaches[row].id!r}: with its factor, the velocity is {velocity[row]} m/s and the "
                f"dispersion {dispersion[row]} m²/s. Give factors above 0."
            )
        self.velocity_m_s: list[float] = velocity.tolist()
        self.dispersion_m2s: list[float] = dispersion.tolist()
        self.residence_s: list[float] = (arrays.volume_m3 / arrays.discharge_m3s).tolist()
        self.is_lake: list[bool] = (~np.isnan(arrays.volume_m3)).tolist()
        self.memories = _per_reach(network, storage)


def _per_reach(network: Network, storage: Memories) -> list[Memory | None]:
    if storage is None or isinstance(storage, Memory):
        memories: list[Memory | None] = [storage] * len(network)
    else:
        memories = list(storage)
    if len(memories) != len(network):
        raise TransportError(
            f"storage holds {len(memories)} entries for {len(network)} reaches. Give one for all, or one (or None) for "
            "each in the order of `network.reaches`."
        )
    for memory in set(memories):
        refuse_impossible_memory(memory)
    return memories


class Transforms(Carrier[np.complex128]):
    """Transforms of the mass rate at the stations, shape [stations, settings, nodes] at the nodes `s`.

    Settings are passed together, so that small grids do not pay for every call. Nodes that no longer matter under any of
    them are cut off.
    """

    def __init__(
        self, network: Network, settings: Sequence[Hydraulics], s: Complex, decay_per_s: float
    ) -> None:
        super().__init__(network, np.ones((len(settings), len(s)), dtype=np.complex128))
        if not decay_per_s >= 0:
            raise TransportError(f"decay_per_s is {decay_per_s}. Give a rate of at least 0 per second.")
        self.s, self.decay_per_s = s, decay_per_s
        # Columns of all settings, by reach.
        self.velocity_m_s = np.array([each.velocity_m_s for each in settings]).T[..., None]
        self.dispersion_m2s = np.array([each.dispersion_m2s for each in settings]).T[..., None]
        self.residence_s = settings[0].residence_s
        slow = {memory: slowed(s + decay_per_s, memory) for each in settings for memory in set(each.memories)}
        memories = list(zip(*(each.memories for each in settings), strict=True))
        by_memories = {key: np.stack([slow[memory] for memory in key]) for key in set(memories)}
        self._rates = [by_memories[key] for key in memories]

    def rate(self, row: int, nodes: int) -> Complex:
        """The rate of a reach, its memory included, at the first `nodes`."""
        return self._rates[row][:, :nodes]

    def root(self, row: int, nodes: int) -> Complex:
        """p of a reach at the first `nodes`."""
        return root(self.rate(row, nodes), self.velocity_m_s[row], self.dispersion_m2s[row])

    def carry(self, row: int, length_m: float, below: Complex, from_node: bool) -> Complex:
        """Multiply by the transfer function of the stretch."""
        nodes = below.shape[-1]
        if self.is_lake[row]:
            transfer = lake_transfer(self.s[:nodes], self.residence_s[row], self.decay_per_s)
        else:
            time_s = length_m / self.velocity_m_s[row]
            transfer = passage(self.rate(row, nodes), self.root(row, nodes), time_s)
        return significant(below * transfer)


class BackDispersion(Transforms):
    """Transforms where dispersion acts back across joints and upstream of a release inside a reach.

    Concentrations are equal on all sides of a node and mass fluxes balance. With p of each reach, a wave that comes
    down reach 1 goes on into reach j, whose share of all the outflow is w_j, with the factor
    `2p1/(1 + p1) · w_j(1 + p_j)/S`, `S = Σ out w_j(1 + p_j) + Σ in w_i(p_i - 1)`. For two reaches and
    concentrations this is 2p1/(p1 + p2). A release inside a reach is `(1 + p)/2p` times one through an inlet.
    What a far end reflects is left out: O(e^-Péclet).
    """

    def __init__(
        self, network: Network, settings: Sequence[Hydraulics], s: Complex, decay_per_s: float
    ) -> None:
        super().__init__(network, settings, s, decay_per_s)
        arrays = network.arrays
        self._into: list[list[int]] = [[] for _ in arrays.node_ids]
        for row, node in enumerate(arrays.down_node.tolist()):
            self._into[node].append(row)
        self._out: list[list[int]] = [[] for _ in arrays.node_ids]
        for row, node in enumerate(arrays.up_node.tolist()):
            self._out[node].append(row)
        self._flow_share: list[float] = arrays.flow_share.tolist()
        self._kept: list[float] = arrays.kept_share.tolist()
        self._discharge: list[float] = arrays.discharge_m3s.tolist()

    def root(self, row: int, nodes: int) -> Complex:
        """p of a reach; 1 in a lake, which gives nothing back, and where a tributary's hydraulics are unknown."""
        if self.is_lake[row] or np.isnan(self.velocity_m_s[row]).any():
            return np.ones((len(self.velocity_m_s[row]), nodes), dtype=np.complex128)
        return super().root(row, nodes)

    def carry(self, row: int, length_m: float, below: Complex, from_node: bool) -> Complex:
        """As above, and through the joint at the lower end."""
        carried = super().carry(row, length_m, below, from_node)
        if from_node:
            p = self.root(row, carried.shape[-1])
            carried = carried * (2.0 * p / (1.0 + p))
        return carried

    def gather(self, node: int, leaving: Sequence[tuple[int, Complex]]) -> Complex:
        """Divide what comes together between the reaches below the node and those above it."""
        nodes = max(value.shape[-1] for _, value in leaving)
        total = self._outflow(node)
        weigh = {row: self._flow_share[row] * (1.0 + self.root(row, nodes)) for row in self._out[node]}
        whole = np.sum(list(weigh.values()), axis=0)
        for row in self._into[node]:
            whole = whole + self._discharge[row] / total * (self.root(row, nodes) - 1.0)
        value = add([self._kept[row] * weigh[row][..., : value.shape[-1]] * value for row, value in leaving])
        gathered: Complex = value / whole
        return gathered

    def release(self, row: int, value: Complex) -> Complex:
        """A release into the water of a channel that goes on above it."""
        p = self.root(row, value.shape[-1])
        released: Complex = value * ((1.0 + p) / (2.0 * p))
        return released

    def _outflow(self, node: int) -> float:
        """Discharge through a node, before anybody takes water out."""
        for row in self._out[node]:
            share = self._flow_share[row] * self._kept[row]
            if share > 0 and self._discharge[row] > 0:
                return self._discharge[row] / share
        name = self.network.arrays.node_ids[node]
        raise TransportError(
            f"No discharge is known below node {name!r}, so dispersion back across it cannot be weighed. Give "
            "discharges, or leave back_dispersion out."
        )


def significant(transforms: Complex) -> Complex:
    """The leading nodes of transforms (last axis) that matter to any station under any setting; at least one."""
    if (np.abs(transforms[..., -1]) > LOOK_AGAIN * NEGLIGIBLE * np.abs(transforms[..., 0])).any():
        return transforms
    power = transforms.real**2 + transforms.imag**2
    matters = np.flatnonzero((power > NEGLIGIBLE**2 * power[..., :1]).any(axis=(0, 1)))
    return transforms[..., : 1 + (int(matters[-1]) if matters.size else 0)]


class RawMoments(Carrier[np.float64]):
    """Share of the mass that arrives, and its first two moments of travel time about 0."""

    def __init__(self, network: Network, hydraulics: Hydraulics) -> None:
        super().__init__(network, np.array([1.0, 0.0, 0.0]))
        self.hydraulics = hydraulics

    def carry(self, row: int, length_m: float, below: Floats, from_node: bool) -> Floats:
        """Add the reach's travel time."""
        hydraulics = self.hydraulics
        if hydraulics.is_lake[row]:
            mean, variance, _ = lake_cumulants(hydraulics.residence_s[row])
        else:
            mean, variance, _ = reach_cumulants(
                length_m,
                hydraulics.velocity_m_s[row],
                hydraulics.dispersion_m2s[row],
                hydraulics.memories[row],
            )
        later = np.array([[1.0, mean, mean**2 + variance], [0.0, 1.0, 2.0 * mean], [0.0, 0.0, 1.0]])
        moved: Floats = below @ later
        return moved
