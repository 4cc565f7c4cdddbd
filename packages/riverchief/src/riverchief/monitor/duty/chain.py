"""The rule `monitor.duty`: whom an alarm goes to and how long each has. No database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True)
class Link:
    """A place of the chain, and how long whoever stands there has before the next is told."""

    to: str
    has: timedelta


@dataclass(frozen=True)
class DutyRules:
    """The rule, read."""

    chain: tuple[Link, ...]
    resolve_quiet: timedelta
    """How long the events of an alarm must have ended before it resolves itself."""
    longest_mute: timedelta

    @classmethod
    def of(cls, body: dict[str, Any]) -> "DutyRules":
        """From the body of the rule."""
        return cls(
            chain=tuple(Link(row["to"], timedelta(minutes=row["minutes"])) for row in body["chain"]),
            resolve_quiet=timedelta(minutes=body["resolve_quiet_minutes"]),
            longest_mute=timedelta(hours=body["mute_most_hours"]),
        )

    def left(self, taken: Sequence[str]) -> tuple[Link, ...]:
        """The places that an alarm has not been to, in order: those after the furthest it has been to."""
        been = [number for number, link in enumerate(self.chain) if link.to in taken]
        return self.chain[max(been) + 1 :] if been else self.chain

    def due(
        self, raised_at: datetime, taken: Sequence[tuple[str, datetime]], silent_until: datetime | None
    ) -> datetime | None:
        """When the next place is to be told; None where all have been.

        Args:
            taken: place and time of the steps so far, in order.
            silent_until: the end of the last mute; whoever was told has their time from then on.
        """
        if not self.left([to for to, _ in taken]):
            return None
        if not taken:
            return max(raised_at, silent_until) if silent_until else raised_at
        to, at = taken[-1]
        has = next((link.has for link in self.chain if link.to == to), timedelta())
        return (max(at, silent_until) if silent_until else at) + has
