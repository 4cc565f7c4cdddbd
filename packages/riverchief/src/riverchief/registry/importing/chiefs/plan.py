"""What a list would change: people, roles and duties, compared with what is there; and what contradicts it. Nothing is written."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from riverchief.accounts.models import Area, Membership, User
from riverchief.accounts.roles import Role
from riverchief.registry.duties.models import AS_MANY_AS_THERE_ARE, OF_AREAS, Duty, K
from riverchief.registry.importing.chiefs.cells import Wanted
from riverchief.registry.importing.chiefs.places import Water
from riverchief.registry.importing.values import BadValue

PersonKey = tuple[str, str]
"""Name, and number; without a number, the area in which the list names the person."""
Slot = tuple[str, str, int | None, int | None, int | None]
"""Kind, area, river, reach, standing water: what a duty is, whoever holds it."""


@dataclass
class Person:
    """Somebody the list names, the account that is theirs already, and where they are chiefs, from when to when."""

    name: str
    phone: str
    user: User | None
    rows: list[int] = field(default_factory=list)
    chief_in: dict[str, tuple[date, date | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class PlannedDuty:
    """A duty as the list wants it."""

    row: int
    key: PersonKey
    slot: Slot
    position: str
    since: date
    until: date | None
    seat: int = 1


@dataclass
class Plan:
    """What is to be written, and what was found."""

    people: dict[PersonKey, Person] = field(default_factory=dict)
    duties: list[PlannedDuty] = field(default_factory=list)
    ended: list[tuple[Duty, date]] = field(default_factory=list)
    repositioned: list[Duty] = field(default_factory=list)
    unchanged: set[int] = field(default_factory=set)
    handed_over: int = 0


class Known:
    """The people and duties that there are, by what a list tells of them."""

    def __init__(self) -> None:
        users = list(User.objects.filter(is_active=True))
        self.by_phone = {user.phone: user for user in users if user.phone}
        self.by_id = {user.pk: user for user in users}
        self.chiefs: dict[tuple[str, str], list[User]] = defaultdict(list)
        held = Membership.objects.filter(role=Role.CHIEF.value, user__is_active=True)
        for user_id, area in held.values_list("user_id", "area_id").distinct():
            self.chiefs[self.by_id[user_id].name_zh, area].append(self.by_id[user_id])
        self.duties: dict[Slot, list[Duty]] = defaultdict(list)
        for duty in Duty.objects.all():
            self.duties[slot_of(duty)].append(duty)

    def account_of(self, wanted: Wanted, area: Area) -> User | None:
        """The account of a person; None for a new one.

        Raises:
            BadValue: the number is somebody else's, or somebody of that name has another number.
        """
        same_name = self.chiefs.get((wanted.person, area.pk), [])
        if wanted.phone:
            owner = self.by_phone.get(wanted.phone)
            if owner is not None:
                if owner.name_zh != wanted.person:
                    raise BadValue(
                        "phone",
                        f"该号码是 {owner.name_zh} 的。|The number is that of {owner.name_en}.",
                        "请核对号码，或先在账号页改正。|Check the number, or correct the account first.",
                    )
                return owner
            other = next((user for user in same_name if user.phone), None)
            if other is not None:
                raise BadValue(
                    "phone",
                    f"“{area.name_zh}”已有 {wanted.person}，号码不同：可能换了号码，也可能同名。"
                    f"|“{area.name_en}” has a {wanted.person} with another number: a new number, or another person.",
                    "同一人请先在账号页改号码；不同的人请在姓名后加以区分。"
                    "|If it is the same person, change the number of the account first; else tell the names apart.",
                )
        if len(same_name) > 1:
            raise BadValue(
                "person",
                f"“{area.name_zh}”有几位 {wanted.person}。|“{area.name_en}” has several people called {wanted.person}.",
                "请填写手机号码。|Give the mobile number.",
            )
        return same_name[0] if same_name else None


def slot_of(duty: Duty) -> Slot:
    """What a duty is."""
    return duty.kind, duty.area_id, duty.river_id, duty.reach_id, duty.standing_water_id


class Planner:
    """Takes the rows of a list one by one."""

    def __init__(self, today: date) -> None:
        self.known, self.plan, self.today = Known(), Plan(), today
        self._by_phone: dict[str, PersonKey] = {}
        self._new: dict[Slot, list[PlannedDuty]] = defaultdict(list)
        self._leaving: set[int] = set()
        self._named: set[int] = set()
        self._areas: set[str] = set()

    def person(self, wanted: Wanted, area: Area) -> PersonKey:
        """Note who the row names.

        Raises:
            BadValue: it contradicts another row or what is known.
        """
        key = (wanted.person, wanted.phone or area.pk)
        if wanted.phone:
            first = self._by_phone.setdefault(wanted.phone, key)
            if first != key:
                raise BadValue(
                    "phone",
                    f"与第 {self.plan.people[first].rows[0]} 行的 {first[0]} 号码相同。"
                    f"|It has the number of {first[0]} in row {self.plan.people[first].rows[0]}.",
                    "请核对两行的号码。|Check the numbers of both rows.",
                )
        known = self.plan.people.get(key)
        if known is None:
            known = Person(wanted.person, wanted.phone, self.known.account_of(wanted, area))
            self.plan.people[key] = known
        known.rows.append(wanted.row)
        return key

    def forget(self, key: PersonKey, row: int) -> None:
        """Take back that a row named somebody, where nothing else does."""
        person = self.plan.people[key]
        person.rows.remove(row)
        if not person.rows and not any(duty.key == key for duty in self.plan.duties):
            del self.plan.people[key]
            self._by_phone.pop(person.phone, None)

    def duty(self, wanted: Wanted, key: PersonKey, kind: Duty.Kind, area: Area, water: Water) -> None:
        """Note a duty of the row.

        Raises:
            BadValue: somebody else holds it at that time, in the list or in what is known.
        """
        place = Water() if kind in OF_AREAS else water
        slot = (kind.value, area.pk, place.river_id, place.reach_id, place.standing_water_id)
        user = self.plan.people[key].user
        held = [duty for duty in self.known.duties.get(slot, ()) if not self._is_over(duty)]
        own = next((duty for duty in held if user is not None and duty.user_id == user.pk), None)
        if own is not None:
            self._named.add(own.pk)
            self._areas.add(area.pk)
        if wanted.left:
            self._leave(wanted, own)
            return
        if own is not None and (wanted.since is None or wanted.since == own.valid_from):
            self._keep(wanted, own)
            return
        since = wanted.since or self.today
        new = PlannedDuty(wanted.row, key, slot, wanted.position, since, wanted.until)
        if any(other.key == key and _overlap(other, new) for other in self._new[slot]):
            self.plan.unchanged.add(wanted.row)  # the list says it twice
            return
        if own is not None:
            raise BadValue(
                "valid_from",
                f"此人自 {own.valid_from} 起已担任该职责。|The person has held the duty since {own.valid_from}.",
                "请改正任职时间，或留空。|Correct the day, or leave it empty.",
            )
        if kind not in AS_MANY_AS_THERE_ARE:
            new = self._seated(new, kind)
            self._take_over(new, [duty for duty in held if duty.seat == new.seat])
        self._new[slot].append(new)
        self.plan.duties.append(new)

    def _is_over(self, duty: Duty) -> bool:
        return (duty.valid_to is not None and duty.valid_to < self.today) or duty.pk in self._leaving

    def _leave(self, wanted: Wanted, own: Duty | None) -> None:
        """Who has left holds the duty until the day that is written, else until today."""
        last = wanted.until or self.today
        if own is None or (own.valid_to is not None and own.valid_to <= last):
            self.plan.unchanged.add(wanted.row)
            return
        self.plan.ended.append((own, max(last, own.valid_from)))
        self._leaving.add(own.pk)

    def _keep(self, wanted: Wanted, own: Duty) -> None:
        if wanted.until is not None and wanted.until != own.valid_to:
            self.plan.ended.append((own, max(wanted.until, own.valid_from)))
        elif wanted.position and wanted.position != own.position:
            own.position = wanted.position
            self.plan.repositioned.append(own)
        else:
            self.plan.unchanged.add(wanted.row)

    def _seated(self, new: PlannedDuty, kind: Duty.Kind) -> PlannedDuty:
        """Where the list has room for the duty.

        Raises:
            BadValue: the list gives it to somebody else at that time.
        """
        taken = [other for other in self._new[new.slot] if _overlap(other, new)]
        seats = {1, 2} if kind is K.DUAL_HEAD else {1}
        # A seat whose holder stays is not free for somebody new.
        free = seats - {other.seat for other in taken}
        if free:
            empty = free - {
                duty.seat for duty in self.known.duties.get(new.slot, ()) if not self._is_over(duty)
            }
            return replace(new, seat=min(empty or free))
        other = taken[0]
        hint = "两位总河长请都写“双总河长”。|Two heads of one area are both written as 双总河长." if kind is K.HEAD else (
            "请只留一人，或写明任职和离任时间。|Leave one of them, or give the days from and to."
        )  # fmt: skip
        raise BadValue(
            "duty",
            f"第 {other.row} 行的 {other.key[0]} 同时担任该职责。|{other.key[0]} in row {other.row} holds the duty at the same time.",
            hint,
        )

    def _take_over(self, new: PlannedDuty, held: list[Duty]) -> None:
        """End what others hold at that time the day before.

        Raises:
            BadValue: they began on that day or later.
        """
        for duty in held:
            if duty.valid_to is not None and duty.valid_to < new.since:
                continue
            if new.until is not None and new.until < duty.valid_from:
                continue
            if new.since <= duty.valid_from:
                holder = self.known.by_id.get(duty.user_id)
                name_zh, name_en = (
                    (holder.name_zh, holder.name_en) if holder else ("已停用的账号", "a closed account")
                )
                raise BadValue(
                    "valid_from",
                    f"{name_zh} 自 {duty.valid_from} 起担任该职责。|{name_en} has held the duty since {duty.valid_from}.",
                    "请填写其后的任职时间，或先改正原记录。|Give a later day, or correct what is there first.",
                )
            self.plan.ended.append((duty, new.since - timedelta(days=1)))
            self._leaving.add(duty.pk)
            self.plan.handed_over += 1

    def not_named(self) -> int:
        """How many present duties in the areas of the list it does not name: people who may have left."""
        areas = {slot[1] for slot in self._new} | self._areas
        return sum(
            1
            for slot, rows in self.known.duties.items()
            for duty in rows
            if slot[1] in areas and not self._is_over(duty) and duty.pk not in self._named
        )


def _overlap(one: PlannedDuty, other: PlannedDuty) -> bool:
    return (one.until is None or other.since <= one.until) and (
        other.until is None or one.since <= other.until
    )
