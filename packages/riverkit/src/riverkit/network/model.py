"""The vocabulary of a river network: a reach, its regime, a place on it."""

from dataclasses import dataclass
from enum import StrEnum

from shapely import LineString


class Regime(StrEnum):
    """How water moves in a reach. Only `FREE` is open to methods that assume a steady flow downhill."""

    FREE = "free"
    BACKWATER = "backwater"
    GATED = "gated"
    TIDAL = "tidal"


@dataclass(frozen=True, slots=True)
class Reach:
    """A stretch of channel without confluence inside; water flows from node `up` to node `down`.

    A reach is plain data and may be wrong (that is what `check` is for); `Network.build` refuses wrong ones.
    `None` means unknown, never zero.

    Attributes:
        id: unique name of the reach within its network.
        up, down: names of the end nodes; reaches that share a name are joined there.
        length_m: length along the channel; may differ from the drawn line's.
        line: the drawn course from `up` to `down`, longitude and latitude in degrees (EPSG:4490 or
            EPSG:4326).
        discharge_m3s, velocity_m_s, width_m, depth_m: section means of the reach at the flow of interest.
        dispersion_m2s: coefficient of longitudinal dispersion.
        drainage_km2: catchment area at the lower end.
        flow_share: share of the water arriving at node `up` that takes this reach; 1 where none divides.
        regime: whether methods for free, steady flow apply.
        name: what people call the river.
        estimated: names of the fields above that a formula or a default filled instead of a measurement.
        volume_m3: given for a lake or reservoir, which then counts as one mixed body of water; its velocity and
            dispersion are not asked for.
        kept_share: share of the water entering the reach that is left after what people take out at its upper
            end; `discharge_m3s` is what is left. None: nothing is taken.
    """

    id: str
    up: str
    down: str
    length_m: float
    line: LineString | None = None
    discharge_m3s: float | None = None
    velocity_m_s: float | None = None
    width_m: float | None = None
    depth_m: float | None = None
    dispersion_m2s: float | None = None
    drainage_km2: float | None = None
    flow_share: float | None = None
    regime: Regime = Regime.FREE
    name: str = ""
    estimated: frozenset[str] = frozenset()
    volume_m3: float | None = None
    kept_share: float | None = None


@dataclass(frozen=True, slots=True)
class Location:
    """A place on a network.

    Attributes:
        reach_id: the reach.
        chainage_m: distance along the reach from its upper end, 0 … `length_m`.
        offset_m: how far beside the line the place lies (0 for a place on the line).
    """

    reach_id: str
    chainage_m: float
    offset_m: float = 0.0
