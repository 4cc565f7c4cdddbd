"""An inspection pack: everything of a river, area or period in one zip that proves itself and says what is missing."""

import asyncio
import io
import json
import zipfile
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from riverchief.base import audit
from riverchief.base.audit.keys import public_hex, signing_key
from riverchief.base.audit.sealing import kept_of
from riverchief.base.audit.verify import verify_all
from riverchief.base.evidence import path_of
from riverchief.base.models import Checkpoint, Evidence
from riverchief.rectify import actions
from riverchief.rectify.casefile.verify import CaseVerified
from riverchief.rectify.enforcement.actions import FileCase
from riverchief.rectify.models import InspectionPack, Problem
from riverchief.rectify.packs import building
from riverchief.rectify.packs.store import file_of, look_after_files
from riverchief.rectify.packs.verify import verify_file
from riverchief.rectify.tasks import build_pack

from tests.riverchief.rectify.office import NOON, PEOPLE, PNG, POISON_FIRM, Office
from tests.riverchief.rectify.test_casefile import REPORTER, files_of, zipped
from tests.riverchief.rectify.test_documents import assigned, draft, issue  # noqa: F401 - a fixture
from tests.riverchief.rectify.test_transitions import bring_to

PLAN = "暗查方案：周三夜间分两组，先查东桥"


@pytest.fixture(autouse=True)
def no_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    """The typesetter takes a second: one test asks for it."""
    monkeypatch.setattr(building, "case_pdf", lambda *given: b"%PDF-1.7")
    monkeypatch.setattr(building, "pack_pdf", lambda *given: b"%PDF-1.7")


@pytest.fixture
def found(office: Office, assigned: Problem) -> tuple[Problem, Problem]:  # noqa: F811
    """One at a unit that has not signed for it, with a letter; one of an unannounced check, rectified, with a case."""
    issue(office, draft(office, assigned))
    clue = actions.RegisterClue(
        actor=office["city_office"],
        source="unannounced",
        kind="direct",
        title="夜查发现直排",
        description=PLAN,
        lon=106.52,
        lat=29.5,
        reach_id=office.reach.pk,
    ).run()
    photo = actions.UploadEvidence(
        actor=office["inspector"], content=PNG + b"night", file_name="n.png", taken_at=NOON
    ).run()
    other = actions.ConfirmClue(
        actor=office["inspector"],
        clue_id=clue.pk,
        basis="photo",
        reason=PLAN,
        evidence_ids=[photo.evidence_id],
        outfall_id=office.suspect.pk,
    ).run()
    FileCase(
        actor=office["enforcement"],
        problem_id=other.pk,
        number="渝环立〔2026〕9号",
        party=POISON_FIRM,
        reason="涉嫌直排",
        filed_on=date(2026, 11, 18),
    ).run()
    return assigned, bring_to(office, other, "rectified")


def asked(office: Office, by: str = "city_office", **about: Any) -> InspectionPack:
    """Asked for and made, as the job does it."""
    body = {"audience": "inspectors", **about}
    answer = office.client(by).post("/packs", body)
    assert answer.status_code == 200, answer.content
    build_pack(answer.json()["id"])
    pack = InspectionPack.objects.get(pk=answer.json()["id"])
    assert pack.state == "done", pack.error
    return pack


def verified(content: bytes, **given: Any) -> CaseVerified:
    return verify_file(io.BytesIO(content), **given)


def test_a_pack_of_a_river_proves_itself_offline_and_lists_its_own_gaps(
    office: Office, found: tuple[Problem, Problem]
) -> None:
    at_unit, rectified = found
    river = office.reach.river
    assert river is not None
    pack = asked(office, river_id=river.pk, since="2019-04-20")
    content = file_of(pack).read_bytes()
    kept, key = kept_of(Checkpoint.objects.latest("number")), public_hex(signing_key())
    with connection.execute_wrapper(_no_query):
        proved = verified(content, public_key=key, kept=[kept])
    assert proved.faults == []
    files = files_of(content)
    assert {row["number"] for row in json.loads(files["pack.json"])["problems"]} == {
        at_unit.number,
        rectified.number,
    }
    gaps = {(row["kind"], row["row"].split(" ")[0]) for row in json.loads(files["gaps.json"])}
    letter = json.loads(files["documents.json"])[0]["number"]
    assert gaps >= {
        ("order_not_signed_for", at_unit.number),
        ("photo_without_position", rectified.number),
        ("rectified_without_evidence", rectified.number),
        ("not_verified", rectified.number),
        ("letter_not_signed_for", letter),
        ("letter_without_reply", letter),
        ("outfall_without_entity", office.suspect.code),
    }
    assert ("photo_without_time", rectified.number) not in gaps
    shown = office.client("city_office").get("/packs").json()["items"][0]
    assert (shown["problems"], shown["sha256"]) == (2, pack.sha256)
    assert {"kind": "not_verified", "count": 1} in shown["gaps"]


def _no_query(*given: Any) -> Any:
    raise AssertionError("the database was asked")


