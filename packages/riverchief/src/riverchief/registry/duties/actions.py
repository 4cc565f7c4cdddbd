"""Duties are given, handed over, ended; somebody stands in. Each is one line in the chain `duties` of the log."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import ClassVar

from django.db.models import Q

from riverchief.accounts.models import Area, User
from riverchief.accounts.policies import allows, require
from riverchief.accounts.roles import Capability, Role
from riverchief.base.actions import Action, Actor
from riverchief.base.errors import InvalidInput, NotFound, StateRefused
from riverchief.registry.duties.models import (
    AS_MANY_AS_THERE_ARE,
    OF_AREAS,
    OF_STANDING_WATER,
    WITHOUT_ROLE,
    Duty,
    StandIn,
    StandingWater,
)
from riverchief.registry.models import Reach, River

CHAIN = "duties"


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _refuse_inactive(user: User) -> None:
    if not user.is_active:
        raise InvalidInput(
            f"{user.name_zh} 的账号已停用。|The account of {user.name_en} is closed.",
            cure="请另选一人，或先恢复账号。|Choose somebody else, or open the account again.",
            field="user_id",
        )


def _refuse_order(first: date, last: date | None) -> None:
    if last is not None and last < first:
        raise InvalidInput(
            "结束日期早于开始日期。|The last day is before the first.",
            cure="请核对日期。|Check the days.",
            field="valid_to",
        )


@dataclass(kw_only=True)
class SaveDuty(Action[Duty]):
    """Give a person a duty from a day on, or write the day on which it ended."""

    name: ClassVar[str] = "duty.save"
    user: User
    kind: str
    area: Area
    river: River | None = None
    reach: Reach | None = None
    standing_water: StandingWater | None = None
    position: str = ""
    valid_from: date
    valid_to: date | None = None
    duty: Duty | None = field(init=False, repr=False)
    seat: int = field(default=1, init=False, repr=False)

    def load(self) -> None:
        """The duty, where it is there already: same person, same object, same first day."""
        rows = Duty.objects.select_for_update().filter(**self._object(), valid_from=self.valid_from)
        self.duty = rows.filter(user=self.user).first()

    def _object(self) -> dict[str, object]:
        return {
            "kind": self.kind,
            "area": self.area,
            "river": self.river,
            "reach": self.reach,
            "standing_water": self.standing_water,
        }

    def check_permission(self) -> None:
        """Whoever keeps the accounts of the area."""
        require(self.actor, Capability.MANAGE_ACCOUNTS, self.area.path)

    def check_state(self) -> None:
        """What it is for must suit the kind and the area; the holder the role; and nobody else holds it."""
        _refuse_inactive(self.user)
        _refuse_order(self.valid_from, self.valid_to)
        self._refuse_object()
        refuse_above_river(self.river or (self.reach.river if self.reach else None), self.area)
        refuse_without_role(self.user, self.kind, self.area)
        self._refuse_taken()

    def _refuse_object(self) -> None:
        waters = [water for water in (self.river, self.reach, self.standing_water) if water is not None]
        kind = Duty.Kind(self.kind)
        wanted = OF_STANDING_WATER.get(kind)
        if kind in OF_AREAS:
            fits = not waters
        elif wanted is not None:
            fits = len(waters) == 1 and self.standing_water is not None and self.standing_water.kind == wanted
        else:
            fits = len(waters) == 1 and (kind is not Duty.Kind.CHIEF or self.standing_water is None)
        if not fits:
            raise InvalidInput(
                "总河长、副总河长负责整个行政区；河长负责一条河流或一个河段，湖长、坑长、湿地长负责一处相应水体。"
                "|Heads answer for the whole area; a chief for one river or one reach; chiefs of lakes, ponds and wetlands for "
                "one of those.",
                cure="请按职责类型填写或留空河流、河段、水体。|Fill in, or leave empty, river, reach and water to suit the kind.",
                field="river",
            )

    def _refuse_taken(self) -> None:
        others = Duty.objects.filter(
            Q(valid_to__isnull=True) | Q(valid_to__gte=self.valid_from), **self._object()
        ).select_related("user")
        if self.duty is not None:
            others = others.exclude(pk=self.duty.pk)
        if self.valid_to is not None:
            others = others.filter(valid_from__lte=self.valid_to)
        own = others.filter(user=self.user).first()
        if self.kind in AS_MANY_AS_THERE_ARE:
            others = others.none()
        if self.kind == Duty.Kind.DUAL_HEAD:
            free = {1, 2} - {other.seat for other in others}
            if free:
                self.seat = self.duty.seat if self.duty and self.duty.seat in free else min(free)
                others = others.none()
        if (other := own or others.first()) is not None:
            raise InvalidInput(
                f"同一时期该职责由 {other.user.username}（{other.user.name_zh}，自 {other.valid_from} 起）担任。"
                f"|At that time the duty is that of {other.user.username} ({other.user.name_en}, from {other.valid_from}).",
                cure="请办理移交，或先写明前任的结束日期。|Hand it over, or give the last day of the one before first.",
                field="valid_from",
            )

    def execute(self) -> Duty:
        """Write it."""
        duty = self.duty or Duty(user=self.user, **self._object(), valid_from=self.valid_from)
        duty.seat, duty.valid_to = self.seat, self.valid_to
        duty.position = self.position or duty.position
        duty.save()
        self.log(
            CHAIN,
            duty=duty.pk,
            user=self.user.pk,
            kind=self.kind,
            area=self.area.code,
            river=self.river.code if self.river else None,
            reach=self.reach.code if self.reach else None,
            standing_water=self.standing_water.code if self.standing_water else None,
            valid_from=self.valid_from.isoformat(),
            valid_to=_day(self.valid_to),
        )
        return duty


def refuse_above_river(river: River | None, area: Area) -> None:
    """Raise `InvalidInput` for an area in which the river has no chiefs: above its highest ones, or beside them."""
    if river is None:
        return
    highest = [row.area for row in river.highest_areas.select_related("area")]
    if highest and not any(area.path.startswith(top.path) for top in highest):
        names_zh, names_en = (
            "、".join(top.name_zh for top in highest),
            ", ".join(top.name_en for top in highest),
        )
        raise InvalidInput(
            f"“{river.name_zh}”的河长设在“{names_zh}”及以下，不在“{area.name_zh}”。"
            f"|“{river.name_en}” has its chiefs in {names_en} and below, not in {area.name_en}.",
            cure="请改行政区，或先改该河流的最高行政区。|Correct the area, or the river's highest areas first.",
            field="area",
        )


def refuse_without_role(user: User, kind: str, area: Area) -> None:
    """Raise `InvalidInput` for a holder who is no chief there."""
    if kind in WITHOUT_ROLE:
        return
    roles = user.memberships.filter(role=Role.CHIEF.value).select_related("area")
    if not any(area.path.startswith(held.area.path) for held in roles):
        raise InvalidInput(
            f"{user.username} 在“{area.name_zh}”没有河长角色。"
            f"|{user.username} does not have the role of a chief in “{area.name_en}”.",
            cure="请先给此人在该区域的河长角色。|Give the person the role of a chief there first.",
            field="username",
        )


def _duty_kept_by(actor: Actor, duty_id: int) -> Duty:
    """The duty, locked.

    Raises:
        NotFound: there is none, or it is not seen by the actor.
    """
    duty = (
        Duty.objects.select_for_update(of=("self",)).select_related("area", "user").filter(pk=duty_id).first()
    )
    if duty is None or not allows(actor, Capability.VIEW_MAP, duty.area.path):
        raise NotFound("没有这项职责。|There is no such duty.")
    return duty


@dataclass(kw_only=True)
class _OnDuty(Action[Duty]):
    """What is done with a duty that somebody holds."""

    duty_id: int
    duty: Duty = field(init=False, repr=False)

    def load(self) -> None:
        """The duty."""
        self.duty = _duty_kept_by(self.actor, self.duty_id)

    def check_permission(self) -> None:
        """Whoever keeps the accounts of its area."""
        require(self.actor, Capability.MANAGE_ACCOUNTS, self.duty.area.path)

    def _end(self, last: date) -> None:
        """The duty's last day; whoever stands in stops with it."""
        self.duty.valid_to = last
        self.duty.save(update_fields=["valid_to"])
        self.duty.stand_ins.filter(valid_from__gt=last).delete()
        self.duty.stand_ins.filter(valid_to__gt=last).update(valid_to=last)

    def _refuse_last(self, last: date) -> None:
        if self.duty.valid_to is not None and self.duty.valid_to <= last:
            raise StateRefused(
                f"该职责已于 {self.duty.valid_to} 结束。|The duty ended on {self.duty.valid_to}.",
                cure="请刷新后核对。|Reload, and look again.",
            )
        if last < self.duty.valid_from:
            raise InvalidInput(
                f"该职责自 {self.duty.valid_from} 开始。|The duty began on {self.duty.valid_from}.",
                cure="请填写其后的日期。|Give a later day.",
                field="since",
            )


