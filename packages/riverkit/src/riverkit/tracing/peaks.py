"""Where so many sources at given places fit best: hydraulics, starts and masses by least squares, and how sharply.

Starts are continuous here. What comes out are normals to draw points from (`Uncertain`): the answer does not rest on
them, only how many draws it takes.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize

from riverkit.tracing.adaptive import Peak
from riverkit.tracing.model import Floats, Ints
from riverkit.tracing.responses import passed_smoothly
from riverkit.tracing.uncertain import Uncertain

TURNS, STEPS, ENOUGH = 4, 12, 0.05
"""The misfit and the rest are sought in turn so often, the rest in so many steps, or until one gains so few nats."""

NEAR, NEAR_START = 0.02, 0.25
"""Standard deviations, and grid steps, over which slopes are taken."""

LONGEST = (1.0, 6.0, 1.0)
"""A step moves no quantity by more standard deviations, no start by more grid steps, no logarithm of a mass by more."""

DAMPED, DAMPING = 5, 1e-2
LEVELS = 4.0
"""The misfit is sought within so many standard deviations."""

VAGUE = 1e-4
"""Precision beforehand of starts in grid steps and of logarithms of masses: next to none."""


@dataclass(frozen=True, eq=False)
class Sources:
    """One choice of places (numbers), durations and starts (grid steps) and masses, kg, of each source."""

    places: Ints
    steps: Ints
    start: Floats
    mass: Floats


@dataclass(frozen=True, eq=False)
class Fit:
    """The best point for some sources, with them at their best.

    Attributes:
        peak: in the uncertain quantities.
        start: grid steps, of each source, with standard deviations; all else unknown.
        log_mass: natural logarithm of kg, the same.
    """

    peak: Peak
    start: Floats
    start_sd: Floats
    log_mass: Floats
    log_mass_sd: Floats


def fit(uncertain: Uncertain, point: Floats, sources: Sources) -> Fit | None:
    """What is climbed to from this point and these sources; None where one of them is not seen."""
    climb = _Climb(uncertain, sources)
    start, log_mass, now = sources.start, np.log(sources.mass), -math.inf
    free = uncertain.n_hydraulic
    known = free == uncertain.dimensions
    if not known:
        # A bad beginning would pass for a misfit, and then nothing pulls.
        point = np.append(point[:-1], min(float(point[-1]), 0.0))
    for turn in range(TURNS):
        if not known and turn:
            point = climb.with_best_misfit(point, start, log_mass)
        before = now
        found = climb.climbed(point, start, log_mass)
        if found is None:
            return None
        point, start, log_mass, information, now = found
        if known or now < before + ENOUGH:
            break
    covariance, own = np.eye(len(point)), linalg.inv(information)
    covariance[:free, :free] = own[:free, :free]
    if not known:
        covariance[-1, -1] = climb.misfit_variance(point, start, log_mass)
    start_sd, log_mass_sd = np.split(np.sqrt(np.diagonal(own)[free:]), 2)
    peak = Peak(point, covariance, now + 0.5 * float(np.linalg.slogdet(covariance)[1]))
    return Fit(peak, start, start_sd, log_mass, log_mass_sd)


class _Climb:
    def __init__(self, uncertain: Uncertain, sources: Sources) -> None:
        self._uncertain, self._sources = uncertain, sources
        self._reading_at, self._position = uncertain.at

    def climbed(
        self, point: Floats, start: Floats, log_mass: Floats
    ) -> tuple[Floats, Floats, Floats, Floats, float] | None:
        """By damped Gauss–Newton steps: point, starts, log masses, their information and the log density, prior included."""
        free, count = self._uncertain.n_hydraulic, len(start)
        white, observed, constant = self._uncertain.whitened(point)

        def loss(at: Floats, curves: Floats) -> float:
            residual = observed - curves.sum(axis=0)
            return 0.5 * float(residual @ residual + at[:free] @ at[:free])

        curves = self._curves(point, start, log_mass) @ white.T
        if not curves.any(axis=1).all():
            return None
        now, damping = loss(point, curves), DAMPING
        precision = np.concatenate([np.ones(free), np.full(2 * count, VAGUE)])
        longest = np.repeat(LONGEST, [free, count, count])
        for _ in range(STEPS):
            slopes = np.empty((len(observed), free + 2 * count))
            for number in range(free):
                moved = point.copy()
                moved[number] += NEAR
                there = self._curves(moved, start, log_mass) @ white.T
                slopes[:, number] = (there - curves).sum(axis=0) / NEAR
            integrals = self._uncertain.integrals(point, self._sources.places)
            late, early = (
                self._curves(point, start + move, log_mass, integrals) for move in (NEAR_START, -NEAR_START)
            )
            slopes[:, free : free + count] = white @ (late - early).T / (2.0 * NEAR_START)
            slopes[:, free + count :] = curves.T
            information = slopes.T @ slopes + np.diag(precision)
            downhill = slopes.T @ (observed - curves.sum(axis=0))
            downhill[:free] -= point[:free]
            gained = 0.0
            for _ in range(DAMPED):
                damped = information + damping * np.diag(np.diagonal(information))
                step = linalg.solve(damped, downhill, assume_a="pos")
                step /= max(1.0, float((np.abs(step) / longest).max()))
                moved = point.copy()
                moved[:free] += step[:free]
                later, heavier = start + step[free : free + count], log_mass + step[free + count :]
                there = self._curves(moved, later, heavier) @ white.T
                gained = now - loss(moved, there)
                if gained > 0:
                    point, start, log_mass, curves, now = moved, later, heavier, there, now - gained
                    damping *= 0.2
                    break
                damping *= 8.0
            if gained < ENOUGH:
                break
        return point, start, log_mass, information, constant - now - 0.5 * float(point[free:] @ point[free:])

    def with_best_misfit(self, point: Floats, start: Floats, log_mass: Floats) -> Floats:
        """The point with the misfit, its last quantity, at its best."""
        signal = self._curves(point, start, log_mass).sum(axis=0)
        found = optimize.minimize_scalar(
            lambda level: -self._log_density(point, float(level), signal),
            bounds=(-LEVELS, LEVELS),
            method="bounded",
            options={"xatol": ENOUGH},
        )
        return np.append(point[:-1], found.x)

    def misfit_variance(self, point: Floats, start: Floats, log_mass: Floats) -> float:
        """Of the last quantity, from the curvature of the log density; at most that of the prior, twice over."""
        signal, apart = self._curves(point, start, log_mass).sum(axis=0), 10.0 * NEAR
        low, middle, high = (
            self._log_density(point, point[-1] + move, signal) for move in (-apart, 0.0, apart)
        )
        return 1.0 / max((2.0 * middle - low - high) / apart**2, 0.5)

    def _log_density(self, point: Floats, level: float, signal: Floats) -> float:
        white, observed, constant = self._uncertain.whitened(np.append(point[:-1], level))
        residual = observed - white @ signal
        return constant - 0.5 * float(residual @ residual) - 0.5 * level**2

    def _curves(
        self, point: Floats, start: Floats, log_mass: Floats, integrals: Floats | None = None
    ) -> Floats:
        """Concentrations of each source at the readings, shape [sources, readings]."""
        if integrals is None:
            integrals = self._uncertain.integrals(point, self._sources.places)
        curves = []
        for integral, begun, steps in zip(integrals, start, self._sources.steps, strict=True):
            since = self._position - begun
            share = passed_smoothly(integral, self._reading_at, since) - passed_smoothly(
                integral, self._reading_at, since - steps
            )
            curves.append(share / steps)
        found: Floats = np.exp(log_mass)[:, None] * np.array(curves)
        return found
