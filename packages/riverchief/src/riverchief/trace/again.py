"""Which events are worth another attempt, because readings or samples came in that their last one could not know."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet

from riverchief.base import clock
from riverchief.base.rules import get_rule
from riverchief.monitor.models import Sample
from riverchief.monitor.retrieval import retrieve
from riverchief.registry.models import Station
from riverchief.trace.codes import TraceState
from riverchief.trace.habit import KINDS
from riverchief.trace.inputs import TraceInputs
from riverchief.trace.models import Trace

COMMIT_LAG = timedelta(seconds=10)
"""A reading bears the time at which it was received, and is seen a little later: counted twice rather than never."""


@dataclass(frozen=True)
class News:
    """What an attempt did not know and is worth another one: readings (0 where too few of them), samples."""

    readings: int = 0
    samples: int = 0

    def __bool__(self) -> bool:
        return bool(self.readings or self.samples)

    @property
    def reason(self) -> str:
        """What the next attempt says it was made for."""
        zh, en = [], []
        if self.samples:
            zh.append(f"人工样品 {self.samples} 份")
            en.append(f"{self.samples} sample{'s' if self.samples > 1 else ''}")
        if self.readings:
            zh.append(f"新到有效读数 {self.readings} 个")
            en.append(f"{self.readings} new readings")
        return f"{'，'.join(zh)}。|{', '.join(en)}."


@dataclass(frozen=True)
class Due:
    """An event whose last attempt knew less than is known now."""

    event_id: int
    attempt: int
    news: News


def due() -> Iterator[Due]:
    """The events to trace again, by the rule `trace.again`: not too often, not for too few readings, not for ever.

    A sample that somebody fetched is always worth an attempt, at once.
    """
    rule = get_rule("trace.again")
    now = clock.now()
    last = (
        Trace.objects.filter(
            retrospective=False, event__last_at__gte=now - timedelta(days=rule["no_longer_than_days"])
        )
        .order_by("event_id", "-attempt")
        .distinct("event_id")
    )
    # Inputs are long: they are read only of those whose turn it is.
    for found in last.defer("inputs", "result"):
        rested = now - found.requested_at >= timedelta(minutes=rule["at_most_every_minutes"])
        if found.state != TraceState.DONE or not (rested or samples_since(found).exists()):
            continue
        trace = Trace.objects.select_related("event").defer("result").get(pk=found.pk)
        news = news_for(trace)
        if news.samples or (rested and news):
            yield Due(trace.event_id, trace.attempt, news)


def news_for(last: Trace) -> News:
    """What the last attempt did not know; nothing where it is not done."""
    if last.state != TraceState.DONE or last.inputs is None:
        return News()
    inputs = TraceInputs.from_json(last.inputs)
    new = new_readings(last, inputs)
    enough = new >= get_rule("trace.again")["least_new_share"] * inputs.measured
    known = [sample.id for sample in inputs.samples]
    return News(new if enough else 0, samples_since(last).exclude(pk__in=known).count())


def samples_since(trace: Trace) -> "QuerySet[Sample]":
    """The samples that may have been entered after an attempt began, and hold."""
    assert trace.started_at is not None  # it is done
    return Sample.objects.filter(
        event_id=trace.event_id, entered_at__gt=trace.started_at - COMMIT_LAG, corrected_by__isnull=True
    )


def new_readings(trace: Trace, inputs: TraceInputs) -> int:
    """How many measured readings came in after an attempt began, in its window and on its part of the network.

    A station that sends the same water in several kinds of readings is counted by the kind of which there are most.
    """
    assert trace.started_at is not None  # it is done
    settings = inputs.settings
    stations = Station.objects.filter(
        reach_id__in=[int(reach["id"]) for reach in inputs.reaches], active=True, outfall__isnull=True
    )
    known_to = trace.started_at - COMMIT_LAG
    counts = Counter(
        (station_id, parameter, kind)
        for station_id, parameter, kind, received_at in retrieve(
            ("station_id", "parameter", "kind", "received_at"),
            stations=stations.values_list("pk", flat=True),
            start=inputs.origin,
            end=trace.event.last_at + timedelta(hours=settings["lookahead_hours"]),
            parameters=inputs.parameters,
            kinds=KINDS,
            measured=True,
        )
        if received_at > known_to
    )
    most: dict[tuple[int, str], int] = {}
    for (station_id, parameter, _), n in counts.items():
        most[station_id, parameter] = max(n, most.get((station_id, parameter), 0))
    return sum(most.values())
