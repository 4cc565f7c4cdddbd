"""Areas, organisations, people and duties from files, and an installation that starts with nothing."""

import csv
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.test import Client
from riverchief.accounts.command import create_user_command
from riverchief.accounts.models import Area, Membership, Organisation, User
from riverchief.accounts.roles import CAPABILITIES, Capability, Role
from riverchief.base.actions import SYSTEM
from riverchief.base.audit import broken_links, entries
from riverchief.base.errors import InvalidInput
from riverchief.base.rules import load_rules
from riverchief.registry.command import import_command
from riverchief.registry.importing import OFFICE_KINDS, run_import
from riverchief.registry.models import Duty, Reach

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples" / "first_installation"


@pytest.fixture
def command():
    def run(what, *arguments, code=0, **options):
        answer = CliRunner().invoke(what, [str(argument) for argument in arguments], **options)
        assert answer.exit_code == code, answer.output
        return answer

    return run


@pytest.fixture
def put(tmp_path):
    """Import a text as one kind; returns the outcome in English."""

    def put(kind, text, **options):
        path = tmp_path / f"{kind}.csv"
        path.write_text(text, encoding="utf-8")
        given = {"basin_code": "small", "actor": SYSTEM, "passwords": tmp_path / f"{len(text)}.secret"}
        return run_import(path, kind=kind, **{**given, **options}).as_json("en")

    return put


def counts(outcome):
    return outcome["created"], outcome["updated"], outcome["unchanged"], len(outcome["errors"])


def test_an_empty_installation_becomes_one_in_which_an_office_assigns_a_problem(db, command, tmp_path):
    """The commands of docs/examples/first_installation, then the office at work."""
    load_rules()
    secret = tmp_path / "first-passwords.csv"
    command(create_user_command, "admin", "--generate", code=1)
    for kind, name, *options in (
        ("areas", "areas.csv"),
        ("organisations", "organisations.csv"),
        ("people", "people.csv", "--passwords", secret),
        ("reaches", "reaches.geojson", "--basin", "EX"),
        ("duties", "duties.csv", "--basin", "EX"),
    ):
        answer = command(import_command, EXAMPLES / name, "--kind", kind, *options)
        assert "0 problems" in answer.stdout
    assert "administrator of 示例市" in command(create_user_command, "admin", "--generate").stdout
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    with secret.open(encoding="utf-8") as file:
        passwords = {row["username"]: row["password"] for row in csv.DictReader(file)}
    assert passwords.keys() == {"office.zhao", "county.qian", "unit.sun", "chief.li", "chief.zhou"}

    office = Client(headers={"accept-language": "en"})

    def post(path, **body):
        answer = office.post(f"/api/v1{path}", body, content_type="application/json")
        assert answer.status_code == 200, answer.content
        return answer.json()

    signed_in = post("/session", username="office.zhao", password=passwords["office.zhao"])
    assert signed_in["user"]["roles"][0]["role"] == "city_office"
    call = post("/clues", source="call_12345", kind="water_smell", title="桥下水发臭", lon=106.51, lat=29.5)
    problem = post(f"/clues/{call['id']}/confirm", basis="decision", reason="现场可闻到臭味")
    units = office.get("/api/v1/organisations?kind=unit").json()["items"]
    assigned = post(
        f"/problems/{problem['problem_id']}/assign",
        organisation_id=units[0]["id"],
        requirement="查明来源并整改",
        rectification_class="by_date",
    )
    assert assigned["state"] == "assigned"
    shown = office.get(f"/api/v1/problems/{problem['problem_id']}").json()
    assert shown["unit"]["name_en"] == "Upper County Drainage Centre"
    assert shown["chief"]["name_en"] == "Li Qing", "by the duty on the river"
    assert not list(broken_links("accounts"))
    assert not any(password in entry.body for entry in entries("accounts") for password in passwords.values())


def test_importing_the_examples_again_changes_nothing(db, command, tmp_path):
    def bring_in(file):
        for kind, name in (
            ("areas", "areas.csv"),
            ("organisations", "organisations.csv"),
            ("people", "people.csv"),
            ("reaches", "reaches.geojson"),
            ("duties", "duties.csv"),
        ):
            passwords = file if kind == "people" else None
            yield run_import(EXAMPLES / name, kind=kind, basin_code="EX", actor=SYSTEM, passwords=passwords)

    assert [result.created for result in bring_in(tmp_path / "a")] == [4, 3, 5, 2, 2]
    again = list(bring_in(tmp_path / "b"))
    assert all(result.unchanged == result.rows for result in again), again
    assert not (tmp_path / "b").exists()
    assert Membership.objects.filter(user__username="chief.zhou").count() == 2


