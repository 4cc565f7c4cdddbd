"""A night of heavy rain, end to end: devices on sockets, the database, the people in browsers, and a clock that is set.

38 mm fall from 20 to 23 h. Overflow C-07 runs from 20:40 on and does not stop, C-09 from 21:05 to 00:10, the works' bypass from
21:10 to 01:30. Ammonia at section A rises from 0.6 to 2.6 mg/L; its analyser is in maintenance from 02 to 05 h. Factory E has one
hour of COD 70 and a mean of 41 over the day; its permit allows a mean of 50. Not here: flood orders that pause patrols, and the
problem of the housing department, which have tests of their own or belong to parts that do not exist yet.
"""

import asyncio
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect
from riverchief.base import clock
from riverchief.base.models import InboxMessage
from riverchief.monitor.models import Alarm, DailyValue, Event, Latest, OverflowRecord, Reading
from riverchief.rectify.models import Clue

from tests.e2e.night import HOUR, NIGHT, Night, clock_time
from tests.e2e.visitor import Visitor

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

SECRET = "correct horse battery staple"
PEOPLE = ("county_office", "city_office")


@dataclass
class HereStage:
    """The platform served from this process, as visitors see it."""

    url: str
    passwords: dict[str, str]


@pytest.fixture
def night(monkeypatch, settings, tmp_path) -> Night:
    """The river in the evening; the clock of every thread is the night's."""
    settings.RIVERCHIEF_EVIDENCE_DIR = tmp_path / "evidence"
    played = Night(now=NIGHT - HOUR)
    monkeypatch.setattr(clock, "_clock", ContextVar("clock", default=lambda: played.now))
    played.prepare()
    for name in PEOPLE:
        user = played.office[name]
        user.set_password(SECRET)
        user.save()
    return played


@pytest.fixture
def visit_night(browser: Browser, live_server, night: Night) -> Iterator[Callable[[str], Visitor]]:
    """Opens the window of a person, whose clock shows the time of the night."""
    stage = HereStage(live_server.url.replace("localhost", "127.0.0.1"), dict.fromkeys(PEOPLE, SECRET))
    visitors: dict[str, Visitor] = {}

    def open_window(username: str) -> Visitor:
        if username in visitors:
            visitors[username].context.clock.set_fixed_time(night.now)
            return visitors[username]
        visitor = Visitor.arrive(browser, stage)  # type: ignore[arg-type]
        visitors[username] = visitor
        visitor.context.clock.set_fixed_time(night.now)
        # The live stream is no part of what is served here.
        visitor.context.route("**/live*", lambda route: route.fulfill(status=204))
        return visitor.sign_in(username)

    yield open_window
    for visitor in visitors.values():
        visitor.leave()


def play(night: Night, until: datetime, **what: bool) -> None:
    """Time goes on to a moment: devices speak, jobs are done."""
    night.now = until
    # Playwright keeps a loop running in this thread.
    with ThreadPoolExecutor(1) as beside:
        beside.submit(asyncio.run, night.say(**what)).result()
    night.work()


def test_a_night_of_rain(night: Night, visit_night: Callable[[str], Visitor]) -> None:
    play(night, clock_time(22, 40))
    one_event_one_message_and_escalation(night, visit_night)
    play(night, clock_time(11))
    overflows_are_on_record(night, visit_night)
    what_is_marked_enters_no_mean(night)
    rain_comes_first_and_nobody_is_accused(night, visit_night)
    one_hour_is_a_hint(night, visit_night)
    what_still_runs_in_dry_weather_is_a_clue(night, visit_night)


def one_event_one_message_and_escalation(night: Night, visit: Callable[[str], Visitor]) -> None:
    event = Event.objects.get()
    alarm = Alarm.objects.get()
    assert (event.parameter, alarm.event) == ("nh3n", event)

    names = {user.pk: name for name, user in night.office.people.items()}

    def told() -> list[str]:
        rows = InboxMessage.objects.filter(kind="alarm").order_by("created_at", "pk")
        return [names[key] for key in rows.values_list("recipient_id", flat=True)]

    assert told() == ["monitoring"]
    night.now += timedelta(minutes=16)
    night.work()
    assert told() == ["monitoring", "county_office"]
    night.now += timedelta(minutes=15)
    night.work()
    assert told() == ["monitoring", "county_office", "county_office_2"]

    page = visit("county_office").page
    page.goto("/duty")
    desk = page.get_by_role("main")
    expect(desk).to_contain_text("on record as running over: Outfall C-07, Outfall C-09")
    expect(desk).to_contain_text("It may be an overflow of rain")
    expect(desk).to_contain_text("Check first whether overflows and pumps are running")
    page.get_by_role("button", name="Acknowledge", exact=True).first.click()
    page.get_by_label("Note").fill("Rain; C-07 and C-09 run.")
    page.get_by_role("dialog").get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text(re.compile("Acknowledged by")).first).to_be_visible()
    assert Alarm.objects.get().acknowledged_by == night.office["county_office"]


