"""What speaks against a change that somebody makes: they are told, and say that they know, or it is refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from riverkit.network import Location

from riverchief.base.clock import SHANGHAI
from riverchief.base.errors import StateRefused
from riverchief.monitor.models import Event
from riverchief.registry.models import Outfall
from riverchief.trace.codes import AdjustmentKind
from riverchief.trace.confirmed import confirmed_of
from riverchief.trace.models import Adjustment
from riverchief.trace.visibility import View


class NotAcknowledged(StateRefused):
    """Something speaks against a change, and the person has not said that they know of it."""

    code: ClassVar[str] = "not_acknowledged"


@dataclass(frozen=True)
class Objection:
    """A reason to hesitate: as a sentence in either language, and as the log keeps it."""

    zh: str
    en: str
    facts: dict[str, Any]


def require_acknowledged(objections: Sequence[Objection], *, acknowledged: bool) -> None:
    """Refuse a change against which something speaks, unless the person knows and means it."""
    if objections and not acknowledged:
        zh, en = "".join(row.zh for row in objections), " ".join(row.en for row in objections)
        raise NotAcknowledged(
            f"{zh}|{en}",
            cure="如确需如此，请声明已知悉（acknowledged）后再提交，声明会留痕。"
            "|If you mean it all the same, say that you know (acknowledged) and send it again; that is logged.",
            field="acknowledged",
        )


def confirmed_in_the_ledger(event_id: int, outfall: Outfall) -> list[Objection]:
    """That people have confirmed the outfall, for whoever makes it less likely."""
    found = confirmed_of(event_id, [outfall.pk]).get(outfall.pk, [])
    if not found:
        return []
    numbers = [row.number for row in found]
    return [
        Objection(
            f"排污口 {outfall.code} 在台账中已由人员确认（问题 {'、'.join(numbers)}）。",
            f"People have confirmed outfall {outfall.code} in the ledger (problem {', '.join(numbers)}).",
            {"confirmed": numbers},
        )
    ]


def at_the_same_place(event: Event, place: Location, view: View, within_m: float) -> list[Objection]:
    """That an outfall on the list, or a place added already, lies so near along the reach that a trace takes it for the same.

    Of outfalls elsewhere than in the person's areas nothing is told.
    """
    reach, at = int(place.reach_id), place.chainage_m
    changes = {
        row.key: row
        for row in Adjustment.objects.filter(event=event, withdrawn_at__isnull=True).select_related("made_by")
    }
    outfalls = Outfall.objects.filter(
        reach_id=reach, chainage_m__gte=at - within_m, chainage_m__lte=at + within_m
    ).select_related("area")
    near: list[tuple[str, str, str, float]] = [
        (
            f"outfall:{row.pk}",
            f"排污口 {row.code} {row.name_zh}",
            f"outfall {row.code} {row.name_en or row.name_zh}",
            abs(row.chainage_m - at),
        )
        for row in outfalls
        if view.covers(row.area.path)
    ]
    near += [
        (row.key, f"已增加的“{row.label}”", f"“{row.label}”, which has been added", abs(row.chainage_m - at))
        for row in changes.values()
        if row.reach_id == reach and row.chainage_m is not None and abs(row.chainage_m - at) <= within_m
    ]
    return [
        _same_place(key, zh, en, distance_m, changes.get(key))
        for key, zh, en, distance_m in sorted(near, key=lambda row: row[-1])
    ]


def _same_place(key: str, zh: str, en: str, distance_m: float, change: Adjustment | None) -> Objection:
    """In words; that it was ruled out is said, for a place beside it would bring it back."""
    out_zh, out_en = "", ""
    if change is not None and change.kind == AdjustmentKind.EXCLUDE:
        on = f"{change.made_at.astimezone(SHANGHAI):%Y-%m-%d}"
        out_zh = f"（{change.made_by.label}已于 {on} 排除）"
        out_en = f" ({change.made_by.label} ruled it out on {on})"
    return Objection(
        f"该位置沿河距{zh} {distance_m:.0f} m{out_zh}，溯源分不开两者。",
        f"This position lies {distance_m:.0f} m along the river from {en}{out_en}: a trace cannot tell the two apart.",
        {"same_place_as": key, "distance_m": round(distance_m)},
    )
