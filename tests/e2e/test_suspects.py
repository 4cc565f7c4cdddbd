"""A town-level user and the duty desk find the name of no suspect anywhere: not on a page, not in an answer behind it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Request, expect

from tests.e2e.records import Records
from tests.e2e.stage import Stage
from tests.e2e.visitor import Visitor

pytestmark = pytest.mark.e2e

# Whose an outfall is, and an outfall or a trace behind an event, clue or problem.
ENTERPRISE = re.compile(r'"(organisation|suspect|trace_id)": ?(\{|\d)')
OUTFALL = re.compile(r'"outfall": ?(\{|\d)')


@pytest.mark.parametrize("username", ["town1", "monitor1"])
def test_nobody_below_the_office_is_told_whom_a_trace_suspects(
    visit: Callable[..., Visitor], stage: Stage, records: Records, username: str
) -> None:
    visitor = visit(username)
    for status in (403, 404):
        visitor.expects(f"status of {status}")
    asked: set[str] = set()
    visitor.page.on("request", lambda request: asked.add(request.url) if _reads_the_api(request) else None)
    names = (*stage.outfall_names, stage.outfall_code)
    for name, path in records.pages().items():
        visitor.page.goto(path)
        visitor.page.wait_for_load_state("networkidle")
        expect(visitor.page.get_by_role("main")).not_to_be_empty()
        # The register of outfalls is public to the map, and how far each is remediated; that one of them is suspected is not.
        shown = visitor.page.get_by_role("main").inner_text() + visitor.page.title()
        assert name in {"map", "remediation"} or not [word for word in names if word in shown], (
            f"{name} names the suspect"
        )
    assert len(asked) > len(records.pages())
    for address in sorted(asked):
        body = visitor.context.request.get(address).text()
        of_the_register = "/outfalls" in address or "/remediation" in address
        assert of_the_register or not [word for word in names if word in body], f"{address} names the suspect"
        assert not ENTERPRISE.search(body), f"{address} names an enterprise"
        # A station says at which outfall of the register it stands.
        lists_outfalls = of_the_register or "/stations" in address
        assert lists_outfalls or not OUTFALL.search(body), f"{address} names an outfall"


def _reads_the_api(request: Request) -> bool:
    return request.method == "GET" and "/api/v1/" in request.url and not request.url.endswith(".mvt")


def test_the_office_does_see_the_suspect_so_that_the_test_above_can_fail(
    visit: Callable[..., Visitor], stage: Stage, records: Records
) -> None:
    page = visit("office").page
    page.goto(records.pages()["trace"])
    expect(page.locator("ol.candidates")).to_contain_text(stage.outfall_code)
