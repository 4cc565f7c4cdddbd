"""Runs inside emcee's own environment: samples start, duration and mass of one candidate from the same
posterior.

Usage: python _emcee_peer.py problem.npz walkers steps burn_in seed   (one line of JSON on the standard
    output)
"""

import json
import sys
import time

import emcee
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def main() -> None:
    """Sample and report seconds, integrated autocorrelation time and medians."""
    problem = np.load(sys.argv[1])
    walkers, steps, burn_in, seed = (int(argument) for argument in sys.argv[2:6])
    lowest, highest = problem["lowest"], problem["highest"]  # of start and duration, in steps
    sd_kg = float(problem["sd_kg"])
    stations = range(int(problem["stations"]))
    series = [
        {
            name: problem[f"{name}{i}"]
            for name in ("integral", "position", "weight", "weighted", "projections")
        }
        for i in stations
    ]

    def log_posterior(points: Floats) -> Floats:
        start, duration, mass = points.T
        inside = ((points[:, :2] >= lowest) & (points[:, :2] <= highest)).all(axis=1) & (mass >= 0)
        result = -0.5 * (mass / sd_kg) ** 2
        for each in series:
            grid = np.arange(len(each["integral"]))
            since = each["position"] - start[:, None]
            g = np.interp(since, grid, each["integral"], left=0.0)
            g -= np.interp(since - duration[:, None], grid, each["integral"], left=0.0)
            g *= (mass / np.maximum(duration, 1e-9))[:, None]
            quadratic = (g**2) @ each["weight"] - ((g @ each["projections"].T) ** 2).sum(axis=1)
            result += g @ each["weighted"] - 0.5 * quadratic
        return np.where(inside, result, -np.inf)

    rng = np.random.default_rng(seed)
    centre = problem["centre"]
    initial = centre * (1.0 + 0.01 * rng.standard_normal((walkers, 3)))
    np.random.seed(seed)
    began = time.perf_counter()
    sampler = emcee.EnsembleSampler(walkers, 3, log_posterior, vectorize=True)
    sampler.run_mcmc(initial, burn_in + steps)
    seconds = time.perf_counter() - began
    time_steps = sampler.get_autocorr_time(discard=burn_in, quiet=True)
    chain = sampler.get_chain(discard=burn_in, flat=True)
    print(
        json.dumps(
            {
                "seconds": seconds,
                "effective_sample_size": float(walkers * steps / time_steps.max()),
                "median": np.median(chain, axis=0).tolist(),
                "sd": chain.std(axis=0).tolist(),
                "evaluations": walkers * (burn_in + steps),
                "version": emcee.__version__,
            }
        )
    )


main()
