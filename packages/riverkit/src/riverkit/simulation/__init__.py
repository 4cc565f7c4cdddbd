"""The independent finite-volume solver: truth for the demo, tests and benchmarks, never used by tracing."""

from riverkit.simulation.simulate import MassBalance, Release, SimulationResult, simulate

__all__ = ["MassBalance", "Release", "SimulationResult", "simulate"]
