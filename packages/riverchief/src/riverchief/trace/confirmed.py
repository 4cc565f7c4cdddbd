"""What people have confirmed of an outfall. The ledger knows, one slice above: the site names the function that tells."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Confirmed:
    """A problem of the ledger: somebody confirmed that the outfall discharged.

    Attributes:
        state: a key of `ledger_states`; `state_zh` and `state_en` in words.
        of_this_event: confirmed of the event that is traced; such a problem stands even when it has been written off.
    """

    problem_id: int
    number: str
    state: str
    state_zh: str
    state_en: str
    opened_at: datetime
    of_this_event: bool


def confirmed_of(event_id: int, outfall_ids: Collection[int]) -> dict[int, list[Confirmed]]:
    """By outfall what stands in the ledger: problems that are not written off, and any of the event itself."""
    told: Callable[[int, Collection[int]], dict[int, list[Confirmed]]] = import_string(
        settings.RIVERCHIEF_CONFIRMED
    )
    return told(event_id, outfall_ids)
