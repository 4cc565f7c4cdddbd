"""River and sewer networks: topology, geometry, hydraulics, and readers for vector files and SWMM input files."""

from riverkit.network.checks import CheckReport, Finding, FindingKind, Severity
from riverkit.network.graph import Network, NetworkArrays
from riverkit.network.hydraulics import HydraulicGeometry, dispersion_zeng_huai, estimate_hydraulics
from riverkit.network.lateral import with_lateral_inflow
from riverkit.network.mapping import NHDPLUS, AttributeMapping, recognised
from riverkit.network.model import Location, Reach, Regime
from riverkit.network.readers import (
    ReadResult,
    RowProblem,
    read_vector,
    write_vector,
)
from riverkit.network.repairs import check, repair
from riverkit.network.swmm import read_swmm

__all__ = [
    "NHDPLUS",
    "AttributeMapping",
    "CheckReport",
    "Finding",
    "FindingKind",
    "HydraulicGeometry",
    "Location",
    "Network",
    "NetworkArrays",
    "Reach",
    "ReadResult",
    "Regime",
    "RowProblem",
    "Severity",
    "check",
    "dispersion_zeng_huai",
    "estimate_hydraulics",
    "read_swmm",
    "read_vector",
    "recognised",
    "repair",
    "with_lateral_inflow",
    "write_vector",
]
