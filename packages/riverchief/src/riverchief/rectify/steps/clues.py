"""What people decide about a clue."""

from riverchief.accounts.roles import Capability
from riverchief.rectify.codes import ClueState
from riverchief.rectify.steps.shape import EVIDENCE, ClueTransition, Field

C = Capability

ROWS = (
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
            Field("campaign_id", "campaign", "列入的行动", "Order or campaign", required=False),
            EVIDENCE,
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
