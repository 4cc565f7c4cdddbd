"""What is known of the demo's river and of no real one: it is computed, so how well a trace's model follows it is known.

The solver knows dead zones and a day's flow that the registry does not, but its water is mixed over the section and its
channels do not change from bend to bend. The platform's own rule believes of every river what tracer tests taught.
"""

from collections.abc import Mapping
from typing import Any

from riverchief.base.models import RuleVersion
from riverchief.base.rules import rule_version
from riverchief.demo.load import IN_OFFICE_SINCE

RULE, OF_THE_DEMO = "trace.settings", "-demo"

MISFIT, MISFIT_S = 0.1, 1800.0
"""What no kernel follows of a computed cloud: a share of the station's rise, alike for so long; chosen on basins below seed 20."""

ABOVE_FIRST_LOG_SD = 0.1
"""All velocities of the demo are off by the same factor, but for a swell of the flow."""


def settings(rule: Mapping[str, Any]) -> dict[str, Any]:
    """The platform's settings of a trace for this river."""
    return {
        **rule,
        "noise": {"relative": rule["noise"]["relative"], "discrepancy": MISFIT, "correlation_s": MISFIT_S},
        "hydraulics": {**rule["hydraulics"], "above_first_log_sd": ABOVE_FIRST_LOG_SD},
    }


def make_rule() -> None:
    """Let the rule of this river hold in the installation of the demo; once."""
    usual = rule_version(RULE)
    if usual.version.endswith(OF_THE_DEMO):
        return
    RuleVersion.objects.create(
        name=RULE,
        version=usual.version + OF_THE_DEMO,
        valid_from=IN_OFFICE_SINCE,
        source="The demo's river is computed (docs/design/demo.md): unlike a real one it is followed to a tenth of a station's rise.",
        body=settings(usual.body),
    )
