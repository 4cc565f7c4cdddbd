"""Order statistics of the recent past, one reading at a time, whatever the sampling."""

from bisect import bisect_left, insort
from collections import deque


class Sliding:
    """Readings of the last `span_s` seconds, sorted as they come; a reading costs O(log n) comparisons.

    Where the span holds fewer than `at_least` readings, older ones stay, up to `longest_s`: a station that reports every
    four hours has a level too.
    """

    __slots__ = ("_arrived", "_sorted", "at_least", "longest_s", "span_s")

    def __init__(self, span_s: float, *, at_least: int = 0, longest_s: float = 0.0) -> None:
        self.span_s = span_s
        self.at_least = at_least
        self.longest_s = longest_s
        self._arrived: deque[tuple[float, float]] = deque()
        self._sorted: list[float] = []

    def __len__(self) -> int:
        return len(self._sorted)

    @property
    def covered_s(self) -> float:
        """Seconds between the oldest and the newest reading held."""
        return self._arrived[-1][0] - self._arrived[0][0] if self._arrived else 0.0

    def add(self, time_s: float, value: float) -> None:
        """Take in a reading; times must not go back, values must be finite."""
        self._arrived.append((time_s, value))
        insort(self._sorted, value)

    def forget(self, now_s: float) -> None:
        """Drop what is older than the span at `now_s`."""
        arrived, values = self._arrived, self._sorted
        while arrived:
            age_s = now_s - arrived[0][0]
            if age_s <= self.span_s or (len(values) <= self.at_least and age_s <= self.longest_s):
                return
            del values[bisect_left(values, arrived.popleft()[1])]

    def median(self) -> float:
        """The median; at least one reading must be held."""
        values, middle = self._sorted, len(self._sorted) // 2
        return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2

    def quantile(self, share: float) -> float:
        """The value that `share` of the readings lie below; at least one reading must be held."""
        return self._sorted[min(int(share * len(self._sorted)), len(self._sorted) - 1)]
