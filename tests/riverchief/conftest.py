"""What every test of the platform stands on."""

import pytest


@pytest.fixture(autouse=True)
def _evidence_in_a_folder_of_its_own(settings, tmp_path):
    """No test writes into the evidence store or the archive of this machine, signs with its key, or asks for its second factors."""
    settings.RIVERCHIEF_EVIDENCE_DIR = tmp_path / "evidence"
    settings.RIVERCHIEF_ARCHIVE_DIR = tmp_path / "archive"
    settings.RIVERCHIEF_AUDIT_KEY = tmp_path / "secrets" / "audit_key"
    settings.RIVERCHIEF_CHECKPOINTS_DIR = tmp_path / "checkpoints"
    settings.RIVERCHIEF_SIGN_IN = tmp_path / "sign_in.toml"
    settings.RIVERCHIEF_PACKS_DIR = tmp_path / "packs"


@pytest.fixture(autouse=True)
def _no_built_front_end(settings):
    """WhiteNoise reads the whole of web/dist for each new test client; its files are asked of the running product only."""
    settings.WHITENOISE_ROOT = None
