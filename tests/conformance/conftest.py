"""The database of these tests is that of the platform's own."""

from tests.riverchief.conftest import (  # noqa: F401 - fixtures
    _evidence_in_a_folder_of_its_own,
    database_url,
    django_db_modify_db_settings,
)
