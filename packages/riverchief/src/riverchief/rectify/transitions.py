"""The one table of the ledger's transitions.

The actions obey it, the API offers buttons from it, the manual prints it and a test walks through every pair of
state and action. What an action is called and what follows from it is said here once, in both languages.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from riverchief.accounts.roles import Capability
from riverchief.rectify.codes import ClueState, ProblemState

FieldKind = Literal[
    "text", "choice", "date", "moment", "evidence", "organisation", "person", "position", "found"
]


@dataclass(frozen=True)
class Field:
    """An input of an action, as a form shows it; `options` names a code table."""

    name: str
    kind: FieldKind
    label_zh: str
    label_en: str
    required: bool = True
    options: str = ""


class Party(StrEnum):
    """Which side an action is for: whoever has the capability in the area, or the assigned organisation only."""

    OFFICE = "office"
    ASSIGNED = "assigned"


@dataclass(frozen=True)
class Transition:
    """An action on a problem: in which states it can be done, what the problem becomes, who may, what follows.

    An action that `becomes` None leaves the state as it is.
    """

    action: str
    accepts: frozenset[ProblemState]
    becomes: ProblemState | None
    capability: Capability
    party: Party
    label_zh: str
    label_en: str
    consequence_zh: str
    consequence_en: str
    fields: tuple[Field, ...]

    @property
    def name(self) -> str:
        """The action's name in the log."""
        return f"problem.{self.action}"


S, C = ProblemState, Capability

_EVIDENCE = Field("evidence_ids", "evidence", "照片或文件", "Photos or files", required=False)

_ROWS = (
    Transition(
        "assign",
        frozenset({S.REGISTERED, S.REFUSED}),
        S.ASSIGNED,
        C.ASSIGN_PROBLEM,
        Party.OFFICE,
        "交办",
        "Assign",
        "向责任单位发出交办单，整改时限开始计算。",
        "Issues an order to the unit; its deadline starts to run.",
        (
            Field("organisation_id", "organisation", "责任单位", "Responsible unit"),
            Field("requirement", "text", "整改要求", "What is required"),
            Field(
                "rectification_class",
                "choice",
                "整改类型",
                "Class of rectification",
                options="rectification_classes",
            ),
            Field("due_date", "date", "整改期限", "Due date", required=False),
            Field(
                "chief_id",
                "person",
                "责任河长（已确定的不必填）",
                "River chief, if none is named yet",
                required=False,
            ),
        ),
    ),
    Transition(
        "sign_for",
        frozenset({S.ASSIGNED}),
        S.SIGNED_FOR,
        C.SIGN_PROBLEM,
        Party.ASSIGNED,
        "签收",
        "Sign for",
        "表示本单位接受交办；签收后不能再退回。",
        "Your unit accepts the order; it can no longer be refused.",
        (),
    ),
    Transition(
        "refuse",
        frozenset({S.ASSIGNED}),
        S.REFUSED,
        C.SIGN_PROBLEM,
        Party.ASSIGNED,
        "责任退回",
        "Refuse",
        "退回河长办重新确定责任单位；仅在规定时限内可退回。",
        "Goes back to the office, which decides again; possible only within the hours that the rules give.",
        (Field("reason", "text", "退回理由", "Reason"),),
    ),
    Transition(
        "plan",
        frozenset({S.SIGNED_FOR, S.SENT_BACK}),
        S.PLANNED,
        C.REPORT_RECTIFIED,
        Party.ASSIGNED,
        "制定整改方案",
        "Plan",
        "记录整改措施，状态变为整改中。",
        "Records the measures; the problem is now being rectified.",
        (Field("measures", "text", "整改措施", "Measures"),),
    ),
    Transition(
        "report_rectified",
        frozenset({S.SIGNED_FOR, S.PLANNED, S.SENT_BACK}),
        S.RECTIFIED,
        C.REPORT_RECTIFIED,
        Party.ASSIGNED,
        "上报已整改",
        "Report as rectified",
        "上报整改完成，等待他人现场核查；上报不等于核查通过。",
        "Reports the work as done; somebody else then checks on site. A report is not a verification.",
        (
            Field("summary", "text", "整改情况", "What was done"),
            _EVIDENCE,
            Field("without_evidence_reason", "text", "无照片的说明", "Why there is no photo", required=False),
        ),
    ),
    Transition(
        "send_back",
        frozenset({S.RECTIFIED, S.VERIFIED}),
        S.SENT_BACK,
        C.VERIFY_PROBLEM,
        Party.OFFICE,
        "审核退回",
        "Send back",
        "整改不到位，退回责任单位重办，计为一次返工。",
        "The work does not do; it goes back to the unit and counts as rework.",
        (Field("reason", "text", "退回理由", "Reason"), _EVIDENCE),
    ),
    Transition(
        "verify",
        frozenset({S.RECTIFIED}),
        S.VERIFIED,
        C.VERIFY_PROBLEM,
        Party.OFFICE,
        "核查通过",
        "Verify",
        "记录现场核查结果；上报人不能核查本人的整改。",
        "Records the check on site; nobody verifies what they reported themselves.",
        (
            Field("finding", "text", "核查情况", "What was found"),
            _EVIDENCE,
            Field("position", "position", "核查位置", "Where it was checked", required=False),
        ),
    ),
    Transition(
        "write_off",
        frozenset({S.VERIFIED}),
        S.WRITTEN_OFF,
        C.WRITE_OFF_PROBLEM,
        Party.OFFICE,
        "销号",
        "Write off",
        "问题从台账销号；上报人和核查人不能销号。",
        "Takes the problem off the ledger; neither who reported nor who verified may do it.",
        (Field("reason", "text", "销号意见", "Remark"),),
    ),
    Transition(
        "change_chief",
        frozenset(S) - {S.WRITTEN_OFF},
        None,
        C.ASSIGN_PROBLEM,
        Party.OFFICE,
        "变更责任河长",
        "Change the river chief",
        "由另一名河长负责此问题，并通知本人；状态不变。",
        "Another chief answers for the problem and is told so; its state stays.",
        (
            Field("chief_id", "person", "责任河长", "River chief"),
            Field("reason", "text", "变更理由", "Reason"),
        ),
    ),
)

