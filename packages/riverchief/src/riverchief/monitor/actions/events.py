"""Opening, joining, settling and closing events."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from riverchief.accounts.models import Area, User
from riverchief.accounts.policies import require
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import Action, SystemAction
from riverchief.base.errors import InvalidInput, NotFound, PermissionRefused, StateRefused
from riverchief.monitor.models import Alarm, Event, EventStation
from riverchief.registry.models import Station

LONGEST_NOTE = 2000


@dataclass(frozen=True)
class Sight:
    """An event as one station saw it, before it is a row; named as the columns of `EventStation`."""

    station: Station
    first_at: datetime
    last_at: datetime
    peak_value: float
    peak_at: datetime
    baseline: float | None
    threshold: float
    checked_to: datetime
    normal_readings: int
    settled_at: datetime | None

    def save(self, event: Event) -> None:
        """Write it; a station that saw the same event before goes on with its row."""
        columns = {name: value for name, value in vars(self).items() if name not in ("station", "first_at")}
        EventStation.objects.update_or_create(
            event=event,
            station=self.station,
            defaults=columns,
            create_defaults={**columns, "first_at": self.first_at},
        )


@dataclass(kw_only=True)
class OpenEvent(SystemAction[Event]):
    """Open an event with its one alarm, or with the alarm that tells of the same water by another parameter."""

    name: ClassVar[str] = "event.open"
    event: Event
    """Unsaved."""
    sight: Sight
    message_zh: str
    message_en: str
    joins: Alarm | None = None
    """The alarm that this is a further parameter of; the message is added to its own."""

    def execute(self) -> Event:
        """Write the event, where it was seen, and the alarm."""
        event, now = self.event, clock.now()
        event.detected_at = now
        event.save(force_insert=True)
        self.sight.save(event)
        alarm = self._widened() if self.joins is not None else self._raised()
        event.alarm = alarm
        event.save(update_fields=["alarm"])
        area = event.area.path
        self.log(
            f"event:{event.pk}",
            station=event.station.code,
            parameter=event.parameter,
            kind=event.kind,
            opened_at=event.opened_at.isoformat(),
            message=self.message_zh,
            alarm_of_event=alarm.event_id,
        )
        self.announce("monitor.event_opened", area=area, event_id=event.pk)
        name = "monitor.alarm_raised" if self.joins is None else "monitor.alarm_widened"
        self.announce(name, area=area, alarm_id=alarm.pk, event_id=event.pk)
        return event

    def _raised(self) -> Alarm:
        return Alarm.objects.create(
            event=self.event, raised_at=clock.now(), message_zh=self.message_zh, message_en=self.message_en
        )

    def _widened(self) -> Alarm:
        """The alarm that is there, saying more; somebody who muted it did so without knowing this."""
        assert self.joins is not None
        alarm = Alarm.objects.select_for_update().get(pk=self.joins.pk)
        alarm.message_zh += self.message_zh
        alarm.message_en += f" {self.message_en}"
        alarm.save(update_fields=["message_zh", "message_en"])
        if alarm.mutes.filter(ended_at=None).update(ended_at=clock.now()):
            self.log(f"event:{alarm.event_id}", mute_ended_by=self.event.parameter)
        self.log(f"event:{alarm.event_id}", also=self.event.parameter, event_id=self.event.pk)
        return alarm


@dataclass(kw_only=True)
class JoinEvent(SystemAction[Event]):
    """A further station sees the water of an event, or the same one sees it again: one event, one alarm.

    An event that had settled by itself goes on. One that a person has closed stays closed, but the water still counts
    with it and raises no second alarm.
    """

    name: ClassVar[str] = "event.join"
    event_id: int
    sight: Sight
    event: Event = field(init=False)

    def load(self) -> None:
        """Lock the event."""
        self.event = (
            Event.objects.select_for_update(of=("self",))
            .select_related("area", "alarm")
            .get(pk=self.event_id)
        )

    def execute(self) -> Event:
        """Add the station; reopen."""
        event = self.event
        self.sight.save(event)
        alarm = Alarm.objects.select_for_update().get(events=event)
        reopened = (
            event.state == Event.State.CLOSED
            and (alarm.state != Alarm.State.RESOLVED or alarm.resolved_by_id is None)
            and self.sight.settled_at is None
            and not Event.objects.filter(
                station_id=event.station_id, parameter=event.parameter, state=Event.State.OPEN
            )
            .filter(kind__in=Event.OF_LIMITS)
            .exists()
        )
        if reopened:
            event.state, event.closed_at = Event.State.OPEN, None
            event.save(update_fields=["state", "closed_at"])
            if alarm.state == Alarm.State.RESOLVED:
                self._bring_back(alarm)
        self.log(
            f"event:{event.pk}",
            station=self.sight.station.code,
            first_at=self.sight.first_at.isoformat(),
            reopened=reopened,
        )
        return event

    def _bring_back(self, alarm: Alarm) -> None:
        """An alarm that had resolved itself: whoever looked after it does so again; one that nobody saw rings anew."""
        alarm.resolved_at = None
        alarm.state = Alarm.State.RAISED if alarm.acknowledged_at is None else Alarm.State.ACKNOWLEDGED
        if alarm.state == Alarm.State.RAISED:
            alarm.raised_at = clock.now()
            name = "monitor.alarm_raised"
        else:
            name = "monitor.alarm_returned"
        alarm.save(update_fields=["state", "resolved_at", "raised_at"])
        self.announce(name, area=self.event.area.path, alarm_id=alarm.pk, event_id=self.event.pk)


@dataclass(kw_only=True)
class ReviseEvent(SystemAction[Event]):
    """Let an event say what the stations that saw its water say by now."""

    name: ClassVar[str] = "event.revise"
    event: Event
    stations: int
    opened_at: datetime
    last_at: datetime
    peak_value: float
    class_now: int | None

    @property
    def says_something_new(self) -> bool:
        """Whether there is anything to revise: a quiet reading changes nothing of an event."""
        event = self.event
        told = (event.opened_at, event.last_at, event.peak_value)
        return (self.opened_at, self.last_at, self.peak_value) != told

    def execute(self) -> Event:
        """Write it."""
        event = self.event
        event.opened_at, event.last_at = self.opened_at, self.last_at
        event.peak_value, event.class_now = self.peak_value, self.class_now
        event.save(update_fields=["opened_at", "last_at", "peak_value", "class_now"])
        self.log(
            f"event:{event.pk}",
            opened_at=self.opened_at.isoformat(),
            last_at=self.last_at.isoformat(),
            peak_value=self.peak_value,
            stations=self.stations,
        )
        self.announce("monitor.event_updated", area=event.area.path, event_id=event.pk, n=self.stations)
        return event


@dataclass(kw_only=True)
class ShareEvent(SystemAction[Event]):
    """Let an area see an event that neither began nor was seen there, because somebody there must act on it."""

    name: ClassVar[str] = "event.share"
    event: Event
    area: Area

    def execute(self) -> Event:
        """Once is enough."""
        self.event.shared_with.add(self.area)
        self.log(f"event:{self.event.pk}", area=self.area.code)
        return self.event


@dataclass(kw_only=True)
class SettleEvent(SystemAction[Event]):
    """End an event whose stations have all come back to normal. Its alarm still waits for a person."""

    name: ClassVar[str] = "event.settle"
    event: Event
    settled_at: datetime

    def check_state(self) -> None:
        """It must be going on."""
        if self.event.state != Event.State.OPEN:
            raise StateRefused("事件已经结束。|The event has already ended.")

    def execute(self) -> Event:
        """Close it as of the reading that settled it."""
        self.event.state, self.event.closed_at = Event.State.CLOSED, self.settled_at
        self.event.save(update_fields=["state", "closed_at"])
        self.log(f"event:{self.event.pk}", settled_at=self.settled_at.isoformat())
        self.announce("monitor.event_settled", area=self.event.area.path, event_id=self.event.pk)
        return self.event


@dataclass(kw_only=True)
class CloseEvent(Action[Event]):
    """A person has dealt with an event: it ends with the others that its alarm tells of, and the alarm is resolved."""

    name: ClassVar[str] = "event.close"
    event_id: int
    note: str
    event: Event = field(init=False)
    events: list[Event] = field(init=False)
    alarm: Alarm = field(init=False)

    def load(self) -> None:
        """Lock the events of the alarm, then the alarm: the order in which detection takes them."""
        alarm_id = Event.objects.filter(pk=self.event_id).values_list("alarm_id", flat=True).first()
        rows = Event.objects.select_for_update(of=("self",)).select_related("area").order_by("pk")
        self.events = list(rows.filter(alarm_id=alarm_id)) if alarm_id is not None else []
        if alarm_id is None or not self.events:
            raise NotFound("没有这个事件。|There is no such event.")
        self.event = next(row for row in self.events if row.pk == self.event_id)
        self.alarm = Alarm.objects.select_for_update().get(pk=alarm_id)

    def check_permission(self) -> None:
        """Whoever may acknowledge alarms there, as a person."""
        require(self.actor, Capability.ACKNOWLEDGE_ALARM, self.event.area.path)
        if not isinstance(self.actor, User):
            raise PermissionRefused("事件须由人结束。|A person closes an event.")

    def check_state(self) -> None:
        """Acknowledged before, not resolved yet, and with a reason."""
        if self.alarm.state == Alarm.State.RESOLVED:
            raise StateRefused("报警已解除。|The alarm is resolved already.")
        if self.alarm.state == Alarm.State.RAISED:
            raise StateRefused(
                "报警尚未确认。|The alarm has not been acknowledged.",
                cure="请先确认报警。|Acknowledge the alarm first.",
            )
        check_note(self.note, required=True)

    def execute(self) -> Event:
        """Close and resolve."""
        assert isinstance(self.actor, User)  # checked
        alarm, now = self.alarm, clock.now()
        for event in self.events:
            was_open = event.state == Event.State.OPEN
            if was_open:
                event.state, event.closed_at = Event.State.CLOSED, now
                event.save(update_fields=["state", "closed_at"])
            self.log(f"event:{event.pk}", note=self.note, was_open=was_open)
        alarm.state, alarm.resolved_at, alarm.resolved_by = Alarm.State.RESOLVED, now, self.actor
        alarm.save(update_fields=["state", "resolved_at", "resolved_by"])
        self.announce(
            "monitor.alarm_resolved", area=self.event.area.path, alarm_id=alarm.pk, event_id=self.event.pk
        )
        return self.event


def check_note(note: str, *, required: bool = False, name: str = "note") -> None:
    """Refuse an empty or endless note, as the input `name`."""
    if len(note) > LONGEST_NOTE or (required and not note.strip()):
        raise InvalidInput(
            f"说明须为 1 至 {LONGEST_NOTE} 字。|A note of 1 to {LONGEST_NOTE} characters is needed."
            if required
            else f"说明不得超过 {LONGEST_NOTE} 字。|A note may have {LONGEST_NOTE} characters at most.",
            cure="请说明处理情况。|Say what was done.",
            field=name,
        )
