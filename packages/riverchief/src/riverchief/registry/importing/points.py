"""Stations, outfalls, sections and rivers from tables; what stands on a river is snapped to its reach."""

import statistics
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from riverkit.errors import NetworkError
from riverkit.network import Location, Network

from riverchief.accounts.models import Organisation
from riverchief.registry.importing.columns import cells_of, resolve
from riverchief.registry.importing.context import Context
from riverchief.registry.importing.tables import EXCESS, read_table
from riverchief.registry.importing.values import (
    BadValue,
    choice,
    degrees,
    device,
    device_password,
    required,
    short,
    target_class,
    truth,
)
from riverchief.registry.models import Outfall, Placed, Reach, River, Section, Station, WaterBody

FURTHEST_M = 500.0
"""A point further than this from every reach is more likely wrong than wide of the bank."""

GAUGE_M = 30_000.0
"""A rain gauge stands on a hill or a roof, and belongs to the nearest reach."""

REMARKABLE_M = 100.0
"""A point further than this from its reach is taken, and told."""

COMMON = ("code", "name_zh", "name_en", "lon", "lat", "reach", "area")
NEEDED = ("code", "name_zh", "lon", "lat")
Row = Mapping[str, str]

FIELDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "rivers": (("code", "name_zh", "name_en"), ("code", "name_zh")),
    "sections": (
        (*COMMON, "level", "target_class", "water_body"),
        (*NEEDED, "level", "target_class"),
    ),
    "stations": (
        (*COMMON, "mn", "password", "kind", "owner", "section", "outfall", "water_body", "target_class"),
        NEEDED,
    ),
    "outfalls": ((*COMMON, "kind", "permitted", "status", "organisation"), (*NEEDED, "kind", "permitted")),
}
"""What each kind may have, and what it must have."""


def import_stations(context: Context, path: Path, name: str, mapping: Mapping[str, str]) -> None:
    """Stations; an automatic one is adopted by its MN."""
    sections = {row.code: row for row in Section.objects.filter(reach__basin=context.basin)}
    outfalls = {row.code: row for row in Outfall.objects.filter(reach__basin=context.basin)}

    def build(row: Row, given: set[str]) -> dict[str, Any]:
        mn = device(row)
        kind = Station.Kind.AUTOMATIC if mn else Station.Kind.MANUAL
        return {
            "mn": mn,
            "kind": choice(row, "kind", "station_kind", default=kind),
            "owner": choice(row, "owner", "owner", default=Station.Owner.OFFICE),
            "section": _referred(row, "section", sections),
            "outfall": _referred(row, "outfall", outfalls),
            "water_body": choice(row, "water_body", "water_body", default=WaterBody.RIVER),
            "target_class": target_class(row, "target_class"),
        }

    _import_placed(context, path, name, mapping, Station, *FIELDS["stations"], build)


def import_outfalls(context: Context, path: Path, name: str, mapping: Mapping[str, str]) -> None:
    """Outfalls."""

    def build(row: Row, given: set[str]) -> dict[str, Any]:
        return {
            "kind": choice(row, "kind", "outfall_kind"),
            "permitted": truth(row, "permitted"),
            "status": choice(row, "status", "status", default=Outfall.Status.UNVERIFIED),
        }

    _import_placed(context, path, name, mapping, Outfall, *FIELDS["outfalls"], build)


def import_sections(context: Context, path: Path, name: str, mapping: Mapping[str, str]) -> None:
    """Sections with their targets."""

    def build(row: Row, given: set[str]) -> dict[str, Any]:
        required(row, "target_class")
        return {
            "level": choice(row, "level", "level"),
            "target_class": target_class(row, "target_class"),
            "water_body": choice(row, "water_body", "water_body", default=WaterBody.RIVER),
        }

    _import_placed(context, path, name, mapping, Section, *FIELDS["sections"], build)


