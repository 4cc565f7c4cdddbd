"""The words for what riverkit says."""

import pytest
from riverchief.trace.codes import TABLES
from riverkit.tracing.notes import NOTES, NOTHING_ROSE


@pytest.mark.parametrize(
    ("table", "notes"), [("candidate_notes", NOTES), ("trace_notes", [NOTHING_ROSE])], ids=str
)
def test_every_note_has_its_words_in_both_languages(table, notes):
    rows = {row["key"]: row for row in TABLES[table]}
    assert set(rows) == set(notes)
    assert all(row["zh"] != row["en"] == key for key, row in rows.items())
