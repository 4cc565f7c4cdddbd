"""Who takes part in a night of heavy rain: two overflows, the bypass of a works, and a factory with a permit."""

from datetime import date

from riverchief.registry.models import Outfall, PermitLimit

from tests.riverchief.trace.river import River

PARTS = {
    "C-07": ("S1-a", "overflow"),
    "C-09": ("T1-b", "overflow"),
    "W": ("M2-a", "sewage_works"),
    "E": ("T2-a", "industrial"),
}
"""Code to (outfall of the river that plays it, kind)."""


def take_part(river: River) -> dict[str, Outfall]:
    """The outfalls by code. Factory E may have 50 mg/L of COD as the mean of a day."""
    for code, (outfall, kind) in PARTS.items():
        Outfall.objects.filter(pk=river.outfalls[outfall].pk).update(code=code, kind=kind)
    places = {code: Outfall.objects.get(code=code) for code in PARTS}
    PermitLimit.objects.create(
        outfall=places["E"],
        parameter="cod",
        averaging="day",
        most=50.0,
        unit="mg/L",
        valid_from=date(2024, 1, 1),
        source="许可证 91500-E",
    )
    return places
