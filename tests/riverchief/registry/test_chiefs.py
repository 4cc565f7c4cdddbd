"""Lists of chiefs as offices keep them: read as they are, conflicts told before anything is written."""

from datetime import date

import pytest
from openpyxl import Workbook
from riverchief.accounts.models import Area, Membership, User
from riverchief.accounts.roles import Role
from riverchief.base.actions import SYSTEM
from riverchief.base.audit import broken_links
from riverchief.base.clock import use_clock
from riverchief.demo.chief_list import posts, write_list
from riverchief.registry.importing import preview, run_import
from riverchief.registry.models import Basin, Duty, Reach, River

from tests.riverchief.rectify.office import NOON

HEAD = "区县,乡镇,姓名,职务,河长类型,责任河流,联系电话,任职时间,离任时间,状态\n"


@pytest.fixture
def bring_in(basin, tmp_path):
    """Import rows of a list; returns the outcome in English."""

    def bring_in(text, encoding="gbk", **options):
        path = tmp_path / "list.csv"
        path.write_bytes((HEAD + text).encode(encoding))
        given = {"kind": "chiefs", "basin_code": "", "actor": SYSTEM, **options}
        return run_import(path, **given).as_json("en")

    with use_clock(NOON):
        yield bring_in


def told(outcome):
    return [(error["row"], error["field"]) for error in outcome["errors"]]


def test_a_list_with_everything_that_lists_are_known_for_is_read_as_it_is(basin, areas, tmp_path):
    """Title, header of two lines, repeated header, merged places, blanks in names, spoiled numbers, 同上, a foot."""
    book = Workbook()
    sheet = book.active
    for row in (
        ["青澜市河长名单"],
        ["序号", "区县", "乡镇", "河长", None, None, "责任河流", "任职时间"],
        [None, None, None, "姓名", "职务", "联系电话", None, None],
        [1, "甲县", None, "李  明", "县委书记", 13800000001.0, "小河", "2026.3.1"],
        [2, None, "甲一镇", "王晓川", "镇党委书记、镇长", "138 0000 0002", "小河甲一镇段", "同上"],
        ["序号", "区县", "乡镇", "河长", None, None, "责任河流", "任职时间"],
        [None, None, None, "姓名", "职务", "联系电话", None, None],
        [3, "乙县", None, "赵四", "副县长", "13800000003/023-6512", "小河", date(2026, 3, 1)],
        ["合计", 3],
    ):
        sheet.append(row)
    for block in ("A1:H1", "A2:A3", "B2:B3", "C2:C3", "D2:F2", "G2:G3", "H2:H3", "B4:B5", "A6:A7", "D6:F6"):
        sheet.merge_cells(block)
    path = tmp_path / "list.xlsx"
    book.save(path)
    fields = {field["name"]: field["column"] for field in preview(path, "chiefs", "list.xlsx")["fields"]}
    assert (fields["person"], fields["phone"], fields["rivers"]) == ("姓名", "联系电话", "责任河流")
    with use_clock(NOON):
        outcome = run_import(path, kind="chiefs", basin_code="", actor=SYSTEM).as_json("en")
    assert outcome["errors"] == []
    assert (outcome["rows"], outcome["created"]) == (3, 3)
    found = Duty.objects.order_by("user__phone").values_list(
        "user__name_zh", "user__phone", "area_id", "position", "river__code", "valid_from"
    )
    march = date(2026, 3, 1)
    assert list(found) == [
        ("李明", "13800000001", "990101", "县委书记", "W1", march),
        ("王晓川", "13800000002", "990101001", "镇党委书记、镇长", "W1", march),
        ("赵四", "13800000003", "990102", "副县长", "W1", march),
    ]
    assert Membership.objects.filter(role="chief").count() == 3
    assert not any(list(broken_links(chain)) for chain in ("accounts", "duties"))


def test_a_second_list_hands_over_ends_and_leaves_alone(areas, bring_in):
    first = (
        "甲县,,李明,,县级河长,小河,13800000001,2025-01-01,,\n乙县,,赵四,,河长,小河,13800000003,2025-01-01,,\n"
    )
    assert bring_in(first)["created"] == 2
    again = bring_in(first)
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 2)
    second = (
        "甲县,,王五,,河长,小河,13800000005,2026-03-01,,\n乙县,,赵四,,河长,小河,13800000003,,2026-02-10,调离\n"
    )
    outcome = bring_in(second)
    assert (outcome["created"], outcome["updated"]) == (1, 1)
    assert any("pass to somebody else" in note for note in outcome["notes"])
    assert list(Duty.objects.order_by("pk").values_list("user__name_zh", "valid_to")) == [
        ("李明", date(2026, 2, 28)),
        ("赵四", date(2026, 2, 10)),
        ("王五", None),
    ]


