"""One product and one browser for all browser tests; a window for each visitor."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.e2e.records import Records, records_of
from tests.e2e.stage import Stage, demo_stage
from tests.e2e.visitor import PATIENCE_MS, Visitor, launch


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The stories first: they see the first alarm rise, and what they leave behind is what the other tests look at."""
    items.sort(
        key=lambda item: (not item.path.name.startswith("test_story"), item.path.name == "test_outage.py")
    )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        running = launch(playwright)
        yield running
        running.close()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> Iterator[None]:
    """Playwright keeps a loop running in this thread, in which Django would refuse to ask the database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    with demo_stage() as running:
        yield running


@pytest.fixture
def visit(browser: Browser, stage: Stage) -> Iterator[Callable[..., Visitor]]:
    """Opens a window; all are looked at for complaints and closed in the end."""
    visitors: list[Visitor] = []

    def open_window(username: str | None = None, **options) -> Visitor:
        visitor = Visitor.arrive(browser, stage, **options)
        visitors.append(visitor)
        return visitor.sign_in(username) if username else visitor

    yield open_window
    for visitor in visitors:
        visitor.leave()


@pytest.fixture(scope="session")
def records(browser: Browser, stage: Stage) -> Records:
    """An event with its trace, a clue and a problem to look at, whether or not the stories have been played."""
    return records_of(browser, stage)
