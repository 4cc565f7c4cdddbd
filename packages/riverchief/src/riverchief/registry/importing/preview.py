"""What a file looks like before anything is done with it: its columns, its first rows, and which field each would be."""

from pathlib import Path
from typing import Any

from riverchief.base.errors import in_language
from riverchief.registry.importing.action import fields_of
from riverchief.registry.importing.columns import guess
from riverchief.registry.importing.lists import read_list
from riverchief.registry.importing.tables import EXCESS, read_table

SHOWN_ROWS = 5


def preview(path: Path, kind: str, name: str, language: str = "zh") -> dict[str, Any]:
    """Columns with the field that the headers suggest for each, fields that may and must be there, the first rows.

    Raises:
        InvalidInput: the file is no table.
    """
    fields, needed = fields_of(kind)
    if not fields:
        return {"columns": [], "fields": [], "rows": [], "note": ""}
    table = read_list(path, name, fields) if kind == "chiefs" else read_table(path, name)
    found = guess(table.columns, fields)
    return {
        "columns": table.columns,
        "fields": [
            {"name": field, "needed": field in needed, "column": found.get(field)} for field in fields
        ],
        "rows": [
            [cells[column] for column in table.columns if column != EXCESS]
            for _, cells in table.rows[:SHOWN_ROWS]
        ],
        "note": in_language(table.note, language),
    }
