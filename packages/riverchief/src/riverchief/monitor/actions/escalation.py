"""What the clock, and people who want quiet, do with an alarm: escalate, mute, end a mute, resolve by itself."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, TypeVar

from riverchief.accounts.models import User
from riverchief.accounts.policies import require, users_with
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import SYSTEM, Action, require_system
from riverchief.base.errors import InvalidInput, NotFound, PermissionRefused, StateRefused
from riverchief.base.notifications import notify
from riverchief.monitor.actions.events import check_note
from riverchief.monitor.duty.models import AlarmStep, Mute
from riverchief.monitor.duty.roster import on_duty, people_at
from riverchief.monitor.duty.standing import duty_rules, mute_of, next_step_at, steps_of
from riverchief.monitor.duty.texts import write_texts
from riverchief.monitor.models import Alarm, Event
from riverchief.monitor.wording import step_titles

Result = TypeVar("Result")


@dataclass(kw_only=True)
class _OfAlarm(Action[Result]):
    """An action on one alarm, locked."""

    alarm_id: int
    alarm: Alarm = field(init=False)

    def load(self) -> None:
        """Lock the alarm."""
        row = (
            Alarm.objects.select_for_update(of=("self",))
            .select_related("event__area", "event__station")
            .filter(pk=self.alarm_id)
            .first()
        )
        if row is None:
            raise NotFound("没有这个报警。|There is no such alarm.")
        self.alarm = row

    @property
    def chain(self) -> str:
        """The chain of the log that the alarm's story is told in."""
        return f"event:{self.alarm.event_id}"

    def tell(self, name: str) -> None:
        """Announce a change of the alarm."""
        alarm = self.alarm
        self.announce(name, area=alarm.event.area.path, alarm_id=alarm.pk, event_id=alarm.event_id)


@dataclass(kw_only=True)
class EscalateAlarm(_OfAlarm[list[AlarmStep]]):
    """Tell the next along the chain of an alarm that nobody has acknowledged.

    A place that nobody holds is passed at once, and the step says so; the last is the whole office, so that a roster
    without anybody is no alarm without anybody.
    """

    name: ClassVar[str] = "alarm.escalate"

    def check_permission(self) -> None:
        """The clock."""
        require_system(self.actor)

    def check_state(self) -> None:
        """It is time."""
        due = next_step_at(self.alarm, duty_rules())
        if due is None or due > clock.now():
            raise StateRefused("尚无须升级。|There is nothing to escalate yet.")

    def execute(self) -> list[AlarmStep]:
        """Go on along the chain to the first place where somebody stands."""
        alarm, now = self.alarm, clock.now()
        before = steps_of(alarm)
        waited = now - before[-1].at if before else timedelta()
        may = set(users_with(Capability.ACKNOWLEDGE_ALARM, alarm.event.area.path))
        shifts = on_duty(alarm.event.area, now)
        steps = []
        for link in duty_rules().left([step.to for step in before]):
            ids = (
                sorted(may)
                if link.to == AlarmStep.To.OFFICE
                else [person.pk for person in people_at(link.to, shifts) if person.pk in may]
            )
            step = AlarmStep.objects.create(alarm=alarm, raised_at=alarm.raised_at, to=link.to, at=now)
            step.people.set(ids)
            steps.append(step)
            names = list(User.objects.filter(pk__in=ids).order_by("pk").values_list("name_zh", flat=True))
            self.log(self.chain, to=link.to, people=ids, names=names)
            if ids:
                self._notify(step, ids, waited, roster_is_empty=not shifts)
                write_texts(step, ids)
                break
        self.tell("monitor.alarm_escalated")
        return steps

    def _notify(self, step: AlarmStep, ids: list[int], waited: timedelta, *, roster_is_empty: bool) -> None:
        title_zh, title_en = step_titles(self.alarm, step.to, waited, roster_is_empty=roster_is_empty)
        notify(
            ids,
            kind="alarm",
            title_zh=title_zh,
            title_en=title_en,
            link=f"/duty/alarms/{self.alarm.pk}",
            dedupe=f"alarm:{self.alarm.pk}:{step.raised_at.timestamp():.0f}:{step.to}",
        )


