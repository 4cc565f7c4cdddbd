"""Signs of an algal bloom: two instruments for two days, or chlorophyll alone; and what is none."""

import numpy as np
import pytest
from riverkit.detection import BloomRules, bloom_days, told_days

RULES = BloomRules(
    chlorophyll_alone=50,
    chlorophyll_sign=25,
    oxygen_swing=5,
    oxygen_saturation=1.4,
    ph_sign=9,
    least_temperature=10,
    least_signs=2,
    least_readings=6,
    least_hours=16,
    days=2,
)
HOURS = np.arange(3 * 24) * 3600.0
SUN = np.cos((HOURS / 3600 - 15) / 24 * 2 * np.pi)


def told(**series) -> list[int]:
    given = {name: np.broadcast_to(np.asarray(values, float), HOURS.shape) for name, values in series.items()}
    return [len(run) for run in told_days(bloom_days(HOURS, given, RULES), RULES)]


def test_chlorophyll_above_its_limit_for_two_days_needs_no_second_sign() -> None:
    assert told(chla=60) == [3]
    assert told(chla=40) == []
    assert told(chla=np.where(HOURS < 24 * 3600, 60, 10)) == []  # one day


@pytest.mark.parametrize(
    ("series", "runs"),
    [
        ({"do": 9 + 4 * SUN, "ph": 8.9 + 0.4 * SUN, "wt": 22}, [3]),
        ({"do": 9 + 4 * SUN, "ph": 8.0, "wt": 22}, []),  # swing and saturation are one instrument's
        ({"do": 9.0, "ph": 9.3, "wt": 22}, []),
        ({"do": 13.5, "chla": 30, "wt": 22}, [3]),  # 155 % of saturation, without a swing
        ({"do": 9 + 4 * SUN, "ph": 9.3, "wt": 6}, []),  # too cold
        ({"do": 9 + 4 * SUN, "ph": 9.3}, [3]),  # without a temperature nobody knows it to be cold
    ],
)
def test_two_signs_of_different_instruments_tell_in_water_that_is_not_cold(series, runs) -> None:
    assert told(**series) == runs


def test_a_wrong_reading_or_a_few_readings_make_no_sign() -> None:
    spiked = np.where(HOURS % 86400 == 43200, 30.0, 9.0)
    assert told(do=spiked, ph=9.3, wt=22) == []
    few = np.where(HOURS % (6 * 3600) == 0, 60.0, np.nan)  # four a day
    assert told(chla=few) == []
