"""Which candidates a trace practically rules out: they are counted, and named as suspects nowhere."""

from riverchief.base.rules import get_rule
from riverchief.trace.codes import PLACES
from riverchief.trace.models import TraceCandidate


def cut_off() -> float:
    """The probability below which a place is practically ruled out."""
    below: float = get_rule("trace.listing")["ruled_out_below"]
    return below


def ruled_out(row: TraceCandidate, below: float) -> bool:
    """Whether every probability of a place lies below the cut-off: neither prior beliefs nor people's changes hide it.

    What is no place names nobody and is always listed.
    """
    given = (row.probability, row.probability_by_rule, row.probability_by_evidence)
    return row.kind in PLACES and all(value is None or value < below for value in given)
