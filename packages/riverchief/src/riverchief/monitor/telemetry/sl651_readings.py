"""From a report of SL 651 to readings: which element means what, in which unit, of what time.

Pure: the gateway, the replay of quarantined packets and the tests share it.
"""

from datetime import UTC, datetime, timedelta

from riverkit.protocols.sl651 import CHINA_STANDARD_TIME, ElementValue

from riverchief.monitor.readings import (
    MEASURED_FLAG,
    REFUSED_FLAG,
    UNKNOWN_FLAG,
    ReadingChecks,
    ReadingRow,
    consistent,
)
from riverchief.monitor.telemetry.sl651_messages import Message

NO_NUMBER = "number"
"""The reason of a value whose digits mean nothing."""

_OTHER_FLAGS = {"30": "M", "35": "S"}
"""A test report is made while somebody works at the station; what is set by hand was not measured by it."""

_LONGEST_NAME = 40
"""Of a parameter; a symbol outside table C.1 may have any length."""

_BROKEN = frozenset({"not_bcd", "not_a_number"})

# Element to parameter and factor: HJ 212, and so our readings, has flow in L/s.
_PARAMETERS = {
    "Z": ("level", "m", 1.0),
    "Q": ("flow", "L/s", 1000.0),
    "TURB": ("turb", "NTU", 1.0),
    "PT": ("rain_total", "mm", 1.0),
}
# Rain of a period becomes `rain`. Of each kind of reading there is one length: amounts of five and of ten minutes that
# begin together would be one reading, or rain would count twice.
_RAIN = {
    "DRP": ("minute", timedelta(minutes=5)),
    "PN05": ("minute", timedelta(minutes=5)),
    "P1": ("hour", timedelta(hours=1)),
    "PD": ("day", timedelta(days=1)),
}
_HYDROLOGICAL_DAY = timedelta(hours=8)
"""After midnight it begins, and ends."""


def rows_of(
    message: Message, *, station_id: int, packet_id: int | None, received_at: datetime, checks: ReadingChecks
) -> list[ReadingRow]:
    """The readings in a report: one per value that has a time, what is outside our names under the element's own.

    A value of which the station says that it has none is a reading without a value, and takes no place of one.
    """
    broken = {
        deviation.where.removeprefix("group ")
        for deviation in message.packet.deviations
        if deviation.name in _BROKEN
    }
    rows = []
    for value in message.values:
        if value.observed_at is None:
            continue
        parameter, unit, factor, kind, start = _meaning(value, value.observed_at)
        known = parameter != (value.symbol or value.lead)
        amount = None if value.value is None else float(value.value) * factor
        flag = UNKNOWN_FLAG if amount is None else _OTHER_FLAGS.get(message.cn, MEASURED_FLAG)
        row = ReadingRow(
            station_id, parameter, kind, start, start, amount, unit, flag, received_at, packet_id=packet_id
        )
        row = checks.checked(row, known=known)
        if amount is None and {value.lead, value.symbol} & broken:
            row = row._replace(flag=REFUSED_FLAG, reason=NO_NUMBER)
        rows.append(row)
    return consistent(rows)


def _meaning(value: ElementValue, observed_at: datetime) -> tuple[str, str, float, str, datetime]:
    """Parameter, unit, factor, kind and time of a value; SL 651 tells the end of a period, a reading its start."""
    at = observed_at.astimezone(UTC)
    if value.symbol in _RAIN:
        kind, length = _RAIN[value.symbol]
        if _ends_one(observed_at, length):
            return "rain", "mm", 1.0, kind, at - length
    name = value.key or value.symbol or value.lead.strip()[:_LONGEST_NAME]
    parameter, unit, factor = _PARAMETERS.get(value.symbol, (name, value.unit, 1.0))
    # A pH has no unit; readings write that as HJ 212 does.
    return parameter, "1" if parameter == "ph" else unit, factor, "instant", at


def _ends_one(moment: datetime, length: timedelta) -> bool:
    """Whether a full period ends there: amounts of the running hour, sent every five minutes, would overlap."""
    local = moment.astimezone(CHINA_STANDARD_TIME)
    since = local - local.replace(hour=0, minute=0, second=0, microsecond=0) - _HYDROLOGICAL_DAY
    return since % length == timedelta()
