"""What a case file says: read in one transaction, in the words of its reader."""

from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any

from riverchief.accounts.models import User
from riverchief.base import audit, clock
from riverchief.base.audit.chain import link_of
from riverchief.base.audit.links import Link
from riverchief.base.models import AuditEntry
from riverchief.rectify import queries
from riverchief.rectify.agreement import Told
from riverchief.rectify.casefile.pack import CASE_FILE
from riverchief.rectify.casefile.reporters import quotes, secrets_of, struck
from riverchief.rectify.casefile.verify import record_data
from riverchief.rectify.casefile.words import Shown, coded, file_name, named, names, time_of
from riverchief.rectify.codes import BASES, PROBLEM_STATES, RECTIFICATION_CLASSES, SOURCES
from riverchief.rectify.kinds import kinds
from riverchief.rectify.models import Clue, Problem
from riverchief.rectify.watch.queries import river_of


def case_data(problem: Problem, reader: User, language: str, *, with_clue: bool) -> Shown:
    """Everything of a problem for a file; `with_clue` for those who see clues.

    Who reported is in none, and is struck out of what people wrote of the clue.
    """
    secrets = secrets_of(problem)
    told = Told(**{name: getattr(problem, name) for name in vars(Told())})
    entries = audit.entries(problem.chain)
    return {
        "format": CASE_FILE.format,
        "made_at": clock.now().isoformat(),
        "made_by": reader.label,
        "language": language,
        "release": version("riverchief"),
        "record": record_data(told),
        "problem": {
            "number": problem.number,
            "title": struck(secrets, problem.title),
            "kind": coded(kinds().labels, problem.kind),
            "state": coded(PROBLEM_STATES, problem.state),
            "area": {"code": problem.area.code, **names(problem.area)},
            "river": named(problem.reach.river) if problem.reach and problem.reach.river else None,
            "reach": problem.reach.code if problem.reach else None,
            "lon": problem.lon,
            "lat": problem.lat,
            "outfall": {"code": problem.outfall.code, **names(problem.outfall)} if problem.outfall else None,
            "opened_by": named(problem.opened_by),
            "opened_at": time_of(problem.opened_at),
            "unit": named(problem.unit),
            "chief": named(problem.chief),
            "rectification_class": coded(RECTIFICATION_CLASSES, problem.rectification_class),
            "due_at": time_of(problem.due_at),
            "due_provisional": problem.due_provisional,
            "assigned_at": time_of(problem.assigned_at),
            "signed_for_at": time_of(problem.signed_for_at),
            "rectified_by": named(problem.rectified_by),
            "rectified_at": time_of(problem.rectified_at),
            "verified_by": named(problem.verified_by),
            "verified_at": time_of(problem.verified_at),
            "written_off_by": named(problem.written_off_by),
            "written_off_at": time_of(problem.written_off_at),
        },
        "orders": [
            {
                "number": order.number,
                "unit": named(order.unit),
                "requirement": struck(secrets, order.requirement),
                "due_at": time_of(order.due_at),
                "issued_by": named(order.issued_by),
                "issued_at": time_of(order.issued_at),
                "signed_for_by": named(order.signed_for_by),
                "signed_for_at": time_of(order.signed_for_at),
            }
            for order in problem.orders.select_related("unit", "issued_by", "signed_for_by")
        ],
        "evidence": [
            {
                "file": file_name(use.evidence.sha256, use.evidence.media_type),
                "sha256": use.evidence.sha256,
                "media_type": use.evidence.media_type,
                "size": use.evidence.size,
                "step": use.step,
                "attached_at": time_of(use.attached_at),
                "taken_at": time_of(use.evidence.taken_at),
                "lon": use.evidence.lon,
                "lat": use.evidence.lat,
                "device": use.evidence.device,
            }
            for use in problem.evidence.select_related("evidence")
        ],
        "river": _river(problem),
        "history": _history(secrets, entries),
        "clue": _clue(problem.clue, secrets) if with_clue and problem.clue else None,
    }


def _river(problem: Problem) -> Shown | None:
    """What the river said since it was verified."""
    shown = river_of(problem, whole=True)
    if shown is None:
        return None
    times = ("started_at", "until", "judged_until", "ended_at")
    return {**shown, **{name: time_of(shown[name]) for name in times}}


def links_of(problem: Problem) -> list[Link]:
    """The chain of a problem. An entry that quotes who reported is there without its body: its hash still stands."""
    return links_without(problem.chain, secrets_of(problem))


def links_without(chain: str, secrets: Sequence[str]) -> list[Link]:
    """A chain; an entry that quotes one of `secrets` is there without its body."""
    return [
        link._replace(body=None) if link.body and quotes(secrets, link.body) else link
        for link in map(link_of, audit.entries(chain))
    ]


def _history(secrets: Sequence[str], entries: Iterable[AuditEntry]) -> list[Shown]:
    kept = ("action", "actor", "at", "sentence_zh", "sentence_en")
    rows = queries.history(list(entries), whole=True)
    return [{key: struck(secrets, _plain(row[key]), key.endswith("_en")) for key in kept} for row in rows]


def _clue(clue: Clue, secrets: Sequence[str]) -> Shown:
    """What the office knew when it decided. Whom a trace suspected is no part of a case: it is about what was found."""
    return {
        "number": clue.number,
        "source": coded(SOURCES, clue.source),
        "kind": coded(kinds().labels, clue.kind),
        "title": struck(secrets, clue.title),
        "description": struck(secrets, clue.description),
        "registered_by": named(clue.registered_by),
        "registered_at": time_of(clue.registered_at),
        "occurred_at": time_of(clue.occurred_at),
        "basis": coded(BASES, clue.basis),
        "decision_reason": struck(secrets, clue.decision_reason),
        "decided_by": named(clue.decided_by),
        "decided_at": time_of(clue.decided_at),
    }


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else value.isoformat()
