"""What candidates are called in files, as the page calls them."""

from collections.abc import Mapping
from typing import Any

from riverchief.registry.codes import TABLES as REGISTRY_TABLES
from riverchief.trace.codes import TABLES
from riverchief.trace.handout.bottles import place_of
from riverchief.trace.handout.words import words_in

_TABLES: Mapping[str, Any] = {**REGISTRY_TABLES, **TABLES}


def in_language(language: str, zh: str, en: str) -> str:
    """A name in the reader's language; where no English one is known, the Chinese one."""
    return zh if language == "zh" else en or zh


def label_of(language: str, table: str, key: str) -> str:
    """A key of a code table in words."""
    row = next((row for row in _TABLES[table] if row["key"] == key), None)
    return in_language(language, row["zh"], row["en"]) if row else key


def name_of(language: str, row: Mapping[str, Any]) -> str:
    """A candidate by name, without its code; what has none, by kind and place."""
    outfall, where = row["outfall"], row["where"]
    if outfall:
        return in_language(language, outfall["name_zh"], outfall["name_en"])
    if row["label"]:
        return str(row["label"])
    kind = label_of(language, "candidate_kinds", row["kind"])
    if not where:
        return kind
    place = place_of(where, words_in(language), lambda zh, en: in_language(language, zh, en))
    return f"{kind}: {place}"
