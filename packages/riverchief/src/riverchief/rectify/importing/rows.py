"""A row of an old ledger as it was understood: everything that a problem needs, or what is wrong with the row."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from riverchief.accounts.models import Area, Organisation
from riverchief.base import clock
from riverchief.rectify.campaigns.models import Campaign
from riverchief.rectify.codes import PROBLEM_STATES, RECTIFICATION_CLASSES, ProblemState, RectificationClass
from riverchief.rectify.importing.cells import CLASS_WORDS, ledger_day, usual_state, word
from riverchief.rectify.importing.places import LedgerPlaces, Spot
from riverchief.rectify.importing.settings import Reading
from riverchief.rectify.kinds import kinds
from riverchief.rectify.models import TAKEN_OVER_AS
from riverchief.registry.importing.values import BadValue, required, short

S = ProblemState
WITH_UNIT = (S.SIGNED_FOR, S.PLANNED, S.RECTIFIED, S.WRITTEN_OFF)
DONE = (S.RECTIFIED, S.WRITTEN_OFF)
DAYS = ("found_on", "assigned_on", "due_on", "rectified_on", "written_off_on")


@dataclass(frozen=True)
class LedgerRow:
    """A row that can be taken over. Days are those of the old ledger; `since`: of the state it stands in."""

    row: int
    old_number: str
    old_state: str
    state: ProblemState
    spot: Spot
    kind: str
    description: str
    found_on: date
    unit: Organisation | None
    requirement: str
    rectification_class: str
    assigned_on: date | None
    due_on: date | None
    rectified_on: date | None
    written_off_on: date | None
    assumed: tuple[str, ...]

    @property
    def since(self) -> date:
        """Since when the problem stands in its state, as far as the old ledger tells."""
        return self.written_off_on or self.rectified_on or self.assigned_on or self.found_on


NO_ORDER_DAY = "没有交办日期：按查出日期|No day of the order: the day on which it was found"
NO_REPORT_DAY = (
    "已销号而没有完成日期：按销号日期|Written off without a day of completion: the day of the write-off"
)
NO_CLASS = "没有整改类型：有期限，按限期整改|No class of rectification: with a deadline it is “by a date”"
ON_THE_REACH = (
    "没有坐标：取所写河流在该区域一个河段的中点|No position: the middle of a reach of the river in that area"
)
FAR_AWAY = "坐标两公里内没有河段：不列入河段|No reach within two kilometres of the position: on no reach"


class Understanding:
    """Turns cells into rows, by what a person said the words mean."""

    def __init__(self, reading: Reading, campaign: Campaign | None) -> None:
        self.reading, self.campaign = reading, campaign
        self.places = LedgerPlaces()
        self.today = clock.today()
        self._kinds = {label: key for key in kinds().group_of for label in (key, *kinds().labels[key])}
        self._units: dict[str, list[Organisation]] = {}
        for unit in Organisation.objects.exclude(kind="enterprise").select_related("area"):
            for name in {unit.name_zh, unit.name_en, str(unit.pk)}:
                self._units.setdefault(word(name), []).append(unit)

    def proposal(self, field: str, text: str) -> str:
        """The key that a word means: what the person said, else what it usually means, else ""."""
        said = self.reading.words.get(field, {}).get(text)
        if said is not None:
            return said
        if field == "old_state":
            return usual_state(text)
        if field == "problem_kind":
            return self._kinds.get(text) or self._kinds.get(text.removesuffix("问题"), "")
        found = {unit.pk for unit in self._units.get(text, ())}
        return str(found.pop()) if len(found) == 1 else ""

    def row(self, number: int, cells: Mapping[str, str]) -> LedgerRow:
        """The row, understood.

        Raises:
            BadValue: what cannot be, with the field and the cure.
        """
        assumed: list[str] = []
        old_number = short(word(required(cells, "old_number")), "old_number", 60)
        old_state = short(word(required(cells, "old_state")), "old_state", 60)
        state = self._state(old_state)
        kind = self._kind(word(required(cells, "problem_kind")))
        spot = self.places.of(cells)
        if spot.placed_by == "reach":
            assumed.append(ON_THE_REACH)
        elif spot.reach is None:
            assumed.append(FAR_AWAY)
        days = {field: self._day(cells, field, last=field == "due_on") for field in DAYS}
        found_on = days["found_on"]
        if found_on is None:
            raise BadValue("found_on", "没有查出日期。|The day on which it was found is missing.", _FILL)
        self._check_campaign(spot.area, found_on)
        unit = self._unit(cells.get("unit_name", ""), spot.area, needed=state in WITH_UNIT)
        if state in WITH_UNIT:
            if days["due_on"] is None:
                raise BadValue("due_on", "没有整改期限。|The deadline is missing.", _FILL)
            if days["assigned_on"] is None:
                days["assigned_on"] = found_on
                assumed.append(NO_ORDER_DAY)
        if state not in DONE:
            days["rectified_on"] = None
        if state == S.WRITTEN_OFF:
            if days["written_off_on"] is None:
                raise BadValue("written_off_on", "没有销号日期。|The day of the write-off is missing.", _FILL)
            if days["rectified_on"] is None:
                days["rectified_on"] = days["written_off_on"]
                assumed.append(NO_REPORT_DAY)
        else:
            days["written_off_on"] = None
        if state in DONE and days["rectified_on"] is None:
            raise BadValue("rectified_on", "没有完成日期。|The day of completion is missing.", _FILL)
        self._check_order(days)
        rectification_class = self._class(cells.get("rectification_class", ""))
        if state in WITH_UNIT and not rectification_class:
            rectification_class = RectificationClass.BY_DATE
            assumed.append(NO_CLASS)
        in_work = state in WITH_UNIT
        return LedgerRow(
            row=number,
            old_number=old_number,
            old_state=old_state,
            state=state,
            spot=spot,
            kind=kind,
            description="\n".join(part for part in (cells.get("address", "").strip(), cells.get("description", "").strip()) if part),
            found_on=found_on,
            unit=unit if in_work else None,
            requirement=cells.get("requirement", "").strip(),
            rectification_class=rectification_class if in_work else "",
            assigned_on=days["assigned_on"] if in_work else None,
            due_on=days["due_on"] if in_work else None,
            rectified_on=days["rectified_on"],
            written_off_on=days["written_off_on"],
            assumed=tuple(assumed),
        )  # fmt: skip

    def _state(self, text: str) -> ProblemState:
        key = self.proposal("old_state", text)
        if key not in TAKEN_OVER_AS:
            names = "、".join(PROBLEM_STATES[state][0] for state in TAKEN_OVER_AS)
            names_en = ", ".join(PROBLEM_STATES[state][1] for state in TAKEN_OVER_AS)
            raise BadValue(
                "old_state",
                f"不知道“{text}”是什么状态。|It is not known what state “{text}” is.",
                f"请指定它对应的状态：{names}。|Say which it is: {names_en}.",
            )
        return S(key)

    def _kind(self, text: str) -> str:
        key = self.proposal("problem_kind", text)
        if key not in kinds().group_of:
            raise BadValue(
                "problem_kind",
                f"不知道“{text}”是哪类问题。|It is not known what kind “{text}” is.",
                "请指定它对应的类型。|Say which kind it is.",
            )
        return key

    def _unit(self, text: str, area: Area, *, needed: bool) -> Organisation | None:
        name = word(text)
        if not name:
            if needed:
                raise BadValue("unit_name", "没有责任单位。|No responsible unit is named.", _FILL)
            return None
        said = self.reading.words.get("unit_name", {}).get(name, name)
        around = [
            unit
            for unit in self._units.get(word(said), ())
            if unit.area.path.startswith(area.path) or area.path.startswith(unit.area.path)
        ]
        if len(around) != 1 and needed:
            raise BadValue(
                "unit_name",
                f"“{area.name_zh}”{'没有' if not around else '不止一个'}责任单位“{name}”。"
                f"|“{area.name_en}” has {'no' if not around else 'more than one'} unit “{name}”.",
                "请指定它对应的单位，或先建立该单位。|Say which unit it is, or create the unit first.",
            )
        return around[0] if len(around) == 1 else None

    def _class(self, text: str) -> str:
        key = CLASS_WORDS.get(word(text), word(text))
        if key and key not in RECTIFICATION_CLASSES:
            raise BadValue(
                "rectification_class",
                f"不知道整改类型“{key}”。|The class “{key}” is not known.",
                "请写立行立改、限期整改或长期工程。|Write 立行立改, 限期整改 or 长期工程.",
            )
        return key

    def _day(self, cells: Mapping[str, str], field: str, *, last: bool) -> date | None:
        return ledger_day(cells.get(field, ""), field, self.reading.day_order, last=last)

    def _check_campaign(self, area: Area, found_on: date) -> None:
        if self.campaign is None:
            return
        if not area.path.startswith(self.campaign.area.path):
            raise BadValue(
                "area",
                f"“{area.name_zh}”不在此项行动的区域内。|“{area.name_en}” is not in the area of the campaign.",
                "请改正区域，或选择另一项行动。|Correct the area, or choose another campaign.",
            )
        if self.campaign.ends_on is not None and found_on > self.campaign.ends_on:
            raise BadValue(
                "found_on",
                f"查出日期 {found_on} 晚于此项行动的结束日期。|It was found on {found_on}, after the campaign ended.",
                "请改正日期，或选择另一项行动。|Correct the day, or choose another campaign.",
            )

    def _check_order(self, days: Mapping[str, date | None]) -> None:
        """What comes later is not earlier, and nothing but a deadline lies in the future."""
        before: tuple[str, date] | None = None
        for field in ("found_on", "rectified_on", "written_off_on"):
            day = days[field]
            if day is None:
                continue
            if day > self.today:
                raise BadValue(
                    field, f"{day} 在将来。|{day} lies in the future.", "请改正日期。|Correct the day."
                )
            if before is not None and day < before[1]:
                raise BadValue(
                    field,
                    f"{day} 早于 {before[1]}（查出或完成）。|{day} is before {before[1]}, when it was found or completed.",
                    "请改正日期。|Correct the day.",
                )
            before = (field, day)
        assigned = days["assigned_on"]
        if assigned is not None and not days["found_on"] <= assigned <= self.today:  # type: ignore[operator]
            raise BadValue(
                "assigned_on",
                f"交办日期 {assigned} 早于查出日期或在将来。|The order of {assigned} is before it was found, or in the future.",
                "请改正日期。|Correct the day.",
            )


_FILL = "请填写此格，或为空格统一指定一个值。|Fill in the cell, or say once what empty cells mean."
