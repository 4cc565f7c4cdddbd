"""New readings lead to another attempt, not too often, and the page tells how the suspicion moved."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from riverchief.accounts.models import User
from riverchief.base.actions import SYSTEM
from riverchief.base.clock import use_clock
from riverchief.base.errors import StateRefused
from riverchief.base.models import OutboxEvent
from riverchief.monitor.models import Reading
from riverchief.trace import subscribers, suspicion, tasks
from riverchief.trace.actions import StartTrace
from riverchief.trace.models import Trace, TraceCandidate

from tests.riverchief.rectify.office import NOON, Office
from tests.riverchief.trace.river import River, run_trace

LATER = NOON + timedelta(minutes=20)


@pytest.fixture
def traced(river: River) -> Trace:
    return run_trace(river)


@pytest.fixture
def later(traced: Trace) -> Iterator[None]:
    with use_clock(LATER):
        yield


def send(river: River, code: str, n: int, *, flag: str = "N", since: datetime = NOON) -> None:
    """Let a station send `n` readings of the last hours, received only now."""
    Reading.objects.bulk_create(
        Reading(
            station=river.stations[code],
            parameter="nh3n",
            kind="instant",
            period_start=since + timedelta(seconds=1 + 60 * k),
            sampled_at=LATER,
            value=0.4,
            unit="mg/L",
            flag=flag,
            received_at=LATER,
        )
        for k in range(n)
    )


def attempts() -> int:
    tasks.trace_again(0)
    return Trace.objects.count()


@pytest.mark.usefixtures("later")
class TestAnotherAttempt:
    def test_nothing_new_is_no_reason(self, river: River) -> None:
        assert attempts() == 1

    def test_new_readings_are_a_reason_and_the_attempt_says_so(self, river: River) -> None:
        send(river, "A", 40)
        assert attempts() == 2
        again = Trace.objects.get(attempt=2)
        assert (again.requested_by, again.reason) == (None, "新到有效读数 40 个。|40 new readings.")
        assert suspicion.reason_of(again, "en", User()) == "40 new readings."

    def test_a_handful_among_hundreds_is_not_worth_an_attempt(self, river: River) -> None:
        send(river, "A", 3)
        assert attempts() == 1

    def test_flagged_readings_change_no_answer(self, river: River) -> None:
        send(river, "A", 40, flag="M")
        assert attempts() == 1

    def test_readings_after_the_window_change_no_answer(self, river: River) -> None:
        send(river, "A", 40, since=NOON + timedelta(hours=13))
        assert attempts() == 1

    def test_a_station_of_another_river_is_not_asked(self, river: River, traced: Trace) -> None:
        others = river.stations["A"]
        others.pk, others.code, others.reach = None, "elsewhere", river.office.reach
        others.save()
        river.stations["elsewhere"] = others
        send(river, "elsewhere", 40)
        assert attempts() == 1

    def test_one_waits_at_a_time(self, river: River) -> None:
        send(river, "A", 40)
        assert attempts() == 2
        assert attempts() == 2

    def test_the_earlier_attempt_stays_as_it_was(self, river: River, traced: Trace) -> None:
        before = Trace.objects.values().get(pk=traced.pk)
        send(river, "A", 40)
        attempts()
        tasks.run(Trace.objects.get(attempt=2).pk)
        assert Trace.objects.values().get(pk=traced.pk) == before

    def test_readings_that_an_attempt_has_used_are_no_reason_for_the_next(self, river: River) -> None:
        send(river, "A", 40)
        with use_clock(LATER + timedelta(minutes=1)):
            attempts()
            tasks.run(Trace.objects.get(attempt=2).pk)
        with use_clock(LATER + timedelta(minutes=20)):
            assert attempts() == 2


def test_attempts_keep_their_distance(river: River, traced: Trace) -> None:
    send(river, "A", 40)
    with use_clock(NOON + timedelta(minutes=14)):
        assert attempts() == 1
    with use_clock(NOON + timedelta(minutes=15)):
        assert attempts() == 2


def test_an_event_of_long_ago_is_left_alone(river: River, traced: Trace) -> None:
    send(river, "A", 40)
    with use_clock(NOON + timedelta(days=8)):
        assert attempts() == 1


def test_somebody_who_has_just_asked_is_not_asked_twice(river: River, traced: Trace) -> None:
    send(river, "A", 40)
    with use_clock(LATER):
        StartTrace(actor=river.office["enforcement"], event_id=river.event.pk).run()
        assert attempts() == 2


def test_an_attempt_that_is_under_way_is_not_joined_by_a_second(river: River, traced: Trace) -> None:
    """One click, answered at once by a worker, used to be followed by the attempt of the announcement."""
    with use_clock(LATER):
        clicked = StartTrace(actor=river.office["enforcement"], event_id=river.event.pk).run()
        Trace.objects.filter(pk=clicked.pk).update(state="running")
        subscribers.start_trace(settled(river))
        with pytest.raises(StateRefused, match="正在进行"):
            StartTrace(actor=river.office["enforcement"], event_id=river.event.pk).run()
    assert Trace.objects.count() == 2


def test_the_end_of_an_event_is_no_reason_to_compute_the_same_answer_again(
    river: River, traced: Trace
) -> None:
    with use_clock(LATER):
        subscribers.start_trace(settled(river))
        assert Trace.objects.count() == 1
        send(river, "A", 40)
        subscribers.start_trace(settled(river))
    assert Trace.objects.count() == 2


def test_an_attempt_made_since_one_looked_makes_the_next_needless(river: River, traced: Trace) -> None:
    run_trace(river)
    with pytest.raises(StateRefused, match="另一次"):
        StartTrace(actor=SYSTEM, event_id=river.event.pk, knowing=traced.attempt).run()


def settled(river: River) -> OutboxEvent:
    return OutboxEvent(name="monitor.event_settled", payload={"event_id": river.event.pk})


class TestTheHistory:
    def test_it_follows_every_place_that_ever_led(self, river: River, office: Office) -> None:
        first = _attempt(river, 1, {"S2-a": 0.2, "S2-b": 0.5, "S1-a": 0.1})
        second = _attempt(river, 2, {"S2-a": 0.7, "S1-a": 0.1, "M1-a": 0.05, "S2-b": 0.02})
        history = office.client("enforcement").get(f"/traces/{second.pk}").json()["history"]
        assert [row["trace_id"] for row in history["attempts"]] == [first.pk, second.pk]
        assert [(row["outfall"]["code"], row["probabilities"]) for row in history["places"]] == [
            ("S2-a", [0.2, 0.7]),
            ("S1-a", [0.1, 0.1]),
            ("M1-a", [None, 0.05]),
            ("S2-b", [0.5, 0.02]),
        ]

    def test_an_attempt_without_an_answer_is_no_part_of_it(self, river: River, office: Office) -> None:
        shown = _attempt(river, 1, {"S2-a": 0.2})
        Trace.objects.create(
            event=river.event, attempt=2, state="failed", error="x", requested_at=NOON, finished_at=NOON
        )
        history = office.client("enforcement").get(f"/traces/{shown.pk}").json()["history"]
        assert [row["attempt"] for row in history["attempts"]] == [1]


def _attempt(river: River, number: int, shares: dict[str, float]) -> Trace:
    trace = Trace.objects.create(
        event=river.event,
        attempt=number,
        state="done",
        requested_at=NOON,
        started_at=NOON,
        finished_at=NOON,
        progress=1.0,
        inputs={},
        result={},
    )
    for rank, (code, share) in enumerate(sorted(shares.items(), key=lambda item: -item[1]), start=1):
        outfall = river.outfalls[code]
        TraceCandidate.objects.create(
            trace=trace, rank=rank, kind="outfall", outfall=outfall, reach=outfall.reach, probability=share
        )
    return trace
