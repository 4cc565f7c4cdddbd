"""Opening and changing campaigns. Which problems count as new finds follows from the day on which the stock was closed."""

from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from django.db.models import QuerySet

from riverchief.accounts.models import Area
from riverchief.accounts.policies import require
from riverchief.accounts.queries import area_of
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import Action
from riverchief.base.errors import InvalidInput, NotFound
from riverchief.rectify.access import person
from riverchief.rectify.actions.inputs import one_of, text
from riverchief.rectify.campaigns.models import Campaign
from riverchief.rectify.codes import CAMPAIGN_KINDS
from riverchief.rectify.models import Problem


def locked_campaign(campaign_id: int) -> Campaign:
    """The campaign of a number, locked.

    Raises:
        NotFound: there is none.
    """
    row = Campaign.objects.select_for_update(of=("self",)).select_related("area").filter(pk=campaign_id)
    found = row.first()
    if found is None:
        raise NotFound(f"没有编号为 {campaign_id} 的行动。|There is no campaign {campaign_id}.")
    return found


@dataclass(kw_only=True)
class _DescribeCampaign(Action[Campaign]):
    number: str
    title: str
    issuer: str
    kind: str
    starts_on: date
    ends_on: date | None = None
    stock_closed_on: date | None = None

    def check_state(self) -> None:
        """A number that no other has, and days in their order."""
        self.number = text(self.number, "number", longest=60)
        self.title = text(self.title, "title", longest=200)
        self.issuer = text(self.issuer, "issuer", longest=120)
        one_of(self.kind, CAMPAIGN_KINDS, "kind")
        if self.ends_on is not None and self.ends_on < self.starts_on:
            raise InvalidInput(
                "结束日期早于开始日期。|It would end before it starts.",
                cure="请核对日期。|Check the days.",
                field="ends_on",
            )
        if self._others().filter(number=self.number).exists():
            raise InvalidInput(
                f"文号“{self.number}”已在使用。|The number “{self.number}” is in use.",
                cure="请核对文号，或打开已有的行动。|Check the number, or open the one there is.",
                field="number",
            )

    def _others(self) -> "QuerySet[Campaign]":
        return Campaign.objects.all()

    def fill(self, campaign: Campaign) -> None:
        """Write what was given."""
        campaign.number, campaign.title, campaign.issuer = self.number, self.title, self.issuer
        campaign.kind, campaign.starts_on, campaign.ends_on = self.kind, self.starts_on, self.ends_on
        campaign.stock_closed_on = self.stock_closed_on
        campaign.save()

    def said(self) -> dict[str, str | None]:
        """What the log keeps."""
        return {
            "number": self.number,
            "title": self.title,
            "issuer": self.issuer,
            "kind": self.kind,
            "starts_on": self.starts_on.isoformat(),
            "ends_on": self.ends_on.isoformat() if self.ends_on else None,
            "stock_closed_on": self.stock_closed_on.isoformat() if self.stock_closed_on else None,
        }


@dataclass(kw_only=True)
class OpenCampaign(_DescribeCampaign):
    """Open an order or a campaign for an area."""

    name: ClassVar[str] = "campaign.open"
    area_code: str
    area: Area = field(init=False, repr=False)

    def load(self) -> None:
        """The area that it is for."""
        self.area = area_of(self.area_code)

    def check_permission(self) -> None:
        """There."""
        require(person(self.actor), Capability.MANAGE_CAMPAIGNS, self.area.path)

    def execute(self) -> Campaign:
        """Open it, empty."""
        campaign = Campaign(area=self.area, created_by=person(self.actor), created_at=clock.now())
        self.fill(campaign)
        self.log(campaign.chain, **self.said())
        self.announce("rectify.campaign_changed", area=self.area.path, campaign_id=campaign.pk)
        return campaign


@dataclass(kw_only=True)
class ChangeCampaign(_DescribeCampaign):
    """Change what a campaign says of itself; editions that were signed stay as they are."""

    name: ClassVar[str] = "campaign.change"
    campaign_id: int
    reason: str
    campaign: Campaign = field(init=False, repr=False)

    def load(self) -> None:
        """The campaign, locked."""
        self.campaign = locked_campaign(self.campaign_id)

    def check_permission(self) -> None:
        """In its area."""
        require(person(self.actor), Capability.MANAGE_CAMPAIGNS, self.campaign.area.path)

    def check_state(self) -> None:
        """With a reason: the day on which the stock was closed decides what is counted of how many."""
        super().check_state()
        self.reason = text(self.reason, "reason")

    def _others(self) -> "QuerySet[Campaign]":
        return Campaign.objects.exclude(pk=self.campaign_id)

    def execute(self) -> Campaign:
        """Change it; its problems are divided anew into stock and new finds."""
        campaign = self.campaign
        self.fill(campaign)
        problems = Problem.objects.filter(campaign=campaign)
        if self.stock_closed_on is None:
            moved = problems.filter(new_find=True).update(new_find=False)
        else:
            closed_at = clock.start_of(self.stock_closed_on)
            moved = problems.filter(new_find=False, opened_at__gte=closed_at).update(new_find=True)
            moved += problems.filter(new_find=True, opened_at__lt=closed_at).update(new_find=False)
        self.log(campaign.chain, **self.said(), reason=self.reason, moved=moved)
        self.announce("rectify.campaign_changed", area=campaign.area.path, campaign_id=campaign.pk)
        return campaign