def overflows_are_on_record(night: Night, visit: Callable[[str], Visitor]) -> None:
    rows = {row.outfall.code: row for row in OverflowRecord.objects.select_related("outfall")}
    assert {code: (row.source, row.started_at, row.stopped_at) for code, row in rows.items()} == {
        "C-07": ("overflow", clock_time(20, 40), None),
        "C-09": ("overflow", clock_time(21, 5), clock_time(0, 10)),
        "W": ("plant_bypass", clock_time(21, 10), clock_time(1, 30)),
    }
    assert (rows["C-09"].not_metered, rows["W"].volume_m3) == (True, pytest.approx(0.3 * 260 * 60))
    page = visit("city_office").page
    page.goto("/rain")
    listed = page.get_by_role("main")
    for code in rows:
        expect(listed.get_by_text(f"Outfall {code}").first).to_be_visible()
    expect(listed.get_by_text("not metered", exact=False).first).to_be_visible()
    expect(listed.get_by_text("38", exact=False).first).to_be_visible()


def what_is_marked_enters_no_mean(night: Night) -> None:
    station = night.river.stations["A"]
    marked = Reading.objects.filter(station=station, flag="M")
    assert marked.count() == 18
    assert set(marked.values_list("value", flat=True)) == {9.9}
    assert DailyValue.objects.get(station=station, day=clock_time(2).date() + timedelta(days=1)).maximum < 9
    assert Latest.objects.get(station=station, parameter="nh3n").flag == "N"
    assert all(event.peak_value < 3 for event in Event.objects.all())


def rain_comes_first_and_nobody_is_accused(night: Night, visit: Callable[[str], Visitor]) -> None:
    trace = night.trace()
    rainy = {"diffuse", *(f"outfall:{night.places[code].pk}" for code in ("C-07", "C-09", "W"))}
    first = trace.candidates.get(rank=1)
    assert first.key in rainy, [(row.key, row.probability) for row in trace.candidates.order_by("rank")]
    assert not Clue.objects.exists()
    page = visit("city_office").page
    page.goto(f"/traces/{trace.pk}")
    candidates = page.locator("ol.candidates li")
    expect(candidates.first).to_be_visible()
    expect(candidates.first).not_to_contain_text("Outfall E")
    page.goto("/clues")
    expect(page.get_by_role("main")).not_to_contain_text("Outfall E")
    expect(page.get_by_role("main").locator("ul.rows a")).to_have_count(0)


def one_hour_is_a_hint(night: Night, visit: Callable[[str], Visitor]) -> None:
    page = visit("city_office").page
    page.goto(f"/map?show=outfall:{night.places['E'].pk}")
    expect(page.get_by_text("this is no exceedance", exact=False)).to_be_visible()
    expect(page.get_by_text(re.compile("No exceedance")).first).to_be_visible()
    assert not Event.objects.filter(station__outfall=night.places["E"]).exists()


def what_still_runs_in_dry_weather_is_a_clue(night: Night, visit: Callable[[str], Visitor]) -> None:
    play(night, clock_time(23) + 70 * HOUR, river=False)
    assert not Clue.objects.exists()
    play(night, clock_time(23) + 74 * HOUR, river=False)
    clue = Clue.objects.get()
    assert (clue.kind, clue.outfall, clue.state) == ("direct", night.places["C-07"], "open")
    assert OverflowRecord.objects.get(outfall=night.places["C-07"]).stopped_at is None
    page = visit("county_office").page
    page.goto("/clues")
    expect(page.get_by_role("main").locator("ul.rows a")).to_have_count(1)
    expect(page.get_by_role("main")).to_contain_text("discharge in dry weather")
