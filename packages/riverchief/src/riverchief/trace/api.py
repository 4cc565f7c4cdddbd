"""Traces over HTTP. Whoever may see no traces is told so (403); one outside one's areas does not exist (404)."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema

from riverchief.accounts.api import auth
from riverchief.accounts.policies import signed_in
from riverchief.base.http import Page, PageQuery, idempotent, language_of, page_of
from riverchief.trace import queries
from riverchief.trace.actions import StartTrace

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


class CandidateOut(Schema):
    """A place from which the water may have come: suspected, no more."""

    rank: int
    kind: str
    outfall: SuspectOut | None
    reach_id: int | None
    lon: float | None
    lat: float | None
    probability: float
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
    """Observed and predicted readings at a station; predicted by rank of candidate."""

    station_id: int
    name_zh: str
    name_en: str
    affected: bool
    distance_m: float | None
    unit: str
    observed: list[tuple[datetime, float | None, str]]
    predicted: dict[str, list[tuple[datetime, float, float, float]]]


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
    reach_id: int | None
    probabilities: list[float | None]


class SuspicionOut(Schema):
    """How the suspicion moved: attempts, the oldest first, and the places that led."""

    attempts: list[AttemptOut]
    places: list[FollowedOut]


class TraceOut(TraceRow):
    """A trace."""

    hypotheses: int | None
    seconds: float | None
    versions: dict[str, str]
    error: str | None
    parameter: str | None
    excluded: list[ExcludedOut]
    candidates_total: int
    candidates: list[CandidateOut]
    stations: list[TracedStationOut]
    history: SuspicionOut


@router.post("/events/{int:event_id}/traces", response=TraceMade)
@idempotent
def start_trace(request: HttpRequest, event_id: int, body: StartIn | None = None) -> dict[str, Any]:
    """Trace an event again, with what is known by now."""
    reason = body.reason if body else ""
    trace = StartTrace(actor=signed_in(request), event_id=event_id, reason=reason).run()
    return {"id": trace.pk}


@router.get("/traces", response=Page[TraceRow])
def list_traces(request: HttpRequest, page: Query[PageQuery], event: int | None = None) -> dict[str, Any]:
    """The traces of an event, or all that the person may see."""
    language = language_of(request)
    return page_of(
        queries.traces(signed_in(request), event), page, lambda row: queries.trace_row(row, language)
    )


@router.get("/traces/{int:trace_id}", response=TraceOut)
def read_trace(request: HttpRequest, trace_id: int) -> dict[str, Any]:
    """A trace, with candidates and curves."""
    return queries.trace_detail(signed_in(request), trace_id, language_of(request))
