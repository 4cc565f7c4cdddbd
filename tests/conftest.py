"""Fixtures that every test may use."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parent.parent

# No test measures time, and every run tries the same examples.
settings.register_profile("riverchief", deadline=None, derandomize=True)
settings.load_profile("riverchief")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real data (never part of the repository); tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("RIVERCHIEF_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}: set RIVERCHIEF_DATA to a folder that holds it")
    return folder


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """The server on which databases may be made: that of DATABASE_URL, else our own for the length of the session.

    It stands here, above all folders of tests, for a session must have one server. The installation of this machine
    is never used.
    """
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    # Not at the top: the tests of riverkit do without the platform.
    from riverchief.site.postgres import temporary_postgres

    # Nothing here outlives the session, so the disk need not be waited for.
    server, remove = temporary_postgres({"fsync": "off", "synchronous_commit": "off"})
    yield server.url
    remove()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(database_url: str, request: pytest.FixtureRequest) -> None:
    """Point Django at that server before pytest-django makes the test database (one per parallel worker)."""
    from django.db import connections
    from riverchief.site.settings import database_settings

    connections["default"].settings_dict.update(database_settings(database_url))
    request.getfixturevalue("django_db_modify_db_settings_parallel_suffix")


_FAULTS = pytest.StashKey[list[tuple[str, ...]]]()


@pytest.fixture
def fault_account(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Note what a fault test played and found; `make soak` prints all of it in the end."""

    def note(fault: str, played: str, **figures: int) -> None:
        rows = request.config.stash.setdefault(_FAULTS, [])
        counted = (figures.get(name) for name in ("acknowledged", "lost", "doubled"))
        rows.append((fault, played, *("-" if number is None else f"{number:,}" for number in counted)))

    return note


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The account of the faults."""
    if rows := config.stash.get(_FAULTS, []):
        terminalreporter.section("faults")
        head = ("fault", "played", "readings acknowledged", "lost", "doubled")
        widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
        for row in (head, *rows):
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            terminalreporter.write_line("  ".join(cells).rstrip())
