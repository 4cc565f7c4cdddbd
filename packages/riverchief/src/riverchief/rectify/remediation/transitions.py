"""The one table of remediation: which state accepts which action, and who may.

As for problems (`rectify.transitions`): the actions obey it, the API offers buttons from it, the manual prints it.
"""

from dataclasses import dataclass

from riverchief.accounts.roles import Capability
from riverchief.rectify.remediation.codes import RemediationState, StepState
from riverchief.rectify.transitions import Field, Party

S, T, C = RemediationState, StepState, Capability


@dataclass(frozen=True)
class RemediationTransition:
    """An action on an outfall's remediation, or, where it accepts states of a step, on a step of it.

    An action that `becomes` None leaves the state as it is, as one with `step_becomes` None leaves that of the step.
    """

    action: str
    accepts: frozenset[RemediationState]
    becomes: RemediationState | None
    capability: Capability
    label_zh: str
    label_en: str
    consequence_zh: str
    consequence_en: str
    fields: tuple[Field, ...]
    party: Party = Party.OFFICE
    accepts_step: frozenset[StepState] = frozenset()
    step_becomes: StepState | None = None

    @property
    def name(self) -> str:
        """The action's name in the log."""
        return f"remediation.{self.action}"

    @property
    def moves_on(self) -> bool:
        """Whether it takes the matter a step further."""
        return self.becomes is not None or self.step_becomes in {T.DONE, T.CHECKED}

    @property
    def of_step(self) -> bool:
        """Whether it is an action on a step."""
        return bool(self.accepts_step)


_PHOTO = Field("evidence_ids", "evidence", "照片或文件", "Photos or files")
_REASON = Field("reason", "text", "理由", "Reason")

_ROWS = (
    RemediationTransition(
        "record_monitoring",
        frozenset({S.FOUND, S.TRACED, S.PLANNED}),
        None,
        C.MANAGE_REMEDIATION,
        "登记监测",
        "Record monitoring",
        "记为“已监测”；状态不变。",
        "The outfall counts as monitored; its state stays.",
        (
            Field("manner", "choice", "监测方式", "How", options="remediation_manners"),
            Field("monitored_on", "date", "监测日期", "Day"),
            Field("result", "text", "监测结果", "Result"),
            Field("evidence_ids", "evidence", "检测记录", "Record", required=False),
        ),
    ),
    RemediationTransition(
        "decide_entity",
        frozenset({S.FOUND, S.TRACED}),
        S.TRACED,
        C.DECIDE_ENTITY,
        "认定责任主体",
        "Decide who is responsible",
        "由您认定并负责；须有证据，查无主体的由属地政府兜底。仅河长办、执法和该单位可见。",
        "It is your decision, by evidence; where nobody was found the local government is responsible. Seen by the office, enforcement and that organisation only.",
        (
            Field("entity", "choice", "责任主体", "Who", options="remediation_entities"),
            Field("organisation_id", "entity", "单位", "Organisation", required=False),
            Field("ground", "text", "认定依据", "By what"),
            Field(
                "evidence_ids",
                "evidence",
                "证据（认定单位时必填）",
                "Evidence (needed for an organisation)",
                required=False,
            ),
        ),
    ),
    RemediationTransition(
        "adopt_policy",
        frozenset({S.TRACED, S.PLANNED}),
        S.PLANNED,
        C.MANAGE_REMEDIATION,
        "制定一口一策",
        "Adopt the outfall's policy",
        "确定整治措施；随后逐步登记整治步骤。乡镇可见措施，不可见策文。",
        "Decides the measure; steps are added next. Towns see the measure, not the text.",
        (
            Field("measure", "choice", "整治措施", "Measure", options="remediation_measures"),
            Field("policy", "text", "一口一策", "Policy"),
        ),
    ),
    RemediationTransition(
        "add_step",
        frozenset({S.PLANNED}),
        None,
        C.MANAGE_REMEDIATION,
        "增加步骤",
        "Add a step",
        "交给一个单位限期完成；截污、纳管须经旱天复核。",
        "A unit must do it by a date; interception and connection are checked again in dry weather.",
        (
            Field("kind", "choice", "步骤", "Step", options="remediation_step_kinds"),
            Field("organisation_id", "organisation", "责任单位", "Responsible unit"),
            Field("due_date", "date", "完成期限", "Due date"),
            Field("description", "text", "内容", "What is done", required=False),
        ),
    ),
    RemediationTransition(
        "accept",
        frozenset({S.PLANNED}),
        S.ACCEPTED,
        C.VERIFY_PROBLEM,
        "验收",
        "Accept",
        "全部步骤已完成、截污纳管旱天复核通过后验收；完成人和复核人不能验收。",
        "When every step is done and interception checked in dry weather; nobody who did or checked a step may.",
        (Field("finding", "text", "验收意见", "What was found"), _PHOTO),
    ),
    RemediationTransition(
        "write_off",
        frozenset({S.ACCEPTED}),
        S.WRITTEN_OFF,
        C.WRITE_OFF_PROBLEM,
        "销号",
        "Write off",
        "整治结束；验收人和步骤办理人不能销号。",
        "The remediation ends; neither who accepted nor who did or checked a step may.",
        (_REASON,),
    ),
    RemediationTransition(
        "finish",
        frozenset({S.PLANNED}),
        None,
        C.REPORT_RECTIFIED,
        "上报完成",
        "Report as done",
        "上报步骤完成并附照片；截污、纳管等待旱天复核。",
        "Reports the step as done, with a photo; interception and connection then wait for the check.",
        (Field("summary", "text", "完成情况", "What was done"), _PHOTO),
        party=Party.ASSIGNED,
        accepts_step=frozenset({T.OPEN}),
        step_becomes=T.DONE,
    ),
    RemediationTransition(
        "recheck",
        frozenset({S.PLANNED}),
        None,
        C.VERIFY_PROBLEM,
        "旱天复核",
        "Check in dry weather",
        "须连续无雨达到规定时数（以雨量站为准），由上报人以外的人现场拍照；仍有出流的退回未完成。",
        "Only after so many dry hours by the rain gauges, by another person than who reported, with a photo; what still runs is open again.",
        (
            Field("seen", "choice", "现场所见", "What was seen", options="remediation_seen"),
            Field("finding", "text", "复核情况", "What was found"),
            _PHOTO,
        ),
        accepts_step=frozenset({T.DONE}),
        step_becomes=T.CHECKED,
    ),
    RemediationTransition(
        "reopen",
        frozenset({S.PLANNED, S.ACCEPTED, S.WRITTEN_OFF}),
        S.PLANNED,
        C.VERIFY_PROBLEM,
        "退回重做",
        "Open again",
        "该步骤退回未完成，整治恢复为整治中，验收和销号失效。",
        "The step is open again and the outfall being remediated; acceptance and write-off no longer hold.",
        (_REASON,),
        accepts_step=frozenset({T.DONE, T.CHECKED}),
        step_becomes=T.OPEN,
    ),
)

REMEDIATION_TRANSITIONS: dict[str, RemediationTransition] = {row.action: row for row in _ROWS}
"""The actions by key, those on the outfall first."""
