"""Traces over HTTP. Whoever may see no traces is told so (403); one outside one's areas does not exist (404)."""

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from riverchief.accounts.api import SessionAuth, auth
from riverchief.accounts.policies import signed_in
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.http import Page, PageQuery, attachment, idempotent, language_of, page_of
from riverchief.trace import queries
from riverchief.trace.actions import (
    AdjustTrace,
    AskSiting,
    AskSourcesAtOnce,
    HandOutTrace,
    StartTrace,
    WithdrawAdjustment,
)
from riverchief.trace.handout import tables
from riverchief.trace.models import Trace
from riverchief.trace.schemas import (
    AdjustmentIn,
    AdjustmentMade,
    StartIn,
    TraceMade,
    TraceOut,
    TraceRow,
    WithdrawIn,
)
from riverchief.trace.siting import queries as siting
from riverchief.trace.siting.schemas import SitingIn, SitingMade, SitingOut

router = Router(tags=["trace"], auth=auth)


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


@router.post("/traces/{int:trace_id}/at_once", response=TraceMade, auth=SessionAuth(Capability.RUN_TRACE))
@idempotent
def ask_sources_at_once(request: HttpRequest, trace_id: int) -> dict[str, Any]:
    """Ask of a finished trace whether there was more than one source at a time."""
    asked = AskSourcesAtOnce(actor=signed_in(request), trace_id=trace_id).run()
    return {"id": asked.trace_id}


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
def read_report(request: HttpRequest, trace_id: int, lang: Literal["zh", "en"] | None = None) -> HttpResponse:
    """The report of a finished trace as PDF, every page marked as suspected and not confirmed; in the reader's language, or `lang`."""
    # Not at the top: the page of a trace needs none of it.
    from riverchief.trace.handout.report import report_pdf

    user, language = signed_in(request), lang or language_of(request)
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
    shown = queries.trace_detail(user, trace_id, language_of(request), every=True)
    return _file(tables.candidates_csv(shown), "text/csv", row, "candidates.csv")


@router.get("/traces/{int:trace_id}/curves.csv")
def read_curves(request: HttpRequest, trace_id: int) -> HttpResponse:
    """What was observed and predicted, by station and time, as a table."""
    user = signed_in(request)
    row = HandOutTrace(actor=user, trace_id=trace_id, form="curves.csv").run()
    shown = queries.trace_detail(user, trace_id, language_of(request))
    return _file(tables.curves_csv(shown), "text/csv", row, "curves.csv")


@router.post("/sitings", response=SitingMade, auth=SessionAuth(Capability.MANAGE_STATIONS))
@idempotent
def ask_siting(request: HttpRequest, body: SitingIn) -> dict[str, Any]:
    """Ask where further stations would do most."""
    study = AskSiting(actor=signed_in(request), **body.dict()).run()
    return {"id": study.pk}


@router.get("/sitings", response=Page[SitingOut], auth=SessionAuth(Capability.MANAGE_STATIONS))
def list_sitings(request: HttpRequest, page: Query[PageQuery], basin: int | None = None) -> dict[str, Any]:
    """The studies of where to put stations, the newest first."""
    language = language_of(request)
    rows = siting.studies(signed_in(request), basin)
    return page_of(rows, page, lambda row: siting.shown(row, language))


@router.get("/sitings/{int:study_id}", response=SitingOut, auth=SessionAuth(Capability.MANAGE_STATIONS))
def read_siting(request: HttpRequest, study_id: int) -> dict[str, Any]:
    """A study, with the places it chose."""
    return siting.shown(siting.study(signed_in(request), study_id), language_of(request))


@router.get("/sitings/{int:study_id}/places.csv", auth=SessionAuth(Capability.MANAGE_STATIONS))
def read_sited_places(request: HttpRequest, study_id: int) -> HttpResponse:
    """The places of a study as a table."""
    content = siting.places_csv(siting.study(signed_in(request), study_id))
    return attachment(content, "text/csv", f"stations-{study_id}.csv")


def _file(content: str | bytes, media_type: str, row: Trace, ending: str) -> HttpResponse:
    return attachment(content, media_type, f"trace-{row.event_id}-{row.attempt}-suspected.{ending}")