def import_rivers(context: Context, path: Path, name: str, mapping: Mapping[str, str]) -> None:
    """Names of rivers; a river that an import of reaches named after its code gets its proper name here."""
    table = read_table(path, name)
    columns = resolve(table.columns, mapping, *FIELDS["rivers"])
    context.result.notes.append(table.note)
    context.result.rows = len(table.rows)
    existing = {row.code: row for row in River.objects.filter(basin=context.basin)}
    seen: set[str] = set()
    for done, (number, cells) in enumerate(table.rows, start=1):
        row = cells_of(columns, cells)
        try:
            context.check_area(None, "code")
            refuse_excess(cells)
            code = _own_code(row, seen, 40)
            before = existing.get(code)
            fresh = River(
                basin=context.basin, code=code, name_zh=short(required(row, "name_zh"), "name_zh", 80)
            )
            fresh.name_en = short(_english(row, fresh.name_zh, before), "name_en", 120)
        except BadValue as error:
            context.tell(number, error)
        else:
            context.save(number, before, fresh, ["name_zh", "name_en"])
        context.progress("rivers", done, len(table.rows))


def _import_placed(
    context: Context,
    path: Path,
    name: str,
    mapping: Mapping[str, str],
    model: type[Placed],
    fields: tuple[str, ...],
    needed: tuple[str, ...],
    build: Callable[[Row, set[str]], dict[str, Any]],
) -> None:
    table = read_table(path, name)
    columns = resolve(table.columns, mapping, fields, needed)
    result = context.result
    result.notes.append(table.note)
    result.rows = len(table.rows)
    manager: Any = model._default_manager
    existing = {row.code: row for row in manager.select_related("area", "reach")}
    reaches = {
        str(row.pk): row
        for row in Reach.objects.filter(basin=context.basin).select_related("area").defer("geometry")
    }
    by_code = {row.code: key for key, row in reaches.items()}
    offsets: list[tuple[float, str]] = []
    seen: set[str] = set()
    for done, (number, cells) in enumerate(table.rows, start=1):
        row = cells_of(columns, cells)
        try:
            refuse_excess(cells)
            code = _own_code(row, seen, 60)
            before = existing.get(code)
            if before is not None:
                _refuse_foreign(context, before, reaches)
            values = build(row, set(columns))
            gauge = values.get("kind") == Station.Kind.RAIN_GAUGE
            place = _snap(context.network, row, by_code, GAUGE_M if gauge else FURTHEST_M)
            reach = reaches[place.reach_id]
            area = context.area(row["area"].strip()) if row.get("area", "").strip() else reach.area
            if area is None:
                raise BadValue(
                    "area",
                    f"没有行政区，所在河段 {reach.code} 也没有。|No area, and reach {reach.code} has none either.",
                    "请补上行政区代码。|Give the code of the area.",
                )
            context.check_area(area)
            name_zh = short(required(row, "name_zh"), "name_zh", 120)
            fresh = model(
                code=code,
                name_zh=name_zh,
                name_en=short(_english(row, name_zh, before), "name_en", 160),
                reach=reach,
                chainage_m=min(place.chainage_m, reach.length_m),
                lon=degrees(row, "lon", 180),
                lat=degrees(row, "lat", 90),
                area=area,
                **values,
            )
            compared = ["name_zh", "name_en", "reach_id", "chainage_m", "lon", "lat", "area_id"]
            # A column that the file lacks says nothing: what is known from elsewhere stays.
            compared += [_column(field) for field in values if field in columns]
            _finish(context, row, fresh, before, compared)
        except BadValue as error:
            context.tell(number, error)
        else:
            context.save(number, before, fresh, compared)
            if not gauge:
                offsets.append((place.offset_m, code))
            if place.offset_m > REMARKABLE_M and not gauge:
                result.notes.append(
                    f"第 {number} 行 {code} 距河段 {reach.code} {place.offset_m:.0f} 米，请核对。"
                    f"|Row {number}, {code}, lies {place.offset_m:.0f} m from reach {reach.code}: check it."
                )
        context.progress(f"{model._meta.model_name}s", done, len(table.rows))
    if offsets:
        furthest, code = max(offsets)
        median = statistics.median(offset for offset, _ in offsets)
        result.notes.append(
            f"{len(offsets)} 个点已落到河段：距离中位数 {median:.0f} 米，最大 {furthest:.0f} 米（{code}）。"
            f"|{len(offsets)} points were snapped to reaches: median distance {median:.0f} m, largest {furthest:.0f} m ({code})."
        )


