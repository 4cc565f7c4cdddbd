"""Reads of the duty desk, within the reader's areas."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from riverchief.accounts.models import Area, User
from riverchief.accounts.policies import allows, filter_rows, require, scope, users_with
from riverchief.accounts.queries import named_like
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.errors import InvalidInput, NotFound
from riverchief.monitor.duty.account import Line, account_of
from riverchief.monitor.duty.models import AlarmStep, HandOver, Shift
from riverchief.monitor.duty.open_items import open_alarms
from riverchief.monitor.duty.roster import PLACES, gaps, on_duty, overlaps, people_at, shifts_between
from riverchief.monitor.duty.standing import duty_rules, mute_of, next_step_at, steps_of
from riverchief.monitor.models import Alarm, Event, EventStation
from riverchief.monitor.wording import subject_of

Reader = User | AnonymousUser
Shown = dict[str, Any]

LONGEST_ROSTER = timedelta(days=93)


def desk_area(user: Reader, code: str = "") -> Area:
    """The area whose desk is asked for, by its code; without one the widest of the reader's own.

    Raises:
        PermissionRefused: the reader works at no desk.
        NotFound: there is no such area, or none of theirs.
    """
    require(user, Capability.ACKNOWLEDGE_ALARM)
    if not code:
        widest = min(scope(user, Capability.ACKNOWLEDGE_ALARM), key=lambda path: (len(path), path))
        return Area.objects.get(path=widest)
    area = Area.objects.filter(pk=code).first()
    if area is None or not allows(user, Capability.ACKNOWLEDGE_ALARM, area.path):
        raise NotFound(f"没有代码为“{code}”的值班台。|There is no duty desk of the area “{code}”.")
    return area


def desk(user: Reader, code: str = "") -> Shown:
    """The desk now: who is on duty, what is open, what was handed over."""
    area, now = desk_area(user, code), clock.now()
    following = Shift.objects.filter(area=area, starts_at__gt=now).order_by("starts_at", "id")
    entries = HandOver.objects.filter(area=area).select_related(*_OF_ENTRY)
    rules = duty_rules()
    return {
        "area": _area(area),
        "at": now,
        "shifts": [shown_shift(row) for row in on_duty(area, now)],
        "next_shift": next((shown_shift(row) for row in following.select_related("area", *PLACES)[:1]), None),
        "chain": [{"to": link.to, "minutes": link.has.total_seconds() / 60} for link in rules.chain],
        "mute_most_hours": rules.longest_mute.total_seconds() / 3600,
        "alarms": shown_alarms(user, list(open_alarms(area))),
        "unsigned": [shown_hand_over(row) for row in entries.filter(signature=None)[:5]],
    }


def alarm(user: Reader, alarm_id: int) -> Shown:
    """One alarm as the desk shows it, open or not."""
    rows = Alarm.objects.select_related(
        "event__station__reach__basin", "event__area", "acknowledged_by", "resolved_by"
    ).prefetch_related("steps__people", "steps__texts", "mutes__by", "events__station")
    row = (
        filter_rows(rows, user, Capability.ACKNOWLEDGE_ALARM, "event__area__path").filter(pk=alarm_id).first()
    )
    if row is None:
        require(user, Capability.ACKNOWLEDGE_ALARM)
        raise NotFound("没有这个报警。|There is no such alarm.")
    return shown_alarms(user, [row])[0]


def shown_alarms(user: Reader, rows: Sequence[Alarm]) -> list[Shown]:
    """Alarms as the desk shows them."""
    by_alarm: dict[int, list[EventStation]] = defaultdict(list)
    sightings = EventStation.objects.filter(event__alarm__in=rows).select_related("station", "event")
    for seen in sightings.order_by("first_at", "id"):
        if seen.event.alarm_id is not None:
            by_alarm[seen.event.alarm_id].append(seen)
    return [_alarm(user, row, by_alarm[row.pk]) for row in rows]


def _alarm(user: Reader, row: Alarm, sightings: Sequence[EventStation]) -> Shown:
    sees_trace = allows(user, Capability.VIEW_TRACE, row.event.area.path)
    account = account_of(row, sightings, sees_trace=sees_trace)
    subject_zh, subject_en = subject_of(row)
    events = sorted(row.events.all(), key=lambda each: (each.opened_at, each.pk))
    over = all(event.state == Event.State.CLOSED for event in events)
    mute = mute_of(row)
    return {
        "id": row.pk,
        "event_id": row.event_id,
        "area_code": row.event.area_id,
        "subject_zh": subject_zh,
        "subject_en": subject_en,
        "state": row.state,
        "unseen": row.unseen,
        "raised_at": row.raised_at,
        "ended_at": max((event.closed_at for event in events if event.closed_at), default=None)
        if over
        else None,
        "resolved_at": row.resolved_at,
        "resolved_by": _person(row.resolved_by),
        "acknowledged_at": row.acknowledged_at,
        "acknowledged_by": _person(row.acknowledged_by),
        "note": row.note,
        "message_zh": row.message_zh,
        "message_en": row.message_en,
        "events": [_event(event) for event in events],
        "stations": len({seen.station_id for seen in sightings}),
        "why": [_line(line) for line in account.why],
        "context": [_line(line) for line in account.context],
        "first_step": _line(account.first_step),
        "steps": [{"to": step.to, "at": step.at, "people": _reached(step)} for step in steps_of(row)],
        "next_step": _next_step(row),
        "mute": mute and {"by": _person(mute.by), "at": mute.at, "until": mute.until, "reason": mute.reason},
        "may_act": allows(user, Capability.ACKNOWLEDGE_ALARM, row.event.area.path),
        "synthetic": row.event.station.reach.basin.synthetic,
    }


def _reached(step: AlarmStep) -> list[Shown]:
    """The people of a step, each with how far the text message came, where alarms are told so."""
    texts = {text.person_id: text.state for text in step.texts.all()}
    return [{**(_person(person) or {}), "text": texts.get(person.pk, "")} for person in step.people.all()]


def _next_step(row: Alarm) -> Shown | None:
    """Whom the alarm goes to next, and when, by the roster as it is for that time: the first place that is held."""
    rules = duty_rules()
    at = next_step_at(row, rules)
    if at is None:
        return None
    shifts = on_duty(row.event.area, at)
    for link in rules.left([step.to for step in steps_of(row)]):
        people = [] if link.to == AlarmStep.To.OFFICE else people_at(link.to, shifts)
        if people or link.to == AlarmStep.To.OFFICE:
            return {"to": link.to, "at": at, "people": [_person(person) for person in people]}
    return None


def _event(row: Event) -> Shown:
    return {
        "id": row.pk,
        "station": _person(row.station),
        "parameter": row.parameter,
        "state": row.state,
        "opened_at": row.opened_at,
        "last_at": row.last_at,
        "peak_value": row.peak_value,
        "unit": row.unit,
        "limit_value": row.limit_value,
        "baseline": row.baseline,
    }


def roster(user: Reader, code: str, start: datetime, end: datetime) -> Shown:
    """The shifts of an area's own desk in a time, with its gaps and overlaps."""
    if not timedelta() < end - start <= LONGEST_ROSTER:
        raise InvalidInput(
            f"时段须为 1 至 {LONGEST_ROSTER.days} 天。|Ask for 1 to {LONGEST_ROSTER.days} days.", field="end"
        )
    area = desk_area(user, code)
    rows = shifts_between(area, start, end)
    return {
        "area": _area(area),
        "shifts": [shown_shift(row) for row in rows],
        "gaps": [vars(span) for span in gaps(rows, start, end)],
        "overlaps": [vars(span) for span in overlaps(rows)],
        "may_change": allows(user, Capability.MANAGE_ROSTER, area.path),
    }


