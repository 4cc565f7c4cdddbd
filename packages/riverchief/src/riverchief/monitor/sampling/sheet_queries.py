"""What pages, API and command line read of sheets of results: their lines, checks and history."""

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from riverchief.accounts.models import User
from riverchief.accounts.policies import require_any
from riverchief.accounts.roles import Capability
from riverchief.base.audit import entries
from riverchief.base.errors import NotFound
from riverchief.base.models import AuditEntry
from riverchief.monitor.sampling.checks import Check, Remarks, checks_of, parameters_in
from riverchief.monitor.sampling.models import WAITING, Bottle, SamplingRound
from riverchief.monitor.sampling.quality import PAST_HOLDING
from riverchief.monitor.sampling.queries import SEES_RESULTS, Reader, Shown, may, named, round_of
from riverchief.monitor.sampling.result_models import BottleResult, ResultSheet
from riverchief.monitor.sampling.sheets import NEXT, PEOPLE, took_part


def sheets(user: Reader, made: SamplingRound) -> "QuerySet[ResultSheet]":
    """The sheets of a round, the newest first, for the laboratory and the office."""
    require_any(user, SEES_RESULTS, made.plan.area.path)
    rows = ResultSheet.objects.filter(round=made).select_related(*PEOPLE, "returned_by", "round__plan__area")
    return rows.order_by("-number")


def sheet_of(user: Reader, sheet_id: int) -> ResultSheet:
    """One sheet."""
    made = ResultSheet.objects.filter(pk=sheet_id).values_list("round_id", flat=True).first()
    row = sheets(user, round_of(user, made)).filter(pk=sheet_id).first() if made is not None else None
    if row is None:
        raise NotFound("没有这份结果单。|There is no such sheet.")
    return row


def shown_sheet(user: Reader, row: ResultSheet) -> Shown:
    """A sheet as a list shows it, with the step that the reader may take."""
    step = NEXT.get(row.state)
    reviews = may(user, row.round, Capability.REVIEW_LAB_RESULTS)
    free = isinstance(user, User) and user.pk not in took_part(row)
    next_state = step[0] if step and may(user, row.round, step[2]) else None
    if next_state != ResultSheet.State.SUBMITTED and not free:
        next_state = None
    return {
        **{
            name: getattr(row, name)
            for name in ("id", "number", "state", "submitted_at", "issued_at", "returned_reason")
        },
        **{name: named(getattr(row, name)) for name in (*PEOPLE, "returned_by")},
        "results": row.results.order_by().values("bottle", "parameter").distinct().count(),
        "next": next_state,
        "may_send_back": reviews
        and free
        and row.state not in (ResultSheet.State.ISSUED, ResultSheet.State.RETURNED),
    }


def is_blind(user: Reader, made: SamplingRound) -> bool:
    """Whether the reader is not to learn which bottles of a round are blanks and duplicates: who entered a result of it,
    until all that is to be analysed in it is issued. A check names them, and what it says of a result nearly does.

    Of the others those see checks who plan the sampling or review results.
    """
    if not may(user, made, Capability.PLAN_SAMPLING, Capability.REVIEW_LAB_RESULTS):
        return True
    entered = BottleResult.objects.filter(bottle__visit__round=made)
    if not entered.filter(entered_by=user.pk).exists():
        return False
    unissued = entered.filter(Q(sheet=None) | ~Q(sheet__state=ResultSheet.State.ISSUED))
    waiting = Bottle.objects.filter(visit__round=made, step__in=WAITING)
    return unissued.exists() or waiting.exists()


def sheet_detail(user: Reader, row: ResultSheet) -> Shown:
    """A sheet with its history, and how many of its checks are well, not well, and not known yet: none for the blind."""
    blind = is_blind(user, row.round)
    return {
        **shown_sheet(user, row),
        "round_id": row.round_id,
        "blind": blind,
        "checks": _counted([] if blind else checks_of(row.round, parameters_in(row))),
        "history": _history(entries(row.chain)),
    }


def _counted(checks: Sequence[Check]) -> dict[str, int]:
    return {
        "ok": sum(check.ok is True for check in checks),
        "flagged": sum(check.ok is False for check in checks),
        "missing": sum(check.ok is None for check in checks),
    }


def sheet_checks(user: Reader, row: ResultSheet) -> list[Check]:
    """The blanks and duplicates of the parameters in a sheet whose results are in, those that are not well first.

    The others are not named: who reviews works in the laboratory, which is not to know them while it analyses. To the
    blind (`is_blind`) none is.
    """
    if is_blind(user, row.round):
        return []
    found = [check for check in checks_of(row.round, parameters_in(row)) if check.ok is not None]
    return sorted(found, key=lambda check: check.ok is not False)


def shown_check(check: Check) -> Shown:
    """A check as the API shows it."""
    names = ("parameter", "role", "labels", "written", "deviation", "limit", "ok")
    return {name: getattr(check, name) for name in names}


def shown_lines(user: Reader, sheet: ResultSheet, rows: Sequence[BottleResult]) -> list[Shown]:
    """Results of a sheet, each with what is remarked on it; to the blind only what is not told by the role of a bottle."""
    told = Remarks(checks_of(sheet.round, {row.parameter for row in rows}), rows)
    blind = is_blind(user, sheet.round)
    return [
        shown_result(row, [remark for remark in told.on(row) if not blind or remark == PAST_HOLDING])
        for row in rows
    ]


def _history(steps: Sequence[AuditEntry]) -> list[Shown]:
    english = dict(
        User.objects.filter(pk__in={entry.actor_id for entry in steps}).values_list("pk", "name_en")
    )
    return [
        {
            "state": entry.data.get("state", ResultSheet.State.SUBMITTED.value),
            "by": {"name_zh": entry.actor_label, "name_en": english.get(entry.actor_id or 0, "")},
            "at": entry.at,
            "reason": entry.data.get("reason", ""),
        }
        for entry in steps
    ]


def shown_result(row: BottleResult, told: Sequence[str] = ()) -> Shown:
    """A result under the label of its bottle."""
    names = (
        "parameter",
        "version",
        "value",
        "unit",
        "below_limit",
        "written",
        "method",
        "analysed_at",
        "reason",
    )
    return {
        **{name: getattr(row, name) for name in names},
        "label": row.bottle.label,
        "entered_by": named(row.entered_by),
        "remarks": list(told),
    }
