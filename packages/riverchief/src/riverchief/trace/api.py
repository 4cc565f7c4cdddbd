"""Traces over HTTP. Whoever may see no traces is told so (403); one outside one's areas does not exist (404)."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema

from riverchief.accounts.api import SessionAuth, auth
from riverchief.accounts.policies import signed_in
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.http import Page, PageQuery, idempotent, language_of, page_of
from riverchief.trace import queries
from riverchief.trace.actions import AdjustTrace, HandOutTrace, StartTrace, WithdrawAdjustment
from riverchief.trace.handout import tables
from riverchief.trace.models import Trace

router = Router(tags=["trace"], auth=auth)


class StartIn(Schema):
    """Why an event should be traced again, where somebody wants to say so."""

    reason: str = ""


class TraceMade(Schema):
    """The trace that was queued."""

    id: int


class TraceRow(Schema):
    """A trace in a list."""

    id: int
    event_id: int
    attempt: int
    retrospective: bool
    state: str
    reason: str
    requested_by: str | None
    requested_at: datetime
    finished_at: datetime | None
    progress: float


class SuspectOut(Schema):
    """An outfall by name."""

    id: int
    code: str
    name_zh: str
    name_en: str


class TimesOut(Schema):
    """Median and 90 % interval of a time."""

    low: datetime
    median: datetime
    high: datetime


class MassOut(Schema):
    """Median and 90 % interval of a mass in kg."""

    low: float
    median: float
    high: float


class WhereOut(Schema):
    """Where a place without a name is: on which river, and how far above the next station below it, m."""

    river_zh: str
    river_en: str
    reach_code: str
    station_zh: str
    station_en: str
    above_m: float | None


class ContrastOut(Schema):
    """The reading that tells a candidate from a rival best: what each led to expect, and what was observed, in mg/L.

    `errors_apart`: how many standard deviations of a reading lie between the two; below 2 it tells little.
    """

    rival_rank: int
    station_zh: str
    station_en: str
    at: datetime
    expected: float
    rival_expected: float
    observed: float
    errors_apart: float


class CandidateOut(Schema):
    """A place from which the water may have come: suspected, no more."""

    rank: int
    key: str
    kind: str
    outfall: SuspectOut | None
    label: str
    reach_id: int | None
    where: WhereOut | None
    contrasts: list[ContrastOut]
    lon: float | None
    lat: float | None
    probability: float
    prior: float | None
    probability_by_rule: float | None
    probability_by_evidence: float | None
    started: TimesOut | None
    duration_s: float | None
    released_kg: MassOut | None
    note: str


class ExcludedOut(Schema):
    """What the answer does not rest on, and why."""

    what: str
    reason_zh: str
    reason_en: str


class TracedStationOut(Schema):
    """Observed and predicted readings at a station.

    Predicted, by rank of candidate: time, mean, the 90 % interval of the curve, and that of a single reading.
    """

    station_id: int
    name_zh: str
    name_en: str
    affected: bool
    distance_m: float | None
    unit: str
    observed: list[tuple[datetime, float | None, str]]
    predicted: dict[str, list[tuple[datetime, float, float, float, float | None, float | None]]]


class AttemptOut(Schema):
    """A finished attempt at an event, and why it was made."""

    trace_id: int
    attempt: int
    finished_at: datetime
    reason: str
    requested_by: str | None


class FollowedOut(Schema):
    """A place that led in some attempt, and its probability in each; None where it was not weighed."""

    kind: str
    outfall: SuspectOut | None
    label: str
    reach_id: int | None
    probabilities: list[float | None]


class SuspicionOut(Schema):
    """How the suspicion moved: attempts, the oldest first, and the places that led."""

    attempts: list[AttemptOut]
    places: list[FollowedOut]


class AdjustmentIn(Schema):
    """A candidate to rule out or to weigh anew (`key`), or a place to add (`label`, `lon`, `lat`), and why."""

    kind: str
    reason: str
    key: str = ""
    factor: float = 1.0
    label: str = ""
    lon: float | None = None
    lat: float | None = None


class WithdrawIn(Schema):
    """Why a change is taken back."""

    reason: str


class AdjustmentMade(Schema):
    """The change that was made or taken back."""

    id: int


class AdjustmentOut(Schema):
    """What a person changed for an event, why, and whether this attempt used it."""

    id: int
    kind: str
    key: str
    factor: float
    label: str
    lon: float | None
    lat: float | None
    reason: str
    made_by: str
    made_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    withdrawn_reason: str
    used: bool


class TraceOut(TraceRow):
    """A trace.

    Candidates, and what would tell of them, only as far as they lie in the reader's areas; `whole`: all of them do.
    """

    hypotheses: int | None
    seconds: float | None
    versions: dict[str, str]
    error: str | None
    parameter: str | None
    excluded: list[ExcludedOut]
    candidates_total: int
    whole: bool
    outside_probability: float
    candidates: list[CandidateOut]
    stations: list[TracedStationOut]
    adjustments: list[AdjustmentOut]
    history: SuspicionOut


@router.post("/events/{int:event_id}/traces", response=TraceMade, auth=SessionAuth(Capability.RUN_TRACE))
@idempotent
def start_trace(request: HttpRequest, event_id: int, body: StartIn | None = None) -> dict[str, Any]:
    """Trace an event again, with what is known by now."""
    reason = body.reason if body else ""
    trace = StartTrace(actor=signed_in(request), event_id=event_id, reason=reason).run()
    return {"id": trace.pk}


@router.post(
    "/events/{int:event_id}/trace_adjustments",
    response=AdjustmentMade,
    auth=SessionAuth(Capability.RUN_TRACE),
)
@idempotent
def adjust_trace(request: HttpRequest, event_id: int, body: AdjustmentIn) -> dict[str, Any]:
    """Rule a candidate out, add a place, or change a prior: later attempts at the event use it."""
    change = AdjustTrace(actor=signed_in(request), event_id=event_id, **body.dict()).run()
    return {"id": change.pk}


@router.post(
    "/trace_adjustments/{int:adjustment_id}/withdraw",
    response=AdjustmentMade,
    auth=SessionAuth(Capability.RUN_TRACE),
)
@idempotent
def withdraw_adjustment(request: HttpRequest, adjustment_id: int, body: WithdrawIn) -> dict[str, Any]:
    """Take a change back; attempts that used it stay as they are."""
    change = WithdrawAdjustment(
        actor=signed_in(request), adjustment_id=adjustment_id, reason=body.reason
    ).run()
    return {"id": change.pk}


@router.get("/traces", response=Page[TraceRow])
def list_traces(request: HttpRequest, page: Query[PageQuery], event: int | None = None) -> dict[str, Any]:
    """The traces of an event, or all that the person may see."""
    language = language_of(request)
    user = signed_in(request)
    return page_of(queries.traces(user, event), page, lambda row: queries.trace_row(user, row, language))


@router.get("/traces/{int:trace_id}", response=TraceOut)
def read_trace(request: HttpRequest, trace_id: int) -> dict[str, Any]:
    """A trace, with candidates and curves."""
    return queries.trace_detail(signed_in(request), trace_id, language_of(request))


@router.get("/traces/{int:trace_id}/report.pdf")
def read_report(request: HttpRequest, trace_id: int) -> HttpResponse:
    """The report of a finished trace as PDF, every page marked as suspected and not confirmed."""
    # Not at the top: the page of a trace needs none of it.
    from riverchief.trace.handout.report import report_pdf

    user, language = signed_in(request), language_of(request)
    row = HandOutTrace(actor=user, trace_id=trace_id, form="report.pdf").run()
    content = report_pdf(
        queries.trace_detail(user, trace_id, language),
        queries.inputs_of(row),
        event=queries.event_sentence(row.event, language),
        language=language,
        made_for=user.label,
        at=clock.now(),
    )
    return _file(content, "application/pdf", row, "pdf")


@router.get("/traces/{int:trace_id}/data.json")
def read_data(request: HttpRequest, trace_id: int) -> HttpResponse:
    """Everything a finished trace was computed from and came to."""
    row = HandOutTrace(actor=signed_in(request), trace_id=trace_id, form="data.json").run()
    return _file(tables.data_json(row), "application/json", row, "json")


@router.get("/traces/{int:trace_id}/candidates.csv")
def read_candidates(request: HttpRequest, trace_id: int) -> HttpResponse:
    """The candidates of a finished trace as a table."""
    user = signed_in(request)
    row = HandOutTrace(actor=user, trace_id=trace_id, form="candidates.csv").run()
    shown = queries.trace_detail(user, trace_id, language_of(request))
    return _file(tables.candidates_csv(shown["candidates"]), "text/csv", row, "candidates.csv")


@router.get("/traces/{int:trace_id}/curves.csv")
def read_curves(request: HttpRequest, trace_id: int) -> HttpResponse:
    """What was observed and predicted, by station and time, as a table."""
    user = signed_in(request)
    row = HandOutTrace(actor=user, trace_id=trace_id, form="curves.csv").run()
    shown = queries.trace_detail(user, trace_id, language_of(request))
    return _file(tables.curves_csv(shown["stations"]), "text/csv", row, "curves.csv")


def _file(content: str | bytes, media_type: str, row: Trace, ending: str) -> HttpResponse:
    name = f"trace-{row.event_id}-{row.attempt}-suspected.{ending}"
    return HttpResponse(
        content,
        content_type=media_type if media_type == "application/pdf" else f"{media_type}; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )
