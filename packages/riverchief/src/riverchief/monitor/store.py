"""Writing packets and readings: a few statements for a whole batch, the same for the gateway and for jobs.

`statements` gives SQL and parameters only, so that an asynchronous and an ordinary connection can both run them.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from riverchief.monitor.readings import MEASURED_FLAG, REFUSED_FLAG, REVIEWED, UNKNOWN_FLAG, ReadingRow

Statement = tuple[str, tuple[Any, ...]]
Key = tuple[int, str, str, datetime]
"""Station, parameter, kind and start of the period of a reading."""

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_FIRST_MONTH = datetime(2000, 1, 1, tzinfo=_SHANGHAI)


class PacketRow(NamedTuple):
    """A row of `Packet`, named and meant as its columns."""

    id: int
    received_at: datetime
    mn: str
    peer: str
    raw: bytes
    state: str
    station_id: int | None = None
    st: str = ""
    cn: str = ""
    qn: str = ""
    data_time: datetime | None = None
    error: str = ""
    refused: str = "[]"


_PACKET_TYPES = {
    "id": "bigint",
    "received_at": "timestamptz",
    "raw": "bytea",
    "station_id": "bigint",
    "data_time": "timestamptz",
    "refused": "jsonb",
}
_READING_TYPES = {
    "station_id": "bigint",
    "packet_id": "bigint",
    **dict.fromkeys(("period_start", "sampled_at", "received_at"), "timestamptz"),
    **dict.fromkeys(("value", "raw_value", "minimum", "maximum", "load"), "float8"),
}


def _unnest(names: tuple[str, ...], types: dict[str, str]) -> tuple[str, str]:
    """Column list and `unnest(...)` of a row type: one array per column, so that a batch is one statement."""
    return ", ".join(names), ", ".join(f"%s::{types.get(name, 'text')}[]" for name in names)


_PACKET_COLUMNS, _PACKET_ARRAYS = _unnest(PacketRow._fields, _PACKET_TYPES)
_READING_COLUMNS, _READING_ARRAYS = _unnest(ReadingRow._fields, _READING_TYPES)

# What a reading that could be true has said of a column stands until another value comes.
_KEPT = "coalesce(excluded.{0}, CASE WHEN r.reason = '' THEN r.{0} END)"
_SILENT = "(excluded.value IS NULL AND r.reason = '')"
# What is sent again without a flag says nothing of it, as long as the value is not another one.
_FLAG = f"""CASE WHEN excluded.flag = '{UNKNOWN_FLAG}' AND r.reason = ''
    AND coalesce(excluded.value, r.value) IS NOT DISTINCT FROM coalesce(r.value, excluded.value)
    THEN r.flag ELSE excluded.flag END"""
# A review holds until another value comes; of what is sent meanwhile only the station's own flag is remembered, beside it.
_REVIEWED = f"starts_with(r.reason, '{REVIEWED}')"
_HELD = f"({_REVIEWED} AND coalesce(excluded.value, r.value) = r.value)"
_HELD_FOR = f"""CASE excluded.flag WHEN '{UNKNOWN_FLAG}' THEN r.reason WHEN '{MEASURED_FLAG}' THEN '{REVIEWED}'
    ELSE '{REVIEWED}:' || excluded.flag END"""
# The station's own flag of what stands, also where a review holds; and whether it was one that a device sent.
_OWN = f"CASE WHEN {_REVIEWED} THEN coalesce(nullif(substr(r.reason, {len(REVIEWED) + 2}), ''), '{MEASURED_FLAG}') ELSE r.flag END"
_FIRST_FLAG = f"""coalesce(r.raw_flag, CASE WHEN {_OWN} NOT IN ('{UNKNOWN_FLAG}', '{REFUSED_FLAG}')
    AND ({_OWN} <> {{0}} OR excluded.raw_flag IS NOT NULL) THEN {_OWN} END, excluded.raw_flag)"""
_HELD_FLAG = f"CASE excluded.flag WHEN '{UNKNOWN_FLAG}' THEN {_OWN} ELSE excluded.flag END"
_COLUMNS_SET = {
    **{name: _KEPT.format(name) for name in ("value", "minimum", "maximum", "load")},
    "raw_value": f"""coalesce(r.raw_value,
        CASE WHEN (r.reason = '' OR {_REVIEWED}) AND (excluded.raw_value IS NOT NULL
            OR r.value IS DISTINCT FROM {_KEPT.format("value")}) THEN r.value END,
        excluded.raw_value)""",
    "unit": "coalesce(nullif(excluded.unit, ''), r.unit)",
    "flag": _FLAG,
    "sampled_at": f"CASE WHEN {_SILENT} THEN r.sampled_at ELSE excluded.sampled_at END",
}
_SET = ", ".join(
    f"{name} = CASE WHEN {_HELD} THEN r.{name} ELSE {new} END" for name, new in _COLUMNS_SET.items()
)

# A batch is written again when the answer to its commit was lost: the same ids are then no second packets.
_INSERT_PACKETS = f"""
INSERT INTO monitor_packet ({_PACKET_COLUMNS}) SELECT * FROM unnest({_PACKET_ARRAYS}) ON CONFLICT DO NOTHING
"""  # noqa: S608 - the columns are our own

# The reading received last holds, column by column, and a possible value before one that cannot be true; what was first
# received, and could be true, stays in raw_value and raw_flag. `readings.merged` does the same in memory.
# What a station says last is taken from what stands then; what our own checks refused never is that word.
_WRITE_READINGS = f"""
    INSERT INTO monitor_reading AS r ({_READING_COLUMNS}) SELECT * FROM unnest({_READING_ARRAYS})
    ON CONFLICT (station_id, parameter, kind, period_start) DO UPDATE SET
        {_SET}, raw_flag = CASE WHEN {_HELD} THEN {_FIRST_FLAG.format(_HELD_FLAG)} ELSE {_FIRST_FLAG.format(_FLAG)} END,
        reason = CASE WHEN {_HELD} THEN {_HELD_FOR} ELSE excluded.reason END,
        packet_id = excluded.packet_id, received_at = excluded.received_at
    WHERE CASE WHEN {_HELD}
        THEN excluded.reason = '' AND excluded.received_at >= r.received_at AND r.reason <> {_HELD_FOR}
        ELSE (excluded.reason = '', excluded.received_at) >= (r.reason = '', r.received_at)
            AND ((r.value, r.minimum, r.maximum, r.load, r.flag, r.sampled_at) IS DISTINCT FROM
                (excluded.value, excluded.minimum, excluded.maximum, excluded.load, {_FLAG}, excluded.sampled_at)
                OR (r.raw_value IS NULL AND excluded.raw_value IS NOT NULL)
                OR (r.raw_flag IS NULL AND excluded.raw_flag IS NOT NULL))
        END"""  # noqa: S608
_WRITE_LATEST = """
INSERT INTO monitor_latest AS l
    (station_id, parameter, kind, period_start, sampled_at, value, unit, flag, received_at)
