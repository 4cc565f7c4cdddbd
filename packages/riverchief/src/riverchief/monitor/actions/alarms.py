"""What a person does with an alarm."""

from dataclasses import dataclass, field
from typing import ClassVar

from riverchief.accounts.models import User
from riverchief.accounts.policies import require
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import Action
from riverchief.base.errors import NotFound, PermissionRefused, StateRefused
from riverchief.monitor.actions.events import check_note
from riverchief.monitor.models import Alarm


@dataclass(kw_only=True)
class AcknowledgeAlarm(Action[Alarm]):
    """The duty desk has seen an alarm and looks after it."""

    name: ClassVar[str] = "alarm.acknowledge"
    alarm_id: int
    note: str = ""
    alarm: Alarm = field(init=False)

    def load(self) -> None:
        """Lock the alarm."""
        row = (
            Alarm.objects.select_for_update(of=("self",))
            .select_related("event__area")
            .filter(pk=self.alarm_id)
            .first()
        )
        if row is None:
            raise NotFound("没有这个报警。|There is no such alarm.")
        self.alarm = row

    def check_permission(self) -> None:
        """The duty desk of the area, as a person."""
        require(self.actor, Capability.ACKNOWLEDGE_ALARM, self.alarm.event.area.path)
        if not isinstance(self.actor, User):
            raise PermissionRefused("报警须由人确认。|A person acknowledges an alarm.")

    def check_state(self) -> None:
        """Once. One that has resolved itself can still be seen by somebody."""
        if not self.alarm.unseen:
            raise StateRefused(
                "报警已被确认。|The alarm has been acknowledged already.",
                cure="请查看报警由谁确认。|See with the alarm by whom.",
            )
        check_note(self.note)

    def execute(self) -> Alarm:
        """Write who and when."""
        alarm = self.alarm
        assert isinstance(self.actor, User)
        if alarm.state == Alarm.State.RAISED:
            alarm.state = Alarm.State.ACKNOWLEDGED
            alarm.mutes.filter(ended_at=None).update(ended_at=clock.now(), ended_by=self.actor)
        alarm.acknowledged_by, alarm.acknowledged_at, alarm.note = self.actor, clock.now(), self.note
        alarm.save(update_fields=["state", "acknowledged_by", "acknowledged_at", "note"])
        self.log(f"event:{alarm.event_id}", note=self.note)
        self.announce(
            "monitor.alarm_acknowledged",
            area=alarm.event.area.path,
            alarm_id=alarm.pk,
            event_id=alarm.event_id,
        )
        return alarm
