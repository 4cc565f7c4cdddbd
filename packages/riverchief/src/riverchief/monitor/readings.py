"""From a packet to readings: which value means what, in which unit, of what time, and whether it can be true.

Pure: the gateway, the replay of quarantined packets and the tests share it.
"""

import math
from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from riverkit.protocols.hj212 import Factor, FactorValue, Packet, factor_code, factor_of

UNKNOWN_FLAG = "U"
REFUSED_FLAG = "X"
MEASURED_FLAG = "N"
GIVEN_TWICE = "given_twice"
"""The reason of a reading of which one packet tells different things."""
REVIEWED = "review"
"""The reason of a refused reading that a person has found to be no measurement; all other reasons are our own checks'.

Where its station has marked it by a flag of its own meanwhile, that follows: `review:M`. Undoing the review restores it.
"""
REVIEWED_FLAG = "R"
"""How such a reading is shown, apart from those that our own checks refused. No device sends it, and no row holds it."""


def shown_flag(flag: str, reason: str) -> str:
    """The flag under which people are shown a reading: who has refused it is said."""
    return REVIEWED_FLAG if flag == REFUSED_FLAG and reason.startswith(REVIEWED) else flag


def own_flag(flag: str, reason: str) -> str:
    """The flag that the station itself gave a reading, also where a review holds."""
    return (reason[len(REVIEWED) + 1 :] or MEASURED_FLAG) if reason.startswith(REVIEWED) else flag


# Table B.1 writes these in µg/L or ng/L; the quality standards, and so our readings, in mg/L.
_SMALL_UNITS = frozenset({"µg/L", "ng/L"})
# Power failure: no measurement. 2017 has no letter for it; a fault of the instrument is what it comes nearest to.
_FLAG_OF_2005 = {"P": "D"}
_COLUMN_OF = {
    "Rtd": "value",
    "Avg": "value",
    "Data": "value",
    "Min": "minimum",
    "Max": "maximum",
    "Cou": "load",
}
_COLUMNS = {**_COLUMN_OF, **{f"Zs{kind}": column for kind, column in _COLUMN_OF.items()}}


_LARGEST = 1e30
"""No quantity has such a value; of larger ones means and variances overflow, and a day's would stop all examination."""


@dataclass(frozen=True, slots=True)
class ReadingChecks:
    """What a value must satisfy to be possible (rule `monitor.reading_checks`)."""

    future: timedelta
    oldest: timedelta
    least: float
    least_of: dict[str, float]
    most_of: dict[str, float]

    @classmethod
    def of(cls, body: dict[str, Any]) -> "ReadingChecks":
        """From the body of the rule."""
        return cls(
            future=timedelta(minutes=body["future_minutes"]),
            oldest=timedelta(days=body["oldest_days"]),
            least=body["least"],
            least_of=body["least_of"],
            most_of=body["most_of"],
        )

    def checked(self, row: "ReadingRow", *, known: bool) -> "ReadingRow":
        """The reading, refused with its reason where it cannot be true.

        Of numbers without an end nothing is kept but that they came: the database takes none, and their packet has them.
        """
        reason = self.reason(row, known=known)
        if not reason:
            return row
        row = row._replace(flag=REFUSED_FLAG, reason=reason)
        if reason == "number":
            row = row._replace(
                value=_finite(row.value),
                minimum=_finite(row.minimum),
                maximum=_finite(row.maximum),
                load=_finite(row.load),
            )
        return row

    def reason(self, row: "ReadingRow", *, known: bool) -> str:
        """Why the reading cannot be true; "" where it can. A code outside the table has no bounds but those of arithmetic."""
        # Every reading passes here: only what is there is looked at, and nothing twice.
        amounts = [value for value in (row.value, row.minimum, row.maximum) if value is not None]
        for value in amounts:
            if not math.isfinite(value):
                return "number"
        if row.load is not None and not math.isfinite(row.load):
            return "number"
        latest = row.received_at + self.future
        if row.period_start > latest or row.sampled_at > latest:
            return "future"
        if row.period_start < row.received_at - self.oldest:
            return "too_old"
        least = self.least_of.get(row.parameter, self.least) if known else -_LARGEST
        most = self.most_of.get(row.parameter, _LARGEST) if known else _LARGEST
        for value in amounts:
            if value < least:
                return "below_possible"
            if value > most:
                return "above_possible"
        return ""


