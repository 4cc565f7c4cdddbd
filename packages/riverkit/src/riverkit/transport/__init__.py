"""How a release travels down a river network: exact kernels in the Laplace domain, moments, dispersion
formulas."""

from riverkit.transport.cascade import arrivals, moments, responses
from riverkit.transport.kernel import Cumulants, Storage, reach_cumulants, reach_transfer
from riverkit.transport.laplace import LaplaceGrid

__all__ = [
    "Cumulants",
    "LaplaceGrid",
    "Storage",
    "arrivals",
    "moments",
    "reach_cumulants",
    "reach_transfer",
    "responses",
]
