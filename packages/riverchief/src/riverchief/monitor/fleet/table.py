"""The fleet as a table for spreadsheets: one row a station, times of Asia/Shanghai."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from riverchief.base.clock import SHANGHAI
from riverchief.base.spreadsheets import csv_text

COLUMNS = (
    "code", "name_zh", "name_en", "kind", "owner", "area_code", "river_zh", "organisation", "state", "connected", "last_at",
    "age_s", "interval_s", "stopped_because", "stop_entered_afterwards", "transmission", "validity", "doubts", "edition", "last_packet_at",
    "clock_ahead_s", "clock_by", "refused", "quarantined", "last_request", "last_request_state", "last_request_at",
    "measured_30_d", "flagged_30_d", "stopped_30_d", "missing_30_d",
)  # fmt: skip


def fleet_csv(rows: Iterable[dict[str, Any]]) -> str:
    """The rows of `shown_fleet`; what the reader may not know is empty."""
    return csv_text(COLUMNS, map(_row, rows))


def _row(shown: dict[str, Any]) -> dict[str, Any]:
    request, stoppage, holder = (
        shown["last_request"] or {},
        shown["stoppage"] or {},
        shown["organisation"] or {},
    )
    sums = [sum(day[place] for day in shown["strip"]) for place in range(4)]
    names = ("measured_30_d", "flagged_30_d", "stopped_30_d", "missing_30_d")
    row = {
        **shown,
        "organisation": holder.get("name_zh"),
        "stopped_because": stoppage.get("reason"),
        "stop_entered_afterwards": stoppage.get("afterwards_zh"),
        "last_request": request.get("cn"),
        "last_request_state": request.get("state"),
        "last_request_at": request.get("asked_at"),
        **dict(zip(names, sums, strict=True)),
    }
    return {name: _at_the_place(row[name]) for name in COLUMNS}


def _at_the_place(value: Any) -> Any:
    return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else value
