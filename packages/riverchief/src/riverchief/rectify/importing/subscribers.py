"""Who is told that an old ledger was taken over."""

from django.db.models import Count

from riverchief.accounts.models import Organisation
from riverchief.accounts.policies import users_with
from riverchief.accounts.roles import Capability
from riverchief.base.models import OutboxEvent
from riverchief.base.notifications import notify
from riverchief.rectify.codes import Standing
from riverchief.rectify.escalation.recipients import members
from riverchief.rectify.figures import STATES, overdue
from riverchief.rectify.importing.models import LedgerImport
from riverchief.rectify.models import Problem


def notify_in_sum(event: OutboxEvent) -> None:
    """`rectify.ledger_taken_over`: each unit how many of its problems are outstanding and late, and the offices of the area all."""
    ledger = LedgerImport.objects.select_related("area").get(pk=event.payload["import_id"])
    problems = Problem.objects.filter(
        taken_over__ledger=ledger, state__in=STATES[Standing.OUTSTANDING]
    ).order_by()
    late = Count("pk", filter=overdue(event.created_at))
    for unit_id, outstanding, behind in problems.values_list("unit").annotate(n=Count("pk"), late=late):
        if unit_id is not None:
            _tell(event, members(Organisation.objects.get(pk=unit_id)), outstanding, behind)
    total = problems.aggregate(n=Count("pk"), late=Count("pk", filter=overdue(event.created_at)))
    _tell(event, users_with(Capability.ASSIGN_PROBLEM, ledger.area.path), total["n"], total["late"])


def _tell(event: OutboxEvent, people: list[int], outstanding: int, behind: int) -> None:
    notify(
        people,
        kind="ledger_taken_over",
        title_zh=f"已接收原有台账：未整改 {outstanding} 件，其中超期 {behind} 件",
        title_en=f"An old ledger was taken over: {outstanding} outstanding, {behind} of them overdue",
        link="/problems?figure=outstanding",
        dedupe=f"{event.name}:{event.pk}",
    )
