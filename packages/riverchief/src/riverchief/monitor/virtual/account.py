"""What was played, and what came of it."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from rich.table import Table

from riverchief.monitor.virtual.faults import FAULTS

PLAIN = "none"
"""In the place of a fault: nothing went wrong on purpose."""


@dataclass(frozen=True, slots=True)
class Played:
    """One upload."""

    mn: str
    data_time: datetime
    cn: str
    values: dict[str, float | None]
    """Of readings, by parameter, in their unit."""
    known: bool
    """Whether the centre should take it for a registered station's."""
    acknowledged: bool
    sent: int
    """How many whole frames of it were written."""


@dataclass
class Tally:
    """Uploads of one kind."""

    uploads: int = 0
    sent: int = 0
    resent: int = 0
    acknowledged: int = 0

    def add(self, sent: int, resent: int, acknowledged: bool) -> None:
        """One more."""
        self.uploads += 1
        self.sent += sent
        self.resent += resent
        self.acknowledged += acknowledged

    def cells(self) -> tuple[str, ...]:
        """For a row of the account."""
        return tuple(
            f"{number:,}"
            for number in (
                self.uploads, self.sent, self.resent, self.acknowledged, self.uploads - self.acknowledged
            )
        )  # fmt: skip


@dataclass
class Account:
    """Of a whole run: by standard, by fault, and every upload for whoever compares."""

    of_standard: defaultdict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    of_fault: defaultdict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    kept_silent: int = 0
    history: int = 0
    reconnected: int = 0
    played: list[Played] = field(default_factory=list)

    @property
    def total(self) -> Tally:
        """All uploads."""
        tallies = self.of_standard.values()
        return Tally(
            *(
                sum(getattr(tally, name) for tally in tallies)
                for name in ("uploads", "sent", "resent", "acknowledged")
            )
        )

    def table(self) -> Table:
        """For people."""
        table = Table("", "uploads", "frames", "resent", "acknowledged", "open")
        for column in table.columns:
            column.no_wrap = True
        for column in table.columns[1:]:
            column.justify = "right"
        for standard, tally in sorted(self.of_standard.items()):
            table.add_row(standard, *tally.cells())
        table.add_section()
        for fault in (PLAIN, *FAULTS):
            if fault in self.of_fault:
                table.add_row(f"fault: {fault}", *self.of_fault[fault].cells())
        table.add_section()
        table.add_row("all", *self.total.cells())
        return table
