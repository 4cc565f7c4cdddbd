"""Water that is not as it always is: one message where nobody has been told, and none where somebody has."""

from datetime import timedelta

import numpy as np
import pytest
from riverchief.base import clock
from riverchief.base.models import OutboxEvent
from riverchief.monitor.actions import AcknowledgeAlarm, CloseEvent
from riverchief.monitor.backfill import store_history
from riverchief.monitor.duty.account import account_of
from riverchief.monitor.models import Alarm, Event
from riverchief.monitor.review.sweep import check_unchecked
from riverchief.trace.models import Trace
from riverchief.trace.subscribers import start_trace

from .conftest import NOW
from .test_examination import arrive, row

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _now(db):
    with clock.use_clock(NOW):
        yield


def habit(station, level=0.3, parameter="nh3n", days=10) -> None:
    """Quiet water with noise, hour by hour, until seven hours ago."""
    rng = np.random.default_rng(3)
    store_history(
        row(station, NOW - HOUR * index, float(level + rng.normal(0, 0.01)), parameter=parameter, kind="hour")
        for index in range(7, 24 * days)
    )


WAIT = timedelta(minutes=10)


def come(station, *values, parameter="nh3n", until=NOW) -> None:
    """One value an hour, the last at `until`; examined at once, and looked at then and ten minutes later."""
    hours = range(len(values) - 1, -1, -1)
    arrive(
        *[
            row(station, until - HOUR * back, value, parameter=parameter, kind="hour")._replace(
                received_at=clock.now()
            )
            for back, value in zip(hours, values, strict=True)
        ]
    )
    check_unchecked()
    with clock.use_clock(clock.now() + WAIT):
        check_unchecked()


def test_water_below_every_limit_that_leaves_its_normal_is_one_event_which_says_so(stream) -> None:
    habit(stream.a)
    come(stream.a, 0.3, 0.3, 0.3, 0.3, 0.3, 0.62, 0.6)
    event = Event.objects.get()
    assert (event.kind, event.parameter, event.state, event.limit_value) == ("unusual", "nh3n", "open", None)
    assert (event.opened_at, event.last_at, event.peak_value) == (NOW - HOUR, NOW, 0.62)
    assert event.baseline == pytest.approx(0.3, abs=0.02)
    alarm = Alarm.objects.get()
    assert "水质异于平时：氨氮" in alarm.message_zh
    assert "not with a limit; suspected" in alarm.message_en
    (why,) = account_of(alarm, list(event.sightings.select_related("station")), sees_trace=True).why
    assert "highest 0.62" in why.en
    assert "usually 0.296" in why.en
    # A suspicion needs more than that: it is traced when a person asks.
    start_trace(OutboxEvent.objects.get(name="monitor.event_opened"))
    assert not Trace.objects.exists()


def test_an_alarm_tells_that_its_readings_are_doubted(stream) -> None:
    habit(stream.a)
    come(stream.a, 0.3, 0.3, 0.3, 0.3, 0.3, 5.0)
    with clock.use_clock(NOW + HOUR):
        come(stream.a, 0.3, until=NOW + HOUR)
    account = account_of(Alarm.objects.get(), [], sees_trace=True)
    assert any("leapt to 5" in line.en and "not reviewed yet" in line.en for line in account.context)
    assert "Check the instrument first" in account.first_step.en


def test_limits_have_the_first_word_so_it_is_told_only_after_ten_minutes(stream) -> None:
    habit(stream.a)
    with clock.use_clock(NOW - WAIT + timedelta(minutes=1)):
        come(stream.a, 0.3, 0.3, 0.3, 0.3, 0.3, 0.62, until=NOW - HOUR)
    event = Event.objects.get()
    assert event.detected_at == NOW + timedelta(minutes=1)
    check_unchecked()
    assert Event.objects.get().pk == event.pk


def test_it_goes_on_quietly_and_settles_after_half_a_day_as_always(stream) -> None:
    habit(stream.a)
    come(stream.a, 0.3, 0.3, 0.3, 0.3, 0.3, 0.62, 0.6)
    with clock.use_clock(NOW + 3 * HOUR):
        come(stream.a, 0.3, 0.3, 0.9, until=NOW + 3 * HOUR)
    event = Event.objects.get()
    assert (event.state, event.peak_value, event.last_at) == ("open", 0.9, NOW + 3 * HOUR)
    with clock.use_clock(NOW + 17 * HOUR):
        come(stream.a, *[0.3] * 14, until=NOW + 17 * HOUR)
    event.refresh_from_db()
    assert (event.state, event.closed_at) == ("closed", NOW + 15 * HOUR)
    assert Alarm.objects.count() == 1


def test_nothing_is_said_again_where_an_alarm_tells_of_the_same_water(stream) -> None:
    habit(stream.a)
    habit(stream.b)
    come(stream.a, 0.3, 0.3, 0.3, 0.3, 3.0, 3.0, 3.0)
    # 10 km down at 0.5 m/s: between half and three times five and a half hours later.
    with clock.use_clock(NOW + 5 * HOUR):
        come(stream.b, *[0.3] * 10, 0.7, 0.7, until=NOW + 5 * HOUR)
    assert [event.kind for event in Event.objects.all()] == ["threshold"]


def test_a_limit_that_is_passed_by_water_already_told_of_joins_its_alarm(stream) -> None:
    habit(stream.a)
    come(stream.a, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.62)
    with clock.use_clock(NOW + 2 * HOUR):
        come(stream.a, 2.5, 2.6, until=NOW + 2 * HOUR)
    assert sorted(Event.objects.values_list("kind", flat=True)) == ["threshold", "unusual"]
    assert Alarm.objects.count() == 1


def test_what_a_person_has_closed_stays_closed_while_the_same_matter_goes_on(stream, people) -> None:
    habit(stream.a)
    come(stream.a, 0.3, 0.3, 0.3, 0.3, 0.3, 0.62, 0.6)
    event, alarm = Event.objects.get(), Alarm.objects.get()
    AcknowledgeAlarm(actor=people.monitoring, alarm_id=alarm.pk, note="").run()
    CloseEvent(actor=people.monitoring, event_id=event.pk, note="清洗管路").run()
    with clock.use_clock(NOW + HOUR):
        come(stream.a, 0.9, until=NOW + HOUR)
    assert Event.objects.get().state == "closed"


@pytest.mark.parametrize(("parameter", "flag"), [("flow", "N"), ("nh3n", "M")])
def test_flow_and_what_the_device_calls_no_measurement_are_left_out(stream, parameter, flag) -> None:
    habit(stream.a, parameter=parameter)
    arrive(row(stream.a, NOW, 9.0, parameter=parameter, kind="hour", flag=flag))
    check_unchecked()
    assert not Event.objects.exists()
