"""Times that somebody typed: a year that is not this one, nor the one beside it, is a slip of the finger."""

from datetime import datetime, timedelta

from riverchief.base import clock
from riverchief.base.errors import InvalidInput

FURTHEST = timedelta(days=366)


def check_within_a_year(at: datetime, field: str) -> None:
    """Refuse a time that is more than a year before or ahead of now.

    Raises:
        InvalidInput: it is; `field` is what the time was given as.
    """
    if abs(at - clock.now()) > FURTHEST:
        raise InvalidInput(
            f"时间 {at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M} 距今超过 {FURTHEST.days} 天。"
            f"|{at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M} is more than {FURTHEST.days} days from now.",
            cure="请核对年份。|Check the year.",
            field=field,
        )
