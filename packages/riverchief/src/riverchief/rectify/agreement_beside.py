"""What the chains of letters, cases of enforcement and remediation say, and whether their rows say the same."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from psycopg import Cursor

from riverchief.base.audit.faults import Fault
from riverchief.base.audit.links import Link
from riverchief.rectify.codes import CaseStepKind


def document_told_by(links: Sequence[Link]) -> tuple[str | None, str]:
    """State and number of a letter: every line says the state, the one that issues it its number."""
    state: str | None = None
    number = ""
    for link in links:
        state = link.data.get("state", state)
        number = link.data.get("number", number)
    return state, number


def case_told_by(links: Sequence[Link]) -> tuple[Any, ...]:
    """Number, party, reason and day of a case, and the day on which it was closed."""
    filed = links[0].data
    closed = [link.data["on"] for link in links if link.data.get("kind") == CaseStepKind.CLOSED]
    return *(filed.get(name) for name in ("number", "party", "reason", "filed_on")), closed[
        -1
    ] if closed else None


def documents_against_chains(cursor: "Cursor[Any]", chains: Mapping[int, Sequence[Link]]) -> Iterator[Fault]:
    """Compare the letters of those chains, by their numbers."""
    cursor.execute("SELECT id, state, number FROM rectify_document WHERE id = ANY(%s)", [list(chains)])
    rows = {key: (state, number) for key, state, number in cursor.fetchall()}
    for key, links in chains.items():
        if rows.get(key) != document_told_by(links):
            yield Fault(
                f"document:{key}",
                "公文的状态或文号与日志不符",
                "state or number of the letter is not what the log tells",
            )


def cases_against_chains(cursor: "Cursor[Any]", chains: Mapping[int, Sequence[Link]]) -> Iterator[Fault]:
    """Compare the cases of those chains, by their numbers."""
    cursor.execute(
        "SELECT id, number, party, reason, filed_on::text, closed_on::text FROM rectify_case WHERE id = ANY(%s)",
        [list(chains)],
    )
    rows = {key: tuple(values) for key, *values in cursor.fetchall()}
    for key, links in chains.items():
        if rows.get(key) != case_told_by(links):
            yield Fault(
                f"case:{key}",
                "案件的立案号、当事人、案由或日期与日志不符",
                "number, party, reason or days of the case are not what the log tells",
            )


def remediations_against_chains(
    cursor: "Cursor[Any]", chains: Mapping[int, Sequence[Link]]
) -> Iterator[Fault]:
    """Compare the remediation of the outfalls of those chains; a chain that tells of none is of something else."""
    cursor.execute(
        "SELECT outfall_id, state FROM rectify_remediation WHERE outfall_id = ANY(%s)", [list(chains)]
    )
    rows = dict(cursor.fetchall())
    for key, links in chains.items():
        told = next((link.data["to"] for link in reversed(links) if "to" in link.data), None)
        if rows.get(key) != told:
            yield Fault(
                f"outfall:{key}",
                "整治状态与日志不符",
                "the state of its remediation is not what the log tells",
            )
