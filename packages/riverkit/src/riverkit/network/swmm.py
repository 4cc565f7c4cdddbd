"""Sewer networks from SWMM input files (.inp): a reach per conduit, hydraulics by Manning's formula.

A steady kernel holds in a pipe that flows freely. Where surcharge or backwater cannot be excluded (a pipe that does not
fall, a pressure main, an outfall under water) and at pumps, weirs, orifices and outlets, reaches are marked.
"""

import math
from dataclasses import dataclass
from pathlib import Path

from pyproj import Transformer
from pyproj.exceptions import CRSError
from shapely import LineString

from riverkit.errors import NetworkError
from riverkit.network.inp import InpFile, InpLine, curve_area
from riverkit.network.model import Reach, Regime
from riverkit.network.readers import LONLAT, ReadResult, RowProblem

GRAVITY_M_S2 = 9.80665
FOOT_M = 0.3048
METRIC_FLOWS = ("CMS", "LPS", "MLD")
US_FLOWS = ("CFS", "GPM", "MGD")

NOMINAL_LENGTH_M = 1.0
"""Length given to what has none: pumps, weirs, orifices, outlets, and tanks, whose length plays no part."""

HYDRAULICS = ("discharge_m3s", "velocity_m_s", "width_m", "depth_m", "dispersion_m2s")


def read_swmm(path: str | Path, *, filling: float = 1.0, crs: str | None = None) -> ReadResult:
    """Read the conduits, regulators and storage units of a SWMM input file as reaches.

    Velocity and discharge are those of uniform flow (Manning) at one filling of all pipes; dispersion is Taylor's
    (1954) 10.1 · pipe radius · shear velocity, with twice the hydraulic radius for the radius. All are marked as
    estimated. A storage unit becomes a mixed reach of its own name, from its node to a node "name#out". Divergences
    have no flow shares yet: `repair` takes them in proportion to discharge.

    Args:
        path: the file; its flow unit tells whether lengths are metres or feet (SWMM's default is feet).
        filling: depth over full depth, above 0, at most 1.
        crs: reference system of the coordinates ("EPSG:4549"); a file with map units in degrees needs none. Without
            it, reaches have no line.

    Raises:
        NetworkError: the file cannot be read or a line of it cannot be understood; names section and line.
    """
    if not 0 < filling <= 1:
        raise NetworkError(f"filling is {filling!r}. Give depth over full depth: above 0, at most 1.")
    reader = _Reader(InpFile(Path(path)), filling, crs)
    return ReadResult(reader.reaches(), crs or reader.crs_name, reader.problems)


@dataclass(frozen=True, slots=True)
class _Outfall:
    kind: str
    stage: float | None


@dataclass(frozen=True, slots=True)
class _Section:
    """Area, wetted perimeter and depth of flow of one barrel (m², m, m), and the number of barrels."""

    area: float
    perimeter: float
    depth: float
    barrels: int = 1


