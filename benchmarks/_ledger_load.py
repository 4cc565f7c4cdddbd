"""A synthetic ledger with its log, loaded by COPY with true hashes."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

LABELS = ("王建国", "李秀英", "张伟（核查）", "刘洋（区水务局）", "陈静", "赵敏（区河长办）", "周强（河长）")
INSPECTOR, OFFICE, VERIFIER, UNIT, APPROVER, COUNTY, CHIEF = range(7)
COUNTIES, TOWNS = 38, 27
"""Counties of the city, and towns of each: as many as Chongqing has, about."""
CHIEFS = 20
"""Chiefs of each county."""
DEPARTMENTS = ("水利", "生态环境执法", "住房城乡建设", "城市管理", "农业农村")
KINDS = (
    "household_waste", "litter", "building_waste", "dry_weather_flow", "farm_waste", "occupying", "dumping", "direct",
    "new_outfall", "sign_outdated", "illegal_fishing", "improper", "silting", "outfall_no_sign", "sand_mining", "secret",
    "building", "water_colour", "oil", "other",
)  # fmt: skip
"""What is found, the most frequent first: the second half as often as the first, and so on."""
_FIRST = datetime(2019, 4, 1, tzinfo=UTC)
_AT_ONCE = 20_000
_TEXT = "封堵混接支管，接入污水管网，清理河岸；晴天复核无出流，水体清澈。"

_WAY = (
    # action, who, what it becomes
    ("clue.confirm", 0, "registered"),
    ("problem.assign", 1, "assigned"),
    ("problem.sign_for", 3, "signed_for"),
    ("problem.plan", 3, "planned"),
    ("problem.report_rectified", 3, "rectified"),
    ("problem.send_back", 2, "sent_back"),
    ("problem.report_rectified", 3, "rectified"),
    ("problem.verify", 2, "verified"),
    ("problem.write_off", 4, "written_off"),
)
_FAR = (1, 2, 2, 3, 4, 4, 4, *(9 for _ in range(33)))
"""How far each of forty problems has come: 82.5 % are written off, as of the 4,055 of Chongqing."""

Row = tuple[Any, ...]


class People(NamedTuple):
    """Who acts, and where: towns by county, units by county and department, chiefs by county."""

    counties: list[str]
    towns: list[list[str]]
    units: list[list[int]]
    chiefs: list[list[int]]
    campaign: int
    users: list[int]


def load_ledger(problems: int) -> People:
    """The people, the clues and the problems, without their log."""
    from django.db import connection

    people = _people()
    connection.ensure_connection()
    driver: Any = connection.connection
    keys = range(1, problems + 1)
    with driver.cursor() as cursor:
        _copy(cursor, "rectify_clue", _CLUE, (_clue(key, people) for key in keys))
        _copy(cursor, "rectify_problem", _PROBLEM, (_problem(key, people) for key in keys))
        _copy(cursor, "rectify_order", _ORDER, (_order(key, people) for key in keys if _far(key) > 1))
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence(t, 'id'), %s) FROM unnest(%s::text[]) AS t",
            [problems + 1, ["rectify_clue", "rectify_problem"]],
        )
    return people


def load(problems: int, notes: int) -> tuple[int, People]:
    """The people, the clues, the problems and the log; every problem has `notes` more entries than its steps.

    Returns how many entries there are, and who acts.
    """
    from django.db import connection

    people = load_ledger(problems)
    driver: Any = connection.connection
    with driver.cursor() as cursor:
        entries = _load_log(cursor, problems, notes, people)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return entries, people


def _people() -> People:
    from riverchief.accounts.models import Area, Membership, Organisation, User
    from riverchief.accounts.roles import Role
    from riverchief.rectify.models import Campaign

    city = Area.objects.create(code="980000", name_zh="山城市", name_en="Hill City", level="city")
    counties, towns, units = [], [], []
    for number in range(1, COUNTIES + 1):
        county = Area.objects.create(
            code=f"9801{number:02}",
            name_zh=f"第{number}区",
            name_en=f"County {number}",
            level="county",
            parent=city,
        )
        counties.append(county)
        towns.append(
            [
                Area.objects.create(
                    code=f"{county.code}{town:03}",
                    name_zh=f"第{town}镇",
                    name_en=f"Town {town}",
                    level="town",
                    parent=county,
                ).pk
                for town in range(1, TOWNS + 1)
            ]
        )
        units.append(
            [
                Organisation.objects.create(
                    name_zh=f"{name}局", name_en="Bureau", kind="unit", department=name, area=county
                )
                for name in DEPARTMENTS
            ]
        )
    roles = (
        Role.INSPECTOR,
        Role.CITY_OFFICE,
        Role.INSPECTOR,
        Role.UNIT,
        Role.CITY_OFFICE,
        Role.COUNTY_OFFICE,
        Role.CHIEF,
    )
    users = []
    for number, (label, role) in enumerate(zip(LABELS, roles, strict=True)):
        user = User.objects.create_user(f"ledger{number}", None, name_zh=label)
        below = role in {Role.UNIT, Role.COUNTY_OFFICE, Role.CHIEF}
        Membership.objects.create(
            user=user,
            role=role.value,
            area=counties[0] if below else city,
            organisation=units[0][0] if role is Role.UNIT else None,
            valid_from=date(2019, 1, 1),
        )
        users.append(user.pk)
    names = [f"chief{county:02}-{number:02}" for county in range(COUNTIES) for number in range(CHIEFS)]
    made = User.objects.bulk_create([User(username=name, name_zh=name) for name in names])
    chiefs = [[user.pk for user in made[at : at + CHIEFS]] for at in range(0, len(made), CHIEFS)]
    chiefs[0][0] = users[CHIEF]
    campaign = Campaign.objects.create(
        number="第1号总河长令", title="污水偷排直排乱排专项整治", issuer="总河长", kind="order", area=city,
        starts_on=date(2019, 4, 1), stock_closed_on=date(2022, 1, 1), created_by_id=users[1], created_at=_FIRST,
    )  # fmt: skip
    return People(
        [county.pk for county in counties],
        towns,
        [[unit.pk for unit in row] for row in units],
        chiefs,
        campaign.pk,
        users,
    )


def _copy(cursor: Any, table: str, columns: str, rows: Iterator[Row]) -> None:
    with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


# -- rows of the ledger

_CLUE = (
    "id, number, source, state, kind, title, description, area_id, lon, lat, reporter_name, reporter_phone, "
    "registered_by_id, registered_at, basis, decision_reason, decided_by_id, decided_at"
)
_PROBLEM = (
    "id, number, clue_id, title, kind, state, area_id, lon, lat, opened_by_id, opened_at, unit_id, rectification_class, "
    "due_at, due_provisional, assigned_at, signed_for_at, rectified_by_id, rectified_at, verified_by_id, verified_at, "
    "written_off_by_id, written_off_at, state_since, campaign_id, new_find, chief_id, reopenings"
)

_ORDER = "problem_id, number, unit_id, requirement, due_at, issued_by_id, issued_at, signed_for_by_id, signed_for_at"


def _far(key: int) -> int:
    return _FAR[key * 7 % len(_FAR)]


def _opened(key: int) -> datetime:
    return _FIRST + timedelta(minutes=3 * key)


def _due(key: int) -> datetime:
    return _opened(key) + timedelta(days=30)


def _county(key: int) -> int:
    return key % COUNTIES


def _unit(key: int, people: People) -> int:
    """The county's unit, by kind of problem."""
    return people.units[_county(key)][KINDS.index(_kind(key)) % len(DEPARTMENTS)]