SELECT DISTINCT ON (station_id, parameter, kind)
    station_id, parameter, kind, period_start, sampled_at, value, unit, flag, received_at
FROM standing WHERE reason = '' ORDER BY station_id, parameter, kind, period_start DESC
ON CONFLICT (station_id, parameter, kind) DO UPDATE SET
    period_start = excluded.period_start, sampled_at = excluded.sampled_at, value = excluded.value,
    unit = excluded.unit, flag = excluded.flag, received_at = excluded.received_at
WHERE (excluded.period_start, excluded.received_at) >= (l.period_start, l.received_at)
"""
_UPSERT_READINGS = f"WITH standing AS ({_WRITE_READINGS} RETURNING *) {_WRITE_LATEST}"

REFUSED_GIVES_WAY = "r.reason <> ''"
UNBROUGHT_GIVES_WAY = "r.packet_id IS NULL"
"""Which standing readings those of a file or a laboratory may replace: refused ones; those that no packet brought."""

_MARK_UNEXAMINED = """
INSERT INTO monitor_unexamined AS u (station_id, since, marks)
SELECT station_id, since, 1 FROM unnest(%s::bigint[], %s::timestamptz[]) AS t (station_id, since)
ON CONFLICT (station_id) DO UPDATE SET since = least(u.since, excluded.since), marks = u.marks + 1
"""

NEXT_PACKET_IDS = "SELECT nextval('monitor_packet_id_seq') FROM generate_series(1, %s)"
ENSURE_PARTITION = "SELECT monitor_ensure_partition(%s, %s)"


def statements(
    packets: Iterable[PacketRow], readings: Iterable[ReadingRow], *, examine: bool = True
) -> Iterator[Statement]:
    """What to run, in one transaction, to store a batch and, if it is to be examined, mark its stations.

    Rows go in the order of their keys, so that two writers of the same rows wait for each other and do not deadlock.
    """
    rounds = _rounds(readings)
    if packet_rows := list(packets):
        yield _INSERT_PACKETS, _columns(packet_rows)
    for rows in rounds:
        ordered = sorted(rows, key=lambda row: row.key)
        yield _UPSERT_READINGS, _columns(ordered)
    if not (rounds and examine):
        return
    since: dict[int, datetime] = {}
    for row in rounds[0]:
        since[row.station_id] = min(row.period_start, since.get(row.station_id, row.period_start))
    yield _MARK_UNEXAMINED, (_array(since), _array(since.values()))


def _rounds(readings: Iterable[ReadingRow]) -> list[list[ReadingRow]]:
    """What can be written at once, in turn: a statement takes one row of a reading, and what a second one means depends on
    what stands. Every reading is in the first round, so that the later ones lock nothing new.
    """
    rounds: list[list[ReadingRow]] = []
    times: dict[tuple[int, str, str, datetime], int] = {}
    for row in readings:
        turn = times.get(row.key, 0)
        times[row.key] = turn + 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(row)
    return rounds


def _columns(rows: Iterable[tuple[Any, ...]]) -> tuple[str, ...]:
    return tuple(map(_array, zip(*rows, strict=True)))


def _array(values: Iterable[Any]) -> str:
    """An array as PostgreSQL writes it.

    A driver asks of every value anew what it is: for batches of the gateway that took longer than all the rest of it.
    """
    known: dict[Any, str] = {None: "NULL"}
    texts = []
    for value in values:
        text = known.get(value)
        if text is None:
            text = known[value] = _element(value)
        texts.append(text)
    return "{" + ",".join(texts) + "}"


def _element(value: int | float | datetime | str | bytes) -> str:
    if isinstance(value, float):
        # Not repr: that of a numpy float names its type.
        return float.__repr__(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime):
        return f'"{value.isoformat()}"'
    text = f"\\x{value.hex()}" if isinstance(value, bytes) else value
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def write(
    cursor: Any, packets: Iterable[PacketRow], readings: Iterable[ReadingRow], *, examine: bool = True
) -> None:
    """Store a batch over an ordinary cursor, inside the caller's transaction."""
    for sql, parameters in statements(packets, readings, examine=examine):
        cursor.execute(sql, parameters)


