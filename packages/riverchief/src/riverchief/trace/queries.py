"""Reads of traces, for those who may see them."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from riverkit.network import Location

from riverchief.accounts.models import User
from riverchief.base.clock import SHANGHAI
from riverchief.base.errors import NotFound, in_language
from riverchief.monitor.models import Event
from riverchief.monitor.queries import events
from riverchief.registry.codes import TABLES
from riverchief.registry.models import Station
from riverchief.trace import sampling, suspicion
from riverchief.trace.codes import PLACES, AdjustmentKind
from riverchief.trace.confirmed import confirmed_of
from riverchief.trace.inputs import StationInput, TraceInputs
from riverchief.trace.listing import cut_off, ruled_out
from riverchief.trace.models import Adjustment, SourcesAtOnce, Trace, TraceCandidate
from riverchief.trace.visibility import PLACED, View, visible_traces, words_of
from riverchief.trace.wheres import wheres_of

Shown = dict[str, Any]

SHOWN_CANDIDATES = 50
"""The long tail of places with no probability to speak of is counted, not listed; what is no place always is."""


UNIT = "mg/L"
"""Of all readings of a trace, as its inputs hold them."""

_BANDS = ("mean", "low", "high", "reading_low", "reading_high")


def traces(user: User, event_id: int | None) -> "QuerySet[Trace]":
    """The traces of an event, or all, the newest first."""
    rows = visible_traces(user)
    if event_id is not None:
        if not events(user).filter(pk=event_id).exists():
            raise NotFound(f"没有编号为 {event_id} 的事件。|There is no event {event_id}.")
        rows = rows.filter(event_id=event_id)
    return rows.order_by("-requested_at", "-id").defer("inputs", "result").select_related("requested_by")


def trace_row(user: User, row: Trace, language: str) -> Shown:
    """A trace in a list."""
    return {
        "id": row.pk,
        "event_id": row.event_id,
        "attempt": row.attempt,
        "retrospective": row.retrospective,
        "state": row.state,
        "reason": suspicion.reason_of(row, language, user),
        "requested_by": row.requested_by.label if row.requested_by else None,
        "requested_at": row.requested_at,
        "finished_at": row.finished_at,
        "progress": row.progress,
    }


def trace_detail(user: User, trace_id: int, language: str, *, every: bool = False) -> Shown:
    """A trace with its first candidates, and observed against predicted readings.

    Args:
        every: all candidates, also those that are practically ruled out: for a table that says so in each line.
    """
    row = visible_traces(user).select_related("requested_by", "event__area").filter(pk=trace_id).first()
    if row is None:
        raise NotFound(f"没有编号为 {trace_id} 的溯源。|There is no trace {trace_id}.")
    view = View.of(user, row.event)
    ranked = list(row.candidates.select_related("adjustment", "reach__river", *PLACED))
    seen = [item for item in ranked if view.sees(item)]
    whole = len(seen) == len(ranked)
    at_once = (
        SourcesAtOnce.objects.filter(trace=row).select_related("requested_by").first() if whole else None
    )
    inputs = TraceInputs.from_json(row.inputs) if row.inputs else None
    confirmed = confirmed_of(row.event_id, [item.outfall_id for item in seen if item.outfall_id])
    # Without a finding probabilities are priors, which rule nobody out.
    below = None if row.note or not ranked else cut_off()
    out = {item.key for item in seen if below is not None and ruled_out(item, below)}
    # What people look for by name is shown whatever its probability.
    named = set((at_once.result or {}).get("candidates", [])) if at_once else set()
    named |= {change.key for change in inputs.adjustments} if inputs else set()
    named |= {item.key for item in seen if item.outfall_id in confirmed}
    candidates = [
        item
        for item in seen
        if every
        or item.kind not in PLACES
        or item.key in named
        or (item.rank <= SHOWN_CANDIDATES and item.key not in out)
    ]
    result = row.result or {}
    wheres = wheres_of(inputs, candidates) if inputs else {}
    contrasts = _contrasts(inputs, result, candidates) if inputs else {}
    ran = {row.key: row.ran for row in inputs.candidates} if inputs else {}
    parameters = {found["key"]: found.get("parameters", []) for found in result.get("candidates", [])}
    stations = _stations(inputs, result, candidates, view) if inputs else []
    return {
        **trace_row(user, row, language),
        "hypotheses": result.get("hypotheses"),
        "seconds": result.get("seconds"),
        "versions": row.versions,
        "error": in_language(row.error, language) or None,
        "note": row.note,
        "parameter": inputs.parameter if inputs else None,
        "companions": inputs.parameters[1:] if inputs else [],
        "excluded": [vars(item) for item in inputs.excluded] if inputs and whole else [],
        "candidates_total": len(seen),
        "ruled_out": len(out),
        "ruled_out_below": below,
        "whole": whole,
        "outside_probability": sum(item.probability for item in ranked)
        - sum(item.probability for item in seen),
        "candidates": [
            {
                **_candidate(item),
                "ruled_out": item.key in out,
                "where": wheres.get(item.key),
                "contrasts": contrasts.get(item.key, []),
                "parameters": parameters.get(item.key, []),
                "ran": ran.get(item.key, []),
                "confirmed": [vars(found) for found in confirmed.get(item.outfall_id or 0, [])],
            }
            for item in candidates
        ],
        "stations": stations,
        "set_aside": _set_aside(inputs, result, {row["station_id"] for row in stations}) if inputs else [],
        "sampling": sampling.shown_sampling(inputs, result, candidates) if inputs and whole else None,
        "samples": sampling.shown_samples(user, row, inputs, result, candidates, whole=whole),
        "adjustments": [
            item
            for item in adjustments(user, row, inputs)
            if whole or item["kind"] == AdjustmentKind.RAIN or item["key"] in {found.key for found in seen}
        ],
        "rain": [vars(spell) for spell in inputs.rain] if inputs else [],
        "on_record_factor": inputs.settings.get("rain", {}).get("on_record_factor") if inputs else None,
        "at_once": _at_once(at_once, inputs, candidates, language) if inputs and at_once else None,
        "history": suspicion.history(row.event_id, language, view),
    }


def inputs_of(row: Trace) -> TraceInputs:
    """What a finished trace was computed from."""
    assert row.inputs is not None  # it is finished
    return TraceInputs.from_json(row.inputs)


def event_sentence(event: Event, language: str) -> str:
    """What happened, in one sentence."""
    since = f"{event.opened_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    zh, en = next(
        ((row["zh"], row["en"]) for row in TABLES["parameters"] if row["key"] == event.parameter),
        (event.parameter, event.parameter),
    )
    peak = f"{event.peak_value:.3g} {event.unit}"
    return in_language(
        f"{event.station.name_zh}（{event.station.code}）{zh}自 {since} 起升高，最高 {peak}。"
        f"|{event.station.name_en} ({event.station.code}): {en} rose from {since} on, up to {peak}.",
        language,
    )


def adjustments(user: User, trace: Trace, inputs: TraceInputs | None) -> list[Shown]:
    """What people changed for the event of a trace, the oldest first, and whether this attempt used it."""
    used = {row.id for row in inputs.adjustments} if inputs else set()
    rows = Adjustment.objects.filter(event_id=trace.event_id).select_related("made_by", "withdrawn_by")
    return [
        {
            "id": row.pk,
            "kind": row.kind,
            "key": row.key,
            "factor": row.factor,
            "label": row.label,
            "lon": row.lon,
            "lat": row.lat,
            "begins_at": row.begins_at,
            "ends_at": row.ends_at,
            "amount_mm": row.amount_mm,
            "reason": words_of(row.made_by, row.reason, user, trace),
            "made_by": row.made_by.label,
            "made_at": row.made_at,
            "withdrawn_by": row.withdrawn_by.label if row.withdrawn_by else None,
            "withdrawn_at": row.withdrawn_at,
            "withdrawn_reason": (
                words_of(row.withdrawn_by, row.withdrawn_reason, user, trace) if row.withdrawn_by else ""
            ),
            "used": row.pk in used,
        }
        for row in rows.order_by("id")
    ]


def _at_once(
    asked: SourcesAtOnce, inputs: TraceInputs, candidates: list[TraceCandidate], language: str
) -> Shown:
    """How many sources there were at a time, for who sees the whole trace."""
    ranks = {row.key: row.rank for row in candidates}
    result = asked.result or {"probability": [], "combinations": [], "candidates": [], "step_s": None}

    def source(found: Shown) -> Shown:
        started = {end: _at(inputs.origin, seconds) for end, seconds in found["start_s"].items()}
        return {**found, "rank": ranks[found["key"]], "started": started}

    return {
        "state": asked.state,
        "progress": asked.progress,
        "error": in_language(asked.error, language) or None,
        "requested_by": asked.requested_by.label,
        "finished_at": asked.finished_at,
        "probability": result["probability"],
        "combinations": [
            [{**each, "sources": [source(found) for found in each["sources"]]} for each in of_number]
            for of_number in result["combinations"]
        ],
        "ranks": sorted(ranks[key] for key in result["candidates"]),
        "step_s": result["step_s"],
    }


def _candidate(row: TraceCandidate) -> Shown:
    return {
        "rank": row.rank,
        "key": row.key,
        "kind": row.kind,
        "outfall": suspicion.outfall_of(row),
        "label": suspicion.label_of(row),
        "reach_id": row.reach_id,
        "lon": row.lon,
        "lat": row.lat,
        "probability": row.probability,
        "prior": row.prior,
        "probability_by_rule": row.probability_by_rule,
        "probability_by_evidence": row.probability_by_evidence,
        "started": (
            {"low": row.started_low, "median": row.started_median, "high": row.started_high}
            if row.started_median
            else None
        ),
        "duration_s": _range(row.duration_s_low, row.duration_s_median, row.duration_s_high),
        "released_kg": _range(row.released_kg_low, row.released_kg_median, row.released_kg_high),
        "note": row.note,
    }


def _range(low: float | None, median: float | None, high: float | None) -> dict[str, float | None] | None:
    return None if median is None else {"low": low, "median": median, "high": high}


def _contrasts(
    inputs: TraceInputs, result: Shown, candidates: list[TraceCandidate]
) -> dict[str, list[Shown]]:
    """By candidate the readings that tell it from the other leading ones, of those in the list and no others."""
    ranks = {row.key: row.rank for row in candidates}
    stations = {row.station_id: row for row in inputs.stations}
    return {
        found["key"]: [
            {
                "rival_rank": ranks[row["rival"]],
                **_observed_by(stations.get(row["station_id"])),
                "at": _at(inputs.origin, row["time_s"]),
                **{name: row[name] for name in ("expected", "rival_expected", "observed", "errors_apart")},
                "parameter": row.get("parameter") or inputs.parameter,
            }
            for row in found.get("contrasts", [])
            if row["rival"] in ranks
        ]
        for found in result.get("candidates", [])
        if found["key"] in ranks
    }


def _observed_by(station: StationInput | None) -> Shown:
    """Which station read it; a sample was taken at none."""
    return {
        "station_zh": station.name_zh if station else "",
        "station_en": station.name_en if station else "",
        "sample": station is None,
    }


def _set_aside(inputs: TraceInputs, result: Shown, seen: set[int]) -> list[Shown]:
    """The readings that stand alone, of the stations that are shown; attempts of earlier versions looked for none."""
    stations = {row.station_id: row for row in inputs.stations}
    return [
        {
            "station_id": row["station_id"],
            "station_zh": stations[row["station_id"]].name_zh,
            "station_en": stations[row["station_id"]].name_en,
            "parameter": row["parameter"],
            "unit": UNIT,
            "at": _at(inputs.origin, row["time_s"]),
            "value": row["value"],
            "probability": row["probability"],
        }
        for row in result.get("set_aside", [])
        if row["station_id"] in seen
    ]


def _stations(
    inputs: TraceInputs, result: Shown, candidates: list[TraceCandidate], view: View
) -> list[Shown]:
    """The stations with the curves of `candidates`: who does not see the first sees their own stations only."""
    ranks = {row.key: row.rank for row in candidates}
    leads = bool(candidates) and candidates[0].rank == 1
    paths = dict(
        Station.objects.filter(pk__in=[row.station_id for row in inputs.stations]).values_list(
            "pk", "area__path"
        )
    )
    curves: dict[int, dict[str, list[Any]]] = {}
    for found in result.get("candidates", []):
        if found["key"] not in ranks:
            continue
        for curve in found["predicted"]:
            columns = [curve["time_s"], *(_column(curve, name) for name in _BANDS)]
            curves.setdefault(curve["station_id"], {})[str(ranks[found["key"]])] = [
                [_at(inputs.origin, seconds), *map(_rounded, values)]
                for seconds, *values in zip(*columns, strict=True)
            ]
    network = inputs.network()
    first = _first_place(inputs, result) if leads else None
    return [
        {
            "station_id": station.station_id,
            "name_zh": station.name_zh,
            "name_en": station.name_en,
            "affected": station.affected,
            "distance_m": network.distance_m(first, station.location) if first else None,
            "unit": UNIT,
            "observed": [
                [_at(inputs.origin, seconds), value, flag]
                for seconds, value, flag in zip(station.time_s, station.value, station.flag, strict=True)
            ],
            "predicted": curves.get(station.station_id, {}),
        }
        for station in inputs.stations
        if leads or view.covers(paths[station.station_id])
    ]


def _column(curve: Shown, name: str) -> list[float | None]:
    """A column of a curve; attempts of earlier versions kept no band of single readings."""
    return curve.get(name) or [None] * len(curve["time_s"])


def _rounded(value: float | None) -> float | None:
    """Four significant digits: more than any chart or analyser can tell, at half the length."""
    return None if value is None else float(f"{value:.4g}")


def _first_place(inputs: TraceInputs, result: Shown) -> Location | None:
    """Where the first candidate is: distances of stations are counted down the river from there."""
    first = next(iter(result.get("candidates", [])), None)
    by_key = {row.key: row.location for row in inputs.candidates}
    return by_key[first["key"]] if first else None


def _at(origin: datetime, seconds: float) -> datetime:
    return origin + timedelta(seconds=seconds)
