"""The server goes away and comes back: the page says since when it is out of date, and mends itself."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.records import Records
from tests.e2e.stage import Stage
from tests.e2e.visitor import Visitor

pytestmark = pytest.mark.e2e

BACK_MS = 60_000


def test_a_page_says_that_it_is_out_of_date_and_recovers_by_itself(
    visit: Callable[..., Visitor], stage: Stage, records: Records
) -> None:
    visitor = visit("office")
    for noise in ("ERR_", "Failed to load resource", "live"):
        visitor.expects(noise)
    page = visitor.page
    page.goto("/problems")
    number = page.locator("tbody tr").first
    expect(number).to_be_visible()
    lost = page.get_by_text("Live updates lost since")
    expect(lost).to_have_count(0)
    stage.product.kill("web")
    expect(lost).to_be_visible()
    expect(number).to_be_visible()  # what was there stays
    expect(lost).to_have_count(0, timeout=BACK_MS)  # the supervisor has started it again
    page.get_by_label("State").select_option(index=0)
    expect(number).to_be_visible()
