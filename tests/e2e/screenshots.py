"""Pictures of every page for people to look at: `python -m tests.e2e.screenshots OUT_DIR [--demo HOME URL]`.

Desktop and phone, Chinese and English. Without --demo a product of its own is prepared, which takes a minute; with it the
running demo at URL is used, whose accounts lie in HOME.
"""

import json
import sys
from contextlib import nullcontext
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.records import Records, records_of
from tests.e2e.stage import Stage, demo_stage
from tests.e2e.visitor import DESKTOP, PATIENCE_MS, PHONE, Visitor, launch

SIZES = {"desktop": DESKTOP, "phone": PHONE}
MAP_SETTLES_MS = 1_500


def main(folder: Path, stage: Stage) -> None:
    """Write `<page>-<size>-<language>.png` for each."""
    folder.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        records = records_of(browser, stage)
        for size in SIZES:
            for language in ("zh", "en"):
                _pictures(folder, browser, stage, records, size, language)
        browser.close()


def _pictures(
    folder: Path, browser: Browser, stage: Stage, records: Records, size: str, language: str
) -> None:
    visitor = Visitor.arrive(browser, stage, size=SIZES[size], language=language)
    page = visitor.page
    page.goto("/login")
    _take(page, folder / f"sign-in-{size}-{language}.png")
    visitor.sign_in("office")
    for name, path in records.pages().items():
        page.goto(path)
        _take(page, folder / f"{name}-{size}-{language}.png")
    page.goto(records.pages()["clue"])
    page.locator(".action button").first.click()
    _take(page, folder / f"dialog-{size}-{language}.png")
    visitor.context.close()


def _take(page: Page, file: Path) -> None:
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(MAP_SETTLES_MS)
    page.screenshot(path=file, full_page=True)


class RunningDemo:
    """A demo that somebody else has started, as far as pictures need it."""

    def __init__(self, home: Path, url: str) -> None:
        self.url = url
        self.passwords = json.loads((home / "demo-accounts.json").read_text("utf-8"))["people"]

    def discharge(self) -> None:
        """Its own story has done so."""


if __name__ == "__main__":
    target, *demo = sys.argv[1:]
    running = nullcontext(RunningDemo(Path(demo[1]), demo[2])) if demo else demo_stage()
    with running as on_stage:
        main(Path(target), on_stage)
