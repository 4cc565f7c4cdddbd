"""The code tables of documents."""

from django.db.models import TextChoices

from riverchief.base.codes import code_rows


class DocumentKind(TextChoices):
    """What a letter is. An order 交办单 is none of these: it is the ledger's own, and only set in print here."""

    SUPERVISION = "supervision"
    REMINDER = "reminder"
    CIRCULAR = "circular"
    INTERVIEW = "interview"


class DocumentState(TextChoices):
    """How far a letter has come in the drafting chain 拟稿 → 核稿 → 会签 → 签发."""

    DRAFT = "draft"
    REVIEWING = "reviewing"
    COUNTERSIGNING = "countersigning"
    SIGNING = "signing"
    ISSUED = "issued"
    WITHDRAWN = "withdrawn"


class Urgency(TextChoices):
    """紧急程度."""

    NORMAL = "normal"
    URGENT = "urgent"
    EXTRA_URGENT = "extra_urgent"


class FileRole(TextChoices):
    """What a file is to a letter."""

    ATTACHMENT = "attachment"
    REPLY = "reply"
    RECORD = "record"


Labels = dict[str, tuple[str, str]]

KINDS: Labels = {
    DocumentKind.SUPERVISION: ("督办函", "Supervision letter"),
    DocumentKind.REMINDER: ("提示函", "Reminder"),
    DocumentKind.CIRCULAR: ("通报", "Circular"),
    DocumentKind.INTERVIEW: ("约谈通知", "Notice of an interview"),
}
STATES: Labels = {
    DocumentState.DRAFT: ("拟稿中", "Draft"),
    DocumentState.REVIEWING: ("待核稿", "To be reviewed"),
    DocumentState.COUNTERSIGNING: ("待会签", "To be countersigned"),
    DocumentState.SIGNING: ("待签发", "To be issued"),
    DocumentState.ISSUED: ("已签发", "Issued"),
    DocumentState.WITHDRAWN: ("已撤稿", "Withdrawn"),
}
URGENCIES: Labels = {
    Urgency.NORMAL: ("一般", "Normal"),
    Urgency.URGENT: ("加急", "Urgent"),
    Urgency.EXTRA_URGENT: ("特急", "Extra urgent"),
}
STEPS: Labels = {
    "draft": ("拟稿", "Drafted"),
    "edit": ("修改", "Edited"),
    "submit": ("送核", "Sent for review"),
    "review": ("核稿", "Reviewed"),
    "countersign": ("会签", "Countersigned"),
    "issue": ("签发", "Issued"),
    "send_back": ("退回修改", "Sent back"),
    "withdraw": ("撤稿", "Withdrawn"),
}


TABLES: dict[str, list[dict[str, str]]] = {
    "document_kinds": code_rows(KINDS),
    "document_states": code_rows(STATES),
    "document_urgencies": code_rows(URGENCIES),
    "document_steps": code_rows(STEPS),
}
