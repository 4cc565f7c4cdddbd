"""Letters in the world of permissions: one in every state of the drafting chain, and two that were issued."""

from typing import Any

from riverchief.accounts.models import Organisation
from riverchief.rectify.documents import actions
from riverchief.rectify.documents.text import digest_of
from riverchief.rectify.models import Document, Problem

from tests.riverchief.rectify.office import Office

CHAIN = (
    (actions.SubmitDocument, "county_office", "reviewing"),
    (actions.ReviewDocument, "county_office_2", "countersigning"),
    (actions.CountersignDocument, "enforcement", "signing"),
    (actions.IssueDocument, "city_office", "issued"),
    (actions.SignForDocument, "unit", "received"),
)


def letters(office: Office, problem: Problem) -> dict[str, Document]:
    """By how far they have come: draft, reviewing, countersigning, signing, issued (and unsigned), received; a held notice."""
    Organisation.objects.create(
        name_zh="江东区河长办公室", name_en="Office", kind="office", area=office.county
    )
    made = {"draft": _written(office, problem, "supervision")}
    for count, (*_, state) in enumerate(CHAIN, start=1):
        made[state] = _brought(office, _written(office, problem, "supervision"), count)
    made["interview"] = _brought(office, _written(office, problem, "interview"), 4)
    return made


def text(office: Office, document: Document) -> dict[str, Any]:
    """A whole text, as it is edited."""
    return {
        "based_on": digest_of(document),
        "receiver_ids": [office.unit.pk],
        "title": "关于督办的函",
        "body": "请按期整改。",
        "reply_working_days": 10,
    }


def _written(office: Office, problem: Problem, kind: str) -> Document:
    author = office["county_office"]
    made = actions.DraftDocument(
        actor=author, kind=kind, problem_ids=[problem.pk], receiver_ids=[office.unit.pk]
    ).run()
    return actions.EditDocument(actor=author, document_id=made.pk, **text(office, made)).run()


def _brought(office: Office, document: Document, steps: int) -> Document:
    for action, name, _ in CHAIN[:steps]:
        document = action(actor=office[name], document_id=document.pk).run()
    return document
