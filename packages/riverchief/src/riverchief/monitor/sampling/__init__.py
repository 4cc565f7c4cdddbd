"""Sampling by hand: plans, rounds, bottles and their custody, results under three-level review."""
