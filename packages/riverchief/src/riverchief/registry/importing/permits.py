"""Permits from tables: the terms of permits, their outlets and mouths, limits, loads of a year and self-monitoring.

A row of limits is a limit of one outfall, parameter and mean, from a day on; with `outlet` it is that of a permit outlet.
"""

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from django.db import transaction

from riverchief.accounts.models import Organisation
from riverchief.base.errors import RiverchiefError
from riverchief.registry.importing.columns import cells_of, resolve
from riverchief.registry.importing.context import Context
from riverchief.registry.importing.parameters import required_parameter
from riverchief.registry.importing.points import refuse_excess
from riverchief.registry.importing.tables import read_table
from riverchief.registry.importing.values import BadValue, choice, day, number, required, short
from riverchief.registry.models import (
    Outfall,
    Permit,
    PermitLimit,
    PermitOutlet,
    PermittedLoad,
    PermitTerm,
    SelfMonitoring,
)
from riverchief.registry.permits.actions import SavePermitOutlet, SavePermitTerm

Row = Mapping[str, str]
Take = Callable[[int, Row], None]

FIELDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "permits": (
        ("permit", "holder", "area", "valid_from", "valid_to", "kind", "source"),
        ("permit", "holder", "valid_from", "valid_to"),
    ),
    "permit_outlets": (("permit", "outlet", "name_zh", "outfall"), ("permit", "outlet", "outfall")),
    "permit_limits": (
        (
            "outfall",
            "outlet",
            "parameter",
            "averaging",
            "least",
            "most",
            "unit",
            "valid_from",
            "valid_to",
            "permit",
        ),
        ("outfall", "parameter", "averaging", "valid_from", "permit"),
    ),
    "permitted_loads": (
        ("permit", "outlet", "parameter", "year", "tonnes"),
        ("permit", "parameter", "year", "tonnes"),
    ),
    "self_monitoring": (
        ("permit", "outlet", "parameter", "manner", "times", "per"),
        ("permit", "outlet", "parameter", "manner"),
    ),
}
"""What a row may have, and what it must have: whether a limit holds for an hour, a day or a month is never guessed."""

_COMPARED = ["least", "most", "unit", "valid_to", "source"]


def _import(
    context: Context, path: Path, name: str, mapping: Mapping[str, str], kind: str, take: Take
) -> None:
    """Hand every row to `take`; what it refuses is told with the row."""
    table = read_table(path, name)
    columns = resolve(table.columns, mapping, *FIELDS[kind])
    context.result.notes.append(table.note)
    context.result.rows = len(table.rows)
    for done, (line, cells) in enumerate(table.rows, start=1):
        try:
            refuse_excess(cells)
            with transaction.atomic():
                take(line, cells_of(columns, cells))
        except BadValue as error:
            context.tell(line, error)
        except RiverchiefError as error:
            context.result.refuse(line, error.field or "", error.message, error.cure)
        context.progress(kind.replace("_", " "), done, len(table.rows))


def import_permits(context: Context, path: Path, name: str, mapping: Mapping[str, str]) -> None:
    """Terms of permits: the first of a number registers it with its holder, later ones renew it."""

    def take(line: int, row: Row) -> None:
        permit = required(row, "permit")
        valid_from, valid_to = _required_day(row, "valid_from"), _required_day(row, "valid_to")
        before = PermitTerm.objects.filter(permit__number=permit, valid_from=valid_from).first()
        earlier = PermitTerm.objects.filter(permit__number=permit, valid_from__lt=valid_from).exists()
        kind = choice(row, "kind", "permit_term", default="renewed" if earlier else "first")
        save = SavePermitTerm(
            actor=context.actor,
            number=permit,
            holder_id=_holder(context, row).pk,
            valid_from=valid_from,
            valid_to=valid_to,
            kind=kind,
            source=row.get("source", "").strip() or name,
        )
        given = (valid_to, kind) if not row.get("source", "").strip() else (valid_to, kind, save.source)
        if before and (before.valid_to, before.kind, before.source)[: len(given)] == given:
            context.result.unchanged += 1
            return
        save.run()
        _count(context, existed=before is not None)

    _import(context, path, name, mapping, "permits", take)


