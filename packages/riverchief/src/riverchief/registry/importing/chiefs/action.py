"""The import of a list of chiefs: every row understood, every conflict told, then all of it written in one piece, or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from riverchief.accounts.models import Area
from riverchief.accounts.policies import allows, require
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import Action
from riverchief.registry.duties.models import OF_AREAS, WITHOUT_ROLE, Duty, K
from riverchief.registry.importing.chiefs import cells
from riverchief.registry.importing.chiefs.cells import Wanted
from riverchief.registry.importing.chiefs.places import Places, Water, fits
from riverchief.registry.importing.chiefs.plan import Planner
from riverchief.registry.importing.chiefs.writing import write
from riverchief.registry.importing.columns import cells_of, resolve
from riverchief.registry.importing.lists import read_list
from riverchief.registry.importing.result import Assumption, ImportResult, Progress, silent
from riverchief.registry.importing.tables import EXCESS
from riverchief.registry.importing.values import BadValue, short

FIELDS: tuple[tuple[str, ...], tuple[str, ...]] = (
    (
        "person", "phone", "position", "duty", "tier", "area", "county", "town", "village", "rivers",
        "valid_from", "valid_to", "left",
    ),
    ("person",),
)  # fmt: skip
STEP = 500


@dataclass(kw_only=True)
class ImportChiefs(Action[ImportResult]):
    """Import a list of chiefs 河长名单 with their duties.

    A row that contradicts another, or what is known, is a conflict: it is left out, and nothing at all is written unless that is
    accepted. A number that is none, or a water that is unknown, costs the row only that value.
    """

    name: ClassVar[str] = "chiefs.import"
    fields: ClassVar[tuple[tuple[str, ...], tuple[str, ...]]] = FIELDS
    path: Path
    kind: str = "chiefs"
    basin_code: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    file_name: str = ""
    progress: Progress = silent
    result: ImportResult = field(init=False, repr=False)

    def check_permission(self) -> None:
        """Keeping accounts somewhere at all; which rows, is decided row by row."""
        require(self.actor, Capability.MANAGE_ACCOUNTS)

    def execute(self) -> ImportResult:
        """Read, plan row by row, write in one piece, and log."""
        name = self.file_name or self.path.name
        self.progress("reading", 0, 1)
        table = read_list(self.path, name, FIELDS[0])
        columns = resolve(table.columns, self.mapping, *FIELDS)
        self.result = result = ImportResult(kind=self.kind, basin="", rows=len(table.rows))
        result.notes.append(table.note)
        self.places, self.planner = Places(), Planner(clock.today())
        self._undated = 0
        refused = 0
        for done, (number, raw) in enumerate(table.rows, start=1):
            try:
                excess = {EXCESS: raw[EXCESS]} if EXCESS in raw else {}
                self._take(number, {**cells_of(columns, raw), **excess})
            except BadValue as error:
                result.refuse(number, error.field, error.message, error.cure)
                refused += 1
            if done % STEP == 0 or done == len(table.rows):
                self.progress("checking", done, len(table.rows))
        result.left_out = refused
        plan = self.planner.plan
        changed = {duty.row for duty in plan.duties}
        result.created = len(plan.duties)
        result.updated = len(plan.ended) - plan.handed_over + len(plan.repositioned)
        result.unchanged = len(plan.unchanged - changed)
        for what, count in (
            ("“同上”取上一行的值|“As above” taken from the row above", table.dittos),
            ("没有任职时间，自今天起|No first day: from today on", self._undated),
        ):
            if count:
                result.assumed.append(Assumption(what, count))
        self._notes()
        write(plan, self.places, self, self.progress)
        return result

    def _notes(self) -> None:
        plan, notes = self.planner.plan, self.result.notes
        new = sum(person.user is None for person in plan.people.values())
        notes.append(
            f"{len(plan.people)} 人，其中新账号 {new} 个。|{len(plan.people)} people, {new} of them new accounts."
        )
        if plan.handed_over:
            notes.append(
                f"{plan.handed_over} 项职责由名单中的新任接替，前任止于前一天。"
                f"|{plan.handed_over} duties pass to somebody else; who held them does so until the day before."
            )
        if missing := self.planner.not_named():
            notes.append(
                f"这些行政区现有 {missing} 项职责不在名单中：未作更改；已离任的请在名单中写明，或办理结束。"
                f"|{missing} present duties of these areas are not in the list: they stay; say in the list who has left, or end them."
            )

    def _take(self, number: int, row: Mapping[str, str]) -> None:
        if EXCESS in row:
            raise BadValue(
                "",
                "此行的列数多于表头。|The row has more cells than the header.",
                "请检查是否有未加引号的逗号。|Look for a comma without quotes.",
            )
        wanted = self._understand(number, row)
        area = self.places.area(row.get("area", "").strip(), dict(row), wanted.level)
        self._check_area(area)
        kinds = wanted.kinds or ([K.CHIEF] if wanted.waters else [])
        if not kinds:
            raise BadValue(
                "duty",
                "没有写明职责，也没有河流。|The row names neither a duty nor a water.",
                "请填写“总河长”等职责，或河流名称。|Give a duty such as 总河长, or the name of a river.",
            )
        key = self.planner.person(wanted, area)
        try:
            for kind in kinds:
                for water in self._waters(wanted, kind, area):
                    self.planner.duty(wanted, key, fits(kind, water), area, water)
        except BadValue:
            self.planner.forget(key, number)
            raise
        for doubt in wanted.doubts:
            self.result.refuse(number, doubt.field, doubt.message, doubt.cure)
        if not wanted.left:
            self._undated += wanted.since is None
            if any(kind not in WITHOUT_ROLE for kind in kinds):
                days = (wanted.since or clock.today(), wanted.until)
                self.planner.plan.people[key].chief_in.setdefault(area.pk, days)

    def _understand(self, number: int, row: Mapping[str, str]) -> Wanted:
        doubts: list[BadValue] = []
        try:
            phone = cells.mobile(row.get("phone", ""))
        except BadValue as error:
            phone = ""
            doubts.append(error)
        duty, tier = row.get("duty", ""), row.get("tier", "")
        return Wanted(
            row=number,
            person=cells.person_name(row["person"]),
            phone=phone,
            position=short(row.get("position", "").strip(), "position", 160),
            kinds=cells.duty_kinds(duty),
            level=cells.level_in(tier) or cells.level_in(duty),
            waters=cells.waters_in(row.get("rivers", "")),
            since=cells.list_day(row.get("valid_from", ""), "valid_from"),
            until=cells.list_day(row.get("valid_to", ""), "valid_to", last=True),
            left=cells.has_left(row.get("left", "")),
            doubts=doubts,
        )

    def _check_area(self, area: Area) -> None:
        if not allows(self.actor, Capability.MANAGE_ACCOUNTS, area.path):
            raise BadValue(
                "area",
                f"“{area.name_zh}”不在您的管辖范围内。|“{area.name_en}” is not in your area.",
                "请由该区域的管理员导入。|Ask the administrator of the area to import it.",
            )

    def _waters(self, wanted: Wanted, kind: Duty.Kind, area: Area) -> list[Water]:
        """What a duty of the row is for; a water that is unknown is told, and the person taken without that duty."""
        if kind in OF_AREAS:
            return [Water()]
        if not wanted.waters:
            self.result.refuse(
                wanted.row,
                "rivers",
                "没有写明河流；此人照常导入，职责待补。|No river is named; the person is taken, without the duty.",
                "请填写河流名称。|Give the name of the river.",
            )
        found = []
        for name in wanted.waters:
            try:
                water = self.places.water(name, area)
                if water.river_id is not None:
                    self.places.check_height(water.river_id, area)
                found.append(water)
            except BadValue as error:
                self.result.refuse(wanted.row, error.field, error.message, error.cure)
        return found
