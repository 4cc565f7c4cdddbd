"""Times of SL 651: two-digit years, no zone; read as China Standard Time of the years 2000 to 2099."""

from datetime import datetime
from functools import lru_cache

from .._common import CHINA_STANDARD_TIME

SENT_DIGITS = 12
OBSERVED_DIGITS = 10


# Every time is asked for again and again: when the packet is checked, by its values, by its reader; and stations report
# at the same full minutes.
@lru_cache(maxsize=4096)
def read_time(digits: str) -> datetime | None:
    """A time YYMMDDhhmm or YYMMDDhhmmss as an aware datetime; None if it is no possible time."""
    if not (digits.isascii() and digits.isdigit() and len(digits) in (OBSERVED_DIGITS, SENT_DIGITS)):
        return None
    try:
        moment = datetime.fromisoformat(f"20{digits[:6]}T{digits[6:]}")
    except ValueError:
        return None
    return moment.replace(tzinfo=CHINA_STANDARD_TIME)


def write_time(moment: datetime, digits: int) -> str:
    """An aware datetime of this century as 10 or 12 digits of China Standard Time."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be written as China Standard Time; attach its zone")
    local = moment.astimezone(CHINA_STANDARD_TIME)
    if not 2000 <= local.year < 2100:
        raise ValueError(f"year {local.year} cannot be written with two digits; give one from 2000 to 2099")
    return local.strftime("%y%m%d%H%M%S")[:digits]
