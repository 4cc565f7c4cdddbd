"""Letters of an office: each step by another person, numbers without gaps, text that stands, nobody suspected named."""

import json
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from riverchief.accounts.models import Membership, Organisation, User
from riverchief.base.actions import SYSTEM
from riverchief.base.errors import InvalidInput, NotFound, PermissionRefused, RiverchiefError
from riverchief.base.models import InboxMessage, OutboxEvent
from riverchief.rectify.actions import ConfirmClue, OpenClueFromTrace, RegisterClue
from riverchief.rectify.documents import actions
from riverchief.rectify.documents.models import Document, DocumentStep
from riverchief.rectify.documents.subscribers import notify_next, warn_of_late_receipts_and_replies
from riverchief.rectify.documents.text import digest_of
from riverchief.rectify.models import Clue, Problem

from tests.riverchief.rectify.conftest import make_finished_trace
from tests.riverchief.rectify.office import PNG, POISON, Office
from tests.riverchief.rectify.test_transitions import bring_to

CHAIN = (
    (actions.SubmitDocument, "county_office"),
    (actions.ReviewDocument, "county_office_2"),
    (actions.CountersignDocument, "enforcement"),
    (actions.IssueDocument, "city_office"),
)
TEXT = "请立即查清来源，按期整改。"


@pytest.fixture
def assigned(office: Office, problem: Problem) -> Problem:
    """A problem at a unit, in a county with an office, whose town has one too."""
    Organisation.objects.create(
        name_zh="江东区河长办公室", name_en="Office", kind="office", area=office.county
    )
    town = Organisation.objects.create(
        name_zh="柳镇河长办", name_en="Willow", kind="office", area=office.town
    )
    Membership.objects.filter(user=office["town_office"]).update(organisation=town)
    return bring_to(office, problem, "assigned")


def draft(office: Office, problem: Problem, kind: str = "supervision", **given: Any) -> Document:
    town = Organisation.objects.get(name_zh="柳镇河长办")
    return actions.DraftDocument(
        actor=office["county_office"],
        kind=kind,
        problem_ids=[problem.pk],
        receiver_ids=[office.unit.pk],
        copy_ids=[town.pk],
        **given,
    ).run()


def edit(user: User, document: Document, body: str = TEXT, **given: Any) -> Document:
    document.refresh_from_db()
    receivers = document.receivers.all()
    kept = {
        "receiver_ids": [row.organisation_id for row in receivers if not row.is_copy],
        "copy_ids": [row.organisation_id for row in receivers if row.is_copy],
        "reply_working_days": document.reply_working_days,
        "title": document.title,
        "based_on": digest_of(document),
    }
    return actions.EditDocument(actor=user, document_id=document.pk, body=body, **{**kept, **given}).run()


def issue(office: Office, document: Document) -> Document:
    edit(office["county_office"], document)
    for action, name in CHAIN:
        document = action(actor=office[name], document_id=document.pk).run()
    return document


