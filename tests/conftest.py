"""Fixtures that every test may use."""

import os
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
