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
from riverchief.rectify.casefile.pack import CASE_FILE, EVIDENCE
from riverchief.rectify.casefile.reporters import quotes, secrets_of, struck
from riverchief.rectify.casefile.verify import record_data
from riverchief.rectify.codes import BASES, PROBLEM_STATES, RECTIFICATION_CLASSES, SOURCES, Labels
from riverchief.rectify.kinds import kinds
from riverchief.rectify.models import Clue, Problem
from riverchief.rectify.watch.queries import river_of

_ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "application/pdf": "pdf",
    "video/mp4": "mp4",
}

Shown = dict[str, Any]


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
            "kind": _coded(kinds().labels, problem.kind),
            "state": _coded(PROBLEM_STATES, problem.state),
            "area": {"code": problem.area.code, **_names(problem.area)},
            "river": _names(problem.reach.river) if problem.reach and problem.reach.river else None,
            "reach": problem.reach.code if problem.reach else None,
            "lon": problem.lon,
            "lat": problem.lat,
            "outfall": {"code": problem.outfall.code, **_names(problem.outfall)} if problem.outfall else None,
            "opened_by": _person(problem.opened_by),
            "opened_at": _time(problem.opened_at),
            "unit": _names(problem.unit) if problem.unit else None,
            "chief": _person(problem.chief),
            "rectification_class": _coded(RECTIFICATION_CLASSES, problem.rectification_class),
            "due_at": _time(problem.due_at),
            "due_provisional": problem.due_provisional,
            "assigned_at": _time(problem.assigned_at),
            "signed_for_at": _time(problem.signed_for_at),
            "rectified_by": _person(problem.rectified_by),
            "rectified_at": _time(problem.rectified_at),
            "verified_by": _person(problem.verified_by),
            "verified_at": _time(problem.verified_at),
            "written_off_by": _person(problem.written_off_by),
            "written_off_at": _time(problem.written_off_at),
        },
        "orders": [
            {
                "number": order.number,
                "unit": _names(order.unit),
                "requirement": struck(secrets, order.requirement),
                "due_at": _time(order.due_at),
                "issued_by": _person(order.issued_by),
                "issued_at": _time(order.issued_at),
                "signed_for_by": _person(order.signed_for_by),
                "signed_for_at": _time(order.signed_for_at),
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
                "attached_at": _time(use.attached_at),
                "taken_at": _time(use.evidence.taken_at),
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
    return {**shown, **{name: _time(shown[name]) for name in times}}


def file_name(sha256: str, media_type: str) -> str:
    """A file of evidence by its hash. The name that somebody gave it may name somebody."""
    return f"{EVIDENCE}{sha256}.{_ENDINGS[media_type]}"


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
        "source": _coded(SOURCES, clue.source),
        "kind": _coded(kinds().labels, clue.kind),
        "title": struck(secrets, clue.title),
        "description": struck(secrets, clue.description),
        "registered_by": _person(clue.registered_by),
        "registered_at": _time(clue.registered_at),
        "occurred_at": _time(clue.occurred_at),
        "basis": _coded(BASES, clue.basis),
        "decision_reason": struck(secrets, clue.decision_reason),
        "decided_by": _person(clue.decided_by),
        "decided_at": _time(clue.decided_at),
    }


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else value.isoformat()


def _coded(table: Labels, key: str) -> Shown | None:
    return {"key": key, "zh": table[key][0], "en": table[key][1]} if key else None


def _names(row: Any) -> Shown:
    return {"name_zh": row.name_zh, "name_en": row.name_en}


def _person(user: User | None) -> Shown | None:
    return _names(user) if user else None


def _time(at: Any) -> str | None:
    return at.isoformat() if at else None
