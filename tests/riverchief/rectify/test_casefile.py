"""A case file: everything of a problem in one zip that proves itself, without whoever reported or was suspected."""

import io
import json
import random
import zipfile
from collections.abc import Callable
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
from riverchief.rectify.casefile import export as exporting
from riverchief.rectify.casefile.export import export_case
from riverchief.rectify.casefile.paper import case_pdf
from riverchief.rectify.casefile.verify import CaseVerified, verify_case
from riverchief.rectify.models import Clue, Problem

from tests.riverchief.rectify.office import PEOPLE, PNG, POISON, Office
from tests.riverchief.rectify.test_transitions import STEPS

REPORTER = ("张三", "13800000000")


@pytest.fixture(autouse=True)
def no_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    """The typesetter takes a second: one test asks for it."""
    monkeypatch.setattr(exporting, "case_pdf", lambda *given: b"%PDF-1.7")


def hand_in(office: Office, name: str, content: bytes) -> int:
    upload = actions.UploadEvidence(actor=office[name], content=PNG + content, file_name="张三家.png").run()
    return int(upload.evidence_id)


@pytest.fixture
def written_off(office: Office, clue: Clue) -> Problem:
    """A problem with a photo of before, one of after and one of the check, off the ledger."""
    problem = actions.ConfirmClue(
        actor=office["inspector"],
        clue_id=clue.pk,
        basis="photo",
        reason="张三所说属实",
        title="张三家旁的排口",
        evidence_ids=[hand_in(office, "inspector", b"before")],
    ).run()
    for step in ("assign", "sign_for"):
        STEPS[step](office, problem).run()
    actions.ReportRectified(
        actor=office["unit"],
        problem_id=problem.pk,
        summary="已封堵",
        evidence_ids=[hand_in(office, "unit", b"after")],
    ).run()
    for step in ("verify", "write_off"):
        STEPS[step](office, problem).run()
    problem.refresh_from_db()
    return problem


def taken(office: Office, problem: Problem, by: str = "city_office") -> bytes:
    target = io.BytesIO()
    export_case(office[by], problem.pk, "zh", target)
    return target.getvalue()


