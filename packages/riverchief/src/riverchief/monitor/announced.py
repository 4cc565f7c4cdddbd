"""Whether a stop was announced, or entered when it had long begun: one person could otherwise explain anything away later."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from riverchief.accounts.models import User
from riverchief.base.clock import SHANGHAI
from riverchief.base.rules import get_rule


def entered_within() -> timedelta:
    """How long after its beginning a stop may be entered and still be announced (rule `monitor.stoppages`)."""
    return timedelta(hours=get_rule("monitor.stoppages")["entered_within_hours"])


@dataclass(frozen=True)
class Entry:
    """That somebody entered, at a time, that something stands still from another time on."""

    begins_at: datetime
    entered_at: datetime
    entered_by: User

    @property
    def holds_from(self) -> datetime:
        """From when on it was announced: its beginning, or as long before it was entered as the rule allows today."""
        return self.announced_from(entered_within())

    def announced_from(self, within: timedelta) -> datetime:
        """The same by an `entered_within` that is known, for many entries."""
        return max(self.begins_at, self.entered_at - within)

    @property
    def afterwards(self) -> bool:
        """Whether some of it was entered afterwards."""
        return self.holds_from > self.begins_at

    @property
    def said(self) -> tuple[str, str]:
        """That it was entered afterwards, by whom and when; ("", "") where it was not."""
        if not self.afterwards:
            return "", ""
        at = f"{self.entered_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        return (
            f"事后补登：{self.entered_by.name_zh}，{at}",
            f"entered afterwards, by {self.entered_by.name_en}, {at}",
        )
