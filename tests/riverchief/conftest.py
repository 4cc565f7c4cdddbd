"""The database of the tests: the one of DATABASE_URL, else our own PostgreSQL for the length of the session."""

import os
from collections.abc import Iterator

import pytest
from django.db import connections
from riverchief.site.postgres import temporary_postgres
from riverchief.site.settings import database_settings


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """The URL of a server on which databases may be made; the installation of this machine is never used."""
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    # Nothing here outlives the session, so the disk need not be waited for.
    server, remove = temporary_postgres({"fsync": "off", "synchronous_commit": "off"})
    yield server.url
    remove()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(database_url: str, request: pytest.FixtureRequest) -> None:
    """Point Django at that server before pytest-django makes the test database (one per parallel worker)."""
    connections["default"].settings_dict.update(database_settings(database_url))
    request.getfixturevalue("django_db_modify_db_settings_parallel_suffix")


@pytest.fixture(autouse=True)
def _evidence_in_a_folder_of_its_own(settings, tmp_path):
    """No test writes into the evidence store of this machine."""
    settings.RIVERCHIEF_EVIDENCE_DIR = tmp_path / "evidence"