def test_who_reported_is_in_no_pack_and_a_districts_copy_leaves_out_what_a_district_must_not_see(
    office: Office, found: tuple[Problem, Problem]
) -> None:
    whole = _told(asked(office))
    copy = _told(asked(office, audience="district", area_code=office.county.pk))
    assert not [word for word in REPORTER if word in whole + copy]
    for word in (PLAN, POISON_FIRM, "渝环立〔2026〕9号", "enforcement.json"):
        assert (word in whole, word in copy.partition("README.txt")[0]) == (True, False), word
    assert office.client("county_office").get("/packs").json()["count"] == 1, "the city's own is not for it"
    assert office.client("other_county_office").get("/packs").json()["count"] == 0


def _told(pack: InspectionPack) -> str:
    """Names and text of all files, the README last: it says what is left out."""
    files = files_of(file_of(pack).read_bytes())
    assert verified(file_of(pack).read_bytes()).faults == []
    readme = files.pop("README.txt")
    text = [f"{name}\n{content.decode(errors='ignore')}" for name, content in files.items()]
    return "\n".join([*text, "README.txt", readme.decode()])


def test_the_first_broken_link_and_each_missing_file_of_a_pack_are_named(
    office: Office, found: tuple[Problem, Problem]
) -> None:
    content = file_of(asked(office)).read_bytes()
    files = files_of(content)
    name = f"chains/problem-{found[1].pk}.json"
    broken = json.loads(files[name])
    broken["entries"][1]["body"] = "{}"
    files[name] = json.dumps(broken).encode()
    photo = next(name for name in files if name.startswith("evidence/"))
    lost = files_of(content)
    del lost[photo], lost[name]
    wrong = [fault.where for fault in verified(zipped(files)).faults]
    assert wrong[:2] == [name, f"problem:{found[1].pk}[2]"]
    assert {photo, name} <= {fault.where for fault in verified(zipped(lost)).faults}


def test_a_file_that_the_store_has_lost_is_a_gap_of_the_pack_and_told_by_its_verification(
    office: Office, found: tuple[Problem, Problem]
) -> None:
    photo = Evidence.objects.get(taken_at=NOON)
    path_of(photo.sha256).unlink()
    pack = asked(office)
    assert pack.gaps["file_missing"] == 1
    faults = verified(file_of(pack).read_bytes()).faults
    assert [fault.where for fault in faults] == [f"evidence/{photo.sha256[:12]}"]


def test_only_the_office_takes_a_pack_and_the_log_says_who(
    office: Office, found: tuple[Problem, Problem], clock: Any
) -> None:
    pack = asked(office)
    seen = {name: office.client(name).get(f"/packs/{pack.pk}/pack.zip").status_code for name in PEOPLE}
    assert {name for name, status in seen.items() if status == 200} == {"city_office", "city_office_2"}
    assert {status for name, status in seen.items() if "county" in name} == {404}
    answer = office.client("city_office").get(f"/packs/{pack.pk}/pack.zip")

    async def received() -> bytes:
        return b"".join([block async for block in answer.streaming_content])

    assert asyncio.run(received()) == file_of(pack).read_bytes()
    log = [(entry.action, entry.actor_label) for entry in audit.entries(pack.chain)]
    assert [action for action, _ in log] == ["pack.ask", "pack.keep", "pack.take", "pack.take", "pack.take"]
    clock.forward(days=31)
    look_after_files()
    pack.refresh_from_db()
    assert (pack.state, file_of(pack).exists()) == ("removed", False)
    assert office.client("city_office").get(f"/packs/{pack.pk}/pack.zip").status_code == 409


def test_a_period_holds_what_was_on_the_ledger_in_it(office: Office, found: tuple[Problem, Problem]) -> None:
    before = (NOON - timedelta(days=10)).date().isoformat()
    assert asked(office, until=before).problems == 0
    assert asked(office, since=before).problems == 2
    assert (
        office.client("city_office").post("/packs", {"audience": "district"}).json()["field"] == "area_code"
    )


def test_its_paper_is_a_pdf(
    office: Office, found: tuple[Problem, Problem], monkeypatch: pytest.MonkeyPatch
) -> None:
    from riverchief.rectify.packs.paper import pack_pdf

    monkeypatch.setattr(building, "pack_pdf", pack_pdf)
    answer = office.client("city_office", "en").post("/packs", {"audience": "inspectors"})
    build_pack(answer.json()["id"])
    with zipfile.ZipFile(file_of(InspectionPack.objects.get())) as archive:
        assert archive.read("pack.pdf").startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE rectify_document SET number = 'x' WHERE number <> ''", "document"),
        ("UPDATE rectify_case SET party = '别人'", "case"),
    ],
)
def test_a_letter_or_case_that_was_changed_behind_the_logs_back_is_found(
    office: Office, found: tuple[Problem, Problem], statement: str, told: str
) -> None:
    assert verify_all().faults == []
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE rectify_document DISABLE TRIGGER USER")
        cursor.execute(statement)
    [fault] = verify_all().faults
    assert fault.where.startswith(told)
