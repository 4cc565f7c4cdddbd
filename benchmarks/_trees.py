"""Random trees of reaches, for benchmarks that need a network of any size."""

from collections.abc import Callable

import numpy as np
from riverkit.network import Network, Reach

HEADWATER_M3S = 0.02
JOINED_FROM = 25
"""A reach joins one of so many made before it: rivers long rather than bushy."""

Hydraulics = Callable[[np.random.Generator], tuple[float, float]]


def random_tree(size: int, hydraulics: Hydraulics) -> Network:
    """A tree of `size` reaches of 200 to 1,200 m; flow grows downstream.

    `hydraulics` draws velocity (m/s) and dispersion (m²/s) of a reach.
    """
    rng = np.random.default_rng(1)
    below = [0] + [int(rng.integers(max(0, i - JOINED_FROM), i)) for i in range(1, size)]
    flow = np.full(size, HEADWATER_M3S)
    for i in range(size - 1, 0, -1):
        flow[below[i]] += flow[i]

    def reach(i: int) -> Reach:
        length = float(rng.uniform(200.0, 1_200.0))
        velocity, dispersion = hydraulics(rng)
        return Reach(
            id=f"r{i}",
            up=f"n{i}",
            down="outlet" if i == 0 else f"n{below[i]}",
            length_m=length,
            discharge_m3s=float(flow[i]),
            velocity_m_s=velocity,
            dispersion_m2s=dispersion,
        )

    return Network.build(reach(i) for i in range(size))