TRANSITIONS: dict[str, Transition] = {row.action: row for row in _ROWS}
"""The actions on a problem, by key. A problem is registered by confirming its clue (`clue.confirm`)."""


@dataclass(frozen=True)
class ClueTransition:
    """An action on a clue; all are decisions of a person on an open clue."""

    action: str
    becomes: ClueState
    capability: Capability
    label_zh: str
    label_en: str
    consequence_zh: str
    consequence_en: str
    fields: tuple[Field, ...]

    @property
    def name(self) -> str:
        """The action's name in the log."""
        return f"clue.{self.action}"


_CLUE_ROWS = (
    ClueTransition(
        "confirm",
        ClueState.CONFIRMED,
        C.CONFIRM_CLUE,
        "确认为问题",
        "Confirm as a problem",
        "线索转为台账问题，可以交办；请以现场照片、检测或书面决定为依据。",
        "The clue becomes a problem of the ledger that can be assigned; it takes a photo, a test or a decision.",
        (
            Field(
                "outfall_id", "found", "现场发现在排放的排口", "What was found discharging", required=False
            ),
            Field("basis", "choice", "确认依据", "Confirmed by", options="confirmation_bases"),
            Field("reason", "text", "确认理由", "Reason"),
            Field("kind", "choice", "问题类型", "Kind", required=False, options="problem_kinds"),
            Field("title", "text", "问题名称", "Title of the problem", required=False),
            _EVIDENCE,
        ),
    ),
    ClueTransition(
        "dismiss",
        ClueState.DISMISSED,
        C.CONFIRM_CLUE,
        "排除",
        "Dismiss",
        "线索不成立，留存理由，不再显示为待核实。",
        "The clue does not hold; the reason is kept.",
        (Field("reason", "text", "排除理由", "Reason"),),
    ),
    ClueTransition(
        "merge",
        ClueState.MERGED,
        C.CONFIRM_CLUE,
        "并入",
        "Merge",
        "与另一条线索为同一事项，并入该线索。",
        "It is the same matter as another clue, which goes on for both.",
        (
            Field("into_id", "text", "并入的线索", "Merge into"),
            Field("reason", "text", "理由", "Reason"),
        ),
    ),
)

CLUE_TRANSITIONS: dict[str, ClueTransition] = {row.action: row for row in _CLUE_ROWS}
