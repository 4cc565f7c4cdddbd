"""Overflow records from a table."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from riverchief.accounts.models import User
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.monitor.importing.table import Fields, ImportRecords, Row, by_code_or_name
from riverchief.monitor.models import OverflowRecord
from riverchief.monitor.overflows.actions import check_times, check_volume, save_apart
from riverchief.registry.importing.values import BadValue, choice, moment, number, required, short
from riverchief.registry.models import Outfall, Reach

SOURCES = {
    **{value: value for value in OverflowRecord.Source.values},
    **{label: value for value, label in OverflowRecord.Source.choices},
}
Key = tuple[int, str, Any]


@dataclass(kw_only=True)
class ImportOverflows(ImportRecords):
    """Overflows: one is known by its outfall, source and start.

    A later file may complete one (its stop, its volume, its rain) and contradicts nothing that is there. A stopped one
    says its volume or that it was not metered, in the row or for the whole file.
    """

    name: ClassVar[str] = "monitor.import_overflows"
    fields: ClassVar[Fields] = (
        (
            "outfall",
            "source",
            "started_at",
            "stopped_at",
            "rainfall_mm",
            "volume_m3",
            "not_metered",
            "receiving_reach",
            "note",
        ),
        ("outfall", "started_at"),
    )
    capability: ClassVar[Capability] = Capability.RECORD_OVERFLOW
    outfalls: dict[str, Outfall] = field(init=False, repr=False)
    known: dict[Key, OverflowRecord] = field(init=False, repr=False)

    def prepare(self) -> None:
        """The outfalls, and the records there are."""
        self.outfalls = by_code_or_name(list(Outfall.objects.select_related("area", "reach")))
        self.known = {
            (row.outfall_id, row.source, row.started_at): row
            for row in OverflowRecord.objects.filter(withdrawn_at__isnull=True)
        }

    def take(self, number_: int, row: Row) -> None:
        """Write a new one, or complete the one there is."""
        fresh = self._read(row)
        before = self.known.get((fresh.outfall_id, fresh.source, fresh.started_at))
        if before is not None:
            self._complete(before, fresh)
            return
        save_apart(fresh)
        self.known[fresh.outfall_id, fresh.source, fresh.started_at] = fresh
        self.result.created += 1

    def _read(self, row: Row) -> OverflowRecord:
        outfall = self.found(required(row, "outfall"), self.outfalls, "outfall")
        source = row.get("source", "").strip() or OverflowRecord.Source.OVERFLOW
        if source not in SOURCES:
            raise BadValue(
                "source",
                f"不认识来源“{source}”。|The source “{source}” is not known.",
                f"可用：{'、'.join(SOURCES)}|Use one of: {', '.join(SOURCES)}",
            )
        required(row, "started_at")
        started_at, stopped_at = moment(row, "started_at"), moment(row, "stopped_at")
        assert started_at is not None  # required above
        volume = number(row, "volume_m3")
        not_metered = bool(choice(row, "not_metered", "truth", default="")) and volume is None
        check_times(started_at, stopped_at)
        check_volume(volume, not_metered=not_metered, stopped=stopped_at is not None)
        return OverflowRecord(
            outfall=outfall,
            source=SOURCES[source],
            known_by=OverflowRecord.KnownBy.IMPORT,
            started_at=started_at,
            stopped_at=stopped_at,
            rainfall_mm=number(row, "rainfall_mm"),
            volume_m3=volume,
            not_metered=not_metered,
            receiving_reach=self._reach(row, outfall),
            note=short(row.get("note", "").strip(), "note", 300),
            entered_by=self.actor if isinstance(self.actor, User) else None,
            entered_at=clock.now(),
        )

    def _reach(self, row: Row, outfall: Outfall) -> Reach:
        code = row.get("receiving_reach", "").strip()
        if not code:
            return outfall.reach
        reach = Reach.objects.filter(basin_id=outfall.reach.basin_id, code=code).first()
        if reach is None:
            raise BadValue(
                "receiving_reach",
                f"流域中没有河段“{code}”。|The basin has no reach “{code}”.",
                "请改正编码，或留空（排口所在河段）。|Correct the code, or leave it empty: that of the outfall.",
            )
        return reach

    def _complete(self, before: OverflowRecord, fresh: OverflowRecord) -> None:
        """Take what the record lacks; refuse what says otherwise."""
        changed = []
        both_ended = before.stopped_at is not None and fresh.stopped_at is not None
        if both_ended and before.not_metered != fresh.not_metered:
            raise _contradiction("volume_m3", _volume(before), _volume(fresh))
        for name in ("stopped_at", "rainfall_mm", "volume_m3"):
            is_, says = getattr(before, name), getattr(fresh, name)
            if says is None or is_ == says:
                continue
            if is_ is not None:
                raise _contradiction(name, _shown(is_), _shown(says))
            changed.append(name)
        if changed:
            if before.known_by == OverflowRecord.KnownBy.DEVICE:
                before.known_by = OverflowRecord.KnownBy.IMPORT  # a file's word, which no device changes
            for name in (*changed, *(("not_metered",) if fresh.not_metered else ())):
                setattr(before, name, getattr(fresh, name))
            save_apart(before)
            self.result.updated += 1
        else:
            self.result.unchanged += 1


def _contradiction(name: str, there: str, given: str) -> BadValue:
    return BadValue(
        name,
        f"与已有记录不一致：已有 {there}，文件 {given}。"
        f"|It contradicts the record that is there: {there} there, {given} in the file.",
        "已有记录保持不变；如其有误，请撤回后重新导入。"
        "|The record stays as it is; if it is wrong, withdraw it and import again.",
    )


def _volume(row: OverflowRecord) -> str:
    return "未计量/not metered" if row.not_metered else f"{row.volume_m3:g} m³"


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"
    return f"{value:g}"
