"""What each kind of document is, as the rule `rectify.documents` has it: number, template, hours and days."""

from dataclasses import dataclass

from riverchief.accounts.models import Area
from riverchief.base import clock
from riverchief.base.rules import get_rule
from riverchief.rectify.documents.models import Document
from riverchief.rectify.numbering import next_in_series


@dataclass(frozen=True)
class Template:
    """A title and a body with words in braces."""

    title: str
    body: str


@dataclass(frozen=True)
class Kind:
    """A kind of letter; `reply_working_days` None: it asks for no reply."""

    number: str
    sign_within_hours: int
    reply_working_days: int | None
    template: Template


def kind_of(key: str) -> Kind:
    """The kind as the rule has it today."""
    row = get_rule("rectify.documents")["kinds"][key]
    return Kind(
        row["number"],
        row["sign_within_hours"],
        row["reply_working_days"],
        Template(row["title"], row["body"]),
    )


def order_template() -> Template:
    """How an order is worded on paper."""
    row = get_rule("rectify.documents")["order"]
    return Template(row["title"], row["body"])


def next_number(document: Document) -> str:
    """The number 文号 of a letter that is being issued: without gaps per office, kind and year."""
    office, year = document.issuer, clock.today().year
    n = next_in_series(f"document:{office.pk}:{document.kind}:{year}")
    return kind_of(document.kind).number.format(mark=_mark(office.area), year=year, n=n)


def _mark(area: Area) -> str:
    """The mark 机关代字 of the office of an area."""
    marks: dict[str, str] = get_rule("rectify.documents")["marks"]
    return marks.get(area.pk, f"{area.name_zh}河长办")
