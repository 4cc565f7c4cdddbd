"""The inbox over HTTP."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router, Schema
from ninja.security import django_auth

from riverchief.base import clock
from riverchief.base.errors import NotFound
from riverchief.base.http import Page, PageQuery, page_of
from riverchief.base.models import InboxMessage

router = Router(tags=["inbox"], auth=django_auth)


class MessageOut(Schema):
    """A line of the inbox."""

    id: int
    kind: str
    title_zh: str
    title_en: str
    link: str
    created_at: datetime
    read_at: datetime | None


def _own(request: HttpRequest) -> "QuerySet[InboxMessage]":
    recipient_id = request.user.pk
    assert recipient_id is not None  # nobody else passes django_auth
    return InboxMessage.objects.filter(recipient_id=recipient_id)


@router.get("/inbox", response=Page[MessageOut])
def list_messages(request: HttpRequest, page: Query[PageQuery], unread: bool = False) -> dict[str, Any]:
    """The person's own messages, the newest first."""
    rows = _own(request)
    return page_of(rows.filter(read_at__isnull=True) if unread else rows, page, lambda row: row)


@router.post("/inbox/{int:message_id}/read", response=MessageOut)
def mark_as_read(request: HttpRequest, message_id: int) -> InboxMessage:
    """Mark one of one's own messages as read; a second time changes nothing."""
    row = _own(request).filter(pk=message_id).first()
    if row is None:
        raise NotFound(f"没有编号为 {message_id} 的消息。|There is no message {message_id}.")
    if row.read_at is None:
        row.read_at = clock.now()
        row.save(update_fields=["read_at"])
    return row
