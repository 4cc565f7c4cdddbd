"""How an alarm stands with the duty desk: where in the chain it is, and when the next is told."""

from datetime import datetime

from riverchief.base.rules import get_rule
from riverchief.monitor.duty.chain import DutyRules
from riverchief.monitor.duty.models import AlarmStep, Mute
from riverchief.monitor.models import Alarm


def duty_rules() -> DutyRules:
    """The rule that holds today."""
    return DutyRules.of(get_rule("monitor.duty"))


def steps_of(alarm: Alarm) -> list[AlarmStep]:
    """The steps of the alarm's present round, in order."""
    return [step for step in alarm.steps.all() if step.raised_at == alarm.raised_at]


def mute_of(alarm: Alarm) -> Mute | None:
    """The mute that holds; one whose time is over holds until the clock has ended it, within a minute."""
    return next((mute for mute in alarm.mutes.all() if mute.ended_at is None), None)


def next_step_at(alarm: Alarm, rules: DutyRules) -> datetime | None:
    """When the next along the chain is told; None where none is left, or the alarm waits for nobody, or is muted."""
    if alarm.state != Alarm.State.RAISED or mute_of(alarm) is not None:
        return None
    taken = [(step.to, step.at) for step in steps_of(alarm)]
    ended = [mute.ended_at for mute in alarm.mutes.all() if mute.ended_at is not None]
    return rules.due(alarm.raised_at, taken, max(ended, default=None))


def answer_by(alarm: Alarm, rules: DutyRules) -> datetime | None:
    """By when somebody should acknowledge an alarm, lest the next be told; None where nobody is waited for."""
    due = next_step_at(alarm, rules)
    return due + rules.chain[0].has if due is not None and not steps_of(alarm) else due
