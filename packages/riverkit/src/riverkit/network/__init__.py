"""River and sewer networks: topology, geometry, hydraulics, and readers for vector files."""

from riverkit.network.graph import Network, NetworkArrays
from riverkit.network.hydraulics import HydraulicGeometry, dispersion_zeng_huai, estimate_hydraulics
from riverkit.network.model import Location, Reach, Regime
from riverkit.network.readers import (
    NHDPLUS,
    AttributeMapping,
    ReadResult,
    RowProblem,
    read_vector,
    write_vector,
)

__all__ = [
    "NHDPLUS",
    "AttributeMapping",
    "HydraulicGeometry",
    "Location",
    "Network",
    "NetworkArrays",
    "Reach",
    "ReadResult",
    "Regime",
    "RowProblem",
    "dispersion_zeng_huai",
    "estimate_hydraulics",
    "read_vector",
    "write_vector",
]
