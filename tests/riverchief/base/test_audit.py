"""The log: it takes new lines only, and tells of every line that was changed, removed or slipped in."""

import hypothesis.strategies as st
import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from riverchief.base import audit
from riverchief.base.actions import SYSTEM
from riverchief.base.audit.verify import verify_all
from riverchief.base.models import AuditEntry

CHAIN = "matter:1"


def write(count: int = 4, chain: str = CHAIN) -> None:
    for number in range(count):
        audit.append(chain, "problem.step", SYSTEM, {"number": number, "说明": "整改", "share": 0.1 + 0.2})


def tamper(statement: str, *values: object) -> None:
    """What somebody with the database's own password could do."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE base_auditentry DISABLE TRIGGER base_log_append_only")
        cursor.execute(statement, values)
        cursor.execute("ALTER TABLE base_auditentry ENABLE TRIGGER base_log_append_only")


def test_an_untouched_chain_verifies(db) -> None:
    write()
    write(2, "matter:2")
    assert list(audit.broken_links(CHAIN)) == []
    verified = verify_all()
    assert (verified.chains, verified.entries, verified.faults) == (2, 6, [])
    assert [entry.sequence for entry in audit.entries(CHAIN)] == [1, 2, 3, 4]
    assert audit.entries(CHAIN)[0].data == {"number": 0, "说明": "整改", "share": 0.1 + 0.2}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("action", "problem.other"),
        ("actor_label", "别人"),
        ("actor_id", 7),
        ("body", '{"number": 99}'),
        ("at", "2020-01-01T00:00:00Z"),
        ("previous_hash", "f" * 64),
        ("hash", "f" * 64),
    ],
)
@pytest.mark.parametrize("sequence", [1, 2, 4])
def test_a_changed_line_is_found(db, column: str, value: object, sequence: int) -> None:
    write()
    tamper(f"UPDATE base_auditentry SET {column} = %s WHERE sequence = %s", value, sequence)
    found = list(audit.broken_links(CHAIN))
    assert any(fault.where == f"{CHAIN}[{sequence}]" for fault in found)


@pytest.mark.parametrize("sequence", [1, 2, 3])
def test_a_removed_line_is_found(db, sequence: int) -> None:
    write()
    tamper("DELETE FROM base_auditentry WHERE sequence = %s", sequence)
    assert f"{CHAIN}: entry {sequence} is missing" in map(str, audit.broken_links(CHAIN))


def test_two_lines_that_changed_places_are_found(db) -> None:
    write()
    tamper("UPDATE base_auditentry SET sequence = sequence + 10 WHERE sequence IN (2, 3)")
    tamper(
        "UPDATE base_auditentry SET sequence = CASE sequence WHEN 12 THEN 3 ELSE 2 END WHERE sequence > 10"
    )
    assert list(audit.broken_links(CHAIN))


@pytest.mark.parametrize(
    "statement",
    ["UPDATE base_auditentry SET action = 'x'", "DELETE FROM base_auditentry"],
)
def test_the_database_itself_refuses_changes(db, statement: str) -> None:
    write(1)
    refused = pytest.raises(DatabaseError, match="takes new lines only")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert AuditEntry.objects.get().action == "problem.step"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("键abc", max_size=4), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@settings(
    max_examples=30,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(body=st.dictionaries(st.text("键xyz", max_size=4), json_values, max_size=4))
def test_whatever_json_can_hold_comes_back_and_verifies(db, body: dict[str, object]) -> None:
    entry = audit.append("property:1", "step", SYSTEM, body)
    assert AuditEntry.objects.get(pk=entry.pk).data == body
    assert list(audit.broken_links("property:1")) == []
