"""These tests run on what the platform's own stand on."""

from tests.riverchief.conftest import _evidence_in_a_folder_of_its_own, _no_built_front_end  # noqa: F401 - fixtures
