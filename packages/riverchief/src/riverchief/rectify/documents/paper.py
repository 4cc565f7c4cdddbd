"""A letter or an order on paper, for the seal: A4 after GB/T 9704-2012, set by `paper.typ`.

Official letters are written in Chinese, whatever language the reader's pages have.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from riverchief.base.typesetting import Typesetter
from riverchief.rectify.documents.codes import URGENCIES, DocumentState, Urgency
from riverchief.rectify.documents.text import chinese_day

TEMPLATE = Path(__file__).with_name("paper.typ")
_DIGEST_SHOWN = 16

Shown = Mapping[str, Any]


def document_pdf(shown: Shown, at: datetime) -> bytes:
    """A letter, as `queries.document_detail` shows it, made at `at`.

    Raises:
        NoChineseFont: no font with Chinese characters is installed.
    """
    issued = shown["state"] == DocumentState.ISSUED
    receivers = [(row["organisation"]["name_zh"], row["is_copy"]) for row in shown["receivers"]]
    return _pdf(
        {
            "issuer": shown["issuer"]["name_zh"],
            "number": shown["number"],
            "urgency": "" if shown["urgency"] == Urgency.NORMAL else URGENCIES[shown["urgency"]][0],
            "title": shown["title"],
            "body": shown["body"],
            "receivers": [name for name, is_copy in receivers if not is_copy],
            "copies": [name for name, is_copy in receivers if is_copy],
            "attachments": [row["name"] for row in shown["attachments"]],
            "issued_at": shown["issued_at"],
            "synthetic": shown["synthetic"],
        },
        at,
        # What was signed can be compared with the log by it.
        check=f"文本校验 {shown['digest'][:_DIGEST_SHOWN]}" if issued else "",
        mark="" if issued else "未签发文稿",
    )


def order_pdf(order: Shown, at: datetime) -> bytes:
    """An order, as `queries.order_of` gives it."""
    return _pdf(order, at, check="", mark="")


def _pdf(content: Shown, at: datetime, *, check: str, mark: str) -> bytes:
    setter = Typesetter()
    issued_at: datetime | None = content["issued_at"]
    data = {
        **content,
        "font": setter.font,
        "issued_at": None,
        "day": chinese_day(issued_at) if issued_at else "",
        "body": content["body"].split("\n"),
        "check": check,
        "mark": mark,
        "notice": "合成数据，仅供演示" if content["synthetic"] else "",
    }
    return setter.pdf(TEMPLATE, data, at)
