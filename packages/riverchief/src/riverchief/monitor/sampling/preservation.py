"""How the bottles of a round are preserved, by the rule that it was made by."""

from typing import Any

from riverchief.base.models import RuleVersion
from riverchief.monitor.sampling.models import SamplingRound
from riverchief.monitor.wording import parameter_names


def groups_by_key(made: SamplingRound) -> dict[str, dict[str, Any]]:
    """The groups of the rule (`key`, `zh`, `en`, `container`, `preservative`: each of the last two in both languages).

    A parameter of the round that no group names is one of its own, under its key: as its method asks.
    """
    body = RuleVersion.objects.get(name="monitor.preservation", version=made.preservation_version).body
    groups: dict[str, dict[str, Any]] = {group["key"]: group for group in body["groups"]}
    named = {parameter for group in body["groups"] for parameter in group["holding_h"]}
    for parameter in made.parameters:
        if parameter not in named:
            zh, en = parameter_names(parameter)
            groups[parameter] = {"key": parameter, "zh": zh, "en": en, **body["by_method"]}
    return groups
