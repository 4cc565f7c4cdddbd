"""Changes to the registry that are made one at a time; files come in by `importing`."""

from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from django.db.models import Q

from riverchief.accounts.models import Area, User
from riverchief.accounts.policies import require
from riverchief.accounts.roles import Capability, Role
from riverchief.base.actions import Action
from riverchief.base.errors import InvalidInput
from riverchief.registry.models import Duty, Reach, River


@dataclass(kw_only=True)
class SaveDuty(Action[Duty]):
    """Give a person a duty from a day on, or write the day on which it ended."""

    name: ClassVar[str] = "duty.save"
    user: User
    kind: str
    area: Area
    river: River | None = None
    reach: Reach | None = None
    valid_from: date
    valid_to: date | None = None
    duty: Duty | None = field(init=False, repr=False)

    def load(self) -> None:
        """The duty, where it is there already: same person, same object, same first day."""
        self.duty = (
            Duty.objects.select_for_update()
            .filter(
                user=self.user, kind=self.kind, area=self.area, river=self.river, reach=self.reach,
                valid_from=self.valid_from,
            )
            .first()
        )  # fmt: skip

    def check_permission(self) -> None:
        """Whoever keeps the accounts of the area."""
        require(self.actor, Capability.MANAGE_ACCOUNTS, self.area.path)

    def check_state(self) -> None:
        """A head answers for an area, a chief for one river or reach; both hold the role; nobody else holds the duty."""
        heads = self.kind in (Duty.Kind.HEAD, Duty.Kind.DUAL_HEAD)
        if (self.river is not None) + (self.reach is not None) != (0 if heads else 1):
            raise InvalidInput(
                "总河长负责整个行政区；河长、河道警长负责一条河流或一个河段。"
                "|A head answers for the whole area; a chief or police chief for one river or one reach.",
                cure="请按职责类型填写或留空河流、河段。|Fill in, or leave empty, river and reach to suit the kind.",
                field="river",
            )
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise InvalidInput(
                "结束日期早于开始日期。|The last day is before the first.",
                cure="请核对日期。|Check the days.",
                field="valid_to",
            )
        self._refuse_without_role()
        self._refuse_taken()

    def _refuse_without_role(self) -> None:
        roles = self.user.memberships.filter(role=Role.CHIEF.value).select_related("area")
        if self.kind != Duty.Kind.POLICE_CHIEF and not any(
            self.area.path.startswith(held.area.path) for held in roles
        ):
            raise InvalidInput(
                f"{self.user.username} 在“{self.area.name_zh}”没有河长角色。"
                f"|{self.user.username} does not have the role of a chief in “{self.area.name_en}”.",
                cure="请先导入此人的河长角色。|Import the person with the role of a chief there first.",
                field="username",
            )

    def _refuse_taken(self) -> None:
        if self.river is None and self.reach is None:
            return
        others = Duty.objects.filter(
            Q(valid_to__isnull=True) | Q(valid_to__gte=self.valid_from),
            kind=self.kind, area=self.area, river=self.river, reach=self.reach,
        ).select_related("user")  # fmt: skip
        if self.duty is not None:
            others = others.exclude(pk=self.duty.pk)
        if self.valid_to is not None:
            others = others.filter(valid_from__lte=self.valid_to)
        if (other := others.first()) is not None:
            raise InvalidInput(
                f"同一时期该职责由 {other.user.username}（自 {other.valid_from} 起）担任。"
                f"|At that time the duty is that of {other.user.username} (from {other.valid_from}).",
                cure="请先写明前任的结束日期。|Give the last day of the one before first.",
                field="valid_from",
            )

    def execute(self) -> Duty:
        """Write it."""
        duty = self.duty or Duty(
            user=self.user,
            kind=self.kind,
            area=self.area,
            river=self.river,
            reach=self.reach,
            valid_from=self.valid_from,
        )
        duty.valid_to = self.valid_to
        duty.save()
        self.log(
            "duties",
            duty=duty.pk,
            user=self.user.pk,
            kind=self.kind,
            area=self.area.code,
            river=self.river.code if self.river else None,
            reach=self.reach.code if self.reach else None,
            valid_from=self.valid_from.isoformat(),
            valid_to=self.valid_to.isoformat() if self.valid_to else None,
        )
        return duty
