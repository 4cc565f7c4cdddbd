"""Bottles change hands: handed over, received in the laboratory, lost; and a warning before their time runs out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from django.db.models import Count, Min, QuerySet

from riverchief.accounts.policies import users_with
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import SYSTEM, SystemAction
from riverchief.base.errors import InvalidInput, StateRefused
from riverchief.base.notifications import notify
from riverchief.base.rules import get_rule
from riverchief.monitor.actions.requests import check_text
from riverchief.monitor.sampling.acting import OnRound, add_links, check_time, last_links
from riverchief.monitor.sampling.models import FOLLOWS, WAITING, Bottle, CustodyLink, SamplingRound, Step

MOST_AT_ONCE = 500

_WHO: dict[str, tuple[Capability, ...]] = {
    Step.HANDED_OVER: (Capability.TAKE_SAMPLES,),
    Step.RECEIVED: (Capability.ANALYSE_SAMPLES,),
    Step.LOST: (Capability.TAKE_SAMPLES, Capability.ANALYSE_SAMPLES),
}


@dataclass(kw_only=True)
class MoveBottles(OnRound[int]):
    """Bottles of a round are handed over, received or lost, all of them or none; returns how many.

    `note` says to whom or in which condition, of lost ones why. Nobody receives what they handed over themselves,
    nor hands it over twice in a row: whoever has it now does.
    """

    name: ClassVar[str] = "sampling.move"
    round_id: int
    step: str
    labels: Sequence[str]
    at: datetime | None = None
    place: str = ""
    note: str = ""
    bottles: list[Bottle] = field(init=False, repr=False)

    def round_id_asked(self) -> int | None:
        """As given."""
        return self.round_id

    def needed(self) -> Sequence[Capability]:
        """Who fills bottles hands them over, the laboratory receives them; both may lose one."""
        return _WHO.get(self.step, (Capability.TAKE_SAMPLES,))

    def check_state(self) -> None:
        """Bottles of the round of which this is the next step."""
        if self.step not in _WHO:
            raise InvalidInput(
                f"没有步骤“{self.step}”。|There is no step “{self.step}”.",
                cure=f"可用：{'、'.join(_WHO)}。|Use one of {', '.join(_WHO)}.",
                field="step",
            )
        self.place = check_text(self.place, "place", 120, needed=False)
        self.note = check_text(self.note, "note", 300, needed=self.step == Step.LOST)
        labels = sorted({label.strip() for label in self.labels})
        if not 1 <= len(labels) <= MOST_AT_ONCE:
            raise InvalidInput(
                f"一次须为 1 至 {MOST_AT_ONCE} 瓶。|1 to {MOST_AT_ONCE} bottles at a time.", field="labels"
            )
        rows = Bottle.objects.filter(visit__round=self.round, label__in=labels)
        self.bottles = list(rows.order_by("label"))
        missing = sorted(set(labels) - {row.label for row in self.bottles})
        if missing:
            raise InvalidInput(
                f"该轮次没有这些瓶号：{'、'.join(missing[:5])}。|The round has no bottle {', '.join(missing[:5])}.",
                cure="请核对标签。|Check the labels.",
                field="labels",
            )
        if self.at is not None:
            check_time(self.at, "at")
        last = last_links(self.bottles)
        for bottle in self.bottles:
            self._check_next(bottle, last.get(bottle.pk))

    def _check_next(self, bottle: Bottle, last: CustodyLink | None) -> None:
        if self.step not in FOLLOWS[bottle.step]:
            told = bottle.get_step_display() or "未采"
            raise StateRefused(
                f"{bottle.label} 当前为“{told}”，不能进行此步。|{bottle.label} is “{bottle.step or 'empty'}”: this step does not follow.",
                cure="流转顺序：采样 → 移交 → 接收 → 分析。|The order is: taken, handed over, received, analysed.",
            )
        if last is None:
            return
        if self.at is not None:
            check_time(self.at, "at", last.at)
        if self.step == last.step == Step.HANDED_OVER and last.by_id == self.person.pk:
            raise StateRefused(
                f"{bottle.label} 已由您移交。|You have handed over {bottle.label} already.",
                cure="再次移交由现持有人办理；未移交成功的，请由接收人接收。"
                "|Whoever has it now hands it on, or the laboratory receives it.",
            )
        if self.step == Step.RECEIVED and last.by_id == self.person.pk:
            raise StateRefused(
                "移交人与接收人不能为同一人。|Nobody receives what they handed over themselves.",
                cure="请由实验室另一人接收。|Another person of the laboratory receives it.",
            )

    def execute(self) -> int:
        """A link for each."""
        add_links(self.bottles, Step(self.step), self.person, self.at, place=self.place, note=self.note)
        if self.step == Step.LOST:
            Bottle.objects.filter(pk__in=[bottle.pk for bottle in self.bottles]).update(due_at=None)
        self.changed(
            step=self.step,
            labels=[bottle.label for bottle in self.bottles],
            at=self.at.isoformat() if self.at else None,
            place=self.place,
            note=self.note,
        )
        return len(self.bottles)


@dataclass(kw_only=True)
class WarnOfHoldingTimes(SystemAction[int]):
    """Tell who has the bottles of a round that a holding time runs out soon; once for each bottle. Returns how many."""

    name: ClassVar[str] = "sampling.warn"
    round_id: int

    def execute(self) -> int:
        """Mark the bottles, and put a line into the inboxes of the area."""
        made = (
            SamplingRound.objects.select_for_update(of=("self",))
            .select_related("plan__area")
            .get(pk=self.round_id)
        )
        rows = due_soon().filter(visit__round=made)
        found = rows.aggregate(count=Count("pk"), first=Min("due_at"))
        rows.update(warned_at=clock.now())
        self.log(
            made.chain, bottles=found["count"], first=found["first"].isoformat() if found["first"] else None
        )
        if found["count"]:
            path = made.plan.area.path
            who = {*users_with(Capability.TAKE_SAMPLES, path), *users_with(Capability.ANALYSE_SAMPLES, path)}
            at = f"{found['first'].astimezone(clock.SHANGHAI):%m-%d %H:%M}"
            notify(
                who,
                kind="holding_time",
                title_zh=f"{made.plan.name_zh} {made.month:%Y-%m}：{found['count']} 瓶样品即将超过保存期（最早 {at}）",
                title_en=f"{made.plan.name_en} {made.month:%Y-%m}: the holding time of {found['count']} bottles runs out "
                f"soon (the first at {at})",
                link=f"/sampling/{made.pk}",
                dedupe=f"holding:{made.pk}:{clock.now():%Y%m%d%H%M}",
            )
        return int(found["count"])


def warned_until() -> datetime:
    """Of what runs out before this is warned."""
    return clock.now() + timedelta(hours=get_rule("monitor.sampling")["warn_hours"])


def due_soon() -> "QuerySet[Bottle]":
    """The bottles, not warned of yet, of which a holding time runs out within the hours of the rule."""
    return Bottle.objects.filter(due_at__lte=warned_until(), warned_at__isnull=True, step__in=WAITING)


def warn_of_holding_times() -> int:
    """Warn of every round that has bottles whose time runs out; returns how many bottles."""
    rounds = due_soon().order_by().values_list("visit__round_id", flat=True).distinct()
    return sum(WarnOfHoldingTimes(actor=SYSTEM, round_id=pk).run() for pk in list(rounds))
