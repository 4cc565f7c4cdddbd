"""Under which order or campaign a problem is counted."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from riverchief.accounts.models import Area
from riverchief.base import clock
from riverchief.base.errors import InvalidInput
from riverchief.rectify.actions.inputs import text
from riverchief.rectify.actions.problem import ProblemAction
from riverchief.rectify.campaigns.models import Campaign
from riverchief.rectify.transitions import TRANSITIONS, Transition


def campaign_for(campaign_id: int | None, area: Area, opened_at: datetime) -> Campaign | None:
    """The campaign of a number, for a problem found in `area` at `opened_at`; None for none.

    Raises:
        InvalidInput: there is none, it is for another area, or it was over by then.
    """
    if campaign_id is None:
        return None
    row = Campaign.objects.select_related("area").filter(pk=campaign_id).first()
    if row is None or not area.path.startswith(row.area.path):
        raise InvalidInput(
            "没有覆盖本区域的此项行动。|There is no such campaign for this area.",
            cure="请从名单中选择。|Choose one from the list.",
            field="campaign_id",
        )
    if row.ends_on is not None and clock.day_of(opened_at) > row.ends_on:
        raise InvalidInput(
            f"“{row.title}”已于 {row.ends_on} 结束，早于该问题的查出日期。"
            f"|“{row.title}” ended on {row.ends_on}, before the problem was found.",
            cure="请选择另一项行动，或先修改其结束日期。|Choose another campaign, or change the day on which it ends.",
            field="campaign_id",
        )
    return row


def is_new_find(campaign: Campaign | None, opened_at: datetime) -> bool:
    """Whether a problem found at `opened_at` counts as a new find of the campaign, apart from its old stock."""
    closed_on = campaign.stock_closed_on if campaign else None
    return closed_on is not None and clock.day_of(opened_at) >= closed_on


@dataclass(kw_only=True)
class SetCampaign(ProblemAction):
    """Count a problem under another order or campaign, or under none."""

    transition: ClassVar[Transition] = TRANSITIONS["set_campaign"]
    name: ClassVar[str] = transition.name
    reason: str
    campaign_id: int | None = None
    campaign: Campaign | None = field(init=False, repr=False)

    def check_input(self) -> None:
        """Another one, of this area, with a reason."""
        self.reason = text(self.reason, "reason")
        self.campaign = campaign_for(self.campaign_id, self.problem.area, self.problem.opened_at)
        if self.campaign_id == self.problem.campaign_id:
            raise InvalidInput(
                "该问题已是如此。|It is so already.",
                cure="请选择另一项行动。|Choose another campaign.",
                field="campaign_id",
            )

    def change(self) -> dict[str, Any]:
        """From now on it is counted there."""
        before, self.problem.campaign = self.problem.campaign, self.campaign
        self.problem.new_find = is_new_find(self.campaign, self.problem.opened_at)
        return {
            "campaign_before": before.number if before else None,
            "campaign": self.campaign.number if self.campaign else None,
            "new_find": self.problem.new_find,
            "reason": self.reason,
        }
