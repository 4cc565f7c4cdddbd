"""What measuring does when something is announced."""

from riverchief.accounts.policies import users_with
from riverchief.accounts.roles import Capability
from riverchief.base.models import OutboxEvent
from riverchief.base.notifications import notify
from riverchief.monitor.models import Alarm
from riverchief.monitor.wording import parameter_names


def notify_duty(event: OutboxEvent) -> None:
    """`monitor.alarm_raised`: a line in the inbox of everybody who may acknowledge it."""
    alarm = Alarm.objects.select_related("event__station", "event__area").get(pk=event.payload["alarm_id"])
    about = alarm.event
    name_zh, name_en = parameter_names(about.parameter)
    notify(
        users_with(Capability.ACKNOWLEDGE_ALARM, about.area.path),
        kind="alarm",
        title_zh=f"报警待确认：{about.station.name_zh} {name_zh}",
        title_en=f"Alarm to acknowledge: {name_en} at {about.station.name_en}",
        link=f"/events/{about.pk}",
        dedupe=f"alarm:{alarm.pk}",
    )
