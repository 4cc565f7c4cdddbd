"""Times of HJ 212: digits without a zone, read as China Standard Time."""

from datetime import datetime
from functools import lru_cache

from .._common import CHINA_STANDARD_TIME, FIRST_YEAR, LAST_YEAR


# Stations report on the minute, and every packet's time is asked for more than once.
@lru_cache(maxsize=4096)
def read_time(digits: str) -> datetime | None:
    """A time of 14 digits, or of 17 with milliseconds, as an aware datetime; None if it is no possible time (1970 to 2100)."""
    if len(digits) not in (14, 17) or not (digits.isascii() and digits.isdigit()):
        return None
    if digits[8:10] == "24":  # midnight to some versions of Python
        return None
    try:
        if len(digits) == 14:
            moment = datetime.fromisoformat(f"{digits[:8]}T{digits[8:]}")
        else:
            moment = datetime.fromisoformat(f"{digits[:8]}T{digits[8:14]}.{digits[14:]}")
    except ValueError:
        return None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return None
    return datetime.combine(moment, moment.time(), CHINA_STANDARD_TIME)  # six times as fast as moment.replace


def write_time(moment: datetime) -> str:
    """An aware datetime as 14 digits of China Standard Time."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be written as China Standard Time; attach its zone")
    return moment.astimezone(CHINA_STANDARD_TIME).strftime("%Y%m%d%H%M%S")


def write_qn(moment: datetime) -> str:
    """The request number (QN, 17 digits: time to the millisecond) of an exchange that starts at ``moment``."""
    return f"{write_time(moment)}{moment.microsecond // 1000:03d}"
