"""The words for what riverkit says."""

from riverchief.trace.codes import TABLES
from riverkit.tracing.notes import NOTES


def test_every_note_on_a_candidate_has_its_words_in_both_languages():
    rows = {row["key"]: row for row in TABLES["candidate_notes"]}
    assert set(rows) == set(NOTES)
    assert all(row["zh"] != row["en"] == key for key, row in rows.items())