def import_permit_outlets(context: Context, path: Path, name: str, mapping: Mapping[str, str]) -> None:
    """Outlets of permits, each with all its mouths, parted by ; or 、"""

    def take(line: int, row: Row) -> None:
        permit, code = _permit(row), required(row, "outlet")
        mouths = sorted({part.strip() for part in _parted(required(row, "outfall")) if part.strip()})
        name_zh = short(row.get("name_zh", "").strip(), "name_zh", 120)
        before = PermitOutlet.objects.filter(permit=permit, code=code).first()
        if (
            before
            and sorted(before.mouths.values_list("code", flat=True)) == mouths
            and before.name_zh == name_zh
        ):
            context.result.unchanged += 1
            return
        SavePermitOutlet(
            actor=context.actor, permit_id=permit.pk, code=code, name_zh=name_zh, outfall_codes=mouths
        ).run()
        _count(context, existed=before is not None)

    _import(context, path, name, mapping, "permit_outlets", take)


def import_permitted_loads(context: Context, path: Path, name: str, mapping: Mapping[str, str]) -> None:
    """Tonnes that may go out in a year: through an outlet, or without one by the whole permit."""

    def take(line: int, row: Row) -> None:
        permit = _permit(row)
        context.check_area(permit.holder.area, "permit")
        outlet = _outlet(permit, row) if row.get("outlet", "").strip() else None
        year, tonnes = number(row, "year"), number(row, "tonnes")
        if year is None or year != int(year) or not 2000 <= year <= 2099:
            raise BadValue("year", "不是年份。|It is no year.", "请写成 2026。|Write it as 2026.")
        if not tonnes:
            raise BadValue("tonnes", "没有许可量。|There is no amount.", "请填写吨数。|Give the tonnes.")
        fresh = PermittedLoad(
            permit=None if outlet else permit,
            outlet=outlet,
            parameter=required_parameter(required(row, "parameter")).key,
            year=int(year),
            tonnes=tonnes,
        )
        before = PermittedLoad.objects.filter(
            permit=fresh.permit, outlet=outlet, parameter=fresh.parameter, year=fresh.year
        ).first()
        context.save(line, before, fresh, ["tonnes"])

    _import(context, path, name, mapping, "permitted_loads", take)


def import_self_monitoring(context: Context, path: Path, name: str, mapping: Mapping[str, str]) -> None:
    """What holders must measure: by an instrument, or so many times per day, week … by hand."""

    def take(line: int, row: Row) -> None:
        permit = _permit(row)
        context.check_area(permit.holder.area, "permit")
        manner = choice(row, "manner", "monitoring_manner")
        by_hand = manner == SelfMonitoring.Manner.MANUAL
        times = number(row, "times") if by_hand else None
        if by_hand and (times is None or times != int(times) or not 1 <= times <= 1000):
            raise BadValue(
                "times",
                "手工监测须有次数。|Measuring by hand needs how often.",
                "请填写次数和周期，如 1、月。|Give times and period, such as 1 and month.",
            )
        fresh = SelfMonitoring(
            outlet=_outlet(permit, row),
            parameter=required_parameter(required(row, "parameter")).key,
            manner=manner,
            times=int(times) if times else None,
            per=choice(row, "per", "per") if by_hand else "",
        )
        before = SelfMonitoring.objects.filter(
            outlet=fresh.outlet, parameter=fresh.parameter, manner=manner
        ).first()
        context.save(line, before, fresh, ["times", "per"])

    _import(context, path, name, mapping, "self_monitoring", take)


def import_permit_limits(context: Context, path: Path, name: str, mapping: Mapping[str, str]) -> None:
    """Limits in the unit of the quality standards (mg/L); a second import of a row changes nothing."""
    outfalls = {
        row.code: row for row in Outfall.objects.filter(reach__basin=context.basin).select_related("area")
    }

    def key(row: PermitLimit) -> tuple[object, ...]:
        return (row.outfall_id, row.outlet_id, row.parameter, row.averaging, row.valid_from)

    existing = {key(row): row for row in PermitLimit.objects.filter(outfall__reach__basin=context.basin)}

    def take(line: int, row: Row) -> None:
        fresh = _limit(context, row, outfalls)
        context.save(line, existing.get(key(fresh)), fresh, _COMPARED)
        existing.setdefault(key(fresh), fresh)

    _import(context, path, name, mapping, "permit_limits", take)


