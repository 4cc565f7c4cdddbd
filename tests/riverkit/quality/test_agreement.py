"""Agreement with published classes, on the national stations and on small cases."""

from pathlib import Path

import numpy as np
import pytest
from riverkit.quality import Readings, WaterClass, assess, read_readings


@pytest.fixture(scope="module")
def national(data_dir: Path) -> Readings:
    path = data_dir / "monitoring" / "cnemc_daily_snapshot_100stations_2020-05_2021-04.csv.gz"
    if not path.is_file():
        pytest.skip(f"no {path}")
    return read_readings(path)


def test_river_limits_alone_reproduce_what_is_known_of_them(national: Readings) -> None:
    result = assess(national)
    assert result.river_only.rows == 16_118
    assert result.river_only.fraction == pytest.approx(0.918, abs=0.0005)
    assert result.without_tp.rows == result.without_tp.agree == 4_745


def test_water_types_learned_on_earlier_dates_agree_on_later_ones(national: Readings) -> None:
    result = assess(national, learn_before=np.datetime64("2020-10-22"))
    assert result.applied.rows == 8_545
    assert result.applied.fraction is not None
    assert result.applied.fraction >= 0.999
    assert len(result.differences) == result.applied.rows - result.applied.agree


def test_the_middle_of_the_dates_is_where_learning_ends(national: Readings) -> None:
    assert assess(national).learned_before == np.datetime64("2020-10-22")


ROWS = """date,section,class_pub,ph,do,codmn,nh3n,tp
2020-01-01,lake,Ⅲ,7,8,1,0.1,0.05
2020-01-02,lake,Ⅲ,7,8,1,0.1,0.05
2020-01-01,river,Ⅱ,7,8,1,0.1,0.05
2020-02-01,lake,Ⅲ,7,8,1,0.1,0.05
2020-02-01,river,Ⅲ,7,8,1,0.1,0.05
2020-02-02,river,Ⅰ,7,8,2.004,0.1,0.01
2020-02-03,river,Ⅴ,7,8,1,0.1,0.05
2020-02-04,new,Ⅱ,7,8,1,0.1,0.05
"""


def small(folder: Path, text: str = ROWS) -> Readings:
    path = folder / "small.csv"
    path.write_text(text, "utf-8")
    return read_readings(path)


def test_differences_come_with_what_would_explain_them(tmp_path: Path) -> None:
    result = assess(small(tmp_path), learn_before=np.datetime64("2020-01-15"))
    assert {name: found.water_body for name, found in result.learned.items()} == {
        "lake": "lake",
        "river": "river",
    }
    assert (result.applied.rows, result.applied.agree, result.unlearned_rows) == (5, 2, 1)
    assert [(item.computed, item.published, item.explanation) for item in result.differences] == [
        (WaterClass.II, WaterClass.III, "agrees with lake limits; 1 earlier rows told river from lake here"),
        (WaterClass.II, WaterClass.I, "agrees if values are rounded as displayed"),
        (WaterClass.II, WaterClass.V, "none known"),
    ]


def test_several_differences_on_one_day_have_probably_one_cause(tmp_path: Path) -> None:
    rows = "".join(f"2020-02-01,{name},Ⅴ,7,8,1,0.1,0.05\n" for name in "abc")
    result = assess(small(tmp_path, ROWS.splitlines()[0] + "\n" + rows))
    assert {item.explanation for item in result.differences} == {
        "one of 3 differences on that day: class and values may be out of step"
    }


def test_a_class_of_the_neighbouring_reading_is_named(tmp_path: Path) -> None:
    text = """date,section,class_pub,ph,do,codmn,nh3n,tp
2020-02-01,a,Ⅳ,7,8,9,0.1,0.05
2020-02-02,a,Ⅳ,7,8,1,0.1,0.05
"""
    (difference,) = assess(small(tmp_path, text)).differences
    assert difference.explanation.startswith("class of the section's reading before")


def test_without_sections_or_dates_river_limits_are_used(tmp_path: Path) -> None:
    result = assess(small(tmp_path, "class_pub,ph,do,codmn,nh3n,tp\nⅢ,7,8,1,0.1,0.05\n"))
    assert result.learned == {}
    assert result.learned_before is None
    assert result.river_only.agree == 0
    assert result.applied.fraction is None
    assert len(result.differences) == 1


def test_without_published_classes_there_is_nothing_to_compare(tmp_path: Path) -> None:
    result = assess(small(tmp_path, "ph,do,codmn,nh3n\n7,8,1,0.1\n"))
    assert result.classification.grade.tolist() == [1]
    assert result.river_only.rows == 0
    assert result.differences == ()
