"""After readings were examined: let the rules look at them, and bring the queue up to date.

Apart from the examination, which must be quick: the rules look back a week. One transaction per station, and the mark of
the station goes in it; a look that is cut off is done again, and a look done twice changes nothing.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Min, QuerySet

from riverchief.base import clock
from riverchief.base.actions import SYSTEM
from riverchief.monitor.bloom import look_for_bloom
from riverchief.monitor.exceedance import look_for_exceedances
from riverchief.monitor.review.actions import PassDoubt, RaiseDoubt, ReviseDoubt
from riverchief.monitor.review.control import Checked, QualityControl, Suspicion, check_readings
from riverchief.monitor.review.marks import marked_later
from riverchief.monitor.review.models import ABOUT_VALUES, Doubt, Rule, Unchecked
from riverchief.monitor.review.readings import mark_unchecked
from riverchief.monitor.unusual import look_for_unusual
from riverchief.registry.models import Station

_FUTURE = timedelta(minutes=15)


def readings_examined(since: dict[int, datetime], now: datetime) -> None:
    """Mark stations whose readings from a time on are new.

    What is older than the rule's window is history, but where it touches an open doubt, as the mark of an enterprise that
    comes days later does, the rules look as far back as that.
    """
    recent = now - QualityControl.current().window
    marked = {}
    for station_id, start in since.items():
        touched = None
        if start < recent:
            doubts = Doubt.objects.filter(station_id=station_id, state=Doubt.State.OPEN, last_at__gte=start)
            touched = doubts.aggregate(first_at=Min("first_at"))["first_at"]
        marked[station_id] = min(max(start, recent), touched or now)
    mark_unchecked(marked)


def check_unchecked() -> int:
    """Look at every station that has something new; returns how many."""
    control = QualityControl.current()
    waiting = list(Unchecked.objects.order_by("since").values_list("station_id", flat=True))
    for station_id in waiting:
        with transaction.atomic():
            mark = Unchecked.objects.filter(pk=station_id).first()
            station = Station.objects.select_related("area", "reach", "outfall").filter(pk=station_id).first()
            if mark is None or station is None:
                continue
            again = False
            if station.active:
                checked = check_readings(station, mark.since, clock.now() + _FUTURE, control)
                bring_up_to_date(station, mark.since, checked, control)
                bring_marks_up_to_date(station, control)
                look_for_bloom(station, clock.now())
                unusual = look_for_unusual(station, mark.since, clock.now())
                discharging = look_for_exceedances(station, mark.since, clock.now())
                again = unusual or discharging
            if not again:
                Unchecked.objects.filter(pk=station_id, marks=mark.marks).delete()
    return len(waiting)


def bring_up_to_date(station: Station, since: datetime, checked: Checked, control: QualityControl) -> None:
    """Raise what is new, tell anew what has grown, let pass what is no longer found. What people decided stands."""
    known = list(_standing(station, ABOUT_VALUES).filter(last_at__gte=since - control.memory))
    found: set[int] = set()
    recent = clock.now() - control.window
    for suspicion in checked.suspicions:
        same = [doubt for doubt in known if _about_the_same(doubt, suspicion)]
        found.update(doubt.pk for doubt in same)
        assert suspicion.last_at is not None  # of doubts about values
        history = not same and suspicion.last_at < recent
        if history or any(doubt.state == Doubt.State.KEPT for doubt in same):
            continue
        _raise_or_revise(station, same, suspicion, control)
    for doubt in known:
        judged = doubt.last_at is not None and doubt.last_at >= checked.judged_from.get(
            doubt.parameter, since
        )
        if doubt.state == Doubt.State.OPEN and doubt.pk not in found and judged:
            PassDoubt(actor=SYSTEM, doubt=doubt).run()


def bring_marks_up_to_date(station: Station, control: QualityControl) -> None:
    """The same for measurements that the station has flagged otherwise since."""
    known = list(_standing(station, [Rule.MARKED]))
    waiting = [doubt for doubt in known if doubt.state == Doubt.State.OPEN]
    found: set[int] = set()
    for suspicion in marked_later(station, known, clock.now() - control.window):
        same = [doubt for doubt in waiting if _about_the_same(doubt, suspicion)]
        found.update(doubt.pk for doubt in same)
        _raise_or_revise(station, same, suspicion, control)
    for doubt in waiting:
        if doubt.pk not in found:
            PassDoubt(actor=SYSTEM, doubt=doubt).run()


def _standing(station: Station, rules: Iterable[Rule]) -> "QuerySet[Doubt]":
    """The doubts of a station by some rules that wait, or that a person has kept; locked."""
    return (
        Doubt.objects.select_for_update(of=("self",))
        .select_related("station__area")
        .filter(station=station, rule__in=rules, state__in=[Doubt.State.OPEN, Doubt.State.KEPT])
        .order_by("first_at", "id")
    )


def _raise_or_revise(
    station: Station, same: Iterable[Doubt], suspicion: Suspicion, control: QualityControl
) -> None:
    first, *others = [*same, None]
    if first is None:
        RaiseDoubt(actor=SYSTEM, station=station, suspicion=suspicion, rules_version=control.version).run()
        return
    for doubt in others:
        if doubt is not None:  # two runs have grown together
            PassDoubt(actor=SYSTEM, doubt=doubt).run()
    if _says_something_new(first, suspicion, control):
        ReviseDoubt(actor=SYSTEM, doubt=first, suspicion=suspicion, rules_version=control.version).run()


def _about_the_same(doubt: Doubt, suspicion: Suspicion) -> bool:
    assert suspicion.last_at is not None  # of doubts about values
    assert doubt.last_at is not None
    return (
        (doubt.rule, doubt.parameter, doubt.kind) == (suspicion.rule, suspicion.parameter, suspicion.kind)
        and doubt.first_at <= suspicion.last_at
        and suspicion.first_at <= doubt.last_at
    )


def _says_something_new(doubt: Doubt, suspicion: Suspicion, control: QualityControl) -> bool:
    """Whether a run has become another one; one that just goes on is told again now and then, not every time."""
    assert suspicion.last_at is not None
    assert doubt.last_at is not None
    told = (doubt.first_at, doubt.last_at, doubt.readings, doubt.value)
    if told == (suspicion.first_at, suspicion.last_at, suspicion.readings, suspicion.value):
        return False
    grown = suspicion.last_at - doubt.last_at
    return suspicion.ended or not timedelta(0) <= grown < control.extend
