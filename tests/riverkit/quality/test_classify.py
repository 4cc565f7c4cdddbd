"""The class of water by its worst parameter."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from riverkit.errors import StandardError
from riverkit.quality import PARAMETERS, WaterClass, class_of, classify, water_class

GOOD = {"ph": 7.0, "do": 8.0, "codmn": 1.0, "nh3n": 0.1, "tp": 0.01}
ASSESSED = [key for key, parameter in PARAMETERS.items() if parameter.assessed]


@pytest.mark.parametrize("key", [key for key in ASSESSED if PARAMETERS[key].rule in ("at_most", "at_least")])
@pytest.mark.parametrize("water_body", ["river", "lake"])
def test_equality_belongs_to_the_better_class(key: str, water_body: str) -> None:
    limits = [float(limit) for limit in PARAMETERS[key].limits[water_body]]  # type: ignore[index]
    worse = 1e-6 if PARAMETERS[key].rule == "at_most" else -1e-6
    for grade, limit in enumerate(limits, start=1):
        best = limits.index(limit) + 1  # classes that share a limit: the better one
        assert class_of(key, limit, water_body) == best  # type: ignore[arg-type]
        assert class_of(key, limit + worse, water_body) > grade  # type: ignore[arg-type]


def test_limits_without_a_binary_form_are_met_by_sums_that_miss_them_by_rounding() -> None:
    assert 0.1 + 0.2 > 0.3
    assert class_of("tp", 0.1 + 0.2, "river") is WaterClass.IV
    assert class_of("nh3n", 0.1 + 0.05, "river") is WaterClass.I


@pytest.mark.parametrize(
    ("value", "grade"),
    [(6.0, 1), (9.0, 1), (7.3, 1), (5.9975, 6), (5.9991, 6), (9.0018, 6), (0.0, 6), (14.0, 6)],
)
def test_ph_is_either_inside_its_range_or_inferior(value: float, grade: int) -> None:
    assert class_of("ph", value) == grade


@pytest.mark.parametrize(
    ("value", "grade"),
    [(20.0, 1), (7.5, 1), (7.49, 2), (6.0, 2), (5.0, 3), (3.0, 4), (2.0, 5), (1.99, 6), (0.0, 6)],
)
def test_more_oxygen_is_better(value: float, grade: int) -> None:
    assert class_of("do", value) == grade


def test_phosphorus_has_its_own_limits_in_lakes() -> None:
    assert class_of("tp", 0.05, "river") is WaterClass.II
    assert class_of("tp", 0.05, "lake") is WaterClass.III


def test_the_worst_parameter_decides_and_is_named() -> None:
    verdict = water_class({**GOOD, "codmn": 6.2, "tp": 0.25})
    assert verdict.grade is WaterClass.IV
    assert verdict.deciding == ("codmn", "tp")
    assert (verdict.assessed, verdict.of, verdict.missing) == (5, 21, ())


def test_nothing_decides_class_one() -> None:
    verdict = water_class(GOOD)
    assert verdict.grade is WaterClass.I
    assert verdict.deciding == ()


def test_without_a_required_parameter_there_is_no_class() -> None:
    verdict = water_class({"ph": 7.0, "do": None, "codmn": math.nan, "tp": 0.01})
    assert verdict.grade is None
    assert verdict.deciding == ()
    assert verdict.missing == ("do", "codmn", "nh3n")
    assert verdict.assessed == 2


def test_phosphorus_may_be_absent() -> None:
    verdict = water_class({key: value for key, value in GOOD.items() if key != "tp"})
    assert verdict.grade is WaterClass.I
    assert verdict.assessed == 4


def test_the_required_parameters_can_be_others() -> None:
    assert water_class({"nh3n": 3.0}, required=["nh3n"]).grade is WaterClass.INFERIOR_V
    assert water_class({"nh3n": 3.0}, required=[]).grade is WaterClass.INFERIOR_V
    assert water_class({}, required=[]).grade is None
    assert water_class({}).missing == ("ph", "do", "codmn", "nh3n")


def test_nitrogen_coliforms_and_temperature_are_reported_apart_from_the_class() -> None:
    result = classify({**GOOD, "tn": 9.0, "coliform": 50_000.0, "wt": -0.5}, water_body="lake")
    assert result.grade.tolist() == [WaterClass.I]
    assert result.assessed.tolist() == [5]
    assert result.per_parameter["tn"].tolist() == [6]
    assert result.per_parameter["coliform"].tolist() == [6]
    assert "wt" not in result.per_parameter


def test_nitrogen_of_a_river_has_no_class() -> None:
    assert classify({**GOOD, "tn": 9.0}).per_parameter["tn"].tolist() == [0]
    with pytest.raises(StandardError, match="tn"):
        class_of("tn", 9.0, "river")


def test_each_sample_can_have_its_own_water_body() -> None:
    values = {key: [value] * 3 for key, value in {**GOOD, "tp": 0.05}.items()}
    result = classify(values, water_body=["river", "lake", "river"])
    assert result.grade.tolist() == [2, 3, 2]
    assert result.deciding(1) == ("tp",)


def test_no_samples_give_no_classes() -> None:
    assert classify({key: [] for key in GOOD}).grade.size == 0


@pytest.mark.parametrize(
    ("key", "value"), [("nh3n", -0.1), ("do", math.inf), ("ph", 14.2), ("ph", -1.0), ("tp", -math.inf)]
)
def test_impossible_values_are_refused_naming_the_sample(key: str, value: float) -> None:
    values = {name: [good, good] for name, good in GOOD.items()}
    values[key] = [GOOD[key], value]
    with pytest.raises(StandardError, match=f"{key} .* sample 1 "):
        classify(values)
    with pytest.raises(StandardError):
        class_of(key, value)


def test_a_missing_value_has_no_class_of_its_own() -> None:
    with pytest.raises(StandardError, match="no value"):
        class_of("do", math.nan)


def test_unknown_keys_and_water_bodies_and_uneven_columns_are_refused() -> None:
    with pytest.raises(StandardError, match="cod_mn"):
        classify({"cod_mn": [1.0]})
    with pytest.raises(StandardError, match="pond"):
        classify(GOOD, water_body=["pond"])
    with pytest.raises(StandardError, match="one length"):
        classify({"ph": [7.0], "do": [8.0, 8.0]})
    with pytest.raises(StandardError, match="2 water bodies"):
        classify(GOOD, water_body=["river", "lake"])


_values = st.fixed_dictionaries(
    {
        "ph": st.floats(0, 14) | st.just(math.nan),
        "do": st.floats(0, 20) | st.just(math.nan),
        **{key: st.floats(0, 50) | st.just(math.nan) for key in ("codmn", "nh3n", "tp", "hg", "cod")},
    }
)


@settings(derandomize=True, max_examples=150)
@given(st.lists(_values, min_size=1, max_size=8), st.sampled_from(["river", "lake"]))
def test_many_samples_at_once_are_the_samples_one_by_one(
    samples: list[dict[str, float]], water_body: str
) -> None:
    result = classify({key: [sample[key] for sample in samples] for key in samples[0]}, water_body=water_body)
    for index, sample in enumerate(samples):
        one = water_class(sample, water_body)  # type: ignore[arg-type]
        assert int(result.grade[index]) == (one.grade or 0)
        assert result.deciding(index) == one.deciding
        assert int(result.assessed[index]) == one.assessed


@settings(derandomize=True, max_examples=150)
@given(_values, st.sampled_from(["codmn", "nh3n", "tp", "hg", "cod"]), st.floats(0, 50))
def test_more_of_a_pollutant_never_makes_the_class_better(
    sample: dict[str, float], key: str, more: float
) -> None:
    if math.isnan(sample[key]):
        return
    before = classify(sample).grade[0]
    after = classify({**sample, key: sample[key] + more}).grade[0]
    assert after >= before


@settings(derandomize=True, max_examples=100)
@given(_values)
def test_the_class_is_that_of_its_worst_parameter(sample: dict[str, float]) -> None:
    verdict = water_class(sample, required=[])
    alone = {key: class_of(key, value) for key, value in sample.items() if not math.isnan(value)}
    assert verdict.grade == max(alone.values(), default=None)
    if verdict.grade is not None and verdict.grade > 1:
        assert set(verdict.deciding) == {key for key, grade in alone.items() if grade == verdict.grade}


def test_the_examples_in_the_docstrings_hold() -> None:
    for documented in (WaterClass, water_class, class_of):
        text = documented.__doc__ or ""
        lines = [line.strip() for line in text.splitlines()]
        code = "\n".join(line for line in lines if line.startswith(("assert ", "verdict =")))
        assert "assert" in code
        exec(code, {"WaterClass": WaterClass, "water_class": water_class, "class_of": class_of})


def test_the_order_of_the_keys_of_the_mask_is_the_order_of_the_standard() -> None:
    result = classify({**GOOD, "sulfide": 5.0})
    assert result.keys == tuple(ASSESSED)
    assert int(result.deciding_mask[0]) == 1 << ASSESSED.index("sulfide")
    assert result.grade.dtype == np.int8
