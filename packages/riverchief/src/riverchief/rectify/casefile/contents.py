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
from riverchief.rectify.casefile.pack import EVIDENCE, FORMAT
from riverchief.rectify.casefile.verify import record_data
from riverchief.rectify.codes import BASES, PROBLEM_STATES, RECTIFICATION_CLASSES, SOURCES, Labels
from riverchief.rectify.kinds import kinds
from riverchief.rectify.models import Clue, Problem

_ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "application/pdf": "pdf",
    "video/mp4": "mp4",
}
REPORTER = ("（举报人信息已隐去）", "(reporter withheld)")

Shown = dict[str, Any]


def case_data(problem: Problem, reader: User, language: str, *, with_clue: bool) -> Shown:
    """Everything of a problem for a file; `with_clue` for those who see clues.

    Who reported is in none, and is struck out of what people wrote of the clue.
    """
    told = Told(**{name: getattr(problem, name) for name in vars(Told())})
    entries = audit.entries(problem.chain)
    return {
        "format": FORMAT,
        "made_at": clock.now().isoformat(),
        "made_by": reader.label,
        "language": language,
        "release": version("riverchief"),
        "record": record_data(told),
        "problem": {
            "number": problem.number,
            "title": _struck(_secrets(problem), problem.title),
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
                "requirement": _struck(_secrets(problem), order.requirement),
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
        "history": _history(_secrets(problem), entries),
        "clue": _clue(problem.clue, _secrets(problem)) if with_clue and problem.clue else None,
    }


def file_name(sha256: str, media_type: str) -> str:
    """A file of evidence by its hash. The name that somebody gave it may name somebody."""
    return f"{EVIDENCE}{sha256}.{_ENDINGS[media_type]}"


def links_of(problem: Problem) -> list[Link]:
    """The chain of a problem. An entry that quotes who reported is there without its body: its hash still stands."""
    secrets = _secrets(problem)
    return [
        link._replace(body=None) if link.body and _quotes(secrets, link.body) else link
        for link in map(link_of, audit.entries(problem.chain))
    ]


def _history(secrets: Sequence[str], entries: Iterable[AuditEntry]) -> list[Shown]:
    kept = ("action", "actor", "at", "sentence_zh", "sentence_en")
    rows = queries.history(list(entries), whole=True)
    return [{key: _struck(secrets, _plain(row[key]), key.endswith("_en")) for key in kept} for row in rows]


def _clue(clue: Clue, secrets: Sequence[str]) -> Shown:
    """What the office knew when it decided. Whom a trace suspected is no part of a case: it is about what was found."""
    return {
        "number": clue.number,
        "source": _coded(SOURCES, clue.source),
        "kind": _coded(kinds().labels, clue.kind),
        "title": _struck(secrets, clue.title),
        "description": _struck(secrets, clue.description),
        "registered_by": _person(clue.registered_by),
        "registered_at": _time(clue.registered_at),
        "occurred_at": _time(clue.occurred_at),
        "basis": _coded(BASES, clue.basis),
        "decision_reason": _struck(secrets, clue.decision_reason),
        "decided_by": _person(clue.decided_by),
        "decided_at": _time(clue.decided_at),
    }


def _secrets(problem: Problem) -> list[str]:
    """Name and telephone of who reported, the longer first. What was split off rests on the clue of the problem it was part of.

    A surname alone and the number of a hotline are nobody's, and would strike out half of what others wrote.
    """
    part: Problem | None = problem
    while part is not None and part.clue is None:
        part = part.split_from
    if part is None or part.clue is None:
        return []
    name, phone = part.clue.reporter_name.strip(), part.clue.reporter_phone.strip()
    own = [text for text, least in ((name, 2), (phone, 7)) if len(text) >= least]
    return sorted(own, key=len, reverse=True)


def _quotes(secrets: Sequence[str], text: str) -> bool:
    return any(secret in text for secret in secrets)


def _struck(secrets: Sequence[str], text: str, english: bool = False) -> str:
    for secret in secrets:
        text = text.replace(secret, REPORTER[english])
    return text


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
