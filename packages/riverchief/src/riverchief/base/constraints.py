"""Conditions that constraints of many tables share."""

from functools import reduce
from math import inf
from operator import and_

from django.db.models import Q


def finite(*columns: str) -> Q:
    """That columns hold numbers, or nothing. PostgreSQL takes "not a number" for greater than infinity: one bound refuses both."""
    return reduce(and_, (Q(**{f"{name}__gt": -inf, f"{name}__lt": inf}) for name in columns))
