"""The first story, in browsers: an analyser speaks, an alarm rises, a trace ranks, people confirm and put it right."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from riverchief.demo.photo import photo

from tests.e2e.ledger import act, expect_state, number_in, place_of, unit_in_charge
from tests.e2e.stage import Stage
from tests.e2e.visitor import Visitor
from tests.riverchief.site.product import until

pytestmark = pytest.mark.e2e

ALARM_MS = 90_000
TRACE_MS = 90_000
OUTFALL_CODE = re.compile(r"\bWS\d{5}\b")


def test_from_an_analysers_packets_to_off_the_ledger(visit: Callable[..., Visitor], stage: Stage) -> None:
    event_id = the_alarm_rises_on_the_open_page_and_the_duty_desk_acknowledges(visit, stage)
    the_office_reads_the_trace(visit, stage, event_id)
    problem_id = the_inspector_confirms_on_site(visit)
    the_ledger_takes_it_from_order_to_write_off(visit, stage, problem_id)


def the_alarm_rises_on_the_open_page_and_the_duty_desk_acknowledges(
    visit: Callable[..., Visitor], stage: Stage
) -> int:
    assert not stage.discharged, "this story comes first: it sees the alarm rise"
    page = visit("monitor1").page
    page.goto("/events")
    expect(page.get_by_text("No event is open now.")).to_be_visible()
    page.evaluate("window.notReloaded = true")

    stage.discharge()
    alarms = page.locator(".list .item")
    expect(alarms).to_have_count(1, timeout=ALARM_MS)
    expect(alarms).to_contain_text("To acknowledge")
    assert page.evaluate("window.notReloaded")

    alarms.click()
    expect(page).to_have_url(re.compile(r"/events/\d+$"))
    act(page, "Acknowledge", {"Note": "Sampling crew told."})
    expect(page.get_by_text(re.compile(r"Acknowledged by .+ at "))).to_be_visible()
    expect(page.get_by_text("“Sampling crew told.”")).to_be_visible()
    expect(page.locator(".list")).not_to_contain_text("To acknowledge")
    expect(page.get_by_role("button", name="Acknowledge", exact=True)).to_have_count(0)
    # The duty desk measures; whom a trace suspects is not for its eyes.
    expect(page.get_by_role("link", name=re.compile("trace", re.IGNORECASE))).to_have_count(0)
    return number_in(page.url)


def the_office_reads_the_trace(visit: Callable[..., Visitor], stage: Stage, event_id: int) -> None:
    office = visit("office")
    page = office.page
    until(lambda: _examined(stage), "every reading to be examined")
    until(lambda: _traced(office, event_id), "the system's own traces to end")
    page.goto(f"/events/{event_id}")
    # The system's own trace began with the first readings above the limit; by now all are in.
    page.get_by_role("button", name="Trace again").click()
    candidates = page.locator("ol.candidates li")
    expect(candidates.first).to_be_visible(timeout=TRACE_MS)
    expect(page.get_by_text("suspected", exact=True).first).to_be_visible()
    expect(page.get_by_text("Office and enforcement only")).to_be_visible()
    first_three = candidates.all_inner_texts()[:3]
    assert any(stage.outfall_code in text for text in first_three), first_three
    assert all(re.search(r"\d\s?%", text) for text in first_three)

    page.locator("ol.candidates button", has_text=stage.outfall_code).click()
    answers = page.locator("dl.answers:not(.beliefs)")
    expect(answers).to_contain_text(re.compile(r"90 % interval"))
    expect(answers).to_contain_text(stage.outfall_code)
    chart = page.locator("figure", has_text="Observed against predicted")
    expect(chart.locator("canvas, svg").first).to_be_visible()
    chart.get_by_role("button", name="Table").click()
    row = chart.locator("tbody tr", has_text=re.compile(r"\d\.\d+\D+\d\.\d+")).first
    expect(row).to_be_visible()
    expect(page.locator(".map canvas")).to_be_visible()
    # Bottles to fill, or that none would tell enough: the plume of the story may be past by now.
    next_samples = page.locator("section", has=page.get_by_role("heading", name="Where to sample next"))
    expect(next_samples).to_contain_text("km/h in a straight line")
    expect(next_samples.get_by_role("button", name="Enter a result")).to_be_visible()
    expect(page.get_by_text("A clue, not an accusation.")).to_be_visible()


def _examined(stage: Stage) -> bool:
    with stage.product.connect() as database:
        return database.execute("SELECT count(*) FROM monitor_unexamined").fetchone() == (0,)


def _traced(office: Visitor, event_id: int) -> bool:
    traces = office.api(f"/traces?event={event_id}")["items"]
    return bool(traces) and all(trace["state"] == "done" for trace in traces)


def the_inspector_confirms_on_site(visit: Callable[..., Visitor]) -> int:
    page = visit("inspector1").page
    page.goto("/clues")
    page.get_by_role("main").locator("ul.rows a", has_text="Trace").first.click()
    expect_state(page, "To be confirmed")
    # No trace is for the inspector, but the places to look at are.
    places = page.locator("ol.places li")
    expect(places.first).to_be_visible()
    codes = [code for text in places.all_inner_texts() if (code := outfall_code_in(text))]
    assert len(codes) >= 2, places.all_inner_texts()
    running = codes[1]  # not the one that the trace put first
    nothing_is_confirmed_without_saying_what_was_found(page)
    act(
        page,
        "Confirm as a problem",
        {"Confirmed by": "Photo on site", "Reason": "Turbid water runs from the pipe."},
        photo(1, plume=True),
        found=running,
    )
    expect(page).to_have_url(re.compile(r"/problems/\d+$"))
    expect_state(page, "Registered")
    expect(page.locator("dl.facts")).to_contain_text(running)
    expect(page.locator("dl.facts")).not_to_contain_text(codes[0])
    page.get_by_role("link", name="See the clue it came from").click()
    expect(page.get_by_role("main")).to_contain_text(f"(outfall {running})")
    page.go_back()
    expect_state(page, "Registered")
    return number_in(page.url)


def outfall_code_in(text: str) -> str | None:
    """The code of an outfall in a line of the list; a place on no list has none."""
    match = OUTFALL_CODE.search(text)
    return match.group() if match else None


def nothing_is_confirmed_without_saying_what_was_found(page: Page) -> None:
    page.get_by_role("button", name="Confirm as a problem", exact=True).click()
    dialog = page.get_by_role("dialog", name="Confirm as a problem")
    expect(dialog.get_by_role("radio").first).to_be_visible()
    expect(dialog.get_by_role("radio", checked=True)).to_have_count(0)
    dialog.get_by_label("Confirmed by").select_option(label="Recorded decision")
    dialog.get_by_label("Reason").fill("By the trace.")
    dialog.get_by_role("button", name="Confirm as a problem", exact=True).click()
    expect(dialog.get_by_text("Please fill this in.")).to_have_count(1)
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()


def the_ledger_takes_it_from_order_to_write_off(
    visit: Callable[..., Visitor], stage: Stage, problem_id: int
) -> None:
    _, unit_en, signer = unit_in_charge(stage, problem_id)
    office = visit("office").page
    office.goto(f"/problems/{problem_id}")
    act(
        office,
        "Assign",
        {
            "Responsible unit": unit_en,
            "What is required": "Close the pipe, find out where it comes from.",
            "Class of rectification": "By a date",
        },
    )
    expect_state(office, "Assigned")
    office.get_by_role("button", name=re.compile("^Order ")).click()
    order = office.get_by_role("dialog")
    expect(order).to_contain_text("Close the pipe")
    order.get_by_role("button", name="Close", exact=True).click()
    office.evaluate("window.notReloaded = true")

    unit = visit(signer).page
    unit.goto("/inbox")
    unit.get_by_role("button", name=re.compile(r"unread.*Problem .*Assigned")).first.click()
    expect(unit).to_have_url(re.compile(rf"/problems/{problem_id}$"))
    act(unit, "Sign for")
    expect_state(unit, "Signed for")
    expect_state(office, "Signed for")  # without a reload
    assert office.evaluate("window.notReloaded")
    act(
        unit,
        "Report as rectified",
        {"What was done": "The pipe is closed with concrete."},
        photo(2, plume=False),
    )
    expect_state(unit, "Rectified (as reported)")
    # Nobody verifies their own work: the unit is offered nothing more.
    expect(unit.get_by_text("It is somebody else’s turn.")).to_be_visible()

    inspector = visit("inspector2").page
    inspector.goto(f"/problems/{problem_id}")
    check = {"What was found": "Dry, also after rain.", "Why otherwise": "A spare camera without a clock."}
    act(inspector, "Verify", check, photo(3, plume=False), stands_at=place_of(stage, problem_id))
    expect_state(inspector, "Verified")

    expect_state(office, "Verified")
    act(office, "Write off", {"Remark": "Done."})
    expect_state(office, "Written off")
    expect(office.get_by_text("This problem is written off.")).to_be_visible()
    expect(office.get_by_text(re.compile(r"Hash chain verified, \d+ entries"))).to_be_visible()
    for step in ("Close the pipe", "The pipe is closed with concrete.", "Dry, also after rain", "Done."):
        expect(office.get_by_role("main")).to_contain_text(step)
    expect(office.locator("img[alt^='Evidence photo']")).to_have_count(3)

    office.goto("/problems")
    row = office.locator("tbody tr", has=office.locator(f"a[href='/problems/{problem_id}']"))
    expect(row).to_contain_text("Written off")
    figures = office.get_by_label("Figures of the ledger")
    expect(figures).to_contain_text("Written off")