def _parted(text: str) -> list[str]:
    for mark in "；、":
        text = text.replace(mark, ";")
    return text.split(";")


def _required_day(row: Row, field: str) -> date:
    required(row, field)
    found = day(row, field)
    assert found is not None  # required above
    return found


def _count(context: Context, *, existed: bool) -> None:
    if existed:
        context.result.updated += 1
    else:
        context.result.created += 1


def _holder(context: Context, row: Row) -> Organisation:
    """The organisation of that name; where several have it, the area says which."""
    name = required(row, "holder")
    found = Organisation.objects.filter(name_zh=name)
    if area := row.get("area", "").strip():
        found = found.filter(area=context.area(area))
    rows = list(found[:2])
    if len(rows) != 1:
        several = bool(rows)
        raise BadValue(
            "holder",
            f"名为“{name}”的单位{'不止一个' if several else '不存在'}。"
            f"|{'More than one organisation is' if several else 'No organisation is'} called “{name}”.",
            "请加“行政区代码”一列。|Add a column with the code of the area."
            if several
            else "请先导入单位（organisations），或改正名称。|Import the organisations first, or correct the name.",
        )
    return rows[0]


def _permit(row: Row) -> Permit:
    permit = Permit.objects.select_related("holder__area").filter(number=required(row, "permit")).first()
    if permit is None:
        raise BadValue(
            "permit",
            f"没有许可证“{row['permit'].strip()}”。|There is no permit “{row['permit'].strip()}”.",
            "请先导入许可证（permits），或改正编号。|Import the permits first, or correct the number.",
        )
    return permit


def _outlet(permit: Permit, row: Row) -> PermitOutlet:
    outlet = permit.outlets.filter(code=required(row, "outlet")).first()
    if outlet is None:
        raise BadValue(
            "outlet",
            f"许可证 {permit.number} 没有排放口“{row['outlet'].strip()}”。"
            f"|Permit {permit.number} has no outlet “{row['outlet'].strip()}”.",
            "请先导入排放口（permit_outlets）。|Import its outlets (permit_outlets) first.",
        )
    return outlet


def _limit(context: Context, row: Mapping[str, str], outfalls: Mapping[str, Outfall]) -> PermitLimit:
    code = required(row, "outfall")
    outfall = outfalls.get(code)
    if outfall is None:
        raise BadValue(
            "outfall",
            f"流域中没有排污口“{code}”。|The basin has no outfall “{code}”.",
            "请先导入排污口，或改正编码。|Import the outfalls first, or correct the code.",
        )
    context.check_area(outfall.area, "outfall")
    parameter = required_parameter(required(row, "parameter"))
    factor = parameter.factor(row.get("unit", ""))
    least, most = number(row, "least"), number(row, "most")
    if least is None and most is None:
        raise BadValue(
            "most", "没有限值。|There is no limit.", "请填写上限或下限。|Give the upper or the lower one."
        )
    if least is not None and most is not None and least > most:
        raise BadValue(
            "least", "下限大于上限。|The lower limit lies above the upper one.", "请核对。|Check both."
        )
    valid_from, valid_to = _required_day(row, "valid_from"), day(row, "valid_to")
    if valid_to is not None and valid_to < valid_from:
        raise BadValue(
            "valid_to", "止于开始之前。|It ends before it starts.", "请核对日期。|Check both days."
        )
    outlet = _outlet(_permit(row), row) if row.get("outlet", "").strip() else None
    if outlet is not None and not outlet.ends.filter(outfall=outfall).exists():
        raise BadValue(
            "outlet",
            f"排放口 {outlet.code} 不排入 {code}。|Outlet {outlet.code} does not end in {code}.",
            "请核对，或先改正排放口的去向（permit_outlets）。|Check it, or correct where the outlet ends first.",
        )
    return PermitLimit(
        outfall=outfall,
        outlet=outlet,
        parameter=parameter.key,
        averaging=choice(row, "averaging", "averaging"),
        least=None if least is None else least * factor,
        most=None if most is None else most * factor,
        unit="" if parameter.unit == "1" else parameter.unit,
        valid_from=valid_from,
        valid_to=valid_to,
        source=short(required(row, "permit"), "permit", 200),
    )
