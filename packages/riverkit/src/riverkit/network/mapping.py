"""Which column of a vector file holds which field of a reach."""

from collections.abc import Collection
from dataclasses import dataclass, fields

NUMBER_FIELDS = (
    "discharge_m3s",
    "velocity_m_s",
    "width_m",
    "depth_m",
    "dispersion_m2s",
    "drainage_km2",
    "flow_share",
    "volume_m3",
    "kept_share",
)
"""The fields of `Reach` that hold an optional number, other than the length."""


@dataclass(frozen=True, slots=True)
class AttributeMapping:
    """Which column of a file holds which field of `Reach`; None = the file has none.

    Without `id` the feature number serves. Without `up` and `down` the ends of the lines are the nodes,
    joined where coordinates agree to 1e-7 degrees (1 cm). Without `length` the length is the line's.
    `length_unit_m` is the length of the column's unit in metres (1000 for km). `divergence` names a column
    that holds 1 on the main and 2 on a minor path below a divergence, 0 elsewhere.
    """

    id: str | None = None
    up: str | None = None
    down: str | None = None
    length: str | None = None
    length_unit_m: float = 1.0
    name: str | None = None
    discharge_m3s: str | None = None
    velocity_m_s: str | None = None
    width_m: str | None = None
    depth_m: str | None = None
    dispersion_m2s: str | None = None
    drainage_km2: str | None = None
    flow_share: str | None = None
    volume_m3: str | None = None
    kept_share: str | None = None
    divergence: str | None = None
    regime: str | None = None
    estimated: str | None = None

    def columns(self) -> dict[str, str]:
        """The mapped fields and their columns."""
        names = (f.name for f in fields(self) if f.name != "length_unit_m")
        return {name: getattr(self, name) for name in names if getattr(self, name)}


NHDPLUS = AttributeMapping(
    id="COMID",
    up="FromNode",
    down="ToNode",
    length="LENGTHKM",
    length_unit_m=1000.0,
    name="GNIS_NAME",
    drainage_km2="TotDASqKM",
    divergence="Divergence",
)
"""NHDPlus version 2 flowlines with their value-added attributes."""

OWN = AttributeMapping(
    id="id",
    up="up",
    down="down",
    length="length_m",
    name="name",
    regime="regime",
    estimated="estimated",
    discharge_m3s="discharge_m3s",
    velocity_m_s="velocity_m_s",
    width_m="width_m",
    depth_m="depth_m",
    dispersion_m2s="dispersion_m2s",
    drainage_km2="drainage_km2",
    flow_share="flow_share",
    volume_m3="volume_m3",
    kept_share="kept_share",
)
"""The columns that `write_vector` writes."""

PRESETS = {"own": OWN, "nhdplus": NHDPLUS}


def recognised(columns: Collection[str]) -> AttributeMapping | None:
    """NHDPlus by its columns for id and nodes, with what else of it the file has; None for any other file."""
    if not {"COMID", "FromNode", "ToNode"} <= set(columns):
        return None
    present = {field: column for field, column in NHDPLUS.columns().items() if column in columns}
    return AttributeMapping(**present, length_unit_m=NHDPLUS.length_unit_m)
