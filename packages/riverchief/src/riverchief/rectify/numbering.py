"""Numbers of clues, problems and orders: without gaps, per year, in the form that the rules give."""

from typing import Literal

from riverchief.base import clock
from riverchief.base.rules import get_rule
from riverchief.rectify.models import NumberSeries

What = Literal["clue", "problem", "order"]


def next_number(what: What) -> str:
    """The next number of the year, as the rule writes it."""
    return next_numbers(what, 1)[0]


def next_numbers(what: What, count: int) -> list[str]:
    """The next numbers of the year, so many in a row."""
    year = clock.today().year
    template: str = get_rule("rectify.numbering")[what]
    last = _advance(f"{what}:{year}", count)
    return [template.format(year=year, n=n) for n in range(last - count + 1, last + 1)]


def next_in_series(name: str) -> int:
    """The next of a series, from 1; its row stays locked to the end of the transaction, so no number is lost."""
    return _advance(name, 1)


def _advance(name: str, count: int) -> int:
    NumberSeries.objects.get_or_create(name=name)
    series = NumberSeries.objects.select_for_update().get(name=name)
    series.last += count
    series.save(update_fields=["last"])
    return series.last