@dataclass(kw_only=True)
class HandOverDuty(_OnDuty):
    """A duty changes hands on a day: the one before answers until the day before, for good."""

    name: ClassVar[str] = "duty.hand_over"
    user: User
    since: date
    position: str = ""

    def check_state(self) -> None:
        """It must still be held, by somebody else, and the new holder be a chief there."""
        _refuse_inactive(self.user)
        self._refuse_last(self.since - timedelta(days=1))
        if self.user.pk == self.duty.user_id:
            raise InvalidInput(
                f"{self.user.name_zh} 本来就担任该职责。|{self.user.name_en} holds the duty already.",
                cure="请选择接任者。|Choose who takes it over.",
                field="user_id",
            )
        refuse_without_role(self.user, self.duty.kind, self.duty.area)

    def execute(self) -> Duty:
        """End the old one, begin the new one: same object, same tier, same seat; a set end stays."""
        old, until = self.duty, self.duty.valid_to
        self._end(self.since - timedelta(days=1))
        new = Duty.objects.create(
            user=self.user,
            kind=old.kind,
            area=old.area,
            river_id=old.river_id,
            reach_id=old.reach_id,
            standing_water_id=old.standing_water_id,
            seat=old.seat,
            position=self.position,
            valid_from=self.since,
            valid_to=until,
        )
        self.log(CHAIN, duty=old.pk, by=new.pk, user=self.user.pk, since=self.since.isoformat())
        return new