def test_a_dry_run_of_people_writes_neither_people_nor_passwords(areas, put, tmp_path):
    text = "用户名,姓名,角色,行政区\nli,李清,河长,990101\n"
    assert counts(put("people", text, dry_run=True)) == (1, 0, 0, 0)
    assert not User.objects.exists()
    assert not list(tmp_path.glob("*.secret"))


def test_new_people_need_a_new_file_for_their_passwords(areas, put, tmp_path):
    text = "用户名,姓名,角色,行政区\nli,李清,河长,990101\n"
    with pytest.raises(InvalidInput, match="初始密码"):
        put("people", text, passwords=None)
    (tmp_path / "there").write_text("kept")
    with pytest.raises(InvalidInput, match="已存在"):
        put("people", text, passwords=tmp_path / "there")
    assert (tmp_path / "there").read_text() == "kept"
    with pytest.raises(InvalidInput, match="不能写入"):
        put("people", text, passwords=tmp_path / "absent" / "file")
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("kind", "text", "field"),
    [
        ("areas", "代码,名称,级别,上级代码\n990103,丙县,区县,990009\n", "parent"),
        ("areas", "代码,名称,级别,上级代码\n990103,丙县,国,990000\n", "level"),
        ("areas", "代码,名称,级别,上级代码\n990101001,甲一镇,乡镇,990102\n", "parent"),
        ("organisations", "名称,类型,行政区\n某局,工厂,990101\n", "kind"),
        ("organisations", "名称,类型,行政区\n某局,部门,\n", "area"),
        ("people", "用户名,姓名,角色,行政区\nli,李清,国王,990101\n", "role"),
        ("people", "用户名,姓名,角色,行政区\nli,李清,责任单位,990101\n", "organisation"),
        ("people", "用户名,姓名,角色,单位名称,行政区\nli,李清,河长,无此局,990101\n", "organisation"),
        ("people", "用户名,姓名,角色,行政区\nl i,李清,河长,990101\n", "username"),
        ("people", "用户名,姓名,角色,行政区,任职起\nli,李清,河长,990101,昨天\n", "valid_from"),
        ("duties", "用户名,类型,行政区,河流,任职起\nwang,河长,990101,W1,2026-01-01\n", "username"),
        ("duties", "用户名,类型,行政区,河流,任职起\nwu,河长,990101,W9,2026-01-01\n", "river"),
        ("duties", "用户名,类型,行政区,河流,任职起\nwu,河长,990101,,2026-01-01\n", "river"),
        ("duties", "用户名,类型,行政区,河流,任职起\nwu,河长,990102,W1,2026-01-01\n", "username"),
    ],
)
def test_a_bad_row_is_told_with_its_field_and_the_good_one_is_kept(basin, areas, put, kind, text, field):
    put("people", "用户名,姓名,角色,行政区\nwu,吴,河长,990101\n")
    good = {
        "areas": "990104,丁县,区县,990000",
        "organisations": "水务局,部门,990101",
        "people": "zheng,郑,河长,990101",
        "duties": "wu,河长,990101,W1,2025-01-01",
    }[kind]
    header = text.splitlines()[0].split(",")
    if kind == "people" and len(header) == 5:
        good = "zheng,郑,河长,,990101" if header[3] == "单位名称" else f"{good},2026-01-01"
    outcome = put(kind, f"{text}{good}\n")
    assert outcome["created"] == 1
    (error,) = outcome["errors"]
    assert (error["row"], error["field"]) == (2, field)
    assert error["message"]


def test_a_duty_changes_hands_when_the_one_before_has_ended(basin, areas, put):
    put("people", "用户名,姓名,角色,行政区\nwu,吴,河长,990101\nzheng,郑,河长,990101\n")
    header = "用户名,类型,行政区,河流,任职起,任职止\n"
    put("duties", f"{header}wu,河长,990101,W1,2025-01-01,\n")
    taken = put("duties", f"{header}zheng,河长,990101,W1,2026-01-01,\n")
    assert "wu" in taken["errors"][0]["message"]
    handed = put(
        "duties", f"{header}zheng,河长,990101,W1,2026-01-01,\nwu,河长,990101,W1,2025-01-01,2025-12-31\n"
    )
    assert counts(handed) == (1, 1, 0, 0)
    assert [duty.user.username for duty in Duty.objects.filter(valid_to=None)] == ["zheng"]


