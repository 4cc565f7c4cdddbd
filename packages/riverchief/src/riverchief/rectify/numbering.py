"""Numbers of clues, problems and orders: without gaps, per year, in the form that the rules give."""

from typing import Literal

from riverchief.base import clock
from riverchief.base.rules import get_rule
from riverchief.rectify.models import NumberSeries


def next_number(what: Literal["clue", "problem", "order"]) -> str:
    """The next number of the year, as the rule writes it."""
    year = clock.today().year
    template: str = get_rule("rectify.numbering")[what]
    return template.format(year=year, n=next_in_series(f"{what}:{year}"))


def next_in_series(name: str) -> int:
    """The next of a series, from 1; its row stays locked to the end of the transaction, so no number is lost."""
    NumberSeries.objects.get_or_create(name=name)
    series = NumberSeries.objects.select_for_update().get(name=name)
    series.last += 1
    series.save(update_fields=["last"])
    return series.last
