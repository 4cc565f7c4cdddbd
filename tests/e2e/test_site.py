"""What holds on every page: sign-in, language, permission, addresses that are not there, the keyboard."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.records import Records
from tests.e2e.visitor import PHONE, Visitor

pytestmark = pytest.mark.e2e


def test_a_wrong_password_is_told_without_saying_which_of_the_two_is_wrong(
    visit: Callable[..., Visitor],
) -> None:
    visitor = visit()
    visitor.expects("status of 422")
    page = visitor.sign_in("office", "wrong").page
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Wrong user name or password")
    expect(alert).to_contain_text("Check both")
    expect(page.locator("#username")).to_have_value("office")
    visitor.sign_in("nobody-of-that-name", "wrong")
    expect(alert).to_contain_text("Wrong user name or password")


def test_who_is_not_signed_in_is_led_to_the_sign_in_and_then_to_where_they_wanted(
    visit: Callable[..., Visitor],
) -> None:
    visitor = visit()
    page = visitor.page
    page.goto("/problems")
    expect(page).to_have_url(re.compile(r"/login\?to="))
    page.locator("#username").fill("office")
    page.locator("#password").fill(visitor.stage.passwords["office"])
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"/problems$"))


def test_who_signs_out_leaves_nothing_behind_the_back_button(visit: Callable[..., Visitor]) -> None:
    visitor = visit("office")
    page = visitor.page
    page.goto("/problems")
    page.locator("details.who summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile(r"/login"))
    assert visitor.context.request.get("/api/v1/problems").status == 401
    page.go_back()
    expect(page).to_have_url(re.compile(r"/login"))


def test_the_language_changes_at_once_and_is_remembered(visit: Callable[..., Visitor]) -> None:
    page = visit("office", language="zh").page
    page.goto("/problems")
    expect(page.get_by_role("heading", level=1)).to_have_text("台账")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ledger")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ledger")
    expect(page).to_have_title(re.compile("Ledger"))


@pytest.mark.parametrize(("username", "name"), [("monitor1", "trace"), ("unit1", "import")])
def test_a_page_that_is_not_for_somebody_says_so_and_what_to_do(
    visit: Callable[..., Visitor], records: Records, username: str, name: str
) -> None:
    visitor = visit(username)
    visitor.expects("status of 403")
    visitor.page.goto(records.pages()[name])
    main = visitor.page.get_by_role("main")
    expect(main).to_contain_text(re.compile("may not|do not have permission"))
    expect(main).to_contain_text("Ask")


def test_a_record_that_does_not_exist_and_an_address_that_does_not_are_told_apart(
    visit: Callable[..., Visitor],
) -> None:
    visitor = visit("office")
    visitor.expects("status of 404")
    page = visitor.page
    page.goto("/problems/999999")
    expect(page.get_by_role("alert")).to_contain_text("There is no problem 999999.")
    page.goto("/no/such/page")
    expect(page.get_by_role("heading", level=1)).to_have_text("No such page")
    page.get_by_role("link", name="Back to the map").click()
    expect(page).to_have_url(re.compile(r"/map"))
    for path in ("/assets/no-such-file-12345678.js", "/api/v1/no-such", "/no-such-file.txt"):
        assert visitor.context.request.get(path).status == 404


def test_everything_synthetic_says_so(visit: Callable[..., Visitor], records: Records) -> None:
    page = visit("office").page
    for name in ("map", "event", "trace", "clue", "problem", "station"):
        page.goto(records.pages()[name])
        expect(page.locator("header .demo")).to_have_text("合成数据 · synthetic")
        expect(page.get_by_role("main").get_by_text("合成数据 · synthetic").first).to_be_visible()


def test_what_belongs_to_no_basin_is_not_called_synthetic(visit: Callable[..., Visitor]) -> None:
    page = visit("office").page
    page.goto("/import")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("header .demo")).to_have_count(0)


def test_the_map_is_found_with_the_search_box_and_opens_a_station(
    visit: Callable[..., Visitor], records: Records
) -> None:
    visitor = visit("office")
    page = visitor.page
    name = visitor.api(f"/stations/{records.station}")["name_en"]
    page.goto("/map")
    expect(page.locator("canvas.maplibregl-canvas")).to_be_visible()
    page.get_by_role("searchbox").or_(page.get_by_role("combobox", name="Find a station")).first.fill(name)
    # Exactly: the neighbour of the same place carries the same name and a number.
    page.get_by_role("main").get_by_text(name, exact=True).last.click()
    page.get_by_role("link", name="Open the station").click()
    expect(page).to_have_url(re.compile(rf"/stations/{records.station}$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)


def test_the_keyboard_alone_signs_in_walks_the_navigation_and_closes_a_dialog(
    visit: Callable[..., Visitor], records: Records
) -> None:
    visitor = visit()
    page = visitor.page
    page.goto("/login")
    page.locator("#username").focus()
    page.keyboard.type("office")
    page.keyboard.press("Tab")
    page.keyboard.type(visitor.stage.passwords["office"])
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/map"))
    page.goto("/problems")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("Enter")
    expect(page.locator("main:focus")).to_be_attached()

    page.goto(records.pages()["clue"])
    confirm = page.get_by_role("button", name="Confirm as a problem")
    _tab_to(page, "Confirm as a problem")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Confirm as a problem")
    expect(dialog).to_be_visible()
    for _ in range(12):  # the focus stays inside
        page.keyboard.press("Tab")
        inside = page.evaluate(
            "document.activeElement.closest('dialog') !== null || document.activeElement === document.body"
        )
        assert inside
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(confirm).to_be_focused()


def _tab_to(page, name: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == name:
            return
    raise AssertionError(f"the Tab key does not reach “{name}”")


def test_on_a_phone_nothing_is_wider_than_the_screen_and_what_is_touched_is_large_enough(
    visit: Callable[..., Visitor], records: Records
) -> None:
    page = visit("office", size=PHONE).page
    for name, path in records.pages().items():
        page.goto(path)
        expect(page.get_by_role("main").locator("h1, h2").first).to_be_visible()
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], f"{name} is {width} wide"
        small = page.evaluate(SMALL_TARGETS)
        assert not small, f"{name}: {small}"


# WCAG 2.5.8: 24 × 24 CSS pixels, except links within a line of text.
SMALL_TARGETS = """
[...document.querySelectorAll('button, select, input:not([type=file], [aria-hidden]), nav a, summary')]
  .filter(element => element.checkVisibility({visibilityProperty: true}))
  .map(element => [element, element.closest('label')?.getBoundingClientRect() ?? element.getBoundingClientRect()])
  .filter(([element, box]) => box.width > 0 && (box.width < 24 || box.height < 24))
  .map(([element, box]) => `${element.tagName} ${element.textContent.trim().slice(0, 30)} ${box.width}x${box.height}`)
"""


def test_a_link_to_an_event_that_has_ended_shows_it_in_the_list_of_the_ended(
    visit: Callable[..., Visitor], records: Records
) -> None:
    visitor = visit("office")
    page = visitor.page
    event = visitor.api(f"/events/{records.event}")
    ended = {**event, "state": "closed", "closed_at": event["last_at"]}
    ended["alarm"] = {**event["alarm"], "state": "resolved"}
    page.route(f"**/api/v1/events/{records.event}", lambda route: route.fulfill(json=ended))
    page.route("**/api/v1/events?*state=open*", lambda route: route.fulfill(json={"items": [], "count": 0}))
    page.route(
        "**/api/v1/events?*state=closed*", lambda route: route.fulfill(json={"items": [ended], "count": 1})
    )
    page.goto(f"/events/{records.event}")
    expect(page.locator(".item.current")).to_have_attribute("href", f"/events/{records.event}")
    expect(page.locator(".detail h2, .detail h1").first).to_be_visible()
    page.locator("button[aria-pressed=false]").click()
    expect(page.locator(".item")).to_have_count(0)
    expect(page.locator(".teach")).to_be_visible()