def write_unbrought(cursor: Any, readings: Iterable[ReadingRow], gives_way: str) -> set[Key]:
    """Store readings that no packet brought beside what stands and does not give way; returns the keys that were written.

    The statement itself looks at what stands: a packet that came after the caller had looked is there for it.
    """
    sql = f"""WITH standing AS ({_WRITE_READINGS} AND {gives_way} RETURNING *), latest AS ({_WRITE_LATEST})
        SELECT station_id, parameter, kind, period_start FROM standing"""  # noqa: S608 - ours, as above
    written: set[Key] = set()
    for rows in _rounds(readings):
        ordered = sorted(rows, key=lambda row: row.key)
        cursor.execute(sql, _columns(ordered))
        written.update(cursor.fetchall())
    return written


def months_of(rows: Iterable[ReadingRow], now: datetime) -> set[datetime]:
    """The months (first instant, Asia/Shanghai) that readings need a partition for.

    A time before 2000 or after next month is a broken clock, not a month to keep a table for: such rows, kept and
    flagged, lie in the default partition.
    """
    latest = now + timedelta(days=31)
    starts = {row.period_start for row in rows}
    return {month_of(start) for start in starts if _FIRST_MONTH <= start <= latest}


def month_of(moment: datetime) -> datetime:
    """The first instant of the month of Asia/Shanghai in which a moment lies, in UTC."""
    local = moment.astimezone(_SHANGHAI)
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
