"""What is told of readings before a trace."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from riverkit.tracing.readings import cloud_width_s


@given(
    sd_s=st.floats(1_800.0, 36_000.0),
    step_s=st.floats(60.0, 600.0),
    level=st.floats(0.0, 5.0),
    height=st.floats(0.1, 10.0),
)
def test_a_cloud_is_as_wide_as_it_is_whatever_its_height_and_the_water_around_it(sd_s, step_s, level, height):
    time = np.arange(0.0, 20.0 * sd_s, step_s)
    value = level + height * np.exp(-0.5 * ((time - 10.0 * sd_s) / sd_s) ** 2)
    assert cloud_width_s(time, value) == pytest.approx(sd_s, abs=step_s)


def test_water_in_which_nothing_rose_has_no_cloud():
    time = np.arange(0.0, 86_400.0, 600.0)
    assert cloud_width_s(time, np.full(len(time), 0.3)) == 0.0
    assert cloud_width_s(time[:0], time[:0]) == 0.0


def test_a_record_that_ends_within_the_cloud_tells_of_what_it_saw():
    time = np.arange(0.0, 36_000.0, 600.0)
    rising = np.exp(-0.5 * ((time - 36_000.0) / 7_200.0) ** 2)
    assert 0.4 * 7_200.0 < cloud_width_s(time, rising) < 0.6 * 7_200.0
