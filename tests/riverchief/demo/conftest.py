"""The demo basin, made once."""

import pytest
from riverchief.demo.basin import generate
from riverchief.demo.model import DemoBasin


@pytest.fixture(scope="session")
def demo_basin() -> DemoBasin:
    return generate(2026, "demo")
