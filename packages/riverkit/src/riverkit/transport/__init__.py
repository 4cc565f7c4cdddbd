"""How a release travels down a river network: exact kernels in the Laplace domain, moments, dispersion
formulas."""

from riverkit.transport.bands import Kernels, kernels
from riverkit.transport.carriers import Hydraulics
from riverkit.transport.cascade import (
    Moments,
    arrivals,
    arrivals_together,
    moments,
    moments_together,
    responses,
)
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
from riverkit.transport.sweep import has_kernel

__all__ = [
    "Cumulants",
    "FlowTime",
    "Hydraulics",
    "Kernels",
    "LaplaceGrid",
    "Memory",
    "Moments",
    "PowerLawStorage",
    "Storage",
    "arrivals",
    "arrivals_together",
    "has_kernel",
    "kernels",
    "lake_cumulants",
    "lake_transfer",
    "moments",
    "moments_together",
    "reach_cumulants",
    "reach_transfer",
    "responses",
]
