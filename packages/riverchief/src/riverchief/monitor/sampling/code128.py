"""Bars of Code 128 (ISO/IEC 15417), code set B: what every label printer and hand scanner reads."""

_WIDTHS = [
    "212222",
    "222122",
    "222221",
    "121223",
    "121322",
    "131222",
    "122213",
    "122312",
    "132212",
    "221213",
    "221312",
    "231212",
    "112232",
    "122132",
    "122231",
    "113222",
    "123122",
    "123221",
    "223211",
    "221132",
    "221231",
    "213212",
    "223112",
    "312131",
    "311222",
    "321122",
    "321221",
    "312212",
    "322112",
    "322211",
    "212123",
    "212321",
    "232121",
    "111323",
    "131123",
    "131321",
    "112313",
    "132113",
    "132311",
    "211313",
    "231113",
    "231311",
    "112133",
    "112331",
    "132131",
    "113123",
    "113321",
    "133121",
    "313121",
    "211331",
    "231131",
    "213113",
    "213311",
    "213131",
    "311123",
    "311321",
    "331121",
    "312113",
    "312311",
    "332111",
    "314111",
    "221411",
    "431111",
    "111224",
    "111422",
    "121124",
    "121421",
    "141122",
    "141221",
    "112214",
    "112412",
    "122114",
    "122411",
    "142112",
    "142211",
    "241211",
    "221114",
    "413111",
    "241112",
    "134111",
    "111242",
    "121142",
    "121241",
    "114212",
    "124112",
    "124211",
    "411212",
    "421112",
    "421211",
    "212141",
    "214121",
    "412121",
    "111143",
    "111341",
    "131141",
    "114113",
    "114311",
    "411113",
    "411311",
    "113141",
    "114131",
    "311141",
    "411131",
    "211412",
    "211214",
    "211232",
    "2331112",
]
"""Widths of bar, gap, bar, gap, bar, gap of each symbol, in modules."""

_START_B, _STOP, _CHECK = 104, 106, 103
_FIRST, _LAST = 32, 126
QUIET = 10
"""Modules that stay white on either side."""


def widths(text: str) -> list[int]:
    """The widths of bars and gaps in turn, a bar first, in modules.

    Raises:
        ValueError: a character that is not printable ASCII.
    """
    if not text or any(not _FIRST <= ord(letter) <= _LAST for letter in text):
        raise ValueError(f"Code 128 B holds printable ASCII only, not {text!r}")
    values = [ord(letter) - _FIRST for letter in text]
    check = (_START_B + sum(place * value for place, value in enumerate(values, start=1))) % _CHECK
    return [int(width) for symbol in (_START_B, *values, check, _STOP) for width in _WIDTHS[symbol]]


def svg(text: str) -> str:
    """The bars as a drawing that scales; its quiet zones included."""
    bars, at = [], QUIET
    for number, width in enumerate(widths(text)):
        if number % 2 == 0:
            bars.append(f'<rect x="{at}" width="{width}" height="40"/>')
        at += width
    box = f"0 0 {at + QUIET} 40"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" preserveAspectRatio="none">{"".join(bars)}</svg>'