def test_parents_may_stand_below_their_children_in_the_file(db, put):
    assert counts(put("areas", "代码,名称,级别,上级代码\n88,镇,乡镇,8\n8,市,市,\n")) == (2, 0, 0, 0)
    assert Area.objects.get(pk="88").path == "/8/88/"


def test_an_administrator_keeps_only_the_accounts_of_their_own_area(basin, areas, somebody, put):
    keeper = somebody(Role.ADMINISTRATOR, areas.a)
    outcome = put("organisations", "名称,类型,行政区\n甲局,部门,990101\n乙局,部门,990102\n", actor=keeper)
    assert counts(outcome) == (1, 0, 0, 1)
    assert list(Organisation.objects.filter(kind="department").values_list("name_zh", flat=True)) == ["甲局"]
    assert len(put("areas", "代码,名称,级别\n77,顶,市\n", actor=keeper)["errors"]) == 1


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("kind", OFFICE_KINDS)
def test_only_those_who_keep_accounts_import_them_and_people_never_by_the_page(
    basin, areas, somebody, signed_in, tmp_path, role, kind
):
    client = signed_in(somebody(role, areas.city))
    path = tmp_path / "file.csv"
    path.write_text(
        {
            "areas": "代码,名称,级别,上级代码\n990104,丁县,区县,990000\n",
            "organisations": "名称,类型,行政区\n水务局,部门,990101\n",
            "people": "用户名,姓名,角色,行政区\nzheng,郑,河长,990101\n",
            "standing_waters": "编码,类型,名称,行政区\nL1,湖,镜湖,990101\n",
            "duties": "用户名,类型,行政区,任职起\nnobody,总河长,990101,2026-01-01\n",
            "chiefs": "区县,姓名,河长类型\n甲县,李明,总河长\n",
        }[kind],
        encoding="utf-8",
    )
    with path.open("rb") as file:
        answer = client.post("/api/v1/imports", {"file": file, "kind": kind, "basin_code": "small"})
    allowed = Capability.MANAGE_ACCOUNTS in CAPABILITIES[role]
    assert answer.status_code == (403 if not allowed else 422 if kind == "people" else 200), answer.content


def test_a_weak_password_is_refused_and_a_good_one_asked_for_twice(areas, command):
    for weak in ("short", "password1234", "987654321098", "keeper.one1"):
        answer = command(create_user_command, "keeper.one", code=1, input=f"{weak}\n{weak}\n")
        assert "too weak" in answer.output
    command(create_user_command, "keeper.one", code=1, input="river-and-rain\nriver-and-snow\n\n")
    assert not User.objects.exists()
    answer = command(create_user_command, "keeper.one", input="river-and-rain\nriver-and-rain\n")
    assert "river-and-rain" not in answer.output
    assert User.objects.get().check_password("river-and-rain")
    assert [entry.action for entry in entries("accounts")] == ["account.create"]


def test_a_network_that_would_be_incomplete_is_not_written_unless_that_is_accepted(areas, tmp_path, command):
    def line(code, up, down, points):
        return (
            f'{{"type": "Feature", "properties": {{"code": "{code}", "up": "{up}", "down": "{down}"}}, '
            f'"geometry": {{"type": "LineString", "coordinates": {points}}}}}'
        )

    path = tmp_path / "cycle.geojson"
    features = [
        line("A", "a", "b", [[107.0, 30.0], [107.01, 30.0]]),
        line("X", "p", "q", [[107.1, 30.1], [107.2, 30.2]]),
        line("Y", "q", "p", [[107.2, 30.2], [107.1, 30.1]]),
    ]
    path.write_text(f'{{"type": "FeatureCollection", "features": [{", ".join(features)}]}}')
    answer = command(import_command, path, "--basin", "CYC", code=1)
    assert "--accept-partial" in answer.stdout
    assert "NOTHING WAS WRITTEN" in answer.stdout
    assert not Reach.objects.exists()
    command(import_command, path, "--basin", "CYC", "--accept-partial", code=1)
    assert [reach.code for reach in Reach.objects.all()] == ["A"]
