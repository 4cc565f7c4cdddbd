"""Numbers of clues, problems and orders: without gaps, per year, in the form that the rules give."""

from typing import Literal

from riverchief.base import clock
from riverchief.base.rules import get_rule
from riverchief.rectify.models import NumberSeries


def next_number(what: Literal["clue", "problem", "order"]) -> str:
    """The next number of a series; its row stays locked to the end of the transaction, so no number is lost."""
    year = clock.today().year
    NumberSeries.objects.get_or_create(name=f"{what}:{year}")
    series = NumberSeries.objects.select_for_update().get(name=f"{what}:{year}")
    series.last += 1
    series.save(update_fields=["last"])
    template: str = get_rule("rectify.numbering")[what]
    return template.format(year=year, n=series.last)
