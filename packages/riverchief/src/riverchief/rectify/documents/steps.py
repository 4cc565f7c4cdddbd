"""The one table of what can be done with a letter. The actions obey it, the API offers buttons from it."""

from dataclasses import dataclass
from enum import StrEnum

from riverchief.accounts.roles import Capability
from riverchief.rectify.documents.codes import DocumentState
from riverchief.rectify.transitions import Field

S, C = DocumentState, Capability


class Side(StrEnum):
    """Whose step it is: the issuing office's (and the level's above), another's than the authors', a receiver's."""

    OFFICE = "office"
    JUDGE = "judge"
    RECEIVER = "receiver"


@dataclass(frozen=True)
class Step:
    """A step: from which states, to which (None: it stays), by what capability, on whose side, what follows from it."""

    action: str
    accepts: frozenset[DocumentState]
    becomes: DocumentState | None
    capability: Capability
    side: Side
    label_zh: str
    label_en: str
    consequence_zh: str
    consequence_en: str
    fields: tuple[Field, ...] = ()

    @property
    def name(self) -> str:
        """The action's name in the log."""
        return f"document.{self.action}"


_REASON = (Field("reason", "text", "理由", "Reason"),)

PENDING: dict[DocumentState, Capability] = {
    S.REVIEWING: C.REVIEW_DOCUMENT,
    S.COUNTERSIGNING: C.COUNTERSIGN_DOCUMENT,
    S.SIGNING: C.ISSUE_DOCUMENT,
}
"""What somebody needs who takes, or sends back, what waits in a state."""

_ROWS = (
    Step(
        "submit",
        frozenset({S.DRAFT}),
        S.REVIEWING,
        C.DRAFT_DOCUMENT,
        Side.OFFICE,
        "送核稿",
        "Send for review",
        "由另一人核稿；拟稿人不能核稿、会签或签发。",
        "Somebody else reviews it; its authors neither review, countersign nor issue it.",
    ),
    Step(
        "review",
        frozenset({S.REVIEWING}),
        S.COUNTERSIGNING,
        C.REVIEW_DOCUMENT,
        Side.JUDGE,
        "核稿通过",
        "Reviewed",
        "转会签；须由第三人会签。",
        "Goes on to be countersigned by a third person.",
    ),
    Step(
        "countersign",
        frozenset({S.COUNTERSIGNING}),
        S.SIGNING,
        C.COUNTERSIGN_DOCUMENT,
        Side.JUDGE,
        "会签同意",
        "Countersign",
        "转签发；须由第四人签发。",
        "Goes on to be issued by a fourth person.",
    ),
    Step(
        "issue",
        frozenset({S.SIGNING}),
        S.ISSUED,
        C.ISSUE_DOCUMENT,
        Side.JUDGE,
        "签发",
        "Issue",
        "编文号，文本定稿不可再改，发送主送与抄送单位；签收与答复开始计时。",
        "Gives it its number, freezes its text and sends it to the receivers; the hours to sign for it and the days to reply start to run.",
    ),
    Step(
        "send_back",
        frozenset({S.REVIEWING, S.COUNTERSIGNING, S.SIGNING}),
        S.DRAFT,
        C.REVIEW_DOCUMENT,  # or whatever else is needed to take it where it waits: PENDING
        Side.JUDGE,
        "退回修改",
        "Send back",
        "退回拟稿，修改后重新核稿、会签。",
        "Goes back to be written anew; then it is reviewed and countersigned again.",
        _REASON,
    ),
    Step(
        "withdraw",
        frozenset({S.DRAFT}),
        S.WITHDRAWN,
        C.DRAFT_DOCUMENT,
        Side.OFFICE,
        "撤稿",
        "Withdraw",
        "不再发文；稿件与经过留存。",
        "It will not be sent; the text and what happened to it are kept.",
        _REASON,
    ),
    Step(
        "sign_for",
        frozenset({S.ISSUED}),
        None,
        C.SIGN_DOCUMENT,
        Side.RECEIVER,
        "签收",
        "Sign for",
        "记录本单位已收到此文。",
        "Records that your organisation has received it.",
    ),
    Step(
        "reply",
        frozenset({S.ISSUED}),
        None,
        C.SIGN_DOCUMENT,
        Side.RECEIVER,
        "上传复函",
        "Hand in the reply",
        "复函扫描件归入此文，发文单位收到通知。",
        "The scanned reply is kept with the letter, and the issuing office is told.",
        (
            Field("evidence_ids", "evidence", "复函扫描件（PDF 或照片）", "Scanned reply (PDF or photo)"),
            Field("note", "text", "说明", "Remark", required=False),
        ),
    ),
    Step(
        "record_interview",
        frozenset({S.ISSUED}),
        None,
        C.DRAFT_DOCUMENT,
        Side.OFFICE,
        "记录约谈",
        "Record the interview",
        "记录约谈的时间、地点、到场人员，附签字的约谈记录；不可更改。",
        "Records when, where and who was there, with the signed record; it cannot be changed.",
        (
            Field("held_at", "moment", "约谈时间", "When it was held"),
            Field("place", "text", "地点", "Place"),
            Field("present", "text", "到场人员", "Persons present"),
            Field("outcome", "text", "约谈要点", "What was agreed"),
            Field("evidence_ids", "evidence", "签字的约谈记录", "Signed record"),
        ),
    ),
)

STEPS: dict[str, Step] = {row.action: row for row in _ROWS}
"""By key. A letter begins with `document.draft`; while it is a draft its office may `document.edit` it."""
