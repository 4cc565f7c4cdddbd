"""Freezing the figures of a campaign, and correcting what was frozen by a new edition."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.db import connection
from django.db.models import CharField, Count, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from riverchief.accounts.policies import require
from riverchief.accounts.roles import Capability
from riverchief.base import audit, clock
from riverchief.base.actions import Action
from riverchief.base.errors import InvalidInput, NotFound, StateRefused
from riverchief.base.models import AuditEntry
from riverchief.rectify.access import person
from riverchief.rectify.actions.inputs import text
from riverchief.rectify.campaigns.actions import locked_campaign
from riverchief.rectify.campaigns.models import Campaign, FigureEdition, FigureRow
from riverchief.rectify.codes import Standing
from riverchief.rectify.figures import FIGURE_STATES, REPORTED, STATES, counts_of

UNDONE_BY = ("problem.send_back", "problem.reopen")
"""The steps that say that something was not put right after all."""

_FREEZE = """
INSERT INTO rectify_figurerow (edition_id, problem_id, area_id, new_find, state, overdue, corrected)
SELECT %s, id, area_id, new_find, state, COALESCE(due_at < %s AND paused_until IS NULL AND state = ANY(%s), false), false
FROM rectify_problem WHERE campaign_id = %s AND state = ANY(%s)
"""
_DIGEST = """
SELECT encode(sha256(convert_to(COALESCE(string_agg(
    concat_ws(':', problem_id, area_id, new_find, state, overdue, corrected), E'\n' ORDER BY problem_id
), ''), 'UTF8')), 'hex') FROM rectify_figurerow WHERE edition_id = ANY(%s)
"""
_TAKE_OVER = """
INSERT INTO rectify_figurerow (edition_id, problem_id, area_id, new_find, state, overdue, corrected)
SELECT %s, row.problem_id, row.area_id, row.new_find, COALESCE(undone.state, row.state),
    CASE WHEN undone.state IS NULL THEN row.overdue ELSE COALESCE(problem.due_at < %s, false) END,
    undone.state IS NOT NULL
FROM rectify_figurerow row
JOIN rectify_problem problem ON problem.id = row.problem_id
LEFT JOIN unnest(%s::bigint[], %s::text[]) AS undone (problem_id, state) ON undone.problem_id = row.problem_id
WHERE row.edition_id = %s
"""


def digest_of(edition: FigureEdition) -> str:
    """The SHA-256 over the rows of an edition, as they are now."""
    with connection.cursor() as cursor:
        cursor.execute(_DIGEST, [[edition.pk]])
        (digest,) = cursor.fetchone()
    return str(digest)


def is_intact(edition: FigureEdition) -> bool:
    """Whether the rows are those that were signed: the edition and the log both hold their digest."""
    said = {
        entry.data.get("edition_id"): entry.data.get("digest")
        for entry in audit.entries(edition.campaign.chain)
        if entry.action in {FreezeFigures.name, CorrectFigures.name}
    }
    return digest_of(edition) == edition.digest == said.get(edition.pk)


def groups_of(rows: "QuerySet[FigureRow]") -> list[Mapping[str, Any]]:
    """Rows of an edition by part and state, for `counts_of`."""
    return list(
        rows.order_by()
        .values("new_find", "state")
        .annotate(n=Count("pk"), late=Count("pk", filter=Q(overdue=True)))
    )


def undone_since(edition: FigureEdition) -> "QuerySet[FigureRow]":
    """The rows that an edition counts as reported, and whose problem was sent back or reopened since."""
    undone = AuditEntry.objects.filter(
        chain=Concat(Value("problem:"), Cast(OuterRef("problem_id"), CharField())),
        action__in=UNDONE_BY,
        at__gte=edition.as_of,
    )
    return edition.rows.filter(Exists(undone), state__in=REPORTED)


@dataclass(kw_only=True)
class _SignEdition(Action[FigureEdition]):
    campaign: Campaign = field(init=False, repr=False)

    def check_permission(self) -> None:
        """A person who answers for the campaign's figures."""
        require(person(self.actor), Capability.MANAGE_CAMPAIGNS, self.campaign.area.path)

    def sign(self, edition: FigureEdition, fill: str, values: list[Any]) -> FigureEdition:
        """Write the edition: rows, then their digest, which the log holds as well."""
        edition.campaign, edition.signed_by, edition.signed_at = (
            self.campaign,
            person(self.actor),
            clock.now(),
        )
        edition.pk = _next_number()
        with connection.cursor() as cursor:
            cursor.execute(fill, [edition.pk, *values])
        edition.digest = digest_of(edition)
        edition.save(force_insert=True)
        counts = {
            part: counts_of(group for group in groups_of(edition.rows.all()) if group["new_find"] is new)
            for part, new in (("stock", False), ("new", True))
        }
        self.log(
            self.campaign.chain,
            edition_id=edition.pk,
            day=edition.day.isoformat(),
            edition=edition.number,
            reason=edition.reason,
            digest=edition.digest,
            **counts,
        )
        self.announce("rectify.figures_frozen", area=self.campaign.area.path, campaign_id=self.campaign.pk)
        return edition