@dataclass(kw_only=True)
class MuteAlarm(_OfAlarm[Mute]):
    """Keep an alarm from going further along the chain until a time, for a reason."""

    name: ClassVar[str] = "alarm.mute"
    until: datetime
    reason: str

    def check_permission(self) -> None:
        """The duty desk of the area, as a person."""
        require(self.actor, Capability.ACKNOWLEDGE_ALARM, self.alarm.event.area.path)
        if not isinstance(self.actor, User):
            raise PermissionRefused("报警须由人静音。|A person mutes an alarm.")

    def check_state(self) -> None:
        """Only one that rings, not beyond what the rule allows, and with a reason."""
        if self.alarm.state != Alarm.State.RAISED:
            raise StateRefused(
                "报警已确认或已解除，不再升级，无须静音。|The alarm rings no more: nothing to mute."
            )
        if mute_of(self.alarm) is not None:
            raise StateRefused(
                "报警已静音。|The alarm is muted already.", cure="请先取消静音。|End that mute first."
            )
        longest = duty_rules().longest_mute
        if not clock.now() < self.until <= clock.now() + longest:
            hours = longest.total_seconds() / 3600
            raise InvalidInput(
                f"静音截止时间须在今后 {hours:g} 小时之内。|A mute ends within the next {hours:g} hours.",
                cure="请另选时间；处置完毕请确认并结束事件。|Choose another time; what is dealt with is closed, not muted.",
                field="until",
            )
        check_note(self.reason, required=True, name="reason")

    def execute(self) -> Mute:
        """Write until when, by whom and why."""
        assert isinstance(self.actor, User)  # checked
        mute = Mute.objects.create(
            alarm=self.alarm, by=self.actor, at=clock.now(), until=self.until, reason=self.reason.strip()
        )
        self.log(self.chain, until=self.until.isoformat(), reason=mute.reason)
        self.tell("monitor.alarm_muted")
        return mute


@dataclass(kw_only=True)
class EndMute(_OfAlarm[Mute]):
    """A mute ends: by itself when its time is over, or a person ends it before."""

    name: ClassVar[str] = "alarm.mute_end"
    mute: Mute | None = field(init=False, default=None)

    def load(self) -> None:
        """Lock the alarm, find its mute."""
        super().load()
        self.mute = mute_of(self.alarm)

    def check_permission(self) -> None:
        """The clock, or the duty desk of the area."""
        require(self.actor, Capability.ACKNOWLEDGE_ALARM, self.alarm.event.area.path)

    def check_state(self) -> None:
        """There is one; the clock waits until it is over."""
        if self.mute is None or (self.actor is SYSTEM and self.mute.until > clock.now()):
            raise StateRefused("没有可结束的静音。|There is no mute to end.")

    def execute(self) -> Mute:
        """End it; whoever was told last has their time anew."""
        mute = self.mute
        assert mute is not None  # checked
        mute.ended_at = clock.now()
        mute.ended_by = self.actor if isinstance(self.actor, User) else None
        mute.save(update_fields=["ended_at", "ended_by"])
        self.log(self.chain, until=mute.until.isoformat(), by_itself=mute.ended_by is None)
        self.tell("monitor.alarm_unmuted")
        return mute


@dataclass(kw_only=True)
class ResolveQuietAlarm(_OfAlarm[Alarm]):
    """An alarm whose events have all ended and stayed so for a while resolves itself."""

    name: ClassVar[str] = "alarm.resolve_quiet"

    def check_permission(self) -> None:
        """The clock."""
        require_system(self.actor)

    def check_state(self) -> None:
        """Not resolved, nothing goes on, and it has been so for long enough: what comes back at once is the same alarm."""
        alarm = self.alarm
        ends = list(alarm.events.values_list("state", "closed_at"))
        since = clock.now() - duty_rules().resolve_quiet
        quiet = all(state == Event.State.CLOSED and at is not None and at <= since for state, at in ends)
        if alarm.state == Alarm.State.RESOLVED or not ends or not quiet or alarm.raised_at > since:
            raise StateRefused("报警尚不能自行解除。|The alarm does not resolve itself yet.")

    def execute(self) -> Alarm:
        """Resolve it by nobody; a mute ends with it."""
        alarm = self.alarm
        Mute.objects.filter(alarm=alarm, ended_at=None).update(ended_at=clock.now())
        alarm.state, alarm.resolved_at, alarm.resolved_by = Alarm.State.RESOLVED, clock.now(), None
        alarm.save(update_fields=["state", "resolved_at", "resolved_by"])
        self.log(self.chain, seen=alarm.acknowledged_at is not None)
        self.tell("monitor.alarm_resolved")
        return alarm
