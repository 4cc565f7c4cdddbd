"""How the six classes are written and shown."""

import pytest
from riverkit.quality import WaterClass


def test_labels_in_both_languages() -> None:
    assert [grade.label for grade in WaterClass] == ["I", "II", "III", "IV", "V", "inferior V"]
    assert [grade.label_zh for grade in WaterClass] == ["Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ", "Ⅴ", "劣Ⅴ"]


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("Ⅰ", 1),
        ("Ⅲ类", 3),
        ("劣Ⅴ", 6),
        ("劣Ⅴ类", 6),
        ("劣V类", 6),
        ("IV", 4),
        ("iv类", 4),
        (" inferior V ", 6),
        (">V", 6),
    ],
)
def test_published_spellings_are_read(text: str, grade: int) -> None:
    assert WaterClass.read(text) == grade


@pytest.mark.parametrize("text", ["", "-", "VI", "6", "优"])
def test_anything_else_is_no_class(text: str) -> None:
    assert WaterClass.read(text) is None


def test_every_label_reads_back() -> None:
    for grade in WaterClass:
        assert WaterClass.read(grade.label) is grade
        assert WaterClass.read(grade.label_zh) is grade


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("grade", list(WaterClass))
def test_numerals_can_be_read_on_their_colour(grade: WaterClass) -> None:
    light, dark = sorted((_luminance(grade.colour), _luminance(grade.text_colour)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5
