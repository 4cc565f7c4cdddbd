"""What every test of the platform stands on."""

import pytest


@pytest.fixture(autouse=True)
def _evidence_in_a_folder_of_its_own(settings, tmp_path):
    """No test writes into the evidence store or the archive of this machine."""
    settings.RIVERCHIEF_EVIDENCE_DIR = tmp_path / "evidence"
    settings.RIVERCHIEF_ARCHIVE_DIR = tmp_path / "archive"
