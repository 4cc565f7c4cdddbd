"""Reaches from vector files (GeoPackage, GeoJSON, Shapefile) and back; bad rows are told, the rest kept."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from shapely import LineString
from shapely.geometry.base import BaseGeometry

from riverkit.errors import NetworkError
from riverkit.network.geometry import line_length_m
from riverkit.network.mapping import NUMBER_FIELDS, OWN, AttributeMapping, recognised
from riverkit.network.model import Reach, Regime

LONLAT = "EPSG:4490"
"""Geodetic longitude and latitude on CGCS2000, the system every line is brought to."""

MINOR_PATH_SHARE = 0.1
"""Share of the water given to each minor path of a divergence when only main and minor are known (a default,
marked as estimated): NHDPlus routes everything down the main path, which would leave the others dry."""

LARGEST_MINOR_TOTAL = 0.5
"""All minor paths of one divergence together get at most this, so that the main path stays the main one."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong with one feature (its number in the file), in which field, and what was done about it."""

    row: int
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The reaches of a file, the name of its coordinate system, and every row not taken as it is."""

    reaches: list[Reach]
    crs: str
    problems: list[RowProblem] = field(default_factory=list)


def read_vector(
    path: str | Path,
    *,
    layer: str | None = None,
    mapping: AttributeMapping | None = None,
    encoding: str | None = None,
) -> ReadResult:
    """Read reaches from a vector file.

    Args:
        path: a GeoPackage, GeoJSON or Shapefile with lines digitised downstream.
        layer: needed only if the file has several.
        mapping: which column holds what; if None, NHDPlus is recognised, else the columns named like the fields
            of `Reach` are taken.
        encoding: of a Shapefile's text (for example "GB18030") if its .cpg file does not tell.

    Raises:
        NetworkError: the file, layer or a mapped column cannot be found or read, or the file does not state
            its coordinate reference system, or states degrees for coordinates that are none. A single bad row
            is no error: it is listed in `problems`.
    """
    path = Path(path)
    layer = _layer_of(path, layer)
    if encoding is None and path.suffix.lower() == ".shp" and not path.with_suffix(".cpg").exists():
        encoding = "UTF-8"  # decoded strictly: other text is refused below instead of being garbled
    try:
        meta, _, wkb, data = pyogrio.raw.read(path, layer=layer, encoding=encoding, force_2d=True)
    except UnicodeDecodeError as error:
        raise NetworkError(
            f"{path.name}: text is not in the encoding it claims ({error}). Name it, for example "
            'encoding="GB18030".'
        ) from error
    except (DataSourceError, DataLayerError, LookupError) as error:
        raise NetworkError(f"{path.name} cannot be read: {error}. Check that the file is whole.") from error
    crs = _crs_of(path, meta["crs"])
    drawn = shapely.from_wkb(wkb)
    _refuse_metres_as_degrees(path, crs, drawn)
    columns = dict(zip((str(name) for name in meta["fields"]), data, strict=True))
    mapping = _resolve(mapping, columns, path)
    rows = _Rows(columns, _to_lonlat(drawn, crs), mapping)
    return ReadResult(rows.reaches(), _name_of(crs), rows.problems)


def write_vector(path: str | Path, reaches: Sequence[Reach]) -> None:
    """Write reaches to a GeoPackage (.gpkg), GeoJSON or Shapefile in the columns of `OWN`; missing stays
    empty.

    Raises:
        NetworkError: the format is not one of these, or the file cannot be written.
    """
    path = Path(path)
    drivers = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".json": "GeoJSON", ".shp": "ESRI Shapefile"}
    if path.suffix.lower() not in drivers:
        raise NetworkError(f"{path.name}: write to one of {', '.join(drivers)}.")
    numbers = ("length_m", *NUMBER_FIELDS)
    texts = {
        "id": [r.id for r in reaches],
        "up": [r.up for r in reaches],
        "down": [r.down for r in reaches],
        "name": [r.name for r in reaches],
        "regime": [r.regime.value for r in reaches],
        "estimated": [",".join(sorted(r.estimated)) for r in reaches],
    }
    data = [np.array(values, dtype=object) for values in texts.values()]
    masks: list[Any] = [None] * len(data)
    for number in numbers:
        values = np.array([math.nan if (v := getattr(r, number)) is None else v for r in reaches])
        data.append(values)
        masks.append(np.isnan(values))
    try:
        pyogrio.raw.write(
            path,
            geometry=shapely.to_wkb(np.array([r.line for r in reaches], dtype=object)),
            field_data=data,
            field_mask=masks,
            fields=[*texts, *numbers],
            geometry_type="LineString",
            crs=LONLAT,
            driver=drivers[path.suffix.lower()],
            encoding="UTF-8",
        )
    except (DataSourceError, DataLayerError) as error:
        raise NetworkError(f"{path.name} cannot be written: {error}.") from error


def _layer_of(path: Path, layer: str | None) -> str:
    if not path.is_file():
        raise NetworkError(f"There is no file {path}. Check the path.")
    try:
        layers = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
    except DataSourceError as error:
        raise NetworkError(f"{path.name} is no readable vector file: {error}") from error
    if layer is None and len(layers) == 1:
        return layers[0]
    if not layers:
        raise NetworkError(f"{path.name} has no layer with geometry. Give a file of drawn lines.")
    if layer not in layers:
        wanted = "Name a layer" if layer is None else f"There is no layer {layer!r}; name one"
        raise NetworkError(f"{path.name}: {wanted} of {', '.join(layers)}.")
    return layer


def _crs_of(path: Path, definition: str | None) -> CRS:
    cure = "Assign the system the data were made in (for example EPSG:4490) in a GIS and save the file again."
    if definition is None:
        raise NetworkError(f"{path.name} does not state its coordinate reference system. {cure}")
    try:
        crs = CRS.from_user_input(definition)
    except CRSError as error:
        raise NetworkError(
            f"{path.name}: its coordinate reference system is not usable: {error}. {cure}"
        ) from error
    if not (crs.is_geographic or crs.is_projected):
        raise NetworkError(f"{path.name}: {crs.name!r} cannot be brought to longitude and latitude. {cure}")
    return crs


def _refuse_metres_as_degrees(path: Path, crs: CRS, drawn: Any) -> None:
    """GeoJSON without a `crs` passes for degrees whatever it holds; so do files given the wrong system."""
    bounds = shapely.bounds(drawn)
    rows = np.flatnonzero(np.isfinite(bounds).all(axis=1))
    if (
        not crs.is_geographic
        or len(rows) == 0
        or (np.abs(bounds[rows]) <= (180, 90, 180, 90)).all(axis=1).any()
    ):
        return
    x, y = shapely.get_coordinates(drawn[rows[0]])[0]
    raise NetworkError(
        f"{path.name}, feature {rows[0] + 1}: the coordinates {x:.10g}, {y:.10g} are no degrees of longitude and "
        f"latitude, though the file is read as {crs.name}; no feature fits. They look projected: export the file again "
        "in longitude and latitude (EPSG:4490), or as a GeoPackage that states their own system."
    )


def _name_of(crs: CRS) -> str:
    """The system's name and projection; a definition made for one file often has no name of its own."""
    own = crs.source_crs if crs.is_bound and crs.source_crs is not None else crs
    projection = own.coordinate_operation
    if own.name.lower() in ("", "unknown", "unnamed"):
        kind = "longitude and latitude" if projection is None else projection.method_name
        ellipsoid = "an unknown ellipsoid" if own.ellipsoid is None else own.ellipsoid.name
        return f"{kind} on {ellipsoid} (the file gives it no name)"
    return own.name if projection is None else f"{own.name} ({projection.method_name})"


