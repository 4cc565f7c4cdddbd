"""What an import tells: counts, the rows that were left out and why, and notes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from riverchief.base.errors import in_language

Progress = Callable[[str, int, int], None]
"""Told what is being done, how far it is, and of how much."""


def silent(what: str, done: int, total: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class RowError:
    """A row (or feature) that was left out, or a value of it: "中文|English" texts."""

    row: int
    field: str
    message: str
    cure: str


@dataclass(frozen=True)
class Assumption:
    """What the file did not say and was filled by formula or repaired, in "中文|English", and how often."""

    what: str
    count: int


@dataclass
class ImportResult:
    """The outcome. `errors` are rows left out or taken without the value; `notes` are worth reading, no more;
    `warnings` say that this may be the wrong basin.

    `written` is false where everything was taken back; `left_out` counts the reaches that are missing in what was made
    of a network; `passwords` are the first ones of new people, for a file of the operator's and for nothing else.
    """

    kind: str
    basin: str
    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    errors: list[RowError] = field(default_factory=list)
    assumed: list[Assumption] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    dry_run: bool = False
    written: bool = True
    left_out: int = 0
    passwords: dict[str, str] = field(default_factory=dict, repr=False)

    def refuse(self, row: int, field_name: str, message: str, cure: str) -> None:
        """Tell of a bad row."""
        self.errors.append(RowError(row, field_name, message, cure))

    def as_json(self, language: str = "zh") -> dict[str, Any]:
        """The answer of the API, in one language."""
        return {
            "kind": self.kind,
            "basin": self.basin,
            "rows": self.rows,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "errors": [
                {
                    "row": error.row,
                    "field": error.field,
                    "message": in_language(error.message, language),
                    "cure": in_language(error.cure, language),
                }
                for error in sorted(self.errors, key=lambda error: error.row)
            ],
            "assumed": [
                {"what": in_language(each.what, language), "count": each.count} for each in self.assumed
            ],
            "notes": [in_language(note, language) for note in self.notes],
            "warnings": [in_language(warning, language) for warning in self.warnings],
            "dry_run": self.dry_run,
            "written": self.written,
            "left_out": self.left_out,
        }
