"""These tests run on what the platform's own stand on."""

from tests.riverchief.conftest import _evidence_in_a_folder_of_its_own  # noqa: F401 - a fixture
