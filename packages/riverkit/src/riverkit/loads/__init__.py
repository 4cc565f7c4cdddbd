"""Steady loads: which part of a river network adds how much."""

from riverkit.loads.apportion import (
    Apportionment,
    DecayPrior,
    LoadStation,
    StationLoad,
    ZoneLoad,
    apportion,
)

__all__ = [
    "Apportionment",
    "DecayPrior",
    "LoadStation",
    "StationLoad",
    "ZoneLoad",
    "apportion",
]