def _kind(key: int) -> str:
    """The n-th of `KINDS` in proportion to 1/n, spread over the ledger."""
    return _DRAWN[key * 7919 % len(_DRAWN)]


_DRAWN = tuple(kind for n, kind in enumerate(KINDS, 1) for _ in range(1000 // n))


def _place(key: int, people: People) -> Row:
    town = people.towns[_county(key)][key // COUNTIES % TOWNS]
    return town, 106.5 + key % 1000 / 1e4, 29.5 + key // 1000 % 100 / 1e3


def _clue(key: int, people: People) -> Row:
    at, user = _opened(key), people.users[0]
    what = (key, f"X{key:08}", "patrol", "confirmed", _kind(key), "巡河发现", "")
    return (*what, *_place(key, people), "", "", user, at, "decision", "属实", user, at)


def _problem(key: int, people: People) -> Row:
    at, far = _opened(key), _far(key)
    what = (key, f"W{key:08}", key, "河岸垃圾问题", _kind(key), _WAY[far - 1][2])
    order = (
        (_unit(key, people), "by_date", _due(key), False, at) if far > 1 else (None, "", None, False, None)
    )
    judged = [
        (people.users[who], at) if far >= step else (None, None) for step, who in ((7, 3), (8, 2), (9, 4))
    ]
    return (
        *(*what, *_place(key, people), people.users[0], at, *order, at if far > 2 else None),
        *(part for pair in judged for part in pair),
        *(
            at,
            *_campaign(key, people),
            people.chiefs[_county(key)][key // COUNTIES % CHIEFS],
            int(key % 50 == 0),
        ),
    )


def _campaign(key: int, people: People) -> Row:
    """Two of five are of the campaign, one of eight of them found after its stock was closed."""
    return (people.campaign, key % 8 == 0) if key % 5 < 2 else (None, False)


def _order(key: int, people: People) -> Row:
    at = _opened(key)
    signed_for = (people.users[3], at) if _far(key) > 2 else (None, None)
    return (key, _order_number(key), _unit(key, people), _TEXT, _due(key), people.users[1], at, *signed_for)


def _order_number(key: int) -> str:
    return f"山河办〔2019〕{key}号"


# -- the log


def _load_log(cursor: Any, problems: int, notes: int, people: People) -> int:
    """Step by step over a few thousand problems at a time: the entries of a chain do not lie together."""
    from riverchief.base.audit.links import GENESIS, Link, digest

    heads: dict[str, tuple[int, str]] = {}

    def entry(chain: str, key: int, day: int, action: str, who: int, data: dict[str, Any]) -> Link:
        length, previous = heads.get(chain, (0, GENESIS))
        body = json.dumps(data, sort_keys=True, ensure_ascii=False)
        at = _opened(key) + timedelta(days=2 * day)
        link = Link(chain, length + 1, action, people.users[who], LABELS[who], at, body, previous, "")
        link = link._replace(hash=digest(link))
        heads[chain] = link.sequence, link.hash
        return link

    def rows() -> Iterator[Row]:
        for begin in range(1, problems + 1, _AT_ONCE):
            keys = range(begin, min(begin + _AT_ONCE, problems + 1))
            for key in keys:
                said = {"number": f"X{key:08}", "source": "patrol", "kind": _kind(key)}
                yield entry(f"clue:{key}", key, 0, "clue.register", 0, said)
            for step, (action, who, after) in enumerate(_WAY):
                for key in keys:
                    if step == 0:
                        said = {"basis": "decision", "reason": "属实", "problem": f"W{key:08}"}
                        yield entry(f"clue:{key}", key, 0, action, who, {**said, "evidence": []})
                    if step < _far(key):
                        data = _body(key, action, _WAY[step - 1][2] if step else None, after, people)
                        yield entry(f"problem:{key}", key, step, action, who, data)
            for _ in range(notes):
                for key in keys:
                    yield entry(f"problem:{key}", key, len(_WAY), "problem.note", 1, {"note": _TEXT})

    columns = "chain, sequence, action, actor_id, actor_label, at, body, previous_hash, hash"
    _copy(cursor, "base_auditentry", columns, rows())
    known = ((chain, length, last, 0) for chain, (length, last) in heads.items())
    _copy(cursor, "base_chainhead", "chain, length, hash, sealed_length", known)
    return sum(length for length, _ in heads.values())


def _body(key: int, action: str, before: str | None, after: str, people: People) -> dict[str, Any]:
    """What such an action writes."""
    if before is None:
        return {"number": f"W{key:08}", "basis": "decision", "evidence": [], "chief_id": None}
    states = {"from": before, "to": after}
    if action == "problem.assign":
        return {
            **states,
            "order": _order_number(key),
            "unit_id": _unit(key, people),
            "unit_zh": "区水务局",
            "unit_en": "Water Bureau",
            "chief_id": people.chiefs[_county(key)][key // COUNTIES % CHIEFS],
            "requirement": _TEXT,
            "rectification_class": "by_date",
            "due_at": _due(key).isoformat(),
            "due_provisional": False,
        }
    said: dict[str, dict[str, Any]] = {
        "problem.sign_for": {"order": _order_number(key)},
        "problem.plan": {"measures": _TEXT},
        "problem.report_rectified": {"summary": _TEXT, "evidence": [], "without_evidence_reason": "合成数据"},
        "problem.send_back": {"reason": "仍有渗漏", "evidence": []},
        "problem.verify": {"finding": _TEXT, "evidence": [], "lon": None, "lat": None},
        "problem.write_off": {"reason": "核查通过，资料齐全。"},
    }
    return {**states, **said[action]}


def somewhere(count: int, of: int) -> Sequence[int]:
    """So many problems, all over the ledger."""
    return [1 + (index * 7919) % of for index in range(count)]
