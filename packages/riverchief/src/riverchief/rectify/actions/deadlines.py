"""When a problem is due: a day that the office gives, or the working days of the rule for its class."""

from datetime import date, datetime

from riverchief.base import clock
from riverchief.base.calendar import Deadline, due_date
from riverchief.base.errors import InvalidInput
from riverchief.base.rules import get_rule


def future_end_of(day: date, field: str = "due_date") -> datetime:
    """24:00 of a day that is not over.

    Raises:
        InvalidInput: it is.
    """
    at = clock.end_of(day)
    if at <= clock.now():
        raise InvalidInput(
            "整改期限已过。|The due date has passed.",
            cure="请填写将来的日期。|Give a date in the future.",
            field=field,
        )
    return at


def deadline_for(rectification_class: str, day: date | None) -> Deadline:
    """The end of the given day, else the working days of the class from now on.

    Raises:
        InvalidInput: the day has passed, or the class has no working days of its own.
    """
    if day is not None:
        return Deadline(future_end_of(day), provisional=False)
    days: int | None = get_rule("rectify.deadlines")["working_days"][rectification_class]
    if days is None:
        raise InvalidInput(
            "此类整改没有默认时限。|This class of rectification has no default date.",
            cure="请填写整改期限。|Give the due date.",
            field="due_date",
        )
    return due_date(clock.now(), days)
