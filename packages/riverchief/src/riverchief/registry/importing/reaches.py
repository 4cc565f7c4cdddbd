"""Reaches from vector files: read, repaired, completed by formula, checked as one network, then written."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pyogrio
import shapely
from riverkit.errors import NetworkError
from riverkit.network import (
    NHDPLUS,
    AttributeMapping,
    CheckReport,
    Severity,
    estimate_hydraulics,
    read_vector,
    recognised,
    repair,
)
from riverkit.network import Reach as NetworkReach

from riverchief.base.errors import InvalidInput, in_both
from riverchief.registry.importing.assumptions import assumptions
from riverchief.registry.importing.columns import plain
from riverchief.registry.importing.context import Context
from riverchief.registry.importing.values import BadValue, short
from riverchief.registry.models import Outfall, Reach, River, Section, Station
from riverchief.registry.networks import network_reach

PRESETS = {"nhdplus": NHDPLUS}
MOST_OF_CODE, MOST_OF_NAME = 40, 80
"""Characters that a river has room for."""

KILOMETRES = "length_km"
"""In a mapping: the column holds kilometres."""

HEADERS: dict[str, tuple[str, ...]] = {
    "id": ("id", "code", "reach_code", "编码", "编号", "河段编码", "河段代码"),
    "up": ("up", "up_node", "from_node", "起点", "上游节点", "起始节点"),
    "down": ("down", "down_node", "to_node", "终点", "下游节点", "终止节点"),
    "length": ("length_m", "长度_米", "河长_米"),
    KILOMETRES: ("length_km", "长度_公里", "长度_千米", "河长_公里"),
    "name": ("name", "river", "名称", "河流名称", "河名"),
    "discharge_m3s": ("discharge_m3s", "流量"),
    "velocity_m_s": ("velocity_m_s", "流速"),
    "width_m": ("width_m", "河宽", "水面宽"),
    "depth_m": ("depth_m", "水深", "平均水深"),
    "dispersion_m2s": ("dispersion_m2s", "纵向离散系数", "弥散系数"),
    "drainage_km2": ("drainage_km2", "集水面积", "流域面积"),
    "flow_share": ("flow_share", "分流比"),
    "divergence": ("divergence",),
    "regime": ("regime", "流态"),
    "estimated": ("estimated",),
    "area": ("area", "area_code", "行政区", "行政区划代码", "行政区代码"),
}
KNOWN = {plain(header): name for name, headers in HEADERS.items() for header in headers}

HYDRAULICS = (
    "length_m", "discharge_m3s", "velocity_m_s", "width_m", "depth_m", "dispersion_m2s", "drainage_km2", "flow_share",
)  # fmt: skip
COMPARED = [
    "river_id", "area_id", "up_node", "down_node", "geometry", "bounds", "regime", "estimated", *HYDRAULICS,
]  # fmt: skip
BATCH = 1_000


def import_reaches(context: Context, path: Path, name: str, mapping: Mapping[str, str]) -> None:
    """The reaches of a file into the basin; those already there and not in the file stay as they are."""
    columns = _columns(path, name)
    read_by, area_column = _mapping(mapping, columns)
    try:
        read = read_vector(path, mapping=read_by)
    except NetworkError as error:
        raise InvalidInput(
            in_both(_as_named(error, path, name)),
            cure="请按提示改正后重试。|Correct it as the message says, then try again.",
            field="file",
        ) from error
    result = context.result
    rows = _row_numbers(path, read_by.id)
    result.rows = len(rows) if rows else len(read.reaches)
    result.notes.append(
        f"坐标系 {read.crs}，读取 {len(read.reaches)} 条河段。|Read {len(read.reaches)} reaches in {read.crs}."
    )
    for problem in read.problems:
        result.refuse(
            problem.row,
            problem.field,
            in_both(problem.message),
            "请改正后重新导入。|Correct it and import again.",
        )
    before = {
        row.code: row for row in Reach.objects.filter(basin=context.basin).select_related("river", "area")
    }
    kept = [replace(network_reach(row), id=code) for code, row in before.items()]
    areas = _areas(context, path, read_by.id, area_column, rows)
    imported = _acceptable(context, read.reaches, rows, before, areas)
    others = [reach for reach in kept if reach.id not in {reach.id for reach in imported}]
    whole = _sound(context, [*others, *imported], {reach.id for reach in imported}, rows)
    _write(context, whole, {reach.id for reach in imported}, before, areas)
    taken = {rows.get(reach.id, 0) for reach in whole}
    result.left_out = len({error.row for error in result.errors} - taken)
    missing = len(before.keys() - {reach.id for reach in read.reaches})
    if missing:
        result.notes.append(
            f"流域中另有 {missing} 条河段不在文件中，保持不变。|{missing} further reaches of the basin are not in the file; they stay."
        )


def _as_named(error: Exception, path: Path, name: str) -> str:
    """What a library says of a file, with the name that the user gave it in place of where it lies here."""
    told = str(error).replace(str(path), name).replace(path.name, name)
    return told if name in told else f"{name}: {told}"


def _columns(path: Path, name: str) -> list[str]:
    try:
        return [str(column) for column in pyogrio.read_info(path)["fields"]]
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        told = _as_named(error, path, name)
        raise InvalidInput(
            f"{name} 不是可读的矢量文件：{told}|{name} is no readable vector file: {told}",
            cure="请使用 GeoPackage、GeoJSON 或 Shapefile（.shp 与 .shx、.dbf、.prj 放在一起）。"
            "|Use a GeoPackage, GeoJSON or Shapefile (.shp beside .shx, .dbf and .prj).",
            field="file",
        ) from error


def _mapping(mapping: Mapping[str, str], columns: list[str]) -> tuple[AttributeMapping, str | None]:
    """The mapping for the reader, and the column of the area, which is none of its business."""
    wanted = dict(mapping)
    preset = wanted.pop("preset", None)
    if preset is not None and preset not in PRESETS:
        raise InvalidInput(
            f"没有预设“{preset}”。|There is no preset “{preset}”.",
            cure=f"可用：{', '.join(PRESETS)}|Use one of: {', '.join(PRESETS)}",
            field="mapping",
        )
    unknown = sorted(wanted.keys() - HEADERS.keys())
    absent = sorted(set(wanted.values()) - set(columns))
    if unknown or absent:
        raise InvalidInput(
            f"mapping 中有未知字段 {unknown} 或文件中没有的列 {absent}。"
            f"|The mapping has unknown fields {unknown} or columns {absent} that the file lacks.",
            cure=f"字段：{', '.join(HEADERS)}；文件中的列：{', '.join(columns)}"
            f"|Fields: {', '.join(HEADERS)}; columns: {', '.join(columns)}",
            field="mapping",
        )
    area = wanted.pop("area", None)
    if preset is None and not mapping and recognised(columns) is not None:
        preset = "nhdplus"
    if preset is not None:
        known = {field: column for field, column in PRESETS[preset].columns().items() if column in columns}
        unit = PRESETS[preset].length_unit_m
    else:
        known, unit = {}, 1.0
        for column in columns:
            field = KNOWN.get(plain(column))
            if field is not None and column not in wanted.values():
                known.setdefault(field, column)
        area = area or known.pop("area", None)
    known |= wanted
    if KILOMETRES in known:
        known["length"], unit = known.pop(KILOMETRES), 1000.0
    allowed = {item.name for item in fields(AttributeMapping)}
    return AttributeMapping(**{k: v for k, v in known.items() if k in allowed}, length_unit_m=unit), area


def _values(path: Path, column: str) -> list[str]:
    """The texts of one column, feature by feature; whole numbers without a point, as riverkit reads them."""
    _, _, _, data = pyogrio.raw.read(path, columns=[column], read_geometry=False)
    return [
        str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
        for value in data[0].tolist()
    ]


def _row_numbers(path: Path, id_column: str | None) -> dict[str, int]:
    """Reach id to the number of its feature; without an id column riverkit names reaches by that number."""
    if id_column is None:
        count = int(pyogrio.read_info(path, force_feature_count=True)["features"])
        return {str(number): number for number in range(1, count + 1)}
    return {reach_id: number for number, reach_id in enumerate(_values(path, id_column), start=1)}


def _areas(
    context: Context, path: Path, id_column: str | None, area_column: str | None, rows: Mapping[str, int]
) -> dict[str, str]:
    """Reach id to the code of its area, where the file has one."""
    if area_column is None:
        return {}
    of_row = dict(enumerate(_values(path, area_column), start=1))
    return {
        reach_id: of_row[number]
        for reach_id, number in rows.items()
        if of_row[number] not in ("", "None", "nan")
    }


def _acceptable(
    context: Context,
    reaches: Iterable[NetworkReach],
    rows: Mapping[str, int],
    before: Mapping[str, Reach],
    areas: Mapping[str, str],
) -> list[NetworkReach]:
    """The reaches that the actor may write and that leave nothing standing beyond their end."""
    furthest = _furthest(context)
    found = []
    for reach in reaches:
        try:
            short(reach.id, "id", 60)
            short(reach.up, "up", 60)
            short(reach.down, "down", 60)
            known = before.get(reach.id)
            if known is not None:
                context.check_area(known.area)
            if reach.id in areas:
                context.area(areas[reach.id])
            elif known is None:
                context.check_area(None)
            if reach.id in furthest and reach.length_m < furthest[reach.id][0]:
                chainage, code = furthest[reach.id]
                raise BadValue(
                    "length",
                    f"河段 {reach.id} 变短为 {reach.length_m:.0f} 米，而 {code} 位于 {chainage:.0f} 米处。"
                    f"|Reach {reach.id} would be {reach.length_m:.0f} m long, but {code} stands at {chainage:.0f} m.",
                    "请先移动或重新导入该点。|Move that point, or import it again, first.",
                )
        except BadValue as error:
            context.tell(rows.get(reach.id, 0), error)
        else:
            found.append(reach)
    return found


def _furthest(context: Context) -> dict[str, tuple[float, str]]:
    """Reach code to the furthest chainage at which something stands, and its code."""
    found: dict[str, tuple[float, str]] = {}
    for model in (Section, Station, Outfall):
        placed: Any = model.objects.filter(reach__basin=context.basin)
        for reach, chainage, code in placed.values_list("reach__code", "chainage_m", "code"):
            found[reach] = max(found.get(reach, (0.0, "")), (chainage, code))
    return found


def _sound(
    context: Context, reaches: list[NetworkReach], imported: set[str], rows: Mapping[str, int]
) -> list[NetworkReach]:
    """Repaired and completed reaches that form a valid network; those that stand in its way are left out and told."""
    repaired: list[NetworkReach] = []
    left_out: set[str] = set()
    report = None
    while True:
        repaired, report = repair([reach for reach in reaches if reach.id not in left_out])
        errors = report.of(Severity.ERROR)
        blamed = {reach_id for finding in errors for reach_id in finding.reach_ids if reach_id in imported}
        for finding in errors:
            for reach_id in finding.reach_ids:
                if reach_id in blamed and reach_id not in left_out:
                    context.result.refuse(
                        rows.get(reach_id, 0),
                        str(finding.kind),
                        in_both(finding.message),
                        in_both(finding.cure),
                    )
        if not blamed - left_out:
            break
        left_out |= blamed
    if not repaired and not context.result.errors:
        raise InvalidInput(
            "文件中没有河段。|The file has no reach.",
            cure="请核对文件和图层。|Check the file and its layer.",
            field="file",
        )
    if not repaired:
        return []
    _note(context, report)
    try:
        completed = estimate_hydraulics(repaired)
    except NetworkError as error:
        raise InvalidInput(
            f"河网不可用：{error}|The network cannot be used: {error}",
            cure="请改正后重新导入。|Correct it and import again.",
            field="file",
        ) from error
    context.result.assumed = assumptions((r for r in completed if r.id in imported), report)
    return completed


def _note(context: Context, report: CheckReport) -> None:
    notes = context.result.notes
    notes += [in_both(finding.message) for finding in report.repaired[:20]]
    if len(report.repaired) > 20:
        notes.append(
            f"另有 {len(report.repaired) - 20} 处修复。|And {len(report.repaired) - 20} further repairs."
        )
    notes += [in_both(f"{finding.message} {finding.cure}") for finding in report.of(Severity.WARNING)[:20]]
    notes.append(
        f"河网：{report.reaches} 条河段，{report.length_m / 1000:.0f} 公里，{report.outlets} 个出口，{report.parts} 个连通部分。"
        f"|The network: {report.reaches} reaches, {report.length_m / 1000:.0f} km, outlets: {report.outlets}, connected parts: {report.parts}."
    )


def _write(
    context: Context,
    reaches: list[NetworkReach],
    imported: set[str],
    before: Mapping[str, Reach],
    areas: Mapping[str, str],
) -> None:
    """Create and update; a reach that was there and is not in the file is written too where joining moved its end."""
    rivers = {river.code: river for river in River.objects.filter(basin=context.basin)}
    by_name = {river.name_zh: river for river in rivers.values()}
    created: list[Reach] = []
    updated: list[Reach] = []
    for reach in reaches:
        river = None
        if reach.name:
            river = by_name.get(reach.name) or rivers.get(_river_code(reach.name))
        if reach.name and river is None:
            shown = reach.name[:MOST_OF_NAME]
            river = River.objects.create(
                basin=context.basin, code=_river_code(reach.name), name_zh=shown, name_en=shown
            )
            rivers[river.code] = by_name[reach.name] = river
            if shown != reach.name:
                context.result.notes.append(
                    f"河流名称超过 {MOST_OF_NAME} 字，显示为“{shown}”。"
                    f"|A river's name has more than {MOST_OF_NAME} characters and is shown as “{shown}”."
                )
        known = before.get(reach.id)
        area_id = areas.get(reach.id, known.area_id if known else None)
        fresh = _row(context, reach, river, area_id)
        if known is None:
            created.append(fresh)
        elif any(getattr(known, name) != getattr(fresh, name) for name in COMPARED):
            fresh.pk = known.pk
            updated.append(fresh)
        elif reach.id in imported:
            context.result.unchanged += 1
    for start in range(0, len(created), BATCH):
        Reach.objects.bulk_create(created[start : start + BATCH])
        context.progress("reaches", min(start + BATCH, len(created)), len(created))
    if updated:
        Reach.objects.bulk_update(updated, COMPARED, batch_size=BATCH)
    context.result.created += len(created)
    context.result.updated += len(updated)


def _river_code(name: str) -> str:
    """The code of a river that is known by its name only: two long names that begin alike stay two rivers."""
    if len(name) <= MOST_OF_CODE:
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: MOST_OF_CODE - len(mark) - 1]}-{mark}"


def _row(context: Context, reach: NetworkReach, river: River | None, area_id: str | None) -> Reach:
    line = None
    if reach.line is not None:
        line = {"type": "LineString", "coordinates": shapely.get_coordinates(reach.line).tolist()}
    return Reach(
        basin=context.basin,
        code=reach.id,
        river=river,
        area_id=area_id,
        up_node=reach.up,
        down_node=reach.down,
        geometry=line,
        bounds=None if reach.line is None else reach.line.bounds,
        regime=reach.regime.value,
        estimated=sorted(reach.estimated),
        **{name: getattr(reach, name) for name in HYDRAULICS},
    )
