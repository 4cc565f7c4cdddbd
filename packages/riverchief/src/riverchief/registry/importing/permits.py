"""Limits of permits from tables: a row is a limit of one outfall, parameter and mean, from a day on."""

from collections.abc import Mapping
from pathlib import Path

from riverchief.registry.importing.columns import cells_of, resolve
from riverchief.registry.importing.context import Context
from riverchief.registry.importing.parameters import required_parameter
from riverchief.registry.importing.points import refuse_excess
from riverchief.registry.importing.tables import read_table
from riverchief.registry.importing.values import BadValue, choice, day, number, required, short
from riverchief.registry.models import Outfall, PermitLimit

FIELDS = (
    ("outfall", "parameter", "averaging", "least", "most", "unit", "valid_from", "valid_to", "permit"),
    ("outfall", "parameter", "averaging", "valid_from", "permit"),
)
"""What a row may have, and what it must have: whether a limit holds for an hour or a day is never guessed."""

_COMPARED = ["least", "most", "unit", "valid_to", "source"]


def import_permit_limits(context: Context, path: Path, name: str, mapping: Mapping[str, str]) -> None:
    """Limits in the unit of the quality standards (mg/L); a second import of a row changes nothing."""
    table = read_table(path, name)
    columns = resolve(table.columns, mapping, *FIELDS)
    context.result.notes.append(table.note)
    context.result.rows = len(table.rows)
    outfalls = {
        row.code: row for row in Outfall.objects.filter(reach__basin=context.basin).select_related("area")
    }
    existing = {
        (row.outfall_id, row.parameter, row.averaging, row.valid_from): row
        for row in PermitLimit.objects.filter(outfall__reach__basin=context.basin)
    }
    for done, (line, cells) in enumerate(table.rows, start=1):
        row = cells_of(columns, cells)
        try:
            refuse_excess(cells)
            fresh = _limit(context, row, outfalls)
        except BadValue as error:
            context.tell(line, error)
        else:
            key = (fresh.outfall_id, fresh.parameter, fresh.averaging, fresh.valid_from)
            context.save(line, existing.get(key), fresh, _COMPARED)
            existing.setdefault(key, fresh)
        context.progress("permit limits", done, len(table.rows))


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
    required(row, "valid_from")
    valid_from, valid_to = day(row, "valid_from"), day(row, "valid_to")
    assert valid_from is not None  # required above
    if valid_to is not None and valid_to < valid_from:
        raise BadValue(
            "valid_to", "止于开始之前。|It ends before it starts.", "请核对日期。|Check both days."
        )
    return PermitLimit(
        outfall=outfall,
        parameter=parameter.key,
        averaging=choice(row, "averaging", "averaging"),
        least=None if least is None else least * factor,
        most=None if most is None else most * factor,
        unit="" if parameter.unit == "1" else parameter.unit,
        valid_from=valid_from,
        valid_to=valid_to,
        source=short(required(row, "permit"), "permit", 200),
    )
