"""Pages of the ledger's long lists: counts stop at ten thousand, and a cursor goes on where an offset would be slow."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db.models import QuerySet
from ninja import Field, Schema

from riverchief.base.errors import InvalidInput
from riverchief.base.http import PageQuery

Item = TypeVar("Item")

MOST_COUNTED = 10_000


class LongPageQuery(PageQuery):
    """Which part of a long list: by offset, up to ten thousand, or `after` the row of a number."""

    after: int | None = Field(None, ge=1, le=2**63 - 1)


class LongPage(Schema, Generic[Item]):
    """A part of a long list; `capped`: there are more than `count`; `next`: what to ask `after` for the next part."""

    items: list[Item]
    count: int
    capped: bool
    next: int | None


def long_page_of(
    rows: "QuerySet[Any]", page: LongPageQuery, show: Callable[[Any], Any], newest_by: str
) -> dict[str, Any]:
    """The asked-for part of `rows`, which are ordered by `newest_by` and number, the newest first.

    Raises:
        InvalidInput: an offset beyond what is counted, or `after` a row that is not there.
    """
    counted = rows.order_by().values("pk")[: MOST_COUNTED + 1].count()
    part = rows
    if page.after is not None:
        at = rows.model._default_manager.filter(pk=page.after).values_list(newest_by, flat=True).first()
        if at is None:
            raise InvalidInput(
                f"没有编号为 {page.after} 的记录。|There is no row {page.after}.",
                cure="请从头读取列表。|Read the list from its beginning.",
                field="after",
            )
        # The first condition alone is what the index answers.
        part = part.filter(**{f"{newest_by}__lte": at}).exclude(**{newest_by: at, "pk__gte": page.after})
    elif page.offset > MOST_COUNTED:
        raise InvalidInput(
            f"列表只能跳到第 {MOST_COUNTED} 条。|The list can be entered up to row {MOST_COUNTED}.",
            cure="请先筛选，或用 after 从上一页末尾接着读。|Narrow the list, or go on with `after` from the last row.",
            field="offset",
        )
    start = 0 if page.after is not None else page.offset
    found = list(part[start : start + page.limit])
    return {
        "items": [show(row) for row in found],
        "count": min(counted, MOST_COUNTED),
        "capped": counted > MOST_COUNTED,
        "next": found[-1].pk if len(found) == page.limit else None,
    }
