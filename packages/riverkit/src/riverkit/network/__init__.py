"""River and sewer networks: topology, geometry, hydraulics, and readers for vector files."""

from riverkit.network.graph import Network, NetworkArrays
from riverkit.network.model import Location, Reach, Regime

__all__ = ["Location", "Network", "NetworkArrays", "Reach", "Regime"]
