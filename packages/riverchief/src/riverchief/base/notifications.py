"""The inbox: a line per person and matter. Sending by SMS or 政务微信 will read these rows; nothing is sent in a request."""

from collections.abc import Iterable

from riverchief.base import clock
from riverchief.base.models import InboxMessage


def notify(
    recipient_ids: Iterable[int], *, kind: str, title_zh: str, title_en: str, link: str, dedupe: str
) -> int:
    """Put a line into the inbox of each person, once per `dedupe`; returns how many were asked for.

    `link` is an address inside the product, such as "/problems/12".
    """
    rows = [
        InboxMessage(
            recipient_id=recipient_id,
            kind=kind,
            title_zh=title_zh,
            title_en=title_en,
            link=link,
            dedupe=dedupe,
            created_at=clock.now(),
        )
        for recipient_id in recipient_ids
    ]
    InboxMessage.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)