def people_for(user: Reader, code: str, q: str = "") -> "QuerySet[User]":
    """Who may stand in the roster of an area; `q`: a text in the name."""
    area = desk_area(user, code)
    ids = users_with(Capability.ACKNOWLEDGE_ALARM, area.path)
    return User.objects.filter(named_like(q.strip()), pk__in=ids).order_by("name_zh", "pk")


_OF_ENTRY = (
    "area",
    "written_by",
    "signature__signed_by",
    "shift__area",
    *(f"shift__{place}" for place in PLACES),
)


def hand_overs(user: Reader, code: str) -> "QuerySet[HandOver]":
    """The hand-over log of an area, the newest first."""
    return HandOver.objects.filter(area=desk_area(user, code)).select_related(*_OF_ENTRY)


def shown_hand_over(row: HandOver) -> Shown:
    """An entry of the hand-over log."""
    signature = getattr(row, "signature", None)
    return {
        "id": row.pk,
        "area_code": row.area_id,
        "shift": shown_shift(row.shift) if row.shift else None,
        "written_by": _person(row.written_by),
        "written_at": row.written_at,
        "note": row.note,
        "open_items": row.open_items,
        "signed_by": _person(signature.signed_by) if signature else None,
        "signed_at": signature.signed_at if signature else None,
        "remark": signature.remark if signature else "",
    }


def shown_shift(row: Shift) -> Shown:
    """A shift."""
    return {
        "id": row.pk,
        "area": _area(row.area),
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        **{place: _person(getattr(row, place)) for place in PLACES},
    }


def _area(row: Area) -> Shown:
    return {"code": row.pk, "name_zh": row.name_zh, "name_en": row.name_en}


def _person(row: Any) -> Shown | None:
    return {"id": row.pk, "name_zh": row.name_zh, "name_en": row.name_en} if row is not None else None


def _line(line: Line) -> Shown:
    return {"zh": line.zh, "en": line.en}
