"""People who know more than the rules do: ruling a candidate out, adding a place, changing a prior, stating rain."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from riverkit.errors import NetworkError
from riverkit.network import Location

from riverchief.accounts.models import User
from riverchief.accounts.policies import allows, require, require_person
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import Action
from riverchief.base.errors import InvalidInput, NotFound, StateRefused
from riverchief.base.rules import get_rule
from riverchief.monitor.models import Event
from riverchief.registry.models import Reach
from riverchief.registry.queries import network_of
from riverchief.trace.codes import AdjustmentKind, CandidateKind, TraceState
from riverchief.trace.models import Adjustment, Trace, TraceCandidate
from riverchief.trace.objections import (
    Objection,
    at_the_same_place,
    confirmed_in_the_ledger,
    require_acknowledged,
)
from riverchief.trace.visibility import PLACED, View

LEAST_FACTOR, MOST_FACTOR = 0.01, 100.0
NEAR_M = 200.0
LEAST_REASON, LONGEST_REASON, LONGEST_LABEL = 4, 300, 100
"""Characters; of the least only letters and digits of any script count."""
MOST_RAIN_MM = 2_000.0
"""More than that has never fallen in a few days anywhere."""


@dataclass(kw_only=True)
class _OnEvent(Action[Adjustment]):
    """A change of what the traces of an event are asked, by a person, with a reason, on the locked event."""

    reason: str
    event: Event = field(init=False, repr=False)

    def lock(self, event_id: int) -> None:
        """Lock the event, so that two changes take turns; it must be one the actor may know of."""
        rows = Event.objects.select_for_update(of=("self",)).select_related("area", "station__reach")
        found = rows.filter(pk=event_id).first()
        if found is None or not allows(self.actor, Capability.VIEW_TRACE, found.area.path):
            raise NotFound(f"没有编号为 {event_id} 的事件。|There is no event {event_id}.")
        self.event = found

    def check_permission(self) -> None:
        """Whoever may ask for a trace there; the system has no opinion of its own."""
        require(self.actor, Capability.RUN_TRACE, self.event.area.path)
        require_person(self.actor)

    def check_state(self) -> None:
        """With a reason that says something."""
        words = sum(character.isalnum() for character in self.reason)
        if words < LEAST_REASON or len(self.reason.strip()) > LONGEST_REASON:
            raise InvalidInput(
                f"须说明理由（至少 {LEAST_REASON} 个文字，不超过 {LONGEST_REASON} 字）。"
                f"|A reason is needed: at least {LEAST_REASON} letters, at most {LONGEST_REASON} characters.",
                cure="请写明依据，例如现场核查结果。|Say what it rests on, such as what was found on site.",
                field="reason",
            )

    def tell(self, change: Adjustment) -> Adjustment:
        """Announce it, to those who may see traces."""
        self.announce(
            "trace.adjusted",
            area=self.event.area.path,
            restricted=True,
            event_id=self.event.pk,
            adjustment_id=change.pk,
        )
        return change


@dataclass(kw_only=True)
class AdjustTrace(_OnEvent):
    """Change what later attempts at an event are asked; earlier ones stay as they are.

    `key` names a candidate of the last finished attempt; a place is added by longitude and latitude. `factor` is how
    many times as likely it is taken to be: as by the rules, a place as a listed outfall. Rain is stated by its hours,
    and how much fell where that is known.

    `acknowledged`: the person knows what speaks against the change (`objections`); the log keeps what it was.
    """

    name: ClassVar[str] = "trace.adjust"
    event_id: int
    kind: str
    key: str = ""
    factor: float = 1.0
    label: str = ""
    lon: float | None = None
    lat: float | None = None
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    amount_mm: float | None = None
    acknowledged: bool = False
    _objections: list[Objection] = field(init=False, default_factory=list, repr=False)
    _place: Location | None = field(init=False, default=None, repr=False)

    def load(self) -> None:
        """The event."""
        self.lock(self.event_id)

    def check_state(self) -> None:
        """A candidate that is there and has not been changed already, or a place on the river."""
        super().check_state()
        if self.kind not in AdjustmentKind.values:
            raise InvalidInput(
                f"没有“{self.kind}”这种调整。|There is no adjustment “{self.kind}”.",
                cure=f"可用：{'、'.join(AdjustmentKind.values)}。|Use one of {', '.join(AdjustmentKind.values)}.",
                field="kind",
            )
        weighs = self.kind in {AdjustmentKind.WEIGHT, AdjustmentKind.PLACE}
        if weighs and not LEAST_FACTOR <= self.factor <= MOST_FACTOR:
            raise InvalidInput(
                f"倍数须在 {LEAST_FACTOR:g} 与 {MOST_FACTOR:g} 之间。"
                f"|The factor must lie between {LEAST_FACTOR:g} and {MOST_FACTOR:g}.",
                cure="完全不可能的候选请用“排除”。|Rule out what is impossible.",
                field="factor",
            )
        if self.kind == AdjustmentKind.PLACE:
            self._check_place()
        elif self.kind == AdjustmentKind.RAIN:
            self._check_rain()
        else:
            self._check_candidate()
        require_acknowledged(self._objections, acknowledged=self.acknowledged)

    def _check_candidate(self) -> None:
        done = Trace.objects.filter(event=self.event, state=TraceState.DONE, retrospective=False)
        trace = done.order_by("-attempt").first()
        rows = TraceCandidate.objects.filter(trace=trace) if trace else TraceCandidate.objects.none()
        view = self._view()
        seen = {row.key: row for row in rows.select_related("adjustment", *PLACED) if view.sees(row)}
        if self.key not in seen:
            raise InvalidInput(
                f"最近一次溯源中没有候选“{self.key}”。|The last attempt has no candidate “{self.key}”.",
                cure="请从候选列表中选择。|Choose one from the list of candidates.",
                field="key",
            )
        if self.kind == AdjustmentKind.EXCLUDE and self.key == CandidateKind.NOTHING:
            raise InvalidInput(
                "“本河网之外的原因”不能排除：模型之外总有可能。"
                "|“A cause outside this network” cannot be ruled out: there is always something a model does not know.",
                cure="可以调低其先验。|Its prior may be lowered.",
                field="key",
            )
        if Adjustment.objects.filter(event=self.event, key=self.key, withdrawn_at__isnull=True).exists():
            raise StateRefused(
                "该候选已有调整。|This candidate has been adjusted already.",
                cure="请先撤回原调整。|Withdraw that adjustment first.",
            )
        outfall = seen[self.key].outfall
        if outfall is not None and (self.kind == AdjustmentKind.EXCLUDE or self.factor < 1):
            self._objections = confirmed_in_the_ledger(self.event.pk, outfall)

    def _view(self) -> View:
        assert isinstance(self.actor, User)  # checked
        return View.of(self.actor, self.event)

    def _check_place(self) -> None:
        if not 1 <= len(self.label.strip()) <= LONGEST_LABEL:
            raise InvalidInput(
                f"请为该位置命名（不超过 {LONGEST_LABEL} 字）。|Give the place a name of at most {LONGEST_LABEL} characters.",
                cure="例如“三号桥下暗管”。|Such as “pipe below bridge no. 3”.",
                field="label",
            )
        if self.lon is None or self.lat is None:
            raise InvalidInput(
                "缺少位置。|The position is missing.",
                cure="请在地图上选点。|Choose a point on the map.",
                field="position",
            )
        network = network_of(self.event.station.reach.basin_id)
        try:
            self._place = network.snap(self.lon, self.lat, NEAR_M)
        except NetworkError as error:
            raise InvalidInput(
                f"该位置 {NEAR_M:g} m 内没有河段。|No reach lies within {NEAR_M:g} m of this position.",
                cure="请选河边的点。|Choose a point by the river.",
                field="position",
            ) from error
        within_m: float = get_rule("trace.adjusting")["same_place_m"]
        self._objections = at_the_same_place(self.event, self._place, self._view(), within_m)

    def _check_rain(self) -> None:
        if self.begins_at is None or self.ends_at is None:
            raise InvalidInput(
                "须给出降雨的起止时间。|Say from when to when it rained.",
                cure="不确定时宜宽不宜窄。|If in doubt, rather too long than too short.",
                field="begins_at" if self.begins_at is None else "ends_at",
            )
        if not self.begins_at < self.ends_at <= clock.now():
            raise InvalidInput(
                "降雨须先开始后结束，且不晚于现在。|Rain begins before it ends, and not after now.",
                cure="请核对起止时间；仍在下雨时，止于现在。|Check both times; while it still rains, give the present time.",
                field="ends_at",
            )
        looked_back = timedelta(hours=get_rule("trace.settings")["lookback_hours"])
        if self.begins_at > self.event.last_at or self.ends_at < self.event.opened_at - looked_back:
            raise InvalidInput(
                f"溯源只看事件开始前 {looked_back.total_seconds() / 3600:.0f} 小时至事件最后一个读数，这场雨不在其中。"
                f"|A trace looks from {looked_back.total_seconds() / 3600:.0f} h before the event to its last reading; this rain "
                "fell at another time.",
                cure="请核对日期。|Check the date.",
                field="begins_at",
            )
        if self.amount_mm is not None and not 0 < self.amount_mm <= MOST_RAIN_MM:
            raise InvalidInput(
                f"雨量须大于 0 且不超过 {MOST_RAIN_MM:g} mm。|The amount must be above 0 and at most {MOST_RAIN_MM:g} mm.",
                cure="不知道雨量时请留空。|Leave it empty where it is not known.",
                field="amount_mm",
            )

    def execute(self) -> Adjustment:
        """Write it; the next attempt takes it in."""
        assert isinstance(self.actor, User)  # checked
        change = Adjustment(
            event=self.event,
            kind=self.kind,
            factor={AdjustmentKind.EXCLUDE: 0.0, AdjustmentKind.RAIN: 1.0}.get(
                AdjustmentKind(self.kind), self.factor
            ),
            reason=self.reason.strip(),
            made_by=self.actor,
            made_at=clock.now(),
        )
        if self._place is not None:
            change.label = self.label.strip()
            change.reach = Reach.objects.get(pk=int(self._place.reach_id))
            change.chainage_m = self._place.chainage_m
            change.lon, change.lat = self.lon, self.lat
        if self.kind == AdjustmentKind.RAIN:
            change.begins_at, change.ends_at, change.amount_mm = self.begins_at, self.ends_at, self.amount_mm
        # A place and a rain are named by their own number.
        numbered = self.kind in {AdjustmentKind.PLACE, AdjustmentKind.RAIN}
        change.key = "" if numbered else self.key
        change.save(force_insert=True)
        if numbered:
            change.key = f"{change.kind}:{change.pk}"
            change.save(update_fields=["key"])
        self.log(
            change.chain,
            kind=change.kind,
            key=change.key,
            factor=change.factor,
            label=change.label,
            lon=change.lon,
            lat=change.lat,
            begins_at=change.begins_at.isoformat() if change.begins_at else None,
            ends_at=change.ends_at.isoformat() if change.ends_at else None,
            amount_mm=change.amount_mm,
            reason=change.reason,
            acknowledged=[row.facts for row in self._objections],
        )
        return self.tell(change)


@dataclass(kw_only=True)
class WithdrawAdjustment(_OnEvent):
    """Take a change back: later attempts do without it, those that used it stay as they are."""

    name: ClassVar[str] = "trace.withdraw_adjustment"
    adjustment_id: int
    change: Adjustment = field(init=False, repr=False)

    def load(self) -> None:
        """The event first, as whoever adds a change does."""
        found = Adjustment.objects.filter(pk=self.adjustment_id).first()
        if found is None:
            raise NotFound(
                f"没有编号为 {self.adjustment_id} 的调整。|There is no adjustment {self.adjustment_id}."
            )
        self.lock(found.event_id)
        self.change = Adjustment.objects.select_for_update().get(pk=self.adjustment_id)

    def check_state(self) -> None:
        """It must still hold."""
        super().check_state()
        if self.change.withdrawn_at is not None:
            raise StateRefused("该调整已撤回。|This adjustment has been withdrawn already.")

    def execute(self) -> Adjustment:
        """Mark it."""
        assert isinstance(self.actor, User)  # checked
        change = self.change
        change.withdrawn_by, change.withdrawn_at = self.actor, clock.now()
        change.withdrawn_reason = self.reason.strip()
        change.save(update_fields=["withdrawn_by", "withdrawn_at", "withdrawn_reason"])
        self.log(change.chain, adjustment_id=change.pk, key=change.key, reason=change.withdrawn_reason)
        return self.tell(change)