class _Reader:
    def __init__(self, file: InpFile, filling: float, crs: str | None) -> None:
        self.file, self.filling = file, filling
        self.problems: list[RowProblem] = []
        flow = file.option("FLOW_UNITS", "CFS")
        if flow not in METRIC_FLOWS + US_FLOWS:
            raise NetworkError(
                f"{file.name}, [OPTIONS]: FLOW_UNITS is {flow!r}. Give one of {', '.join(METRIC_FLOWS + US_FLOWS)}."
            )
        self.unit_m = 1.0 if flow in METRIC_FLOWS else FOOT_M
        self.offsets_are_levels = file.option("LINK_OFFSETS", "DEPTH") == "ELEVATION"
        self.level = {
            name: level
            for section in ("JUNCTIONS", "OUTFALLS", "STORAGE", "DIVIDERS")
            for name, level in file.table(section, lambda line: line.number_at(1, "invert elevation")).items()
        }
        self.outfalls = file.table("OUTFALLS", self._outfall)
        self.storage = file.table("STORAGE", lambda line: line)
        self.sections = file.table("XSECTIONS", lambda line: line)
        self.curves = self._curves()
        self.crs_name = "no stated system"
        self._place = self._transform(crs)
        self.left_by = {
            line.text(1, "inlet node")
            for section in ("CONDUITS", "PUMPS", "ORIFICES", "WEIRS", "OUTLETS")
            for line in file.lines(section)
        }

    def reaches(self) -> list[Reach]:
        conduits = self.file.table("CONDUITS", self._conduit)
        if not conduits:
            raise NetworkError(f"{self.file.name} has no line in [CONDUITS]. Is it a whole SWMM input file?")
        found = list(conduits.values())
        for section in ("PUMPS", "ORIFICES", "WEIRS", "OUTLETS"):
            found += self.file.table(section, self._regulator).values()
        names = {reach.id for reach in found}
        for name, line in self.storage.items():
            if name in names:
                raise line.error(f"a link is named {name!r} too. Give one of them another name.")
            if name in self.left_by:
                found.append(self._tank(line, [r for r in found if r.up == f"{name}#out"]))
        return found

    def _conduit(self, line: InpLine) -> Reach:
        name = line.words[0]
        up, down = self._node(line, 1, "inlet node"), self._node(line, 2, "outlet node")
        length = line.number_at(3, "length") * self.unit_m
        roughness = line.number_at(4, "roughness")
        if not length > 0 or not roughness > 0:
            raise line.error(f"length {length:g} m, roughness {roughness:g}: both must be above 0.")
        start, end = self._invert(line, up, 5), self._invert(line, down, 6)
        slope = (start - end) / length
        section = self._section(line, name)
        regime = self._regime(name, down, slope, end)
        reach = Reach(
            name,
            self._below(up),
            down,
            length,
            line=self._line(name, up, down),
            regime=regime,
        )
        if section is None or slope <= 0:
            return reach
        radius = section.area / section.perimeter
        velocity = radius ** (2 / 3) * math.sqrt(slope) / roughness
        shear_velocity = math.sqrt(GRAVITY_M_S2 * radius * slope)
        return Reach(
            name,
            reach.up,
            down,
            length,
            line=reach.line,
            regime=regime,
            discharge_m3s=velocity * section.area * section.barrels,
            velocity_m_s=velocity,
            width_m=section.area / section.depth,
            depth_m=section.depth,
            dispersion_m2s=10.1 * 2.0 * radius * shear_velocity,
            estimated=frozenset(HYDRAULICS),
        )

    def _regulator(self, line: InpLine) -> Reach:
        """A pump, weir, orifice or outlet: it joins the network together, but no kernel passes it."""
        up, down = self._node(line, 1, "inlet node"), self._node(line, 2, "outlet node")
        return Reach(
            line.words[0],
            self._below(up),
            down,
            NOMINAL_LENGTH_M,
            line=self._line(line.words[0], up, down),
            regime=Regime.GATED,
            estimated=frozenset({"length_m"}),
        )

    def _tank(self, line: InpLine, leaving: list[Reach]) -> Reach:
        name = line.words[0]
        flows = [reach.discharge_m3s for reach in leaving if reach.discharge_m3s is not None]
        return Reach(
            name,
            name,
            f"{name}#out",
            NOMINAL_LENGTH_M,
            volume_m3=self._volume(line),
            discharge_m3s=math.fsum(flows) or None,
            estimated=frozenset({"length_m", "volume_m3", "discharge_m3s"}),
        )

    def _volume(self, line: InpLine) -> float | None:
        """Content at the initial depth, or at the common filling of the full depth if it starts empty."""
        depth = line.number_at(3, "initial depth", 0.0) or line.number_at(2, "maximum depth") * self.filling
        shape = line.text(4, "shape").upper()
        if shape == "FUNCTIONAL":
            coefficient, exponent, constant = (
                line.number_at(5 + i, "area coefficient", 0.0) for i in range(3)
            )
            volume = coefficient * depth ** (exponent + 1) / (exponent + 1) + constant * depth
        elif shape == "TABULAR":
            curve = line.text(5, "storage curve")
            if curve not in self.curves:
                raise line.error(f"the storage curve {curve!r} is defined nowhere. Add it to [CURVES].")
            volume = curve_area(self.curves[curve], depth)
        else:
            self._problem(line, "shape", f"{shape} is not read; the tank's volume is unknown: give it")
            return None
        if not volume > 0:
            raise line.error("it holds no water at its depth. Give a depth and an area above 0.")
        return float(volume * self.unit_m**3)

    def _node(self, line: InpLine, position: int, what: str) -> str:
        name = line.text(position, what)
        if name not in self.level:
            raise line.error(
                f"the {what} {name!r} is defined nowhere. Add it to [JUNCTIONS], [OUTFALLS], [STORAGE] or [DIVIDERS]."
            )
        return name

    def _below(self, node: str) -> str:
        """Where a link that leaves a node begins: below the tank, if the node is one."""
        return f"{node}#out" if node in self.storage else node

    def _invert(self, line: InpLine, node: str, position: int) -> float:
        """Level of the pipe's end, m. An asterisk is no offset."""
        bottom = self.level[node]
        if position >= len(line.words) or line.words[position] == "*":
            return bottom * self.unit_m
        offset = line.number_at(position, "offset")
        return (offset if self.offsets_are_levels else bottom + offset) * self.unit_m

    def _regime(self, name: str, down: str, slope: float, end_m: float) -> Regime:
        outfall = self.outfalls.get(down)
        if outfall is not None and outfall.kind == "TIDAL":
            return Regime.TIDAL
        drowned = outfall is not None and (
            outfall.kind == "TIMESERIES"
            or (outfall.stage is not None and outfall.stage * self.unit_m > end_m)
        )
        pressed = self.sections[name].text(1, "shape").upper() == "FORCE_MAIN"
        return Regime.BACKWATER if slope <= 0 or drowned or pressed else Regime.FREE

    def _section(self, line: InpLine, name: str) -> _Section | None:
        if name not in self.sections:
            raise line.error(f"conduit {name!r} has no cross-section. Add it to [XSECTIONS].")
        shape_line = self.sections[name]
        shape = shape_line.text(1, "shape").upper()
        if shape not in ("CIRCULAR", "FORCE_MAIN", "RECT_CLOSED", "RECT_OPEN", "TRAPEZOIDAL", "TRIANGULAR"):
            self._problem(shape_line, "shape", f"{shape} is not read; the conduit has no velocity: give one")
            return None
        full, second, left, right = (
            shape_line.number_at(2 + i, what, None if i == 0 else 0.0)
            for i, what in enumerate(("full depth", "width", "side slope", "side slope"))
        )
        full, second = full * self.unit_m, second * self.unit_m
        needs_width = shape in ("RECT_CLOSED", "RECT_OPEN", "TRIANGULAR")
        if not full > 0 or (needs_width and not second > 0):
            raise shape_line.error(
                f"{shape} with full depth {full:g} m, width {second:g} m: give numbers above 0."
            )
        barrels = int(shape_line.number_at(6, "number of barrels", 1.0)) or 1
        depth = self.filling * full
        if shape in ("CIRCULAR", "FORCE_MAIN"):
            angle = 2.0 * math.acos(1.0 - 2.0 * self.filling)
            return _Section(full**2 / 8.0 * (angle - math.sin(angle)), full * angle / 2.0, depth, barrels)
        if shape == "TRIANGULAR":
            second, left, right = 0.0, second / (2.0 * full), second / (2.0 * full)
        elif shape != "TRAPEZOIDAL":
            left = right = 0.0
        area = depth * (second + 0.5 * (left + right) * depth)
        perimeter = second + depth * (math.hypot(1.0, left) + math.hypot(1.0, right))
        if shape == "RECT_CLOSED" and self.filling == 1.0:
            perimeter += second
        return _Section(area, perimeter, depth, barrels)

    def _outfall(self, line: InpLine) -> _Outfall:
        kind = line.text(2, "outfall type").upper()
        return _Outfall(kind, line.number_at(3, "stage") if kind == "FIXED" else None)

    def _curves(self) -> dict[str, list[tuple[float, float]]]:
        """Tables by name; the first line of each may name its kind."""
        found: dict[str, list[tuple[float, float]]] = {}
        for line in self.file.lines("CURVES"):
            start = 2 if len(line.words) % 2 == 0 else 1
            pairs = range(start, len(line.words) - 1, 2)
            found.setdefault(line.words[0], []).extend(
                (line.number_at(i, "depth"), line.number_at(i + 1, "area")) for i in pairs
            )
        return found

    def _transform(self, crs: str | None) -> Transformer | None:
        self._points, self._bends = self.file.points("COORDINATES"), self.file.points("VERTICES")
        degrees = any(
            [word.upper() for word in line.words] == ["UNITS", "DEGREES"] for line in self.file.lines("MAP")
        )
        if crs is None and not degrees:
            if self._points:
                line = self.file.lines("COORDINATES")[0]
                self._problem(
                    line, "coordinates", "no reference system is stated; lines left out: name one (crs)"
                )
            return None
        if crs is None:
            self.crs_name = "degrees of longitude and latitude"
        try:
            return Transformer.from_crs(crs or LONLAT, LONLAT, always_xy=True)
        except CRSError as error:
            raise NetworkError(
                f"The reference system {crs!r} is not usable: {error}. Give one such as EPSG:4549."
            ) from error

    def _line(self, name: str, up: str, down: str) -> LineString | None:
        if self._place is None or up not in self._points or down not in self._points:
            return None
        course = [self._points[up][-1], *self._bends.get(name, ()), self._points[down][-1]]
        places = [self._place.transform(*point) for point in course]
        if len(set(places)) < 2 or not all(math.isfinite(x) and math.isfinite(y) for x, y in places):
            return None
        return LineString(places)

    def _problem(self, line: InpLine, field: str, message: str) -> None:
        self.problems.append(RowProblem(line.number, f"[{line.section}] {field}", message))
