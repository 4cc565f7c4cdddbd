"""The warning of an algal bloom: once for a river, in words, and gone by itself."""

from datetime import timedelta

import numpy as np
import pytest
from riverchief.base import clock
from riverchief.base.models import OutboxEvent
from riverchief.base.rules import get_rule
from riverchief.monitor.duty.account import account_of
from riverchief.monitor.models import Alarm, Event, EventStation
from riverchief.trace.models import Trace
from riverchief.trace.subscribers import start_trace
from riverkit.detection import BloomRules

from .conftest import NOW
from .test_examination import arrive
from .test_review import check_unchecked, row

HOUR = timedelta(hours=1)
# Midnight of the place.
MIDNIGHT = NOW.replace(hour=16) - timedelta(days=1)


@pytest.fixture(autouse=True)
def _now(db):
    with clock.use_clock(NOW):
        yield


def days(station, count: int, until=MIDNIGHT, *, chla=0.02, swing=4.0, ph=8.8, flag="N"):
    """Hourly readings of some days, the last ending at `until`."""
    rows = []
    for n in range(count * 24):
        at = until - HOUR * (n + 1)
        sun = float(np.cos(((at.hour + 8) % 24 - 15) / 24 * 2 * np.pi))
        said = {"chla": (chla, "mg/L"), "do": (9 + swing * sun, "mg/L"), "ph": (ph + 0.4 * sun, "1")}
        for parameter, (value, unit) in {**said, "wt": (20.0 + sun, "°C")}.items():
            rows.append(row(station, at, value, parameter, unit=unit, flag=flag))
    arrive(*rows)
    check_unchecked()


def blooms():
    return Event.objects.filter(kind="bloom")


def test_two_stations_of_a_river_give_one_warning_in_words_and_no_trace(stream) -> None:
    days(stream.a, 3)
    days(stream.b, 2)
    event = blooms().get()
    assert (event.station, event.parameter, event.state) == (stream.a, "ph", "open")
    assert EventStation.objects.filter(event=event).count() == 2
    alarm = Alarm.objects.get(event=event)
    assert "清溪（A站）疑似水华：连续 3 天溶解氧昼夜相差" in alarm.message_zh
    assert "Suspected algal bloom in Clear Creek at Station A: for 3 days" in alarm.message_en
    assert "pH up to 9.1" in alarm.message_en
    account = account_of(alarm, list(event.sightings.order_by("first_at")), sees_trace=True)
    assert any("no toxin was tested" in line.en for line in account.context)
    assert "sample counted" in account.first_step.en
    start_trace(OutboxEvent.objects.get(name="monitor.event_opened", payload__event_id=event.pk))
    assert not Trace.objects.exists()
    days(stream.a, 3)  # looking again changes nothing
    assert (blooms().count(), Alarm.objects.filter(event__kind="bloom").count()) == (1, 1)


def test_it_ends_by_itself_when_the_signs_are_gone_at_every_station(stream) -> None:
    days(stream.a, 2)
    days(stream.b, 2)
    for day in (1, 2, 3):
        with clock.use_clock(NOW + timedelta(days=day)):
            days(stream.a, 1, MIDNIGHT + timedelta(days=day), swing=1.0, ph=8.0)
            days(stream.b, 1, MIDNIGHT + timedelta(days=day))
            assert blooms().get().state == "open"
    with clock.use_clock(NOW + timedelta(days=6)):
        days(stream.b, 3, MIDNIGHT + timedelta(days=6), swing=1.0, ph=8.0)
    assert blooms().get().state == "closed"


@pytest.mark.parametrize("given", [{"flag": "M"}, {"swing": 1.0}, {"ph": 8.0}])
def test_flagged_readings_and_a_single_sign_warn_of_nothing(stream, given) -> None:
    days(stream.a, 3, **given)
    assert not blooms().exists()


def test_chlorophyll_alone_warns_above_its_limit(stream) -> None:
    days(stream.a, 2, chla=0.08, swing=1.0, ph=8.0)
    event = blooms().get()
    assert (event.parameter, event.peak_value, event.unit) == ("chla", pytest.approx(0.08), "mg/L")
    assert "80\u202fµg/L" in event.alarm.message_zh


def test_the_rule_is_data_with_a_source(stream) -> None:
    assert BloomRules.of(get_rule("monitor.bloom")).least_signs == 2
