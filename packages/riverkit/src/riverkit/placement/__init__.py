"""Where to put stations: soonest seen, or most telling about the source."""

from riverkit.placement.identify import IdentifyPlacement, place_to_identify
from riverkit.placement.impact import ImpactPlacement, place_for_impact
from riverkit.placement.travel import Travel, TypicalRelease, travel

__all__ = [
    "IdentifyPlacement",
    "ImpactPlacement",
    "Travel",
    "TypicalRelease",
    "place_for_impact",
    "place_to_identify",
    "travel",
]