def test_a_supervision_letter_goes_through_four_hands_and_comes_back_answered(
    office: Office, assigned: Problem, clock: Any
) -> None:
    county, unit, town = (office.client(name) for name in ("county_office", "unit", "town_office"))
    given = {"kind": "supervision", "problem_ids": [assigned.pk], "receiver_ids": [office.unit.pk]}
    made = county.post("/documents", given).json()
    path = f"/documents/{made['id']}"
    shown = county.get(path).json()
    assert shown["title"] == f"关于督办{assigned.title}的函"
    assert f"1．{assigned.number} {assigned.title}（江东区" in shown["body"]
    assert "10个工作日" in shown["body"]
    assert (shown["open"], shown["number"]) == (["督办要求"], "")
    refused = county.post(f"{path}/submit")
    assert (refused.status_code, refused.json()["field"]) == (422, "body")

    text = {"title": shown["title"], "body": TEXT, "receiver_ids": [office.unit.pk], "reply_working_days": 10}
    assert county.post(f"{path}/edit", {**text, "based_on": "0" * 64}).status_code == 409, "read another text"
    text["based_on"] = shown["versions"][-1]["digest"]
    assert county.post(f"{path}/edit", text).status_code == 200
    assert county.post(f"{path}/submit").json()["state"] == "reviewing"
    assert county.post(f"{path}/review").status_code == 403, "nobody reviews their own draft"
    reviewer, enforcement = office.client("county_office_2"), office.client("enforcement")
    assert enforcement.get(path).status_code == 404, "a draft is the office's own"
    assert reviewer.post(f"{path}/review").json()["state"] == "countersigning"
    assert reviewer.post(f"{path}/countersign").status_code == 403, "one person, one step"
    notify_next(OutboxEvent.objects.filter(name="rectify.document_changed").latest("pk"))
    assert enforcement.get("/inbox").json()["items"][0]["title_en"].endswith("waits for you")
    assert enforcement.post(f"{path}/countersign").json()["state"] == "signing"
    assert unit.get(path).status_code == 404
    issued = office.client("city_office").post(f"{path}/issue").json()
    assert issued["number"] == "江东区河长办督〔2026〕1号"
    assert county.post(f"{path}/edit", text).status_code == 409

    received = unit.get(path).json()
    assert [row["action"] for row in received["allowed_actions"]] == ["sign_for"]
    assert (received["versions"], len(received["history"])) == ([], 1)
    assert received["reply_due_at"] == "2026-12-04T16:00:00Z"
    assert [town.get(path).status_code, office.client("other_unit").get(path).status_code] == [404, 404]
    assert unit.post(f"{path}/sign_for").status_code == 200
    scan = unit.upload(PNG + b"reply", "reply.png").json()
    assert county.get("/documents?box=replies_due").json()["count"] == 1
    assert unit.post(f"{path}/reply", {"evidence_ids": [scan["id"]]}).status_code == 200
    assert county.get("/documents?box=replies_due").json()["count"] == 0
    end = county.get(path).json()
    assert [row["step"] for row in end["versions"]] == [
        "draft", "edit", "submit", "review", "countersign", "issue"
    ]  # fmt: skip
    assert len({row["digest"] for row in end["versions"][1:]} | {end["digest"]}) == 1
    assert end["chain"] == {"ok": True, "entries": 8}
    assert end["receivers"][0]["reply_files"][0]["id"] == scan["id"]
    assert office.client("county_office_2").get(f"/evidence/{scan['id']}/content").status_code == 200
    for pdf in (f"{path}/document.pdf", f"/problems/{assigned.pk}/order.pdf"):
        assert unit.get(pdf).content.startswith(b"%PDF")


def test_numbers_have_no_gaps_and_a_correction_replaces(office: Office, assigned: Problem) -> None:
    dropped = draft(office, assigned)
    first = issue(office, draft(office, assigned))
    actions.WithdrawDocument(actor=office["county_office"], document_id=dropped.pk, reason="不发").run()
    reminder = issue(office, draft(office, assigned, "reminder"))
    other = draft(office, assigned, replaces_id=first.pk)
    assert f"本文替代{first.number}" in other.body
    second = issue(office, other)
    assert [first.number, reminder.number, second.number] == [
        "江东区河长办督〔2026〕1号",
        "江东区河长办函〔2026〕1号",
        "江东区河长办督〔2026〕2号",
    ]
    with pytest.raises(RiverchiefError):
        draft(office, assigned, replaces_id=first.pk)


def test_what_was_sent_back_is_reviewed_anew_and_whoever_wrote_on_it_judges_nothing(
    office: Office, assigned: Problem
) -> None:
    document = draft(office, assigned)
    edit(office["county_office"], document)
    for action, name in CHAIN[:2]:
        action(actor=office[name], document_id=document.pk).run()
    actions.SendBackDocument(actor=office["enforcement"], document_id=document.pk, reason="依据不足").run()
    edit(office["city_office"], document, TEXT + "附依据。")
    actions.SubmitDocument(actor=office["county_office"], document_id=document.pk).run()
    with pytest.raises(PermissionRefused):
        actions.ReviewDocument(actor=office["city_office"], document_id=document.pk).run()
    assert actions.ReviewDocument(actor=office["county_office_2"], document_id=document.pk).run().reviewed_by


def test_the_database_keeps_what_was_issued_and_refuses_an_author_as_judge(
    office: Office, assigned: Problem
) -> None:
    issued, other = issue(office, draft(office, assigned)), draft(office, assigned)
    author, same = office["county_office"], {"by": office["county_office"], "at": issued.issued_at}
    forgeries = [
        lambda: Document.objects.filter(pk=issued.pk).update(body="另一文本"),
        lambda: issued.receivers.all().delete(),
        lambda: DocumentStep.objects.filter(document=issued).update(body="另一文本"),
        lambda: DocumentStep.objects.create(
            document=other, step="issue", title="", body="", digest="", **same
        ),
        lambda: Document.objects.filter(pk=other.pk).update(state="countersigning", reviewed_by=author),
        lambda: Document.objects.filter(pk=other.pk).update(number="江东区河长办督〔2026〕9号"),
    ]
    for forge in forgeries:
        with pytest.raises(IntegrityError), transaction.atomic():
            forge()


