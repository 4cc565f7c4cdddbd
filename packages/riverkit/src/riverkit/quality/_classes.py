"""The six water classes of GB 3838-2002, and how they are shown."""

from enum import IntEnum

_LABELS = ("I", "II", "III", "IV", "V", "inferior V")
_LABELS_ZH = ("Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ", "Ⅴ", "劣Ⅴ")
# The official hues, their lightness falling from class to class, so that a grey print can still be ranked.
_COLOURS = ("#b7dcf5", "#93c8ee", "#86c79e", "#d6ac22", "#d9731a", "#b3261e")
# A contrast of 3 : 1 or more against a near-white page, which the light fills do not have.
_OUTLINE_COLOURS = ("#2b7bba", "#2b7bba", "#2f7a49", "#8a6a00", "#94490a", "#7d1712")
# Whichever of white and near-black gives the numeral a contrast of 4.5 : 1 or more.
_TEXT_COLOURS = ("#1f1d1a", "#1f1d1a", "#1f1d1a", "#1f1d1a", "#1f1d1a", "#ffffff")
_READ = {
    **{label.upper(): grade for grade, label in enumerate(_LABELS, start=1)},
    **{label: grade for grade, label in enumerate(_LABELS_ZH, start=1)},
    **{label + "类": grade for grade, label in enumerate(_LABELS_ZH, start=1)},
    **{label + "类": grade for grade, label in enumerate(_LABELS[:5], start=1)},
    "劣V": 6,
    "劣V类": 6,
    ">V": 6,
    "INFERIOR-V": 6,
}


class WaterClass(IntEnum):
    """A class of surface water (水质类别); a greater number is worse water.

    assert WaterClass.III < WaterClass.INFERIOR_V
    assert WaterClass.INFERIOR_V.label == "inferior V"
    assert WaterClass.INFERIOR_V.label_zh == "劣Ⅴ"
    assert WaterClass.read("Ⅳ") is WaterClass.IV
    """

    I = 1  # noqa: E741
    II = 2
    III = 3
    IV = 4
    V = 5
    INFERIOR_V = 6

    @property
    def label(self) -> str:
        """The numeral in English text: I … V, inferior V."""
        return _LABELS[self - 1]

    @property
    def label_zh(self) -> str:
        """The numeral in Chinese text: Ⅰ … Ⅴ, 劣Ⅴ."""
        return _LABELS_ZH[self - 1]

    @property
    def colour(self) -> str:
        """The colour of marks and fills (#rrggbb). The numeral always stands beside it."""
        return _COLOURS[self - 1]

    @property
    def outline_colour(self) -> str:
        """The colour of the line around a mark (#rrggbb), and of thin lines on a near-white page."""
        return _OUTLINE_COLOURS[self - 1]

    @property
    def text_colour(self) -> str:
        """The colour of text on ``colour``."""
        return _TEXT_COLOURS[self - 1]

    @classmethod
    def read(cls, text: str) -> "WaterClass | None":
        """The class that a numeral names, in Chinese or Latin letters, with or without 类; None for anything else."""
        grade = _READ.get(text.strip()) or _READ.get(text.strip().upper())
        return None if grade is None else cls(grade)
