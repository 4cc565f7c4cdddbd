"""The paper of a case file (PDF)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from riverchief.base.audit.statement import Statement
from riverchief.base.clock import SHANGHAI
from riverchief.base.typesetting import Typesetter
from riverchief.rectify.transitions import CLUE_TRANSITIONS, TRANSITIONS

TEMPLATE = Path(__file__).with_name("case.typ")
DASH = "—"

_WORDS: dict[str, tuple[str, str]] = {
    "title": ("案卷", "Case file"),
    "facts": ("问题", "The problem"),
    "number": ("编号", "Number"),
    "name": ("名称", "Title"),
    "kind": ("类型", "Kind"),
    "state": ("状态", "State"),
    "area": ("行政区", "Area"),
    "river": ("河流", "River"),
    "place": ("位置（经度，纬度）", "Place (longitude, latitude)"),
    "outfall": ("排口", "Outfall"),
    "opened": ("确认", "Confirmed"),
    "unit": ("责任单位", "Responsible unit"),
    "chief": ("责任河长", "River chief"),
    "class": ("整改类型", "Class of rectification"),
    "due": ("整改期限", "Due"),
    "rectified": ("上报已整改", "Reported as rectified"),
    "verified": ("核查", "Verified"),
    "written_off": ("销号", "Written off"),
    "clue": ("线索", "The clue"),
    "source": ("来源", "Source"),
    "description": ("内容", "What it said"),
    "basis": ("确认依据", "Confirmed by"),
    "reason": ("理由", "Reason"),
    "registered": ("登记", "Registered"),
    "orders": ("交办单", "Orders"),
    "order_head": ("文号|责任单位|要求|期限|签收", "Number|Unit|What is required|Due|Signed for"),
    "history": ("经过", "History"),
    "evidence": ("证据文件", "Evidence"),
    "evidence_head": ("步骤|拍摄时间|位置|类型|SHA-256", "Step|Taken|Place|Type|SHA-256"),
    "chain": ("哈希链", "Hash chain"),
    "chain_head": ("序号|时间|操作|哈希", "No.|Time|Action|Hash"),
    "proof": ("检查点", "Checkpoint"),
    "checkpoint": ("检查点", "Checkpoint"),
    "root": ("根", "Root"),
    "key": ("公钥", "Public key"),
    "none": ("无。", "None."),
    "how": (
        "核验：riverchief audit verify 案卷.zip；不用本软件的方法见 README.txt。举报人与溯源的怀疑对象不在案卷中。",
        "To verify: riverchief audit verify CASE.zip; README.txt says how to do it without this software. Who reported, and "
        "whom a trace suspected, are in no case file.",
    ),
}


def case_pdf(
    case: dict[str, Any],
    chain: Sequence[dict[str, Any]],
    statement: Statement,
    language: str,
    at: datetime,
    setter: Typesetter | None = None,
) -> bytes:
    """The paper in one language ("zh" or "en"); of many, one typesetter sets all.

    Raises:
        NoChineseFont: no font with Chinese characters is installed.
    """
    setter = setter or Typesetter()
    return setter.pdf(TEMPLATE, _content(case, chain, statement, language, setter.font), at)


def _content(
    case: dict[str, Any], chain: Sequence[dict[str, Any]], statement: Statement, language: str, font: str
) -> dict[str, Any]:
    chinese = language == "zh"
    words = {key: zh if chinese else en for key, (zh, en) in _WORDS.items()}
    problem, clue = case["problem"], case["clue"]

    def named(row: dict[str, Any] | None) -> str:
        if not row:
            return DASH
        return str((row["name_zh"] if chinese else row["name_en"] or row["name_zh"]) or DASH)

    def coded(row: dict[str, Any] | None) -> str:
        return str(row["zh" if chinese else "en"]) if row else DASH

    def by(done: str) -> str:
        at = problem[f"{done}_at"]
        return f"{named(problem[f'{done}_by'])} · {_time(at)}" if at else DASH

    def step(key: str) -> str:
        row = TRANSITIONS.get(key) or CLUE_TRANSITIONS[key]
        return row.label_zh if chinese else row.label_en

    outfall = problem["outfall"]
    return {
        "language": language,
        "font": font,
        "words": words,
        "title": f"{words['title']} {problem['number']}",
        "footer": f"{case['made_by']} · {_time(case['made_at'])}",
        "facts": [
            [words["number"], problem["number"]],
            [words["name"], problem["title"]],
            [words["kind"], coded(problem["kind"])],
            [words["state"], coded(problem["state"])],
            [words["area"], named(problem["area"])],
            [words["river"], named(problem["river"])],
            [words["place"], f"{problem['lon']:.5f}, {problem['lat']:.5f}"],
            [words["outfall"], f"{named(outfall)} {outfall['code']}" if outfall else DASH],
            [words["opened"], by("opened")],
            [words["unit"], named(problem["unit"])],
            [words["chief"], named(problem["chief"])],
            [words["class"], coded(problem["rectification_class"])],
            [words["due"], last_day(problem["due_at"])],
            *([words[done], by(done)] for done in ("rectified", "verified", "written_off")),
        ],
        "clue": [
            [words["number"], clue["number"]],
            [words["source"], coded(clue["source"])],
            [words["name"], clue["title"]],
            [words["description"], clue["description"] or DASH],
            [words["registered"], f"{named(clue['registered_by'])} · {_time(clue['registered_at'])}"],
            [words["basis"], coded(clue["basis"])],
            [words["reason"], clue["decision_reason"]],
        ]
        if clue
        else [],
        "order_head": words["order_head"].split("|"),
        "orders": [
            [
                order["number"],
                named(order["unit"]),
                order["requirement"],
                last_day(order["due_at"]),
                f"{named(order['signed_for_by'])} · {_time(order['signed_for_at'])}"
                if order["signed_for_at"]
                else DASH,
            ]
            for order in case["orders"]
        ],
        "history": [
            [_time(row["at"]), row["sentence_zh" if chinese else "sentence_en"]] for row in case["history"]
        ],
        "evidence_head": words["evidence_head"].split("|"),
        "evidence": [
            [
                step(file["step"]),
                _time(file["taken_at"]),
                f"{file['lon']:.5f}, {file['lat']:.5f}" if file["lon"] is not None else DASH,
                file["media_type"],
                file["sha256"],
            ]
            for file in case["evidence"]
        ],
        "chain_head": words["chain_head"].split("|"),
        "chain": [[str(row["sequence"]), _time(row["at"]), row["action"], row["hash"]] for row in chain],
        "proof": [
            [words["checkpoint"], f"{statement.number} · {_time(statement.at.isoformat())}"],
            [words["root"], statement.root],
            [words["key"], statement.public_key],
        ],
    }


def last_day(at: str | None) -> str:
    """A deadline ends with its day, at 24:00: told by the day that can still be used."""
    return (
        f"{datetime.fromisoformat(at).astimezone(SHANGHAI) - timedelta(seconds=1):%Y-%m-%d}" if at else DASH
    )


def _time(at: str | None) -> str:
    return f"{datetime.fromisoformat(at).astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if at else DASH
