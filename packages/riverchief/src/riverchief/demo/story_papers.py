"""After the stories: the order of the first problem on paper, and a supervision letter through its four hands."""

from riverchief.accounts.models import Organisation, User
from riverchief.base import clock
from riverchief.base.typesetting import NoChineseFont
from riverchief.demo.people import OFFICE
from riverchief.demo.stage import Stage
from riverchief.demo.story_discharge import somebody, unit_in_charge
from riverchief.rectify.documents import actions
from riverchief.rectify.documents.codes import DocumentKind, DocumentState
from riverchief.rectify.documents.paper import document_pdf, order_pdf
from riverchief.rectify.documents.queries import document_detail, order_of
from riverchief.rectify.documents.text import digest_of
from riverchief.rectify.models import Document, Problem

_REQUIREMENT = "每周一报送封堵与溯源进展，按期完成整改"


def play_papers(stage: Stage) -> None:
    """Play it from wherever it stands; nothing where the first story brought no problem as far as an order."""
    problem = Problem.objects.filter(number=stage.state.facts.get("problem")).first()
    if problem is None or problem.unit is None:
        return
    stage.title("3 · On paper 公文")
    unit, signer, author = unit_in_charge(problem.area.path)
    document = Document.objects.filter(problems=problem, kind=DocumentKind.SUPERVISION).first()
    if document is None:
        document = _draft(stage, author, problem, unit)
    document = _through_the_chain(stage, author, document)
    receipt = document.receivers.get(organisation=unit)
    if receipt.signed_for_at is None:
        actions.SignForDocument(actor=signer, document_id=document.pk).run()
        stage.tell(signer, f"signs for {document.number}")
    _print(stage, author, problem, document)


def _draft(stage: Stage, author: User, problem: Problem, unit: Organisation) -> Document:
    city = Organisation.objects.get(name_zh=OFFICE[0], area_id=OFFICE[1])
    document = actions.DraftDocument(
        actor=author,
        kind=DocumentKind.SUPERVISION,
        problem_ids=[problem.pk],
        receiver_ids=[unit.pk],
        copy_ids=[city.pk],
    ).run()
    document = actions.EditDocument(
        actor=author,
        document_id=document.pk,
        title=document.title,
        body=document.body.replace("【待填：督办要求】", _REQUIREMENT),
        reply_working_days=document.reply_working_days,
        based_on=digest_of(document),
        receiver_ids=[unit.pk],
        copy_ids=[city.pk],
    ).run()
    stage.tell(author, f"drafts a supervision letter about {problem.number} 拟稿: “{document.title}”")
    return document


def _through_the_chain(stage: Stage, author: User, document: Document) -> Document:
    """The county's office has one person: the level above reviews and issues, enforcement countersigns."""
    for state, step, who, done in (
        (DocumentState.DRAFT, actions.SubmitDocument, author, "sends it for review 送核"),
        (DocumentState.REVIEWING, actions.ReviewDocument, somebody("office"), "reviews it 核稿"),
        (
            DocumentState.COUNTERSIGNING,
            actions.CountersignDocument,
            somebody("enforcement1"),
            "countersigns it 会签",
        ),
        (DocumentState.SIGNING, actions.IssueDocument, somebody("office2"), "issues it 签发"),
    ):
        if document.state == state:
            document = step(actor=who, document_id=document.pk).run()
            stage.tell(who, f"{done} {document.number}".rstrip())
    return document


def _print(stage: Stage, reader: User, problem: Problem, document: Document) -> None:
    folder = stage.home / "papers"
    folder.mkdir(exist_ok=True)
    try:
        papers = {
            "order.pdf": order_pdf(order_of(reader, problem.pk), clock.now()),
            "supervision_letter.pdf": document_pdf(document_detail(reader, document.pk), clock.now()),
        }
    except NoChineseFont as error:
        stage.tell("riverchief", f"no PDF: {error.as_json('en')['message']} {error.as_json('en')['cure']}")
        return
    for name, content in papers.items():
        (folder / name).write_bytes(content)
    order = problem.orders.latest("id")
    stage.tell(
        "riverchief",
        f"sets order {order.number} (signed for by {order.signed_for_by}) and {document.number} for the seal: {folder}",
    )
