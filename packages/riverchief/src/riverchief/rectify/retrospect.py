"""What people found in the end, for judging traces by it."""

from collections.abc import Sequence

from riverchief.rectify.models import Problem


def confirmed_outfalls(event_ids: Sequence[int]) -> dict[int, int]:
    """Event to the outfall that people confirmed to be its source, where they did."""
    rows = Problem.objects.filter(clue__event_id__in=event_ids, outfall__isnull=False).order_by("id")
    return {
        event_id: outfall_id
        for event_id, outfall_id in rows.values_list("clue__event_id", "outfall_id")
        if event_id is not None and outfall_id is not None
    }