def files_of(case: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(case)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def verified(case: bytes, **given: Any) -> CaseVerified:
    return verify_case(io.BytesIO(case), **given)


def test_it_proves_itself_without_a_database(office: Office, written_off: Problem) -> None:
    case = taken(office, written_off)
    kept, key = kept_of(Checkpoint.objects.latest("number")), public_hex(signing_key())
    with connection.execute_wrapper(_no_query):
        found = verified(case, public_key=key, kept=[kept])
    assert found.faults == []
    assert (found.entries, found.withheld, found.public_key) == (
        len(audit.entries(written_off.chain)),
        0,
        key,
    )
    assert audit.entries(written_off.chain)[-1].action == "problem.export_case"
    assert verify_all([kept], evidence=True).faults == []


def _no_query(*given: Any) -> Any:
    raise AssertionError("the database was asked")


def test_another_key_or_another_checkpoint_is_refused(office: Office, written_off: Problem) -> None:
    first = taken(office, written_off)
    kept = kept_of(Checkpoint.objects.latest("number"))
    second = taken(office, written_off)
    assert [fault.where for fault in verified(first, public_key="00" * 32).faults] == ["public_key.pem"]
    assert [fault.where for fault in verified(second, kept=[kept]).faults] == ["proof.json"]


def swap(files: dict[str, bytes], pick: random.Random) -> None:
    photos = [name for name in files if name.startswith("evidence/")]
    files[photos[0]], files[photos[1]] = files[photos[1]], files[photos[0]]


def touch(files: dict[str, bytes], pick: random.Random) -> None:
    name = pick.choice(sorted(files))
    place = pick.randrange(len(files[name]))
    files[name] = files[name][:place] + bytes([files[name][place] ^ 1]) + files[name][place + 1 :]


def add(files: dict[str, bytes], pick: random.Random) -> None:
    files[pick.choice(("evidence/" + "0" * 64 + ".png", "note.txt", "evidence/../x"))] = b"x"


def leave_out(files: dict[str, bytes], pick: random.Random) -> None:
    del files[pick.choice(sorted(files))]


def change_chain(files: dict[str, bytes], pick: random.Random) -> None:
    entries = json.loads(files["chain.json"])
    deed = pick.choice(("body", "drop", "tail", "order"))
    if deed == "body":
        pick.choice(entries)["body"] = '{"to": "written_off"}'
    elif deed == "drop":
        entries.pop(pick.randrange(len(entries)))
    elif deed == "tail":
        del entries[pick.randrange(len(entries)) :]
    else:
        entries.reverse()
    files["chain.json"] = json.dumps(entries, ensure_ascii=False).encode()


DEEDS: tuple[Callable[[dict[str, bytes], random.Random], None], ...] = (
    swap,
    touch,
    add,
    leave_out,
    change_chain,
)


@pytest.mark.parametrize("soak", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_whatever_is_done_to_a_case_file_is_found(office: Office, written_off: Problem, soak: bool) -> None:
    case, pick = taken(office, written_off), random.Random(20261130)
    unseen = []
    for deed in DEEDS:
        for number in range(300 if soak else 6):
            files = files_of(case)
            deed(files, pick)
            if not verified(zipped(files)).faults:
                unseen.append(f"{deed.__name__} {number}")
    assert unseen == []
    assert verified(zipped(files_of(case))).faults == [], "the same files zipped anew are the same case"
    assert verified(b"no zip").faults


@pytest.mark.parametrize("soak", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_a_damaged_file_is_refused_wherever_the_damage_is(
    office: Office, written_off: Problem, soak: bool
) -> None:
    case, pick = taken(office, written_off), random.Random(20261130)
    for _ in range(5_000 if soak else 60):
        place = pick.randrange(len(case))
        damaged = case[:place] + bytes([pick.randrange(256)]) + case[place + 1 :]
        if not verified(damaged).faults:
            assert files_of(damaged) == files_of(case), "only what surrounds the files is other"
    for manifest in (
        "[]",
        "{}",
        '{"format": "riverchief case 1", "public_key": "00", "files": {"a": 1}}',
        "\ud800",
    ):
        content = manifest.encode(errors="surrogatepass")
        assert verified(zipped({**files_of(case), "manifest.json": content})).faults


def test_a_file_signed_anew_by_somebody_with_the_key_still_has_to_tell_what_its_chain_tells(
    office: Office, written_off: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each part on its own, as the manifest would hide what they find."""
    case_data = exporting.case_data

    def kinder(*given: Any, **named: Any) -> dict[str, Any]:
        case = case_data(*given, **named)
        case["record"]["verified_by_id"] = office["city_office"].pk
        return case

    monkeypatch.setattr(exporting, "case_data", kinder)
    [fault] = verified(taken(office, written_off)).faults
    assert (fault.where, fault.en) == ("case.json", "says something else than the chain of: verified_by_id")


def test_who_reported_and_who_was_suspected_are_in_no_case_file(office: Office, written_off: Problem) -> None:
    written_off.clue.outfall = office.suspect
    written_off.clue.save()
    for name in ("city_office", "enforcement", "inspector", "unit"):
        files = files_of(taken(office, written_off, name))
        told = b"".join(
            content for file, content in files.items() if not file.startswith("evidence/")
        ).decode()
        assert not [word for word in (*REPORTER, *POISON) if word in told + "".join(files)], name
        clue = json.loads(files["case.json"])["clue"]
        if name == "unit":
            assert clue is None
            assert written_off.clue.number not in told
        else:
            assert clue["decision_reason"] == "（举报人信息已隐去）所说属实"


def test_an_entry_that_quotes_who_reported_is_withheld_and_the_chain_still_verifies(
    office: Office, written_off: Problem
) -> None:
    audit.append(written_off.chain, "problem.note", office["unit"], {"note": "已告知张三"})
    case = taken(office, written_off, "unit")
    found = verified(case)
    assert (found.faults, found.withheld) == ([], 1)
    files = files_of(case)
    assert "张三" not in files["chain.json"].decode() + files["case.json"].decode()


def test_only_those_who_see_everything_of_a_problem_take_its_file_and_the_history_says_who(
    office: Office, written_off: Problem
) -> None:
    path = f"/problems/{written_off.pk}/case_file.zip"
    seen = {name: office.client(name).get(path).status_code for name in PEOPLE}
    may = {"city_office", "city_office_2", "county_office", "county_office_2", "enforcement"}
    may |= {"inspector", "inspector_2", "unit", "unit_2"}
    assert {name for name, status in seen.items() if status == 200} == may
    assert {seen[name] for name in set(PEOPLE) - may} == {404}
    history = office.client("chief", "en").get(f"/problems/{written_off.pk}").json()["history"]
    assert [row["sentence_en"] for row in history].count("unit_2 took the case file away.") == 1


def test_a_case_whose_photo_was_swapped_in_the_store_is_not_handed_out(
    office: Office, written_off: Problem
) -> None:
    photo = Evidence.objects.latest("pk")
    path_of(photo.sha256).write_bytes(PNG + b"another")
    answer = office.client("city_office", "en").get(f"/problems/{written_off.pk}/case_file.zip")
    assert answer.status_code == 404
    assert "was changed" in answer.json()["message"]
    assert [fault.en for fault in verify_all(evidence=True).faults] == ["was swapped or damaged"]


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE rectify_problem SET due_at = due_at + interval '30 days'", "of: due_at"),
        (
            "UPDATE rectify_problem SET verified_by_id = (SELECT min(id) FROM accounts_user)",
            "of: verified_by_id",
        ),
        (
            "UPDATE base_evidence SET sha256 = repeat('0', 64) WHERE id = (SELECT max(id) FROM base_evidence)",
            "swapped",
        ),
    ],
)
def test_a_row_that_was_changed_behind_the_logs_back_is_found(
    office: Office, written_off: Problem, statement: str, told: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
    [fault] = verify_all().faults
    assert told in fault.en


@pytest.mark.parametrize("language", ["zh", "en"])
def test_its_paper_is_a_pdf(office: Office, written_off: Problem, language: str) -> None:
    read = exporting._read(written_off.pk, office["city_office"], language, with_clue=True)
    content = case_pdf(read.case, read.chain, read.signed.statement, language, written_off.opened_at)
    assert content.startswith(b"%PDF-")
