"""The code tables of the ledger: one source for the database, the API, the web and reports.

What changes without a release, the kinds of problems, is a rule: see `kinds`.
"""

from django.db.models import TextChoices

from riverchief.base.codes import code_rows
from riverchief.rectify.documents.codes import TABLES as _DOCUMENT_TABLES
from riverchief.rectify.packs.codes import TABLES as _PACK_TABLES
from riverchief.rectify.watch.codes import TABLES as _WATCH_TABLES


class ClueSource(TextChoices):
    """Where a clue came from."""

    EVENT = "event"
    TRACE = "trace"
    SURVEY = "survey"
    PATROL = "patrol"
    CALL_12345 = "call_12345"
    PUBLIC = "public"
    LETTER = "letter"
    UPPER_LEVEL = "upper_level"
    UNANNOUNCED = "unannounced"
    OLD_LEDGER = "old_ledger"


class ClueState(TextChoices):
    """What became of a clue."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    MERGED = "merged"


class Basis(TextChoices):
    """What a person confirmed a clue by."""

    PHOTO = "photo"
    QUICK_TEST = "quick_test"
    SAMPLE = "sample"
    DECISION = "decision"


class ProblemState(TextChoices):
    """Where a problem stands in the ledger. Rectified (as reported), verified and written off are never mixed."""

    REGISTERED = "registered"
    ASSIGNED = "assigned"
    SIGNED_FOR = "signed_for"
    REFUSED = "refused"
    PLANNED = "planned"
    RECTIFIED = "rectified"
    SENT_BACK = "sent_back"
    REOPENED = "reopened"
    VERIFIED = "verified"
    WRITTEN_OFF = "written_off"
    ARCHIVED = "archived"
    MERGED = "merged"


class Standing(TextChoices):
    """The four states that figures know: each problem found is in exactly one of them."""

    OUTSTANDING = "outstanding"
    RECTIFIED = "rectified"
    VERIFIED = "verified"
    WRITTEN_OFF = "written_off"


class CampaignKind(TextChoices):
    """What problems are put right under."""

    ORDER = "order"
    SPECIAL = "special"
    ROUTINE = "routine"


class CaseStepKind(TextChoices):
    """What is done in a case of enforcement."""

    PENALTY = "penalty"
    POLICE = "police"
    PERMIT = "permit"
    NO_PENALTY = "no_penalty"
    CLOSED = "closed"


class RectificationClass(TextChoices):
    """How fast a problem can be put right; each class has its own clock."""

    AT_ONCE = "at_once"
    BY_DATE = "by_date"
    LONG_WORKS = "long_works"


Labels = dict[str, tuple[str, str]]

SOURCES: Labels = {
    ClueSource.EVENT: ("监测事件", "Monitoring event"),
    ClueSource.TRACE: ("水质溯源", "Trace"),
    ClueSource.SURVEY: ("排查", "Survey"),
    ClueSource.PATROL: ("巡河", "Patrol"),
    ClueSource.CALL_12345: ("12345 热线", "12345 hotline call"),
    ClueSource.PUBLIC: ("公众举报", "Report by the public"),
    ClueSource.LETTER: ("来信来访", "Letter or visit"),
    ClueSource.UPPER_LEVEL: ("上级交办", "Handed down from above"),
    ClueSource.UNANNOUNCED: ("暗查暗访", "Unannounced check"),
    ClueSource.OLD_LEDGER: ("原有台账", "The ledger kept before"),
}

CLUE_STATES: Labels = {
    ClueState.OPEN: ("待核实", "To be confirmed"),
    ClueState.CONFIRMED: ("已确认", "Confirmed"),
    ClueState.DISMISSED: ("已排除", "Dismissed"),
    ClueState.MERGED: ("已并入", "Merged"),
}

BASES: Labels = {
    Basis.PHOTO: ("现场照片", "Photo on site"),
    Basis.QUICK_TEST: ("快速检测", "Quick test"),
    Basis.SAMPLE: ("采样检测", "Laboratory sample"),
    Basis.DECISION: ("书面决定", "Recorded decision"),
}

PROBLEM_STATES: Labels = {
    ProblemState.REGISTERED: ("已登记", "Registered"),
    ProblemState.ASSIGNED: ("已交办", "Assigned"),
    ProblemState.SIGNED_FOR: ("已签收", "Signed for"),
    ProblemState.REFUSED: ("责任退回", "Refused"),
    ProblemState.PLANNED: ("整改中", "Rectifying"),
    ProblemState.RECTIFIED: ("已整改（上报）", "Rectified (as reported)"),
    ProblemState.SENT_BACK: ("审核退回", "Sent back"),
    ProblemState.REOPENED: ("已重开", "Reopened"),
    ProblemState.VERIFIED: ("已核查", "Verified"),
    ProblemState.WRITTEN_OFF: ("已销号", "Written off"),
    ProblemState.ARCHIVED: ("已归档", "Archived"),
    ProblemState.MERGED: ("已并入其他问题", "Merged into another"),
}

STANDINGS: Labels = {
    Standing.OUTSTANDING: ("未整改", "Outstanding"),
    Standing.RECTIFIED: ("已整改（上报，未核查）", "Rectified as reported, not verified"),
    Standing.VERIFIED: ("已核查（未销号）", "Verified, not written off"),
    Standing.WRITTEN_OFF: ("已销号", "Written off"),
}

CAMPAIGN_KINDS: Labels = {
    CampaignKind.ORDER: ("总河长令", "Order of the chief river chiefs"),
    CampaignKind.SPECIAL: ("专项行动", "Special campaign"),
    CampaignKind.ROUTINE: ("日常工作", "Routine work"),
}

CALL_BACK_RESULTS: Labels = {
    "holds": ("保持", "It holds"),
    "relapsed": ("未保持（疑似反弹）", "It does not (suspected relapse)"),
}

CASE_STEPS: Labels = {
    CaseStepKind.PENALTY: ("处罚", "Penalty"),
    CaseStepKind.POLICE: ("移送公安", "Handed to the police"),
    CaseStepKind.PERMIT: ("补办许可", "Permit completed"),
    CaseStepKind.NO_PENALTY: ("不予处罚", "No penalty"),
    CaseStepKind.CLOSED: ("结案", "Case closed"),
}

WAITING_FOR: Labels = {
    "clue": ("待核实", "waits to be confirmed"),
    "assign": ("待交办", "waits to be assigned"),
    "sign_for": ("待签收", "waits to be signed for"),
    "due": ("整改期限", "deadline of the rectification"),
    "verify": ("待核查", "waits to be verified"),
    "write_off": ("待销号", "waits to be written off"),
    "judge": ("疑似反弹待判断", "suspected relapse waits to be judged"),
}

RECTIFICATION_CLASSES: Labels = {
    RectificationClass.AT_ONCE: ("立行立改", "At once"),
    RectificationClass.BY_DATE: ("限期整改", "By a date"),
    RectificationClass.LONG_WORKS: ("长期工程", "Long works"),
}

# The four hues of the ledger: neither green nor red stands for a state that only the unit has reported.
_STATE_COLOURS: dict[str, str] = {
    ProblemState.REGISTERED: "#6b7280",
    ProblemState.ASSIGNED: "#2563eb",
    ProblemState.SIGNED_FOR: "#0284c7",
    ProblemState.REFUSED: "#b45309",
    ProblemState.PLANNED: "#0891b2",
    ProblemState.RECTIFIED: "#7c3aed",
    ProblemState.SENT_BACK: "#c2410c",
    ProblemState.REOPENED: "#9a3412",
    ProblemState.VERIFIED: "#0f766e",
    ProblemState.WRITTEN_OFF: "#374151",
    ProblemState.ARCHIVED: "#4b5563",
    ProblemState.MERGED: "#6b7280",
}


TABLES: dict[str, list[dict[str, str]]] = {
    "clue_sources": code_rows(SOURCES),
    "clue_states": code_rows(CLUE_STATES),
    "confirmation_bases": code_rows(BASES),
    "ledger_states": [
        {**row, "colour": _STATE_COLOURS[ProblemState(row["key"])]} for row in code_rows(PROBLEM_STATES)
    ],
    "standings": code_rows(STANDINGS),
    "campaign_kinds": code_rows(CAMPAIGN_KINDS),
    "rectification_classes": code_rows(RECTIFICATION_CLASSES),
    "call_back_results": code_rows(CALL_BACK_RESULTS),
    "waiting_for": code_rows(WAITING_FOR),
    "case_steps": code_rows(CASE_STEPS),
    **_DOCUMENT_TABLES,
    **_PACK_TABLES,
    **_WATCH_TABLES,
}