@dataclass(kw_only=True)
class EndDuty(_OnDuty):
    """A duty ends, and nobody takes it over yet."""

    name: ClassVar[str] = "duty.end"
    last_day: date

    def check_state(self) -> None:
        """It must still be held then."""
        self._refuse_last(self.last_day)

    def execute(self) -> Duty:
        """Write the day."""
        self._end(self.last_day)
        self.log(CHAIN, duty=self.duty.pk, valid_to=self.last_day.isoformat())
        return self.duty


@dataclass(kw_only=True)
class StandInForDuty(_OnDuty):
    """Somebody acts for the holder of a duty for a time: leave, illness, a post that is vacant."""

    name: ClassVar[str] = "duty.stand_in"
    user: User
    valid_from: date
    valid_to: date
    reason: str

    def check_state(self) -> None:
        """Within the duty's own time, by one person at a time, with a reason."""
        _refuse_inactive(self.user)
        _refuse_order(self.valid_from, self.valid_to)
        last = self.duty.valid_to
        if self.valid_from < self.duty.valid_from or (last is not None and self.valid_to > last):
            raise InvalidInput(
                f"该职责的期限是 {self.duty.valid_from} 至 {last or '今'}。"
                f"|The duty is held from {self.duty.valid_from} to {last or 'now'}.",
                cure="请填写其间的日期。|Give days within.",
                field="valid_from",
            )
        if not self.reason.strip():
            raise InvalidInput(
                "请写明代理原因。|Say why somebody stands in.",
                cure="例如：外出学习。|Such as: on leave.",
                field="reason",
            )
        if self.user.pk == self.duty.user_id:
            raise InvalidInput(
                "本人不能代理自己。|Nobody stands in for themselves.",
                cure="请另选一人。|Choose somebody else.",
                field="user_id",
            )
        refuse_without_role(self.user, self.duty.kind, self.duty.area)
        other = self.duty.stand_ins.filter(
            valid_from__lte=self.valid_to, valid_to__gte=self.valid_from
        ).first()
        if other is not None:
            raise StateRefused(
                f"{other.valid_from} 至 {other.valid_to} 已有人代理。"
                f"|Somebody stands in from {other.valid_from} to {other.valid_to} already.",
                cure="请改日期。|Choose other days.",
            )

    def execute(self) -> Duty:
        """Write it."""
        row = StandIn.objects.create(
            duty=self.duty,
            user=self.user,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            reason=self.reason.strip(),
        )
        self.log(
            CHAIN,
            duty=self.duty.pk,
            stand_in=row.pk,
            user=self.user.pk,
            valid_from=self.valid_from.isoformat(),
            valid_to=self.valid_to.isoformat(),
        )
        return self.duty
