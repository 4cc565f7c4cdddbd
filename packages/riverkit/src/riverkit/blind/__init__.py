"""Where a cloud began on a river without candidates: distance upstream, time and mass, from how it has spread."""

from riverkit.blind.locate import Origin, locate
from riverkit.blind.passage import Passage
from riverkit.blind.population import Journey, Population, TailedLaw, learn
from riverkit.blind.spread import SpreadLaw

__all__ = ["Journey", "Origin", "Passage", "Population", "SpreadLaw", "TailedLaw", "learn", "locate"]
