"""What the office does in the tracing room beside reading: state rain, ask for several sources; and where to put stations."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.e2e.records import Records
from tests.e2e.visitor import Visitor
from tests.riverchief.site.product import until

pytestmark = pytest.mark.e2e

LONG_MS = 240_000


def test_rain_that_the_office_states_is_weighed_in_the_next_attempt(
    visit: Callable[..., Visitor], records: Records
) -> None:
    visitor = visit("office")
    page = visitor.page
    page.goto(records.pages()["trace"])
    page.get_by_role("button", name="State when it rained").click()
    event = visitor.api(f"/events/{records.event}")
    opened = datetime.fromisoformat(event["opened_at"]).astimezone(ZoneInfo("Asia/Shanghai"))
    page.get_by_label("Rain began").fill(f"{opened - timedelta(hours=5):%Y-%m-%dT%H:%M}")
    page.get_by_label("Rain ended").fill(f"{opened - timedelta(hours=3):%Y-%m-%dT%H:%M}")
    page.get_by_label("Amount").fill("12.5")
    page.get_by_label("Reason").fill("值班雨量表")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("12.5\u202fmm")).to_be_visible()
    page.get_by_role("button", name="Trace again with them").click()

    def with_rain() -> int | None:
        newest = visitor.api(f"/traces?event={records.event}")["items"][0]
        return newest["id"] if newest["state"] == "done" and newest["id"] > records.trace else None

    trace = until(with_rain, "an attempt that knows of the rain")
    kinds = [row["kind"] for row in visitor.api(f"/traces/{trace}")["candidates"]]
    assert "diffuse" in kinds
    page.goto(f"/traces/{trace}")
    expect(page.get_by_text("used in this attempt").first).to_be_visible()


def test_a_finished_trace_is_asked_for_several_sources(
    visit: Callable[..., Visitor], records: Records
) -> None:
    page = visit("office").page
    page.goto(records.pages()["trace"])
    page.get_by_role("button", name="Weigh several at once").click()
    room = page.get_by_role("group", name="More than one source at a time")
    expect(room.get_by_role("button")).to_have_count(3, timeout=LONG_MS)
    room.get_by_role("button", name="Two at a time").click()
    expect(page.get_by_role("columnheader", name="Of “Two at a time”")).to_be_visible()


def test_a_study_tells_where_stations_would_do_most(visit: Callable[..., Visitor]) -> None:
    page = visit("office").page
    page.goto("/map")
    page.get_by_role("link", name="Where to put stations").click()
    page.get_by_label("Stations to add").select_option("2")
    page.get_by_label("Sources told apart best").check()
    page.get_by_role("button", name="Choose places").click()
    expect(page.get_by_text("What no choice of 2 can better")).to_be_visible(timeout=LONG_MS)
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download CSV").click()
    assert taken.value.suggested_filename.startswith("stations-")
