"""Every page: axe finds nothing, and the page says what it is. In turn on a desk in Chinese and on a phone in English; with
RIVERCHIEF_SOAK=1 every page in both forms.
"""

import os
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.e2e.records import Records
from tests.e2e.visitor import DESKTOP, PHONE, Visitor

pytestmark = pytest.mark.e2e

SOAK = os.environ.get("RIVERCHIEF_SOAK") == "1"
RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}


@pytest.mark.parametrize(
    ("size", "language"), [(DESKTOP, "zh"), (PHONE, "en")], ids=["desktop-zh", "phone-en"]
)
def test_axe_finds_nothing_on_any_page(
    visit: Callable[..., Visitor], records: Records, size: dict[str, int], language: str
) -> None:
    stranger = visit(size=size, language=language).page
    stranger.goto("/login")
    expect(stranger.locator("#username")).to_be_visible()
    page = visit("office", size=size, language=language).page
    found = {"sign-in": findings(stranger)}
    pages = list(records.pages().items())
    if not SOAK:
        pages = pages[size is PHONE :: 2]
    for name, path in pages:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        expect(page.get_by_role("main").locator("h1, h2").first).to_be_visible()
        found[name] = findings(page)
    page.goto(records.pages()["clue"])
    page.locator(".action button").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    found["dialog"] = findings(page)
    assert {name: lines for name, lines in found.items() if lines} == {}


def findings(page) -> list[str]:
    """What axe objects to, a line each."""
    response = Axe().run(page, options=RULES).response
    return [
        f"{violation['id']}: {node['html'][:120]} {node['failureSummary'][:200]}"
        for violation in response["violations"]
        for node in violation["nodes"]
    ]
