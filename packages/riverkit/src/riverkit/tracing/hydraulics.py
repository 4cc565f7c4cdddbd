"""Quasi-random draws of uncertain hydraulics."""

from collections.abc import Iterator

import numpy as np
from scipy import special

from riverkit.errors import TracingError
from riverkit.network import Network
from riverkit.tracing.model import Floats, HydraulicPrior


def settings(network: Network, prior: HydraulicPrior) -> Iterator[tuple[Floats, Floats]]:
    """Yield velocity and dispersion factors for every reach, once per setting; all settings weigh the same.

    Raises:
        TracingError: a group names a reach that is not in the network, or one that another group has.
    """
    group_of = _groups(network, prior)
    spreads = [(prior.velocity_log_sd, prior.dispersion_log10_sd)]
    spreads += [(group.velocity_log_sd, group.dispersion_log10_sd) for group in prior.groups]
    deviations = np.array(spreads).ravel() * np.tile([1.0, np.log(10.0)], len(spreads))
    for normal in _normals(prior.n_settings, int(np.count_nonzero(deviations)), prior.seed):
        logarithms = np.zeros(len(deviations))
        logarithms[deviations > 0] = normal * deviations[deviations > 0]
        factors = np.exp(logarithms).reshape(-1, 2)
        yield factors[group_of, 0], factors[group_of, 1]


def _groups(network: Network, prior: HydraulicPrior) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """For every reach the number of its group, 0 for those in none."""
    group_of = np.zeros(len(network), dtype=np.int64)
    for number, group in enumerate(prior.groups, start=1):
        for reach_id in group.reach_ids:
            row = network.index(reach_id)
            if group_of[row]:
                raise TracingError(f"Reach {reach_id!r} is in two hydraulic groups. Leave it in one.")
            group_of[row] = number
    return group_of


def _normals(count: int, dimensions: int, seed: int) -> Floats:
    """Standard normal points, evenly spread: the additive recurrence of the generalised golden ratio.

    With one point it is the centre. Source: M. Roberts, The unreasonable effectiveness of quasirandom
    sequences (2018); the recurrence is Kronecker's.
    """
    if count == 1:
        return np.zeros((1, dimensions))
    ratio = 1.0
    for _ in range(64):
        ratio = (1.0 + ratio) ** (1.0 / (dimensions + 1))
    steps = ratio ** -np.arange(1.0, dimensions + 1)
    shift = np.random.default_rng(seed).random(dimensions)
    points = (shift + np.arange(1, count + 1)[:, None] * steps) % 1.0
    normals: Floats = special.ndtri(np.clip(points, 1e-12, 1.0 - 1e-12))
    return normals
