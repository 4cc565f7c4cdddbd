"""How a release travels down a river network: exact kernels in the Laplace domain, moments, dispersion
formulas."""

from riverkit.transport.bands import Kernels, kernels
from riverkit.transport.cascade import Moments, arrivals, moments, responses
from riverkit.transport.flow_time import FlowTime
from riverkit.transport.kernel import (
    Cumulants,
    lake_cumulants,
    lake_transfer,
    reach_cumulants,
    reach_transfer,
)
from riverkit.transport.laplace import LaplaceGrid
from riverkit.transport.memory import Memory, PowerLawStorage, Storage

__all__ = [
    "Cumulants",
    "FlowTime",
    "Kernels",
    "LaplaceGrid",
    "Memory",
    "Moments",
    "PowerLawStorage",
    "Storage",
    "arrivals",
    "kernels",
    "lake_cumulants",
    "lake_transfer",
    "moments",
    "reach_cumulants",
    "reach_transfer",
    "responses",
]
