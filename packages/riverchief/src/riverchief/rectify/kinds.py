"""The kinds of problems, and the department that the source names for a kind: the rule `rectify.kinds`.

A kind of an older version keeps its name wherever it is shown, but can no longer be chosen.
"""

import time
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from riverchief.base import clock
from riverchief.base.models import RuleVersion
from riverchief.base.rules import get_rule

RULE = "rectify.kinds"
KEPT_S = 60.0
"""A process asks the database for the rule once a minute: every row of every list names its kind."""

Label = tuple[str, str]


@dataclass(frozen=True)
class Department:
    """Who deals with a kind as the source says; `where`: only there ("urban"), "" everywhere."""

    key: str
    label: Label
    where: str


@dataclass(frozen=True)
class Kinds:
    """Kinds by key: names in both languages of all there ever were, group and department of those that hold today."""

    labels: dict[str, Label]
    group_of: dict[str, str]
    groups: dict[str, Label]
    departments: dict[str, Department]

    def tables(self) -> dict[str, list[dict[str, str]]]:
        """The code tables of today's kinds, for pages to choose from; older kinds are named in `retired_kinds`."""
        return {
            "problem_kind_groups": [_entry(key, label) for key, label in self.groups.items()],
            "problem_kinds": [
                {**_entry(key, self.labels[key]), "group": group} for key, group in self.group_of.items()
            ],
            "retired_kinds": [
                _entry(key, label) for key, label in self.labels.items() if key not in self.group_of
            ],
        }


def _entry(key: str, label: Label) -> dict[str, str]:
    return {"key": key, "zh": label[0], "en": label[1]}


def kinds() -> Kinds:
    """The kinds as the rule has them today."""
    return _kinds(clock.today(), int(time.monotonic() // KEPT_S))


@lru_cache(maxsize=4)
def _kinds(day: date, _minute: int) -> Kinds:
    body = get_rule(RULE, day)
    versions = RuleVersion.objects.filter(name=RULE).order_by("valid_from", "id")
    ever = [*(row.body for row in versions), body]
    departments = {row["key"]: (row["zh"], row["en"]) for row in body["departments"]}
    return Kinds(
        labels={row["key"]: (row["zh"], row["en"]) for version in ever for row in version["kinds"]},
        group_of={row["key"]: row["group"] for row in body["kinds"]},
        groups={row["key"]: (row["zh"], row["en"]) for row in body["groups"]},
        departments={
            kind: Department(row["department"], departments[row["department"]], row["where"])
            for kind, row in body["department_of"].items()
        },
    )


def forget_kinds() -> None:
    """Read the rule again: somebody has just loaded another version."""
    _kinds.cache_clear()
