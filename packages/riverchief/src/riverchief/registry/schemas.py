"""What the registry's API says and takes."""

from typing import Any

from ninja import Schema


class BasinOut(Schema):
    """A basin, with counts and bounds (west, south, east, north) of what the reader may see of it."""

    id: int
    code: str
    name_zh: str
    name_en: str
    synthetic: bool
    source: str
    bounds: tuple[float, float, float, float] | None
    reaches: int
    stations: int
    outfalls: int


class ReachOut(Schema):
    """A reach; null is unknown, `estimated` names the fields that a formula filled."""

    id: int
    code: str
    basin_id: int
    river_zh: str
    river_en: str
    area_code: str | None
    length_m: float
    discharge_m3s: float | None
    velocity_m_s: float | None
    width_m: float | None
    depth_m: float | None
    dispersion_m2s: float | None
    drainage_km2: float | None
    flow_share: float | None
    regime: str
    estimated: list[str]
    geometry: dict[str, Any] | None
    synthetic: bool


class RiverOut(Schema):
    """A river."""

    id: int
    code: str
    name_zh: str
    name_en: str
    basin_id: int
    synthetic: bool


class OwnerOut(Schema):
    """Whose an outfall is."""

    id: int
    name_zh: str
    name_en: str


class OutfallOut(Schema):
    """An outfall; `organisation` is null also for a reader who may not know it."""

    id: int
    code: str
    name_zh: str
    name_en: str
    kind: str
    status: str
    lon: float
    lat: float
    area_code: str
    basin_id: int
    reach_id: int
    chainage_m: float
    permitted: bool
    organisation: OwnerOut | None
    synthetic: bool


class RowErrorOut(Schema):
    """A row that was left out, or a value of it: where, what, and how to put it right."""

    row: int
    field: str
    message: str
    cure: str


class AssumptionOut(Schema):
    """What the file did not say and was filled by formula or repaired, and how often."""

    what: str
    count: int


class ImportOut(Schema):
    """What an import did, or, where nothing was `written`, would have done.

    `left_out` counts the reaches that are missing in the network that was made.
    """

    kind: str
    basin: str
    rows: int
    created: int
    updated: int
    unchanged: int
    errors: list[RowErrorOut]
    assumed: list[AssumptionOut]
    notes: list[str]
    warnings: list[str]
    dry_run: bool
    written: bool
    left_out: int


class ImportFieldOut(Schema):
    """A field of an import, and the column whose header suggests it."""

    name: str
    needed: bool
    column: str | None


class PreviewOut(Schema):
    """A file before it is imported: columns, first rows; no fields where its columns cannot be chosen."""

    columns: list[str]
    fields: list[ImportFieldOut]
    rows: list[list[str]]
    note: str
