"""What the actions of sampling share: the round they are about, locked, and who may do them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar

from riverchief.accounts.models import User
from riverchief.accounts.policies import require_any, require_person
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import Action
from riverchief.base.errors import InvalidInput, NotFound
from riverchief.monitor.sampling.models import WAITING, Bottle, CustodyLink, SamplingRound, Step

Result = TypeVar("Result")

SLACK = timedelta(minutes=15)
"""A clock at the river may be so far ahead of ours."""


@dataclass(kw_only=True)
class OnRound(Action[Result]):
    """Something that a person does in a round. Its row is locked, so that two of them take turns."""

    capability: ClassVar[Capability]
    round: SamplingRound = field(init=False, repr=False)

    def round_id_asked(self) -> int | None:
        """The round that the input names; None where there is none."""
        raise NotImplementedError

    def load(self) -> None:
        """The round, locked."""
        rows = SamplingRound.objects.select_for_update(of=("self",)).select_related("plan__area")
        asked = self.round_id_asked()
        found = rows.filter(pk=asked).first() if asked is not None else None
        if found is None:
            raise NotFound("没有这个采样轮次或其中的对象。|There is no such round, or no such thing in it.")
        self.round = found

    def check_permission(self) -> None:
        """A person, in the area of the plan."""
        require_person(self.actor)
        require_any(self.actor, self.needed(), self.round.plan.area.path)

    def needed(self) -> Sequence[Capability]:
        """What it takes: one of these."""
        return (self.capability,)

    @property
    def person(self) -> User:
        """Who acts."""
        assert isinstance(self.actor, User)  # checked
        return self.actor

    def changed(self, **data: Any) -> None:
        """Log it in the round's chain, and tell the pages of those who see it."""
        self.log(self.round.chain, **data)
        self.announce(
            "monitor.sampling_changed",
            area=self.round.plan.area.path,
            restricted=True,
            round_id=self.round.pk,
        )


def last_links(bottles: Sequence[Bottle]) -> dict[int, CustodyLink]:
    """The last link of custody of each bottle that has one, by the bottle's key."""
    rows = CustodyLink.objects.filter(bottle__in=bottles)
    return {row.bottle_id: row for row in rows.order_by("bottle_id", "-sequence").distinct("bottle_id")}


def add_links(
    bottles: Sequence[Bottle], step: Step, by: User, at: datetime | None = None, **more: Any
) -> None:
    """Append to the custody of bottles, without a time now; the database refuses a link that is out of order."""
    before, now, links = last_links(bottles), clock.now(), []
    for bottle in bottles:
        last = before.get(bottle.pk)
        when = at or now
        link = CustodyLink(
            bottle=bottle,
            sequence=1 if last is None else last.sequence + 1,
            step=step,
            # A clock at the river may have been a little ahead: no link lies before the one it follows.
            at=when if last is None else max(when, last.at),
            by=by,
            entered_at=now,
            **more,
        )
        links.append(link)
        bottle.step = step
    CustodyLink.objects.bulk_create(links)


def set_due(bottle: Bottle, taken_at: datetime, analysed: Collection[str] = ()) -> None:
    """When the shortest holding time runs out of what is not analysed yet; None where nothing waits that has one."""
    left = [hours for name, hours in bottle.holding_h.items() if name not in analysed]
    bottle.due_at = taken_at + timedelta(hours=min(left)) if left and bottle.step in WAITING else None
    bottle.save(update_fields=["due_at"])


def check_time(at: datetime, field_name: str, earliest: datetime | None = None) -> None:
    """A time that has a zone, is not ahead, and not before `earliest`."""
    if at.tzinfo is None:
        raise InvalidInput(
            "时间没有时区。|The time has no time zone.",
            cure="请写作 2026-11-20T04:00:00Z。|Write it as 2026-11-20T04:00:00Z.",
            field=field_name,
        )
    if at > clock.now() + SLACK:
        raise InvalidInput(
            "时间在将来。|The time lies in the future.", cure="请核对时间。|Check the time.", field=field_name
        )
    if earliest is not None and at < earliest:
        told = f"{earliest.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"
        raise InvalidInput(
            f"时间早于 {told}。|The time lies before {told}.",
            cure="请核对时间：各步须先后有序。|Check the time: the steps follow one another.",
            field=field_name,
        )