def _next_number() -> int:
    """The number of the next edition: the rows come first, for an edition is never changed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('rectify_figureedition', 'id'))")
        (number,) = cursor.fetchone()
    return int(number)


@dataclass(kw_only=True)
class FreezeFigures(_SignEdition):
    """Freeze the figures of a campaign as they stand now: the first edition of this day."""

    name: ClassVar[str] = "campaign.freeze"
    campaign_id: int

    def load(self) -> None:
        """The campaign, locked."""
        self.campaign = locked_campaign(self.campaign_id)

    def check_state(self) -> None:
        """Once a day: what is wrong with an edition is corrected, not frozen again."""
        if self.campaign.editions.filter(day=clock.today()).exists():
            raise StateRefused(
                "今天的数字已经定稿。|The figures of today are frozen already.",
                cure="如有错误，请出更正版。|If they are wrong, correct that edition.",
            )

    def execute(self) -> FigureEdition:
        """Freeze them."""
        now = clock.now()
        edition = FigureEdition(day=clock.today(), number=1, as_of=now)
        outstanding = list(map(str, STATES[Standing.OUTSTANDING]))
        found = list(map(str, FIGURE_STATES["found"]))
        return self.sign(edition, _FREEZE, [now, outstanding, self.campaign.pk, found])


@dataclass(kw_only=True)
class CorrectFigures(_SignEdition):
    """A new edition of the same day, which no longer counts as reported what was proven otherwise since.

    Only what the ledger itself undid by a step, sent back or reopened, can be corrected: no figure is changed by hand.
    """

    name: ClassVar[str] = "campaign.correct"
    edition_id: int
    problem_ids: list[int]
    reason: str
    edition: FigureEdition = field(init=False, repr=False)

    def load(self) -> None:
        """The edition, and its campaign locked."""
        found = FigureEdition.objects.filter(pk=self.edition_id).first()
        if found is None:
            raise NotFound(f"没有编号为 {self.edition_id} 的定稿。|There is no edition {self.edition_id}.")
        self.campaign = locked_campaign(found.campaign_id)
        self.edition = found

    def check_state(self) -> None:
        """The newest edition of its day, with a reason, and rows that were undone."""
        self.reason = text(self.reason, "reason")
        if FigureEdition.objects.filter(corrects=self.edition).exists():
            raise StateRefused(
                "该版已有更正版。|This edition was corrected already.",
                cure="请更正最新一版。|Correct the newest one.",
            )
        if not self.problem_ids:
            raise InvalidInput(
                "没有选择要更正的问题。|No problem was chosen.",
                cure="请选择被退回或重开的问题。|Choose the problems that were sent back or reopened.",
                field="problem_ids",
            )
        wanted = set(self.problem_ids)
        known = set(
            undone_since(self.edition).filter(problem_id__in=wanted).values_list("problem_id", flat=True)
        )
        if wanted - known:
            raise InvalidInput(
                f"问题 {sorted(wanted - known)[:10]} 在定稿后没有被退回或重开。"
                f"|Problems {sorted(wanted - known)[:10]} were not sent back or reopened since this edition.",
                cure="请先在台账中审核退回或重开，再更正数字。|Send them back or reopen them in the ledger first.",
                field="problem_ids",
            )

    def execute(self) -> FigureEdition:
        """The rows of the edition before, those of the named problems as the step left them."""
        before = self.edition
        undone = self._undone()
        edition = FigureEdition(
            day=before.day, number=before.number + 1, as_of=before.as_of, corrects=before, reason=self.reason
        )
        return self.sign(edition, _TAKE_OVER, [before.as_of, list(undone), list(undone.values()), before.pk])

    def _undone(self) -> dict[int, str]:
        """Problem to the state that the first step that undid it brought it to."""
        entries = AuditEntry.objects.filter(
            chain__in=[f"problem:{pk}" for pk in self.problem_ids],
            action__in=UNDONE_BY,
            at__gte=self.edition.as_of,
        ).order_by("-sequence")
        return {int(entry.chain.removeprefix("problem:")): entry.data["to"] for entry in entries}