def _to_lonlat(geometries: Any, crs: CRS) -> Any:
    """Reproject an array of geometries; places outside the system's reach come out infinite."""
    transformer = Transformer.from_crs(crs, LONLAT, always_xy=True)
    return shapely.transform(
        geometries, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))
    )


def _resolve(mapping: AttributeMapping | None, columns: dict[str, Any], path: Path) -> AttributeMapping:
    if mapping is None:
        known = recognised(columns)
        if known is not None:
            return known
        present = {name: column for name, column in OWN.columns().items() if column in columns}
        return AttributeMapping(**present)  # type: ignore[arg-type]  # only text fields are mapped
    for name, column in mapping.columns().items():
        if column not in columns:
            raise NetworkError(
                f"{path.name} has no column {column!r} (mapped to {name}). It has: {', '.join(columns)}."
            )
    if (mapping.up is None) != (mapping.down is None):
        raise NetworkError("The mapping gives only one of `up` and `down`. Give both, or neither.")
    return mapping


class _Rows:
    """Turns the columns of one file into reaches and collects the problems on the way."""

    def __init__(self, columns: dict[str, Any], geometries: Any, mapping: AttributeMapping) -> None:
        self.columns, self.geometries, self.mapping = columns, geometries, mapping
        self.problems: list[RowProblem] = []

    def reaches(self) -> list[Reach]:
        found: list[Reach] = []
        paths: list[int] = []
        for row, geometry in enumerate(self.geometries):
            reach = self._reach(row, geometry)
            if reach is not None:
                found.append(reach)
                paths.append(int(self._number(row, "divergence") or 0))
        return found if self.mapping.divergence is None else _with_path_shares(found, paths)

    def _reach(self, row: int, geometry: BaseGeometry | None) -> Reach | None:
        line = self._line(row, geometry)
        name = str(row + 1) if self.mapping.id is None else self._text(row, "id")
        ends = self._ends(row, line)
        length = None if ends is None else self._length(row, line)
        if not name:
            self._problem(row, "id", "the id is empty; row left out: give it one")
        if not name or ends is None or length is None:
            return None
        numbers = {field: self._number(row, field) for field in NUMBER_FIELDS}
        return Reach(
            id=name,
            up=ends[0],
            down=ends[1],
            length_m=length,
            line=line,
            name=self._text(row, "name"),
            regime=self._regime(row),
            estimated=frozenset(filter(None, self._text(row, "estimated").split(","))),
            **numbers,
        )

    def _line(self, row: int, geometry: BaseGeometry | None) -> LineString | None:
        if geometry is None or geometry.is_empty:
            self._problem(row, "geometry", "there is no line; kept without one")
            return None
        line = shapely.line_merge(geometry) if geometry.geom_type == "MultiLineString" else geometry
        if not isinstance(line, LineString):
            what = (
                "its parts do not join into one line"
                if geometry.geom_type.startswith("Multi")
                else "not a line"
            )
            self._problem(
                row, "geometry", f"{geometry.geom_type}: {what}; geometry left out: split or redraw it"
            )
            return None
        # Merging may turn a line round; the first part tells where the water comes from.
        first = shapely.get_coordinates(geometry)[0]
        if not line.is_closed and tuple(line.coords[-1]) == tuple(first):
            line = line.reverse()
        xy = shapely.get_coordinates(line)
        if not (np.isfinite(xy).all() and (np.abs(xy) <= (180, 90)).all()):
            self._problem(
                row,
                "geometry",
                "its coordinates lie outside the stated reference system; geometry left out: redraw it",
            )
            return None
        return line

    def _ends(self, row: int, line: LineString | None) -> tuple[str, str] | None:
        if self.mapping.up is None:
            if line is None:
                self._problem(
                    row, "geometry", "no line and no node columns: row left out; draw it or map nodes"
                )
                return None
            start, end = (f"{x:.7f} {y:.7f}" for x, y in (line.coords[0][:2], line.coords[-1][:2]))
            return start, end
        ends = self._text(row, "up"), self._text(row, "down")
        for end, text in zip(("up", "down"), ends, strict=True):
            if not text:
                self._problem(row, end, "the node is empty; row left out: give it one")
        return ends if all(ends) else None

    def _length(self, row: int, line: LineString | None) -> float | None:
        length = self._number(row, "length")
        if length is not None:
            return length * self.mapping.length_unit_m
        if line is None:
            self._problem(row, "length", "neither length nor line; row left out: give one of them")
            return None
        return line_length_m(line)

    def _regime(self, row: int) -> Regime:
        text = self._text(row, "regime")
        if text and text not in set(Regime):
            self._problem(row, "regime", f"{text!r} is none of {', '.join(Regime)}; taken as {Regime.FREE}")
            return Regime.FREE
        return Regime(text or Regime.FREE)

    def _raw(self, row: int, field: str) -> Any:
        column = getattr(self.mapping, field)
        return None if column is None else self.columns[column][row]

    def _text(self, row: int, field: str) -> str:
        value = self._raw(row, field)
        if value is None or (isinstance(value, float | np.floating) and math.isnan(value)):
            return ""
        # Node numbers often sit in floating columns; 250031921.0 and 250031921 are one node.
        return (
            str(int(value))
            if isinstance(value, float | np.floating) and value == int(value)
            else str(value).strip()
        )

    def _number(self, row: int, field: str) -> float | None:
        value = self._raw(row, field)
        if value is None or value == "":
            return None
        try:
            number = float(value)
        except (TypeError, ValueError):
            self._problem(row, field, f"{value!r} is not a number; taken as unknown")
            return None
        return None if math.isnan(number) else number

    def _problem(self, row: int, field: str, message: str) -> None:
        column = getattr(self.mapping, field, None)
        self.problems.append(RowProblem(row + 1, str(column or field), message))


def _with_path_shares(reaches: list[Reach], paths: Iterable[int]) -> list[Reach]:
    """Flow shares at divergences where only main (1) and minor (2) paths are known; marked as estimated."""
    leaving: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for row, path in enumerate(paths):
        leaving[reaches[row].up].append((row, path))
    shared = list(reaches)
    for there in leaving.values():
        mains = [row for row, path in there if path == 1]
        minors = [row for row, path in there if path == 2]
        if len(mains) != 1 or not minors or len(mains) + len(minors) != len(there):
            continue
        if any(reaches[row].flow_share is not None for row, _ in there):
            continue
        minor_share = min(MINOR_PATH_SHARE, LARGEST_MINOR_TOTAL / len(minors))
        shares = dict.fromkeys(minors, minor_share) | {mains[0]: 1 - minor_share * len(minors)}
        for row, share in shares.items():
            marked = reaches[row].estimated | {"flow_share"}
            shared[row] = replace(reaches[row], flow_share=share, estimated=marked)
    return shared
