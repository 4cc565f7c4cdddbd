"""What the chain of a problem says of it, and whether its row says the same."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Cursor

from riverchief.base.audit.faults import Fault
from riverchief.base.audit.links import Link
from riverchief.rectify.codes import ClueState, ProblemState
from riverchief.rectify.transitions import CLUE_TRANSITIONS

_REPORTED_STATES = {
    ProblemState.RECTIFIED,
    ProblemState.VERIFIED,
    ProblemState.WRITTEN_OFF,
    ProblemState.ARCHIVED,
}
_MOVE_THE_DEADLINE = {
    "problem.assign",
    "problem.extend",
    "problem.resume",
    "problem.pause_ended",
    "problem.reopen",
}

_DECISIONS = {row.name: row.becomes for row in CLUE_TRANSITIONS.values()}


@dataclass
class Told:
    """A problem as its chain tells it: what an office would be asked for in a dispute."""

    number: str | None = None
    state: str = ProblemState.REGISTERED
    opened_by_id: int | None = None
    unit_id: int | None = None
    due_at: datetime | None = None
    rectified_by_id: int | None = None
    verified_by_id: int | None = None
    written_off_by_id: int | None = None


def told_by(links: Sequence[Link]) -> Told:
    """Walk through the chain. A line that is no step of the ledger, such as an export, changes nothing."""
    told = Told()
    for link in links:
        data = link.data
        if link.action == "clue.confirm" or "split_from" in data:
            told.number, told.opened_by_id = data.get("number"), link.actor_id
        if "to" not in data:
            continue
        told.state = data["to"]
        if "unit_id" in data:
            told.unit_id = data["unit_id"]
        if link.action in _MOVE_THE_DEADLINE:
            told.due_at = datetime.fromisoformat(data["due_at"])
        elif link.action == "problem.take_over":
            told.due_at = datetime.fromisoformat(data["due_at"]) if "due_at" in data else None
        elif link.action == "problem.transfer_area":
            told.unit_id = told.due_at = None
        elif link.action == "problem.report_rectified":
            told.rectified_by_id = link.actor_id
        elif link.action == "problem.verify":
            told.verified_by_id = link.actor_id
        elif link.action == "problem.write_off":
            told.written_off_by_id = link.actor_id
        if told.state not in _REPORTED_STATES:
            told.rectified_by_id = told.verified_by_id = told.written_off_by_id = None
    return told


def differences(told: Told, row: Mapping[str, Any]) -> list[str]:
    """The fields in which a row, or a file that shows it, says something else than the chain."""
    return [name for name, value in vars(told).items() if row[name] != value]


def problems_against_chains(cursor: "Cursor[Any]", chains: Mapping[int, Sequence[Link]]) -> Iterator[Fault]:
    """Compare the problems of those chains, by their numbers."""
    fields = list(vars(Told()))
    columns = ", ".join(fields)  # names of our own, from the class above
    cursor.execute(
        f"SELECT id, {columns} FROM rectify_problem WHERE id = ANY(%s)",  # noqa: S608
        [list(chains)],
    )
    rows = {key: dict(zip(fields, values, strict=True)) for key, *values in cursor.fetchall()}
    for key, links in chains.items():
        where = f"problem:{key}"
        if key not in rows:
            yield Fault(
                where, "日志中有此问题，但台账中没有", "the log tells of it, but the ledger has no such row"
            )
        elif wrong := differences(told_by(links), rows[key]):
            yield Fault(
                where,
                f"台账与日志不符：{'、'.join(wrong)}",
                f"the ledger says something else than the log of: {', '.join(wrong)}",
            )


def clue_told_by(links: Sequence[Link]) -> tuple[str, int | None]:
    """State of a clue and who decided, as its chain tells; a clue that another was merged into goes on as it was."""
    state, decided_by = str(ClueState.OPEN), None
    for link in links:
        transition = _DECISIONS.get(link.action)
        if transition is not None and not (link.action == "clue.merge" and "into" not in link.data):
            state, decided_by = str(transition), link.actor_id
    return state, decided_by


def clues_against_chains(cursor: "Cursor[Any]", chains: Mapping[int, Sequence[Link]]) -> Iterator[Fault]:
    """Compare the clues of those chains, by their numbers."""
    cursor.execute("SELECT id, state, decided_by_id FROM rectify_clue WHERE id = ANY(%s)", [list(chains)])
    rows = {key: (state, decided_by) for key, state, decided_by in cursor.fetchall()}
    for key, links in chains.items():
        if rows.get(key) != clue_told_by(links):
            yield Fault(
                f"clue:{key}",
                "线索的状态或决定人与日志不符",
                "state or who decided is not what the log tells",
            )


def files_against_chains(cursor: "Cursor[Any]", chains: Mapping[int, Sequence[Link]]) -> Iterator[Fault]:
    """Compare the records of files with what was logged when they were handed in."""
    cursor.execute("SELECT id, sha256 FROM base_evidence WHERE id = ANY(%s)", [list(chains)])
    rows = dict(cursor.fetchall())
    for key, links in chains.items():
        if any(
            link.data.get("sha256") != rows.get(key) for link in links if link.action == "evidence.upload"
        ):
            yield Fault(
                f"evidence:{key}",
                "文件登记与日志不符：可能被调换",
                "its record is not the one that was logged: the file may have been swapped",
            )