def test_conflicts_are_told_with_their_rows_and_nothing_is_written_until_they_are_accepted(areas, bring_in):
    bring_in("甲县,,李明,,河长,小河,13800000001,2026-06-01,,\n")
    text = (
        "乙县,,赵四,,河长,小河,13800000003,,,\n"
        "乙县,,钱七,,河长,小河,13800000007,,,\n"  # two holders
        "甲县,,孙八,,副河长,小河,13800000003,,,\n"  # somebody else's number
        "甲县,,周九,,河长,小河,13800000009,2026-05-01,,\n"  # before the one who is there
        "甲县,,李明,,总河长,,13800000010,,,\n"  # the same name, another number
        "甲县,,吴十,,水长,小河,,,,\n"  # no duty that is known
        "甲县,无此镇,郑一,,河长,小河,,,,\n"
    )
    outcome = bring_in(text)
    assert told(outcome) == [
        (3, "duty"),
        (4, "phone"),
        (5, "valid_from"),
        (6, "phone"),
        (7, "duty"),
        (8, "town"),
    ]
    assert not outcome["written"]
    assert User.objects.filter(username__startswith="hz").count() == 1
    accepted = bring_in(text, accept_partial=True)
    assert (accepted["written"], accepted["created"], accepted["left_out"]) == (True, 1, 6)
    assert set(User.objects.filter(username__startswith="hz").values_list("name_zh", flat=True)) == {
        "李明",
        "赵四",
    }


def test_a_person_is_taken_without_the_number_or_the_river_that_cannot_be_used(areas, bring_in):
    outcome = bring_in(
        "甲县,甲一镇,冉素,,镇级河长,无名沟,1.38E+10,,,\n甲县,,田立,,双总河长,,023-65120000,,,\n", "utf-8"
    )
    assert outcome["written"]
    assert told(outcome) == [(2, "rivers"), (2, "phone"), (3, "phone")]
    people = {user.name_zh: user for user in User.objects.filter(username__startswith="hz")}
    assert people.keys() == {"冉素", "田立"}
    assert people["冉素"].memberships.get().area_id == "990101001"
    assert [duty.kind for duty in people["田立"].duties.all()] == ["dual_head"]


def test_an_administrator_imports_the_chiefs_of_their_own_county_only(areas, bring_in, somebody):
    keeper = somebody(Role.ADMINISTRATOR, areas.a)
    text = "甲县,,李明,,河长,小河,13800000001,,,\n乙县,,赵四,,河长,小河,13800000003,,,\n"
    outcome = bring_in(text, actor=keeper, accept_partial=True)
    assert (told(outcome), outcome["created"]) == ([(3, "area")], 1)


@pytest.mark.parametrize("count", [300, pytest.param(17_500, marks=pytest.mark.soak)])
def test_an_invented_list_of_any_size_comes_in_whole_and_a_second_time_changes_nothing(db, tmp_path, count):
    """As many chiefs as Chongqing had in 2019 where all are played."""
    city = Area.objects.create(code="99", name_zh="青澜市", name_en="Qinglan", level="city")
    basin = Basin.objects.create(code="b", name_zh="流域", name_en="Basin", source="test", synthetic=True)
    places = []
    for number in range(2 if count < 1000 else 38):
        county = Area.objects.create(
            code=f"99{number:02}", name_zh=f"第{number}县", name_en="C", level="county", parent=city
        )
        for part in range(3 if count < 1000 else 27):
            town = Area.objects.create(
                code=f"{county.pk}{part:03}", name_zh=f"第{part}镇", name_en="T", level="town", parent=county
            )
            for brook in range(3):
                code = f"{town.pk}{brook}"
                river = River.objects.create(basin=basin, code=code, name_zh=f"溪{code}", name_en="R")
                Reach.objects.create(
                    basin=basin,
                    code=f"R{code}",
                    river=river,
                    area=town,
                    up_node=code,
                    down_node="d",
                    length_m=1,
                )
                places.append((county.name_zh, town.name_zh, river.name_zh))
    path = tmp_path / "list.xlsx"
    assert write_list(path, posts(places, count), seed=1) == count
    with use_clock(NOON):
        first = run_import(path, kind="chiefs", basin_code="", actor=SYSTEM)
        assert [error.message for error in first.errors] == []
        assert first.created == Duty.objects.count() == count
        second = run_import(path, kind="chiefs", basin_code="", actor=SYSTEM)
    assert (second.created, second.updated, second.unchanged, second.errors) == (0, 0, count, [])
