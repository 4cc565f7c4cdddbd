"""Quasi-random draws of uncertain hydraulics."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy import special

from riverkit.errors import TracingError
from riverkit.network import Network
from riverkit.tracing.model import Floats, HydraulicPrior, Ints
from riverkit.transport.memory import Memory


class Setting(NamedTuple):
    """One draw: factors for every reach, in the order of the network, and the dead zones of all of them."""

    velocity_factor: Floats
    dispersion_factor: Floats
    storage: Memory | None


def evenly_spread(prior: HydraulicPrior, n_gains: int) -> Floats:
    """A point for every setting, all of which weigh the same; the first few are as evenly spread as all.

    Shape [settings, `n_uncertain` + gains]: the share of the mass that each station recovers follows the hydraulics.
    """
    # Another number of dimensions means other steps of the sequence: the two do not follow each other.
    return np.hstack(
        [
            normals(prior.n_settings, n_uncertain(prior), prior.seed),
            normals(prior.n_settings, n_gains, prior.seed + 1),
        ]
    )


def n_uncertain(prior: HydraulicPrior) -> int:
    """Quantities that the prior leaves open, gains not counted: the length of a point for `settings_at`."""
    return int(np.count_nonzero(_deviations(prior)))


def settings_at(network: Network, prior: HydraulicPrior, points: Floats) -> Iterator[Setting]:
    """The settings at these points, shape [points, `n_uncertain`]: of a standard normal each, beforehand.

    Raises:
        TracingError: a group names a reach that is not in the network, or one that another group has.
    """
    group_of = _groups(network, prior)
    deviations = _deviations(prior)
    for normal in believed(prior, points):
        logarithms = np.zeros(len(deviations))
        logarithms[deviations > 0] = normal * deviations[deviations > 0]
        drawn = np.exp(logarithms)
        storage = None
        if prior.storage is not None:
            storage = prior.storage.times(float(drawn[-2]), float(drawn[-1]))
        factors = drawn[: 2 + 2 * len(prior.groups)].reshape(-1, 2)
        factors[1:] *= factors[0]
        yield Setting(factors[group_of, 0], factors[group_of, 1], storage)


def lasting(prior: HydraulicPrior) -> Ints:
    """Which of the uncertain quantities belong to the river: velocity and dispersion of all, and the dead zones'."""
    deviations = _deviations(prior)
    own = [0, 1] if prior.storage is None else [0, 1, *range(2 + 2 * len(prior.groups), len(deviations))]
    return np.flatnonzero(np.isin(np.flatnonzero(deviations), own))


def believed(prior: HydraulicPrior, points: Floats) -> Floats:
    """Points in the coordinates of the belief before anything was learned; shape as of `points`.

    Raises:
        TracingError: what was learned is of other quantities than the prior leaves open.
    """
    if prior.learned is None:
        return points
    found, rows = points.copy(), lasting(prior)
    if len(rows) != len(prior.learned.mean):
        raise TracingError(
            f"What was learned is of {len(prior.learned.mean)} quantities, and these hydraulics leave {len(rows)} open. "
            "Give the deviations with which it was learned."
        )
    found[:, rows] = np.array(prior.learned.mean) + points[:, rows] @ np.array(prior.learned.factor).T
    return found


def gains_at(prior: HydraulicPrior, points: Floats) -> Floats:
    """The gains at these standard normal points, shape [points, stations]."""
    drawn: Floats = np.exp(prior.gain_log_sd * points)
    return drawn


def _deviations(prior: HydraulicPrior) -> Floats:
    """Standard deviations of the natural logarithms: velocity and dispersion of all, of each group, storage."""
    decade = np.log(10.0)
    spreads = [prior.velocity_log_sd, prior.dispersion_log10_sd * decade]
    for group in prior.groups:
        spreads += [group.velocity_log_sd, group.dispersion_log10_sd * decade]
    if prior.storage is not None:
        spreads += [sd * decade for sd in prior.storage.log10_sds]
    return np.array(spreads)


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


def normals(count: int, dimensions: int, seed: int) -> Floats:
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
    found: Floats = special.ndtri(np.clip(points, 1e-12, 1.0 - 1e-12))
    return found