def _column(field: str) -> str:
    """The column that is compared: of a relation its key."""
    return f"{field}_id" if field in ("section", "outfall", "organisation") else field


def _finish(context: Context, row: Row, fresh: Placed, before: Placed | None, compared: list[str]) -> None:
    """What depends on the place, or must not be compared as it stands."""
    if isinstance(fresh, Outfall) and "organisation" in row:
        fresh.organisation = _owner(context, row["organisation"].strip(), fresh)
        compared.append("organisation_id")
    if isinstance(fresh, Station):
        known = before if isinstance(before, Station) else None
        fresh.adopted_at = known.adopted_at if known else None
        password = device_password(row)
        # A salted hash is new each time: only a password that does not fit is a change.
        if password and (known is None or not known.password or not known.check_password(password)):
            fresh.set_password(password)
            compared.append("password")


def _owner(context: Context, name: str, outfall: Outfall) -> Organisation | None:
    if not name:
        return None
    short(name, "organisation", 120)
    owner, new = Organisation.objects.get_or_create(
        name_zh=name, area=outfall.area, defaults={"name_en": name, "kind": "enterprise"}
    )
    if new:
        context.result.notes.append(
            f"新增单位“{name}”（{outfall.area.name_zh}）。|Added the organisation “{name}” ({outfall.area.name_en})."
        )
    return owner


def _own_code(row: Row, seen: set[str], longest: int) -> str:
    code = short(required(row, "code"), "code", longest)
    if code in seen:
        raise BadValue(
            "code",
            f"编码“{code}”在文件中出现过。|The code “{code}” came before in this file.",
            "请删去重复行，或改正编码。|Remove the repeated row, or correct the code.",
        )
    seen.add(code)
    return code


def _english(row: Row, name_zh: str, before: Placed | River | None) -> str:
    """The English name; without one, what is known stays, else the Chinese one stands in."""
    return row.get("name_en", "").strip() or (before.name_en if before else name_zh)


def refuse_excess(cells: Row) -> None:
    if EXCESS in cells:
        raise BadValue(
            "",
            "此行的列数多于表头。|The row has more cells than the header.",
            "请检查是否有未加引号的逗号。|Look for a comma without quotes.",
        )


def _refuse_foreign(context: Context, before: Placed, reaches: Mapping[str, Reach]) -> None:
    if str(before.reach_id) not in reaches:
        raise BadValue(
            "code",
            f"编码“{before.code}”属于另一个流域。|The code “{before.code}” belongs to another basin.",
            "请换编码，或导入到原来的流域。|Use another code, or import into its basin.",
        )
    context.check_area(before.area, "code")


def _referred(row: Row, field: str, known: Mapping[str, Any]) -> Any:
    code = row.get(field, "").strip()
    if code and code not in known:
        raise BadValue(
            field,
            f"流域中没有编码为“{code}”的对象。|The basin has nothing with the code “{code}”.",
            "请先导入它，或改正编码。|Import it first, or correct the code.",
        )
    return known[code] if code else None


def _snap(network: Network, row: Row, by_code: Mapping[str, str], furthest_m: float) -> Location:
    """The place on the network; on the named reach, if one is named."""
    lon, lat = degrees(row, "lon", 180), degrees(row, "lat", 90)
    code = row.get("reach", "").strip()
    if code and code not in by_code:
        raise BadValue(
            "reach",
            f"流域中没有河段“{code}”。|The basin has no reach “{code}”.",
            "请先导入河段，或改正编码。|Import the reaches first, or correct the code.",
        )
    try:
        return network.snap(lon, lat, furthest_m, reach_id=by_code[code] if code else None)
    except NetworkError as error:
        raise BadValue(
            "lon",
            f"{lon:.6f}, {lat:.6f} 周围 {furthest_m:.0f} 米内没有画出的河段{code}。"
            f"|No reach {code + ' ' if code else ''}is drawn within {furthest_m:.0f} m of {lon:.6f}, {lat:.6f}.",
            "请核对经纬度（勿用 GCJ-02 火星坐标，勿颠倒经纬度）。"
            "|Check longitude and latitude: not GCJ-02, not exchanged.",
        ) from error
