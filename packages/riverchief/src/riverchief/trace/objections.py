"""What speaks against a change that somebody makes: they are told, and say that they know, or it is refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from riverchief.base.errors import StateRefused
from riverchief.registry.models import Outfall
from riverchief.trace.confirmed import confirmed_of


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
