"""The text of a letter: filled from the problems it covers, and what nobody knows left open. Nothing is invented."""

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from riverchief.accounts.models import User
from riverchief.base import clock
from riverchief.base.clock import SHANGHAI
from riverchief.base.errors import InvalidInput
from riverchief.rectify.access import whole_clues
from riverchief.rectify.codes import PROBLEM_STATES, ClueState
from riverchief.rectify.documents.codes import FileRole
from riverchief.rectify.documents.kinds import Template
from riverchief.rectify.documents.models import Document
from riverchief.rectify.models import Problem

_WORD = re.compile(r"\{([^{}\n]{1,20})\}")
_OPEN = re.compile(r"【待填：([^】\n]{1,20})】")
_SHORTEST_NAME = 3
"""Shorter names and codes stand in too many words to mean anything."""


def fill(template: Template, words: dict[str, str]) -> tuple[str, str]:
    """Title and body with every word in braces replaced; one that is not in `words` stays open, for a person to fill in."""

    def put(text: str) -> str:
        return _WORD.sub(lambda found: words.get(found[1]) or f"【待填：{found[1]}】", text)

    return put(template.title), put(template.body)


def open_words(*texts: str) -> list[str]:
    """What is still to be filled in, each once."""
    return list(dict.fromkeys(name for text in texts for name in _OPEN.findall(text)))


def words_of(
    problems: Sequence[Problem], *, reply_working_days: int | None, meeting_at: datetime | None, place: str
) -> dict[str, str]:
    """What is known of the words of a template. Of problems only what every receiver may read: no outfall, no suspect."""
    words = {"约谈地点": place}
    if reply_working_days is not None:
        words["答复时限"] = f"{reply_working_days}个工作日"
    if meeting_at is not None:
        words["约谈时间"] = f"{chinese_day(meeting_at)}{meeting_at.astimezone(SHANGHAI):%H:%M}"
    if problems:
        now = clock.now()
        late = sum(_is_late(row, now) for row in problems)
        words |= {
            "事由": problems[0].title if len(problems) == 1 else f"{len(problems)}件河湖问题",
            "件数": str(len(problems)),
            "逾期件数": str(late),
            "截至": chinese_day(now),
            "问题清单": "\n".join(_line(n, row, now) for n, row in enumerate(problems, start=1)),
        }
    return words


def _is_late(row: Problem, now: datetime) -> bool:
    return row.due_at is not None and row.due_at < now and row.rectified_at is None


def _line(n: int, row: Problem, now: datetime) -> str:
    river = row.reach.river.name_zh if row.reach and row.reach.river else ""
    unit = row.unit.name_zh if row.unit else ""
    due = chinese_day(row.due_at - timedelta(seconds=1)) if row.due_at else ""
    late = "，已逾期" if _is_late(row, now) else ""
    return (
        f"{n}．{row.number} {row.title}（{row.area.name_zh}{river}），承办单位：{unit}，"
        f"整改期限：{due}，状态：{PROBLEM_STATES[row.state][0]}{late}。"
    )


def chinese_day(at: datetime) -> str:
    """A day as official letters write it: 2026年11月20日, no leading zeros."""
    day = at.astimezone(SHANGHAI)
    return f"{day.year}年{day.month}月{day.day}日"


def digest_of(document: Document) -> str:
    """SHA-256 over everything that the chain of drafting decides on: text, receivers, attachments, problems, dates."""
    receivers = list(document.receivers.values_list("organisation__name_zh", "is_copy"))
    files = document.files.filter(role=FileRole.ATTACHMENT)
    content = {
        "kind": document.kind,
        "issuer": document.issuer_id,
        "title": document.title,
        "body": document.body,
        "urgency": document.urgency,
        "receivers": receivers,
        "attachments": list(files.values_list("evidence__sha256", flat=True)),
        "problems": list(document.problems.order_by("number").values_list("number", flat=True)),
        "reply_working_days": document.reply_working_days,
        "meeting_at": document.meeting_at.isoformat() if document.meeting_at else None,
        "meeting_place": document.meeting_place,
        "replaces": document.replaces_id,
    }
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def refuse_suspects(user: User, document: Document) -> None:
    """Refuse a text that names whom a clue suspects: a letter travels to where suspects must not be named.

    An outfall that was found discharging, and whose problem is assigned, is no suspect any more. Looked at are the clues
    that `user` sees, so that the refusal tells them nothing new.

    Raises:
        InvalidInput: the text names one, and which.
    """
    text = f"{document.title}\n{document.body}"
    found = Problem.objects.filter(outfall__isnull=False, assigned_at__isnull=False).values("outfall")
    clues = whole_clues(user).filter(state__in=[ClueState.OPEN, ClueState.CONFIRMED], outfall__isnull=False)
    rows = clues.exclude(outfall__in=found).values_list(*_NAMES).distinct()
    for name in (name for row in rows.iterator() for name in row):
        if name and len(name) >= _SHORTEST_NAME and name in text:
            raise InvalidInput(
                f"文中提到“{name}”，它是线索所指的对象，尚未查实交办，公文不得提及。"
                f"|The text names “{name}”: a clue points at it, and nobody has found it discharging; no document may name it.",
                cure="请删去该名称；经现场确认并交办后方可写入公文。"
                "|Take the name out; it may stand in a document once it is confirmed on site and assigned.",
                field="body",
            )


_NAMES = (
    "outfall__code",
    "outfall__name_zh",
    "outfall__name_en",
    "outfall__organisation__name_zh",
    "outfall__organisation__name_en",
)