class ReadingRow(NamedTuple):
    """A row of `Reading`, named and meant as its columns."""

    station_id: int
    parameter: str
    kind: str
    period_start: datetime
    sampled_at: datetime
    value: float | None
    unit: str
    flag: str
    received_at: datetime
    minimum: float | None = None
    maximum: float | None = None
    load: float | None = None
    reason: str = ""
    packet_id: int | None = None
    raw_value: float | None = None
    raw_flag: str | None = None

    @property
    def key(self) -> tuple[int, str, str, datetime]:
        """What makes two readings the same reading."""
        return (self.station_id, self.parameter, self.kind, self.period_start)

    @property
    def content(self) -> tuple[object, ...]:
        """What makes a second reading of the same key say something else."""
        return (self.value, self.minimum, self.maximum, self.load, self.flag, self.sampled_at)


def rows_of(
    packet: Packet, *, station_id: int, packet_id: int | None, received_at: datetime, checks: ReadingChecks
) -> list[ReadingRow]:
    """The readings in a packet; none where the command carries no measurements.

    Average, minimum, maximum and load of a factor are columns of one reading. A factor of which only a flag was sent
    is a reading without a value: that the analyser was in maintenance is known, not a gap. The state of equipment (SBx-RS) is
    a reading of that name, the number of the standard.
    """
    data_time, kind = packet.data_time, packet.period
    if kind is None or data_time is None:
        return []
    start = data_time.astimezone(UTC)
    # What comes a second time is another row of the same reading.
    by_factor: dict[tuple[str, int], list[FactorValue]] = {}
    times: dict[tuple[str, str], int] = {}
    for item in packet.values():
        code = f"{item.code}-Zs" if item.kind.startswith("Zs") else item.code
        told = times.get((code, item.kind), 0)
        times[code, item.kind] = told + 1
        by_factor.setdefault((code, told), []).append(item)
    rows = []
    told_twice = packet.given_twice if packet.deviations else frozenset()
    for (code, _), items in by_factor.items():
        factor = factor_of(code, packet.st)
        known = items[0].code == code and factor is not None
        row = _row(code, factor, items, kind, station_id, start, received_at, packet_id)
        if f"{items[0].code}-Flag" in told_twice:
            rows.append(_silenced(row))
        else:
            rows.append(checks.checked(row, known=known))
    for code, flag in _lone_flags(packet, {code for code, _ in by_factor}):
        factor = factor_of(code, packet.st)
        row = ReadingRow(
            station_id=station_id,
            parameter=factor.key if factor and factor.key else code,
            kind=kind,
            period_start=start,
            sampled_at=start,
            value=None,
            unit="",
            flag=flag,
            received_at=received_at,
            packet_id=packet_id,
        )
        rows.append(checks.checked(row, known=False))
    for code, state in packet.equipment_states():
        row = ReadingRow(
            station_id, f"{code}-RS", kind, start, start, float(state), "", MEASURED_FLAG, received_at
        )
        rows.append(checks.checked(row._replace(packet_id=packet_id), known=False))
    return consistent(rows)


def consistent(rows: list[ReadingRow]) -> list[ReadingRow]:
    """The rows of one packet; a reading that is told twice, and differently, is refused and has no value: which one is true nobody knows."""
    if len({row.key for row in rows}) == len(rows):
        return rows
    told: dict[tuple[int, str, str, datetime], list[ReadingRow]] = {}
    for row in rows:
        told.setdefault(row.key, []).append(row)
    found = []
    for same in told.values():
        if _contradict(same) or same[0].reason == GIVEN_TWICE:
            same = [_silenced(same[0])]
        found += same
    return found


def _silenced(row: ReadingRow) -> ReadingRow:
    """Told twice, and differently: that it came is known, and nothing else."""
    silent = row._replace(value=None, minimum=None, maximum=None, load=None)
    return silent._replace(flag=REFUSED_FLAG, reason=GIVEN_TWICE)


def _contradict(rows: list[ReadingRow]) -> bool:
    columns = zip(*(row.content[:4] for row in rows), strict=True)
    flags = {row.flag for row in rows} - {UNKNOWN_FLAG}
    return len(flags) > 1 or any(len(set(column) - {None}) > 1 for column in columns)


def refused_of(rows: Iterable[ReadingRow]) -> list[tuple[str, str]]:
    """The readings of a packet that cannot be true: parameter and reason of each."""
    return [(row.parameter, row.reason) for row in rows if row.reason]


