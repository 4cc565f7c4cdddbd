"""A river with a secret, and an office that looks for it."""

import pytest
from riverchief.base.clock import use_clock

from tests.riverchief.rectify.office import NOON, Office, make_office
from tests.riverchief.trace.river import River, make_river


@pytest.fixture
def office(db) -> Office:
    with use_clock(NOON):
        yield make_office()


@pytest.fixture
def river(office: Office) -> River:
    return make_river(office)
