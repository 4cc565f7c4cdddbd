"""What an outfall discharges beyond a limit of its permit, as an event: by the mean that the permit names, and by no other.

An hour's mean counts when the hour is over, a day's or month's when that is over and enough of its hours are valid
(`permits`). One event for an outfall and a parameter, one alarm for an outfall. Looked for beside the rules of quality
control, where readings have come in that nobody has looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from riverchief.base import clock
from riverchief.base.actions import SYSTEM
from riverchief.base.rules import get_rule
from riverchief.monitor.actions.events import JoinEvent, OpenEvent, ReviseEvent, SettleEvent, Sight
from riverchief.monitor.detection import DetectionRules
from riverchief.monitor.models import Alarm, Event, EventStation, Latest
from riverchief.monitor.permits import JudgedDay, Verdict, judged, last_of_month
from riverchief.monitor.wording import permit_messages
from riverchief.registry.models import Outfall, PermitLimit, Station

_HOUR = timedelta(hours=1)
_WAIT = timedelta(minutes=15)
"""So long after its end a mean is looked at: its last readings come a little later."""
_FARTHEST_BACK = timedelta(days=35)
"""An event that goes on is read from its beginning, but no further back than the month before."""


@dataclass(frozen=True)
class _Mean:
    """A mean that a permit limits, over and complete."""

    limit: PermitLimit
    start: datetime
    end: datetime
    value: float
    beyond: bool
    valid_hours: int
    left_out: int

    @property
    def passed(self) -> float:
        """The bound that it passed, or is nearer to passing: the upper one where there is one and it is not below the lower."""
        least, most = self.limit.least, self.limit.most
        if most is None or (least is not None and self.value < least):
            assert least is not None  # a limit has one bound at least
            return least
        return most


def look_for_exceedances(station: Station, since: datetime, now: datetime) -> bool:
    """Open, carry on or settle the events of the outfall where a station has readings since a time that nobody has looked at.

    A mean that ended before these, or before the window of detection, is history, and raises no alarm.

    Returns:
        Whether to look once more although nothing may come: the day of a monitor that has fallen silent will be over, too.
    """
    outfall = station.outfall
    if outfall is None or not outfall.permit_limits.exists():
        return False
    rules = DetectionRules.of(get_rule("monitor.detection"))
    since, until = max(since, now - rules.window), now - _WAIT
    going_on = {
        event.parameter: event
        for event in Event.objects.select_for_update(of=("self",))
        .select_related("area", "station")
        .filter(kind=Event.Kind.PERMIT, station__outfall=outfall, state=Event.State.OPEN)
        .order_by("pk")
    }
    starts = [max(event.opened_at, now - _FARTHEST_BACK) for event in going_on.values()]
    means = _means(judged(outfall, clock.day_of(min([since, *starts])), clock.day_of(now)), until)
    for parameter in sorted({mean.limit.parameter for mean in means}):
        of_it = [mean for mean in means if mean.limit.parameter == parameter]
        event = going_on.get(parameter)
        if event is None:
            _begin(outfall, [mean for mean in of_it if mean.beyond and mean.end > since], rules)
        else:
            _follow(event, of_it, rules)
    return clock.day_of(since) >= clock.day_of(until)


def _means(days: Sequence[JudgedDay], until: datetime) -> list[_Mean]:
    """The complete means that ended by a time, in order of time; of a mouth that several outlets share there are none."""
    found = []
    for row in days:
        if row.verdict is Verdict.MIXED:
            continue
        if row.limit.averaging == PermitLimit.Averaging.HOUR:
            for hours, beyond in ((row.hours_beyond, True), (row.hours_within, False)):
                found += [_Mean(row.limit, at, at + _HOUR, value, beyond, 1, 0) for at, value in hours]
        elif row.verdict in (Verdict.EXCEEDED, Verdict.WITHIN):
            monthly = row.limit.averaging == PermitLimit.Averaging.MONTH
            last = last_of_month(row.day) if monthly else row.day
            assert row.mean is not None  # it was judged
            found.append(
                _Mean(
                    row.limit,
                    clock.start_of(row.day),
                    clock.end_of(last),
                    row.mean,
                    row.verdict is Verdict.EXCEEDED,
                    row.valid_hours,
                    row.left_out,
                )
            )
    ended = [mean for mean in found if mean.end <= until]
    return sorted(ended, key=lambda mean: (mean.end, mean.end - mean.start, mean.limit.pk))


def _begin(outfall: Outfall, beyond: Sequence[_Mean], rules: DetectionRules) -> None:
    """Open an event of means that none has told of yet; an hour soon after one that has ended counts with that."""
    if not beyond:
        return
    parameter = beyond[0].limit.parameter
    known = (
        EventStation.objects.select_related("event", "station")
        .filter(event__kind=Event.Kind.PERMIT, event__parameter=parameter, station__outfall=outfall)
        .order_by("-last_at", "-pk")
        .first()
    )
    new = [mean for mean in beyond if known is None or mean.end > known.last_at]
    if not new:
        return
    hourly = all(mean.limit.averaging == PermitLimit.Averaging.HOUR for mean in new)
    if known is not None and hourly and new[0].start <= known.last_at + rules.longest_gap:
        sight = _sight(known.station, new, known)
        event = JoinEvent(actor=SYSTEM, event_id=known.event_id, sight=sight).run()
        if event.state == Event.State.OPEN:
            _revise(event, sight)
        return
    _open(outfall, new)


def _open(outfall: Outfall, new: Sequence[_Mean]) -> None:
    told = new[-1]  # the last, and of those that end together the longest
    parameter = told.limit.parameter
    latest = (
        Latest.objects.select_related("station__area")
        .filter(station__outfall=outfall, station__active=True, parameter=parameter)
        .order_by("-period_start", "station_id")
        .first()
    )
    assert latest is not None  # there are means of it
    sight = _sight(latest.station, [mean for mean in new if mean.limit == told.limit])
    message_zh, message_en = permit_messages(
        latest.station, told.limit, told.passed, told.start, told.value, told.valid_hours, told.left_out
    )
    event = Event(
        station=latest.station,
        area=latest.station.area,
        parameter=parameter,
        kind=Event.Kind.PERMIT,
        opened_at=sight.first_at,
        last_at=sight.last_at,
        peak_value=sight.peak_value,
        unit=told.limit.unit,
        limit_value=told.passed,
    )
    joins = (
        Alarm.objects.filter(
            events__kind=Event.Kind.PERMIT,
            events__station__outfall=outfall,
            events__state=Event.State.OPEN,
        )
        .exclude(state=Alarm.State.RESOLVED)
        .order_by("pk")
        .first()
    )
    OpenEvent(
        actor=SYSTEM, event=event, sight=sight, message_zh=message_zh, message_en=message_en, joins=joins
    ).run()


def _follow(event: Event, means: Sequence[_Mean], rules: DetectionRules) -> None:
    """Carry an event on; it settles when every mean that was beyond is complete and within again."""
    sighting = event.sightings.select_related("station").get()
    new = [mean for mean in means if mean.beyond and mean.end > sighting.last_at]
    if new:
        sight = _sight(sighting.station, new, sighting)
        sight.save(event)
        _revise(event, sight)
    settled_at = _settled_at(event, means, rules)
    if settled_at is not None:
        event.sightings.update(settled_at=settled_at)
        SettleEvent(actor=SYSTEM, event=event, settled_at=settled_at).run()


def _settled_at(event: Event, means: Sequence[_Mean], rules: DetectionRules) -> datetime | None:
    """When the last of the means that were beyond was within again: the next day or month, several hours in a row.

    Where readings were put right so that none is beyond any more, a mean within the limit settles it.
    """
    within = [mean for mean in means if not mean.beyond]
    last_beyond = {
        mean.limit.averaging: mean.end for mean in means if mean.beyond and mean.end > event.opened_at
    }
    if not last_beyond:
        return max((mean.end for mean in within if mean.end >= event.last_at), default=None)
    settled = []
    for averaging, end in last_beyond.items():
        after = [mean.end for mean in within if mean.limit.averaging == averaging and mean.start >= end]
        least = rules.settle_readings if averaging == PermitLimit.Averaging.HOUR else 1
        if len(after) < least:
            return None
        settled.append(after[least - 1])
    return max(settled)


def _sight(station: Station, beyond: Sequence[_Mean], known: EventStation | None = None) -> Sight:
    """What the station saw by now. The worst of means held against the bound that the event tells of."""
    limit_value = beyond[-1].passed if known is None else known.threshold
    worst = None if known is None else (known.peak_value, known.peak_at)
    for mean in beyond:
        if mean.passed == limit_value and (
            worst is None or abs(mean.value - limit_value) > abs(worst[0] - limit_value)
        ):
            worst = mean.value, mean.start
    assert worst is not None  # the last one told the bound
    first_at = min(mean.start for mean in beyond) if known is None else known.first_at
    return Sight(
        station=station,
        first_at=first_at,
        last_at=beyond[-1].end,
        peak_value=worst[0],
        peak_at=max(worst[1], first_at),
        baseline=None,
        threshold=limit_value,
        checked_to=beyond[-1].end,
        normal_readings=0,
        settled_at=None,
    )


def _revise(event: Event, sight: Sight) -> None:
    revision = ReviseEvent(
        actor=SYSTEM,
        event=event,
        stations=1,
        opened_at=event.opened_at,
        last_at=sight.last_at,
        peak_value=sight.peak_value,
        class_now=None,
    )
    if revision.says_something_new:
        revision.run()
