"""The paper of an inspection pack (PDF): counts, what is missing, and what the pack holds, a line each."""

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from riverchief.base.clock import SHANGHAI
from riverchief.base.typesetting import Typesetter
from riverchief.rectify.casefile.paper import last_day
from riverchief.rectify.codes import PROBLEM_STATES
from riverchief.rectify.packs.codes import AUDIENCES, GAPS
from riverchief.rectify.packs.reading import Read
from riverchief.rectify.packs.readme import about_in_words
from riverchief.rectify.remediation.codes import REMEDIATION_STATES

TEMPLATE = Path(__file__).with_name("pack.typ")
DASH = "—"

_WORDS: dict[str, tuple[str, str]] = {
    "title": ("迎检包", "Inspection pack"),
    "about": ("范围", "About"),
    "audience": ("用途", "For"),
    "made": ("生成", "Made"),
    "counts": ("数量", "Counts"),
    "states": ("按状态", "By state"),
    "found": ("发现", "Found"),
    "reported": ("上报已整改（含其后各步）", "Reported as rectified, whatever came after"),
    "verified_in_all": ("已核查（含已销号）", "Verified, written off or not"),
    "written_off": ("已销号", "Written off"),
    "outstanding": ("未整改", "Outstanding"),
    "overdue": ("其中逾期", "Of these overdue"),
    "evidence": ("证据文件", "Files of evidence"),
    "gaps": ("缺项", "What is missing"),
    "no_gaps": ("没有发现缺项。", "Nothing was found missing."),
    "gap_head": ("缺项|记录|说明", "What|Row|More"),
    "problems": ("问题", "Problems"),
    "problem_head": ("编号|名称|状态|期限|销号", "Number|Title|State|Due|Written off"),
    "documents": ("公文", "Letters"),
    "document_head": ("文号|标题|签收|答复", "Number|Title|Signed for|Replies"),
    "outfalls": ("排口", "Outfalls"),
    "outfall_head": ("编号|名称|排污许可|整治", "Code|Name|Permits|Remediation"),
    "campaigns": ("定稿数字", "Signed figures"),
    "campaign_head": (
        "行动|日期|版次|发现|上报已整改|已销号",
        "Campaign|Day|Edition|Found|Reported as rectified|Written off",
    ),
    "enforcement": ("查处", "Enforcement"),
    "case_head": ("立案号|问题|当事人|结案", "Case|Problem|Party|Closed"),
    "proof": ("检查点", "Checkpoint"),
    "root": ("根", "Root"),
    "key": ("公钥", "Public key"),
    "none": ("无。", "None."),
    "found_state": ("未开始", "Not begun"),
    "how": (
        "核验：riverchief audit verify 迎检包.zip；不用本软件的方法见 README.txt。",
        "To verify: riverchief audit verify PACK.zip; README.txt says how to do it without this software.",
    ),
}
_FIGURES = ("found", "reported", "verified_in_all", "written_off", "outstanding", "overdue")


def pack_pdf(index: dict[str, Any], read: Read, language: str, at: datetime, setter: Typesetter) -> bytes:
    """The paper in one language ("zh" or "en")."""
    return setter.pdf(TEMPLATE, _Content(index, read, language == "zh").data(setter.font), at)


class _Content:
    def __init__(self, index: dict[str, Any], read: Read, chinese: bool) -> None:
        self.index, self.read, self.chinese = index, read, chinese
        self.words = {key: zh if chinese else en for key, (zh, en) in _WORDS.items()}

    def data(self, font: str) -> dict[str, Any]:
        index, words, statement = self.index, self.words, self.read.signed.statement
        about = about_in_words(index["about"], "zh" if self.chinese else "en")
        kinds = Counter(gap.kind for gap in self.read.gaps)
        return {
            "language": index["language"],
            "font": font,
            "words": words,
            "title": f"{words['title']} {about}",
            "footer": f"{index['made_by']} · {_time(index['made_at'])}",
            "facts": [
                [words["about"], about],
                [words["audience"], self._of(AUDIENCES[index["audience"]])],
                [words["made"], f"{index['made_by']} · {_time(index['made_at'])}"],
            ],
            "counts": [
                *([words[name], str(index["figures"][name])] for name in _FIGURES),
                [words["evidence"], str(len(self.read.evidence))],
            ],
            "states": [
                [self._of(PROBLEM_STATES[state]), str(n)] for state, n in sorted(index["states"].items())
            ],
            "gap_counts": [[self._of(GAPS[kind]), str(n)] for kind, n in kinds.most_common()],
            "gaps": self._table(
                "gap_head",
                [
                    [self._of(GAPS[gap.kind]), gap.row, gap.detail_zh if self.chinese else gap.detail_en]
                    for gap in self.read.gaps
                ],
            ),
            "problems": self._table("problem_head", [self._problem(case) for _, case in self.read.problems]),
            "documents": self._table("document_head", [self._document(row) for row in self.read.documents]),
            "outfalls": self._table("outfall_head", [self._outfall(row) for row in self.read.outfalls]),
            "campaigns": self._table(
                "campaign_head",
                [
                    [
                        campaign["number"],
                        edition["day"],
                        str(edition["number"]),
                        *(str(edition["stock"][name]) for name in ("found", "reported", "written_off")),
                    ]
                    for campaign in self.read.campaigns
                    for edition in campaign["editions"]
                ],
            ),
            "enforcement": self._table(
                "case_head",
                [
                    [row["number"], row["problem"], row["party"], row["closed_on"] or DASH]
                    for row in self.read.enforcement
                ],
            )
            if self.read.enforcement
            else None,
            "proof": [
                [words["proof"], f"{statement.number} · {_time(statement.at.isoformat())}"],
                [words["root"], statement.root],
                [words["key"], statement.public_key],
            ],
        }

    def _table(self, head: str, rows: list[list[str]]) -> dict[str, Any]:
        return {"head": self.words[head].split("|"), "rows": rows}

    def _of(self, pair: tuple[str, str]) -> str:
        return pair[0] if self.chinese else pair[1]

    def _name(self, row: dict[str, Any]) -> str:
        return str(row["name_zh"] if self.chinese else row["name_en"] or row["name_zh"])

    def _problem(self, case: dict[str, Any]) -> list[str]:
        row = case["problem"]
        state = row["state"]["zh" if self.chinese else "en"]
        return [row["number"], row["title"], state, last_day(row["due_at"]), _day(row["written_off_at"])]

    def _document(self, row: dict[str, Any]) -> list[str]:
        main = [one for one in row["receivers"] if not one["is_copy"]]
        signed = sum(one["signed_for_at"] is not None for one in row["receivers"])
        replied = sum(one["replied_at"] is not None for one in main)
        wanted = len(main) if row["reply_due_at"] else 0
        replies = f"{replied} / {wanted}" if wanted else DASH
        return [row["number"], row["title"], f"{signed} / {len(row['receivers'])}", replies]

    def _outfall(self, row: dict[str, Any]) -> list[str]:
        begun = row["remediation"]
        state = begun["state"]["key"] if begun else None
        permits = ", ".join(sorted({permit["number"] for permit in row["permits"]})) or DASH
        told = self._of(REMEDIATION_STATES[state]) if state else self.words["found_state"]
        return [row["code"], self._name(row), permits, told]


def _day(at: str | None) -> str:
    return f"{datetime.fromisoformat(at).astimezone(SHANGHAI):%Y-%m-%d}" if at else DASH


def _time(at: str) -> str:
    return f"{datetime.fromisoformat(at).astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
