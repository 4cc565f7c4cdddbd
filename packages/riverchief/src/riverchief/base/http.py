"""What every API room uses: pages of lists, answers that survive a repeated request."""

import asyncio
import functools
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Field, Schema
from pydantic import AwareDatetime

from riverchief.base import clock
from riverchief.base.errors import StateRefused
from riverchief.base.models import IdempotencyKey

Item = TypeVar("Item")


class ErrorBody(Schema):
    """What every refusal looks like."""

    code: str
    message: str
    cure: str
    field: str | None


Moment = Annotated[
    AwareDatetime, Field(ge=datetime(1970, 1, 1, tzinfo=UTC), le=datetime(2100, 1, 1, tzinfo=UTC))
]
"""A time that a request names: with its time zone, and of the years that anything here can be about."""

Day = Annotated[date, Field(ge=date(1970, 1, 1), le=date(2099, 12, 31))]
"""A day that a request names, of the same years."""


class PageQuery(Schema):
    """Which part of a list."""

    limit: int = Field(50, ge=1, le=200)
    offset: int = Field(0, ge=0, le=2**31 - 1)


class Page(Schema, Generic[Item]):
    """A part of a list, and how long the whole list is."""

    items: list[Item]
    count: int


def page_of(
    rows: "QuerySet[Any] | Sequence[Any]", page: PageQuery, show: Callable[[Any], Any]
) -> dict[str, Any]:
    """The asked-for part of `rows`, each through `show`."""
    count = rows.count() if isinstance(rows, QuerySet) else len(rows)
    return {"items": [show(row) for row in rows[page.offset : page.offset + page.limit]], "count": count}


def page_shown_together(
    rows: "QuerySet[Any]", page: PageQuery, show: Callable[[Sequence[Any]], list[Any]]
) -> dict[str, Any]:
    """The asked-for part of a list whose rows are shown together, in a few queries."""
    return {"items": show(list(rows[page.offset : page.offset + page.limit])), "count": rows.count()}


def language_of(request: HttpRequest) -> str:
    """The reader's language: "zh" or "en"."""
    return "en" if getattr(request, "LANGUAGE_CODE", "zh").startswith("en") else "zh"


_BLOCK = 1 << 18
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BINARY = ("application/pdf", "application/zip", XLSX)


def attachment(content: str | bytes, media_type: str, name: str) -> HttpResponse:
    """A file to keep, under a name; no cache keeps it beside."""
    return HttpResponse(
        content,
        content_type=media_type if media_type in _BINARY else f"{media_type}; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )


def streamed(path: Path, media_type: str, name: str) -> StreamingHttpResponse:
    """A large file to keep, under a name: read block by block, and never held in memory."""

    async def blocks() -> AsyncIterator[bytes]:
        # In a thread: a disk that is slow would stop everybody else.
        file = await asyncio.to_thread(path.open, "rb")
        try:
            while block := await asyncio.to_thread(file.read, _BLOCK):
                yield block
        finally:
            await asyncio.to_thread(file.close)

    return StreamingHttpResponse(
        blocks(),
        content_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Length": str(path.stat().st_size),
            "Cache-Control": "private, no-store",
        },
    )


def picture(content: bytes, media_type: str) -> HttpResponse:
    """A file to look at. Shown, never run: the type is the one found by content, and no browser guesses another."""
    return HttpResponse(
        content,
        content_type=media_type,
        headers={
            "X-Content-Type-Options": "nosniff",
            "Content-Disposition": "inline",
            "Cache-Control": "private, max-age=3600",
        },
    )


View = Callable[..., Any]


def idempotent(view: View) -> View:
    """A POST that may be sent again with the same `Idempotency-Key` is done once, and answered the same each time.

    The key is kept in the transaction of the change itself. The same key with another body is refused.
    """

    @functools.wraps(view)
    def once(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            return view(request, *args, **kwargs)
        user_id = request.auth.pk  # type: ignore[attr-defined]
        body_hash = hashlib.sha256(request.body).hexdigest()
        before = IdempotencyKey.objects.filter(user_id=user_id, key=key[:80]).first()
        if before is None:
            try:
                with transaction.atomic():
                    answer = view(request, *args, **kwargs)
                    IdempotencyKey.objects.create(
                        user_id=user_id,
                        key=key[:80],
                        path=request.path[:200],
                        request_hash=body_hash,
                        status=200,
                        body=json.dumps(answer).encode(),
                        created_at=clock.now(),
                    )
                    return answer
            except IntegrityError:
                before = IdempotencyKey.objects.filter(user_id=user_id, key=key[:80]).first()
                if before is None:
                    raise
        if before.request_hash != body_hash or before.path != request.path[:200]:
            raise StateRefused(
                "您上次提交的内容已被受理，而这次的内容不同。"
                "|What you sent before was taken although its answer was lost, and this is something else.",
                cure="请先查看列表；如仍需提交这次的内容，请再提交一次（程序：请换一个 Idempotency-Key）。"
                "|Look at the list first; to send this as well, send it once more (a program: with a new Idempotency-Key).",
            )
        return HttpResponse(bytes(before.body), content_type="application/json", status=before.status)

    return once