def test_an_interview_is_recorded_once_with_who_was_there_and_the_signed_record(
    office: Office, assigned: Problem, clock: Any
) -> None:
    document = issue(office, draft(office, assigned, "interview", meeting_at=clock.now, meeting_place="三楼"))
    assert "2026年11月20日12:00在三楼约谈" in document.steps.first().body
    county, unit = office.client("county_office"), office.client("unit")
    scan = county.upload(PNG + b"record", "record.png").json()
    held = {
        "held_at": "2026-11-20T03:00:00Z",
        "place": "三楼会议室",
        "present": "张三、李四",
        "outcome": "十日内完成",
        "evidence_ids": [scan["id"]],
    }
    path = f"/documents/{document.pk}"
    assert county.post(f"{path}/record_interview", {**held, "evidence_ids": []}).status_code == 422
    assert county.post(f"{path}/record_interview", held).status_code == 200
    assert county.post(f"{path}/record_interview", held).status_code == 409
    assert unit.get(path).json()["interview"]["present"] == "张三、李四"
    assert unit.get(f"/evidence/{scan['id']}/content").status_code == 200
    assert office.client("town_office").get(path).json()["interview"] is None, (
        "a copy goes to the notice only"
    )


def test_late_receipts_and_replies_are_told_once_and_shown(
    office: Office, assigned: Problem, clock: Any
) -> None:
    document = issue(office, draft(office, assigned))
    clock.forward(hours=25)
    for _ in range(2):
        warn_of_late_receipts_and_replies()
    told = InboxMessage.objects.filter(recipient_id=office["unit"].pk).values_list("title_zh", flat=True)
    assert list(told) == [f"{document.number}：已过签收时限，尚未签收"]
    actions.SignForDocument(actor=office["unit"], document_id=document.pk).run()
    clock.forward(days=20)
    warn_of_late_receipts_and_replies()
    assert InboxMessage.objects.filter(recipient_id=office["county_office"].pk).count() == 3
    row = office.client("county_office").get("/documents?box=replies_late").json()["items"][0]
    assert (row["receipt_late"], row["reply_late"], row["signed_count"]) == (True, True, 1)


def test_no_suspect_reaches_a_town_through_a_letter(office: Office, assigned: Problem) -> None:
    trace = make_finished_trace(office, attempt=1, probability=0.7)
    OpenClueFromTrace(actor=SYSTEM, trace_id=trace.pk).run()
    clue = Clue.objects.get(trace=trace)
    document = draft(office, assigned)
    for poison in POISON:
        with pytest.raises(InvalidInput):
            edit(office["county_office"], document, f"请核查{poison}。")
    unassigned = _registered(office)
    with pytest.raises(InvalidInput):
        actions.DraftDocument(
            actor=office["county_office"],
            kind="reminder",
            problem_ids=[unassigned.pk],
            receiver_ids=[office.unit.pk],
        ).run()
    firm = Organisation.objects.get(kind="enterprise")
    with pytest.raises(InvalidInput):
        edit(office["county_office"], document, receiver_ids=[firm.pk])
    issue(office, document)
    for event in OutboxEvent.objects.filter(name="rectify.document_changed"):
        assert not any(poison in json.dumps(event.payload, ensure_ascii=False) for poison in POISON)
        notify_next(event)
    caller = office.client("town_office")
    paths = (f"/documents/{document.pk}", "/documents", "/inbox")
    answers = [caller.get(path) for path in paths]
    assert [answer.status_code for answer in answers] == [200] * 3
    told = json.dumps([answer.json() for answer in answers], ensure_ascii=False)
    assert document.title in told
    assert not [poison for poison in POISON if poison in told]
    assert clue.number not in told
    assert office.client("enforcement").get("/inbox").json()["count"] == 0, (
        "it had gone on before they were told"
    )
    assert caller.get("/inbox").json()["items"][0]["link"] == f"/documents/{document.pk}"


def _registered(office: Office) -> Problem:
    """A problem that was confirmed and not yet assigned."""
    clue = RegisterClue(
        actor=office["county_office"],
        source="patrol",
        kind="litter",
        title="垃圾",
        description="",
        lon=106.55,
        lat=29.5,
    ).run()
    return ConfirmClue(actor=office["inspector"], clue_id=clue.pk, basis="decision", reason="属实").run()


def test_a_letter_of_another_county_does_not_exist_and_nobody_writes_from_nowhere(
    office: Office, assigned: Problem
) -> None:
    document = draft(office, assigned)
    stranger = office["other_county_office"]
    with pytest.raises(NotFound):
        edit(stranger, document)
    with pytest.raises(PermissionRefused) as refused:
        actions.DraftDocument(
            actor=stranger, kind="reminder", problem_ids=[assigned.pk], receiver_ids=[office.unit.pk]
        ).run()
    assert "河长办" in refused.value.cure
