"""The code tables of remediation: states, measures, kinds of steps."""

from django.db.models import TextChoices

from riverchief.base.codes import code_rows
from riverchief.rectify.codes import Labels


class RemediationState(TextChoices):
    """Where the remediation of an outfall stands. An outfall of which nobody has decided anything is found."""

    FOUND = "found"
    TRACED = "traced"
    PLANNED = "planned"
    ACCEPTED = "accepted"
    WRITTEN_OFF = "written_off"


class Measure(TextChoices):
    """What is to become of an outfall."""

    BAN = "ban"
    MERGE = "merge"
    REGULATE = "regulate"


class Manner(TextChoices):
    """How an outfall was monitored."""

    ONLINE = "online"
    SAMPLE = "sample"
    QUICK_TEST = "quick_test"


class Entity(TextChoices):
    """Who is responsible: an organisation that was found, or, where none was, the local government."""

    ORGANISATION = "organisation"
    GOVERNMENT = "government"


class StepKind(TextChoices):
    """What a step of the policy does."""

    INTERCEPT = "intercept"
    CONNECT = "connect"
    BLOCK = "block"
    TREAT = "treat"
    STANDARDISE = "standardise"
    OTHER = "other"


DRY_CHECKED = (StepKind.INTERCEPT, StepKind.CONNECT)
"""Steps that are done only when somebody else has seen, in dry weather, that nothing runs any more."""


class StepState(TextChoices):
    """Where a step stands: done is as reported."""

    OPEN = "open"
    DONE = "done"
    CHECKED = "checked"


class Seen(TextChoices):
    """What a second person saw in dry weather."""

    NOTHING = "nothing"
    FLOWING = "flowing"


REMEDIATION_STATES: Labels = {
    RemediationState.FOUND: ("待溯源", "To be traced"),
    RemediationState.TRACED: ("已溯源", "Responsible entity known"),
    RemediationState.PLANNED: ("整治中", "Being remediated"),
    RemediationState.ACCEPTED: ("已验收", "Accepted"),
    RemediationState.WRITTEN_OFF: ("已销号", "Written off"),
}
MEASURES: Labels = {
    Measure.BAN: ("取缔", "Ban"),
    Measure.MERGE: ("合并", "Merge"),
    Measure.REGULATE: ("规范", "Regulate"),
}
MANNERS: Labels = {
    Manner.ONLINE: ("在线监测", "On line"),
    Manner.SAMPLE: ("采样检测", "Laboratory sample"),
    Manner.QUICK_TEST: ("快速检测", "Quick test"),
}
ENTITIES: Labels = {
    Entity.ORGANISATION: ("单位", "An organisation"),
    Entity.GOVERNMENT: ("属地政府兜底", "The local government, as none was found"),
}
STEP_KINDS: Labels = {
    StepKind.INTERCEPT: ("截污", "Intercept"),
    StepKind.CONNECT: ("纳管", "Connect to the sewer"),
    StepKind.BLOCK: ("封堵", "Block"),
    StepKind.TREAT: ("治理设施", "Treatment"),
    StepKind.STANDARDISE: ("规范化建设", "Sampling point, well and sign"),
    StepKind.OTHER: ("其他", "Other"),
}
STEP_STATES: Labels = {
    StepState.OPEN: ("未完成", "Open"),
    StepState.DONE: ("已完成（上报）", "Done (as reported)"),
    StepState.CHECKED: ("旱天复核通过", "Checked in dry weather"),
}
SEEN: Labels = {
    Seen.NOTHING: ("无出流", "Nothing runs"),
    Seen.FLOWING: ("仍有出流", "It still runs"),
}


TABLES: dict[str, list[dict[str, str]]] = {
    "remediation_states": code_rows(REMEDIATION_STATES),
    "remediation_measures": code_rows(MEASURES),
    "remediation_manners": code_rows(MANNERS),
    "remediation_entities": code_rows(ENTITIES),
    "remediation_step_kinds": code_rows(STEP_KINDS),
    "remediation_step_states": code_rows(STEP_STATES),
    "remediation_seen": code_rows(SEEN),
}
