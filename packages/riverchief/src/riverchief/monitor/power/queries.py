"""The lines of an outfall as pages, API and command line show them; for whoever may see suspects there, and nobody else."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from riverchief.accounts.models import User
from riverchief.accounts.policies import filter_rows, require, scope, within
from riverchief.accounts.roles import Capability
from riverchief.base.clock import SHANGHAI
from riverchief.base.errors import NotFound
from riverchief.monitor.power.lines import Said, meters_of, said_by, stops_of
from riverchief.monitor.power.models import IdleTreatment, PlannedStop, PowerMeter
from riverchief.registry.models import Outfall

Reader = User | AnonymousUser

IS_NOT = (
    "这是供核实的线索，不是违法认定：电表可能接错、停用或未覆盖备用设施；间歇运行、蓄水、短时检修也会如此。电表无数据或标记为维护、故障时不作判断，"
    "事先登记的计划停运期间不提示。须由人员现场核实。",
    "This is something to look at, and no finding: a meter may be wired wrongly or miss a spare unit, and batch treatment, storage or a short repair look the same. "
    "Where a meter is silent or flagged nothing is judged, and announced stops are left out. A person must look on site.",
)


def power(user: Reader, outfall_id: int, start: datetime, end: datetime) -> dict[str, Any]:
    """The lines from `start` to `end`."""
    require(user, Capability.VIEW_TRACE)
    rows = filter_rows(Outfall.objects.select_related("area"), user, Capability.VIEW_TRACE)
    outfall = rows.filter(pk=outfall_id).first()
    if outfall is None:
        raise NotFound("没有这个排污口。|There is no such outfall.")
    meters = meters_of(outfall)
    said = said_by([row.key for row in meters], start, end)
    spans = IdleTreatment.objects.filter(
        outfall=outfall, dropped_at__isnull=True, started_at__lt=end, known_to__gt=start
    )
    return {
        "start": start,
        "end": end,
        "meters": [_meter(row, said[row.key]) for row in meters],
        "stops": [_stop(row) for row in stops_of(outfall, start, end)],
        "spans": [shown_span(row) for row in spans.order_by("started_at")],
        "is_not_zh": IS_NOT[0],
        "is_not_en": IS_NOT[1],
    }


def hidden_meters(user: Reader) -> "QuerySet[PowerMeter]":
    """The meters, retired ones too, whose readings are not for the reader: those of outfalls of which `power` refuses."""
    return PowerMeter.objects.exclude(within(scope(user, Capability.VIEW_TRACE), "outfall__area__path"))


def _meter(row: PowerMeter, said: Said) -> dict[str, Any]:
    names = ("station_id", "parameter", "line", "name_zh", "name_en", "runs_from")
    shown = {name: getattr(row, name) for name in names}
    return {"id": row.pk, **shown, "unit": said.unit or row.unit, "kind": said.kind, "points": said.points}


def _stop(row: PlannedStop) -> dict[str, Any]:
    zh, en = row.entry.said
    names = ("starts_at", "ends_at", "reason")
    shown = {name: getattr(row, name) for name in names}
    return {"id": row.pk, **shown, "afterwards_zh": zh, "afterwards_en": en}


def shown_span(row: IdleTreatment) -> dict[str, Any]:
    """A span with the words that say why it is told."""
    (zh, en), stops = _why(row), stops_of(row.outfall, row.started_at, row.known_to)
    for stop in stops:
        later_zh, later_en = stop.entry.said
        if later_zh:
            zh += f"期间有停运登记（{stop.reason}；{later_zh}），由人员判断。"
            en += f" A stop of that time is on record ({stop.reason}; {later_en}): for people to judge."
    names = ("kind", "started_at", "known_to", "ended")
    return {"id": row.pk, **{name: getattr(row, name) for name in names}, "why_zh": zh, "why_en": en}


def _why(row: IdleTreatment) -> tuple[str, str]:
    first, last = row.started_at.astimezone(SHANGHAI), row.known_to.astimezone(SHANGHAI)
    minutes = round((row.known_to - row.started_at).total_seconds() / 60)
    when = f"{first:%m-%d %H:%M}–{last:%m-%d %H:%M}"
    drawn, normal = f"{row.treatment:.3g} {row.unit}".strip(), f"{row.normal:.3g} {row.unit}".strip()
    if row.kind == IdleTreatment.Kind.OFF:
        return (
            f"{when}（{minutes} 分钟）：生产设施在用电，治污设施未运行（平均 {drawn}，运行时一般 {normal}）。",
            f"{when} ({minutes} min): production drew power and treatment did not run (mean {drawn}; {normal} when it runs).",
        )
    return (
        f"{when}（{minutes} 分钟）：排污口有出流，治污设施用电 {drawn}，远低于其平时的 {normal}。",
        f"{when} ({minutes} min): water flowed out while treatment drew {drawn}, far below its usual {normal}.",
    )
