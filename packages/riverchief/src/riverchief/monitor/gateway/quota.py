"""How much of what is not accepted a gateway keeps a day: altogether, and of one address."""

from collections import Counter
from datetime import date, datetime
from typing import Any

from riverchief.base import clock

_MOST_ADDRESSES_TOLD = 5


class Quota:
    """Rows that are quarantined or rejected, of one day of the office; it begins anew with the process."""

    def __init__(self, per_day: int, per_address: int) -> None:
        self.per_day = per_day
        self.per_address = per_address
        self.day: date | None = None
        self.kept: Counter[str] = Counter()
        self.total = 0
        self.refused: Counter[str] = Counter()
        """Packets, by address."""
        self.refused_at: datetime | None = None
        """When one was refused last, on whatever day."""

    def share(self, at: datetime) -> "Share":
        """What a batch that came at a time takes of it; it counts once the batch is committed."""
        day = clock.day_of(at)
        if day != self.day:
            self.day, self.total = day, 0
            self.kept.clear()
            self.refused.clear()
        return Share(self, at)

    def as_dict(self) -> dict[str, Any]:
        """For the sign of life; `full` are the addresses of which most was refused."""
        return {
            "day": self.day.isoformat() if self.day else "",
            "kept": self.total,
            "per_day": self.per_day,
            "refused": self.refused.total(),
            "full": [address for address, _ in self.refused.most_common(_MOST_ADDRESSES_TOLD)],
            "refused_at": self.refused_at.isoformat() if self.refused_at else "",
        }


class Share:
    """Of one try to store a batch: a try that fails has taken nothing. Two lanes at once may overdraw the quota, by a batch."""

    def __init__(self, quota: Quota, at: datetime) -> None:
        self._quota = quota
        self._at = at
        self._kept: Counter[str] = Counter()
        self._total = 0
        self._refused: Counter[str] = Counter()

    def take(self, address: str) -> bool:
        """Whether a packet that is not accepted may be kept; it is counted either way."""
        quota = self._quota
        if (
            quota.total + self._total >= quota.per_day
            or quota.kept[address] + self._kept[address] >= quota.per_address
        ):
            self._refused[address] += 1
            return False
        self.add(address, 1)
        return True

    def add(self, address: str, rows: int) -> None:
        """Count rows that are kept in any case, such as the refused parts of a good packet."""
        self._kept[address] += rows
        self._total += rows

    def commit(self) -> int:
        """The batch is stored; how many packets were not kept."""
        quota = self._quota
        quota.kept.update(self._kept)
        quota.total += self._total
        quota.refused.update(self._refused)
        if self._refused:
            quota.refused_at = self._at
        return self._refused.total()