def _row(
    code: str,
    factor: Factor | None,
    items: list[FactorValue],
    kind: str,
    station_id: int,
    start: datetime,
    received_at: datetime,
    packet_id: int | None,
) -> ReadingRow:
    columns: dict[str, float | None] = {}
    # Of loads alone the unit of the concentration is not known, but what they are loads of is.
    unit, in_quality_unit = "", factor is not None and factor.key is not None
    flag, sampled_at = UNKNOWN_FLAG, start
    for item in reversed(items):
        column = _COLUMNS[item.kind]
        amount = item.value if item.quality_value is None else item.quality_value
        columns.setdefault(column, None if amount is None else float(amount))
        if column != "load" and not unit:
            in_quality_unit = bool(item.key and item.unit)
            unit = "mg/L" if in_quality_unit and item.unit in _SMALL_UNITS else item.unit
        flag = _FLAG_OF_2005.get(item.flag or "", item.flag) or flag
        if item.sample_time:
            sampled_at = item.sample_time.astimezone(UTC)
    return ReadingRow(
        station_id,
        # Without a known unit the value must not pass for one in the standard's: it stays under its code.
        factor.key if factor and factor.key and in_quality_unit else code,
        kind,
        start,
        sampled_at,
        columns.get("value"),
        unit,
        flag,
        received_at,
        columns.get("minimum"),
        columns.get("maximum"),
        columns.get("load"),
        packet_id=packet_id,
    )


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _lone_flags(packet: Packet, measured: Container[str]) -> Iterable[tuple[str, str]]:
    """Data flags of factors that have no value at all in the packet."""
    for group in packet.fields:
        for key, text in group:
            if text and key[-5:].lower() == "-flag" and (code := factor_code(key[:-5])) not in measured:
                yield code, _FLAG_OF_2005.get(text, text)


def merged(rows: Iterable[ReadingRow]) -> list[ReadingRow]:
    """One row per reading: what stands when the rows have come one after the other."""
    kept: dict[tuple[int, str, str, datetime], ReadingRow] = {}
    for row in rows:
        before = kept.get(row.key)
        kept[row.key] = row if before is None else _joined(before, row)
    return list(kept.values())


def _joined(before: ReadingRow, row: ReadingRow) -> ReadingRow:
    """What stands of two rows of one reading, the same as `store` does where the first is in the database.

    What says nothing of a column leaves it as it was: the parts of a split message may share one factor. A value that
    cannot be true never takes the place of one that can. What was first received, and could be true, stays as `raw_value`
    and `raw_flag`. A review holds until another value comes; a flag that is sent meanwhile is remembered with it.
    """
    if before.reason.startswith(REVIEWED) and (row.value is None or _same(before.value, row.value)):
        return _marked(before, row)
    if (not row.reason, row.received_at) < (not before.reason, before.received_at):
        return before
    if all(map(_same, row.content, before.content)) and _remembers(before, row):
        return before
    joined = row._replace(unit=row.unit or before.unit)
    first = None
    if not before.reason:
        silent = row.value is None
        unmoved = before.value is None or _same(before.value, row.value)
        joined = joined._replace(
            value=before.value if silent else row.value,
            minimum=before.minimum if row.minimum is None else row.minimum,
            maximum=before.maximum if row.maximum is None else row.maximum,
            load=before.load if row.load is None else row.load,
            flag=before.flag if row.flag == UNKNOWN_FLAG and (silent or unmoved) else row.flag,
            sampled_at=before.sampled_at if silent else row.sampled_at,
        )
        if row.raw_value is not None or not _same(before.value, joined.value):
            first = before.value
    kept = (before.raw_value, first, row.raw_value)
    return joined._replace(
        raw_value=next((value for value in kept if value is not None), None),
        raw_flag=_first_flag(before, joined),
    )


def _remembers(before: ReadingRow, row: ReadingRow) -> bool:
    """Whether a reading knows of everything first sent that another one of the same key does."""
    return (before.raw_value is not None or row.raw_value is None) and (
        before.raw_flag is not None or row.raw_flag is None
    )


def _first_flag(before: ReadingRow, after: ReadingRow) -> str | None:
    """The flag first sent of a reading, where another was sent since or is sent now."""
    if before.raw_flag is not None:
        return before.raw_flag
    own = own_flag(before.flag, before.reason)
    changed = own_flag(after.flag, after.reason) != own or after.raw_flag is not None
    return own if changed and own not in (UNKNOWN_FLAG, REFUSED_FLAG) else after.raw_flag


def _marked(before: ReadingRow, row: ReadingRow) -> ReadingRow:
    """A reviewed reading that is sent again: only the station's own flag is news."""
    if row.reason or row.flag == UNKNOWN_FLAG or row.received_at < before.received_at:
        return before
    reason = REVIEWED if row.flag == MEASURED_FLAG else f"{REVIEWED}:{row.flag}"
    if reason == before.reason:
        return before
    marked = before._replace(reason=reason, packet_id=row.packet_id, received_at=row.received_at)
    return marked._replace(raw_flag=_first_flag(before, marked))


def _same(one: object, other: object) -> bool:
    """Equal as the database sees it, for which two values that are no number are the same."""
    return one == other or (one != one and other != other)
