"""Rules are data: versions with a source and a validity, seeded from `<slice>/rules/*.json`."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db.models import Q

from riverchief.base import clock
from riverchief.base.errors import NotFound
from riverchief.base.models import RuleVersion


def load_rules() -> int:
    """Put the rule files of every slice into the database; a version that is there stays as it is. Returns the new ones."""
    known = set(RuleVersion.objects.values_list("name", "version"))
    contents = [
        json.loads(path.read_text(encoding="utf-8"))
        for config in apps.get_app_configs()
        for path in sorted(Path(config.path).glob("rules/*.json"))
    ]
    new = [
        RuleVersion(
            name=content["name"],
            version=content["version"],
            valid_from=content["valid_from"],
            valid_to=content.get("valid_to"),
            source=content["source"],
            body=content["body"],
        )
        for content in contents
        if (content["name"], content["version"]) not in known
    ]
    # Should somebody else load them at the same moment, theirs stay.
    RuleVersion.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def rule_version(name: str, on: date | None = None) -> RuleVersion:
    """The rule that holds on a day (today): the latest version valid then."""
    day = on or clock.today()
    row = (
        RuleVersion.objects.filter(
            Q(valid_to__isnull=True) | Q(valid_to__gte=day), name=name, valid_from__lte=day
        )
        .order_by("-valid_from", "-id")
        .first()
    )
    if row is None:
        raise NotFound(
            f"没有在 {day} 有效的规则“{name}”。|No rule “{name}” holds on {day}.",
            cure="请运行 riverchief migrate 载入规则。|Run `riverchief migrate` to load the rules.",
        )
    return row


def get_rule(name: str, on: date | None = None) -> dict[str, Any]:
    """The body of the rule that holds on a day (today)."""
    body: dict[str, Any] = rule_version(name, on).body
    return body
