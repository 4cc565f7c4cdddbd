"""River or lake, learned from published classes."""

import numpy as np
import pytest
from riverkit.errors import StandardError
from riverkit.quality import classify, learn_water_body

# With these, phosphorus alone decides: 0.05 mg/L is class II in a river and III in a lake, 0.3 is IV and inferior V.
VALUES = {
    "ph": [7.0] * 4,
    "do": [8.0] * 4,
    "codmn": [1.0] * 4,
    "nh3n": [0.1] * 4,
    "tp": [0.05, 0.3, 0.05, 0.3],
}


def test_the_limits_that_reproduce_more_published_classes_are_chosen() -> None:
    learned = learn_water_body(["a", "a", "b", "b"], [3, 6, 2, 4], VALUES)
    assert learned["a"].water_body == "lake"
    assert (learned["a"].rows, learned["a"].telling, learned["a"].agree_lake, learned["a"].agree_river) == (
        2,
        2,
        2,
        0,
    )
    assert learned["b"].water_body == "river"


def test_a_tie_is_a_river() -> None:
    learned = learn_water_body(["a", "a", "a", "a"], [3, 4, 0, 0], VALUES)
    assert learned["a"].agree_river == learned["a"].agree_lake == 1
    assert learned["a"].water_body == "river"
    assert learned["a"].rows == 2


def test_rows_without_phosphorus_tell_nothing() -> None:
    values = {key: column for key, column in VALUES.items() if key != "tp"}
    learned = learn_water_body(["a"] * 4, [1, 1, 1, 1], values)
    assert learned["a"].telling == 0
    assert learned["a"].water_body == "river"


def test_sections_without_a_published_class_are_left_out() -> None:
    assert list(learn_water_body(["a", "a", "b", "b"], [0, 0, 2, 4], VALUES)) == ["b"]


def test_published_classes_computed_with_lake_limits_are_learned_as_lakes() -> None:
    chance = np.random.default_rng(5)
    sections = np.repeat([f"s{number}" for number in range(20)], 30)
    lake = np.isin(sections, [f"s{number}" for number in range(0, 20, 3)])
    values = {
        "ph": chance.uniform(6, 9, 600),
        "do": chance.uniform(5, 12, 600),
        "codmn": chance.uniform(0, 5, 600),
        "nh3n": chance.uniform(0, 0.8, 600),
        "tp": chance.uniform(0, 0.3, 600),
    }
    published = classify(values, water_body=np.where(lake, "lake", "river")).grade
    learned = learn_water_body(sections, published, values)
    assert {name for name, found in learned.items() if found.water_body == "lake"} == set(
        sections[lake].tolist()
    )


def test_sections_and_classes_must_be_as_many() -> None:
    with pytest.raises(StandardError, match="one of each"):
        learn_water_body(["a"], [1, 2, 3, 4], VALUES)
