"""The history of an outfall's remediation as sentences, in both languages; what names the entity is for who may know it."""

from typing import Any

from riverchief.accounts.models import User
from riverchief.base import audit
from riverchief.base.models import AuditEntry
from riverchief.rectify.history import Wording
from riverchief.rectify.remediation.codes import ENTITIES, MANNERS, MEASURES, SEEN, STEP_KINDS

_KEPT_OPEN = (
    "因旱天排放问题 {problem}，截污、纳管步骤保持未完成",
    "keeps interception and connection open because of problem {problem}, a discharge in dry weather",
)
WORDINGS: dict[str, Wording] = {
    "remediation.record_monitoring": Wording(
        ("登记监测（{manner_zh}，{monitored_on}）", "recorded monitoring ({manner_en}, {monitored_on})"),
        (
            "登记监测（{manner_zh}，{monitored_on}）：{result}",
            "recorded monitoring ({manner_en}, {monitored_on}): {result}",
        ),
    ),
    "remediation.decide_entity": Wording(
        ("认定责任主体", "decided who is responsible"),
        (
            "认定责任主体为{entity_zh}（{entity_kind_zh}）：{ground}",
            "decided that {entity_en} is responsible ({entity_kind_en}): {ground}",
        ),
    ),
    "remediation.adopt_policy": Wording(
        ("制定一口一策，措施：{measure_zh}", "adopted the policy; measure: {measure_en}"),
        ("制定一口一策（{measure_zh}）：{policy}", "adopted the policy ({measure_en}): {policy}"),
    ),
    "remediation.add_step": Wording(
        ("增加步骤“{step_kind_zh}”，期限 {due}", "added the step “{step_kind_en}”, due {due}"),
        (
            "增加步骤“{step_kind_zh}”，由{unit_zh}在 {due} 前完成",
            "added the step “{step_kind_en}” for {unit_en}, due {due}",
        ),
    ),
    "remediation.finish": Wording(
        ("上报步骤“{step_kind_zh}”完成", "reported the step “{step_kind_en}” as done"),
        (
            "上报步骤“{step_kind_zh}”完成：{summary}",
            "reported the step “{step_kind_en}” as done: {summary}",
        ),
    ),
    "remediation.recheck": Wording(
        (
            "旱天复核“{step_kind_zh}”：{seen_zh}（此前 {dry_hours} 小时降雨 {rain_mm} mm）",
            "checked “{step_kind_en}” in dry weather: {seen_en} ({rain_mm} mm in the {dry_hours} hours before)",
        ),
        (
            "旱天复核“{step_kind_zh}”：{seen_zh}（此前 {dry_hours} 小时降雨 {rain_mm} mm）。{finding}",
            "checked “{step_kind_en}” in dry weather: {seen_en} ({rain_mm} mm in the {dry_hours} hours before). {finding}",
        ),
    ),
    "remediation.reopen": Wording(
        ("退回步骤“{step_kind_zh}”", "opened the step “{step_kind_en}” again"),
        ("退回步骤“{step_kind_zh}”：{reason}", "opened the step “{step_kind_en}” again: {reason}"),
    ),
    "remediation.keep_open": Wording(_KEPT_OPEN, _KEPT_OPEN),
    "remediation.accept": Wording(("验收", "accepted it"), ("验收：{finding}", "accepted it: {finding}")),
    "remediation.write_off": Wording(("销号", "wrote it off"), ("销号：{reason}", "wrote it off: {reason}")),
}

# What people wrote of these may speak of the entity, and a step may be for it.
_NAMES_ENTITY = {"remediation.decide_entity", "remediation.adopt_policy"}
_NAMES_UNIT = {"remediation.add_step"}
_LABELLED = {
    "manner": MANNERS,
    "measure": MEASURES,
    "seen": SEEN,
    "step_kind": STEP_KINDS,
}


def history_of(outfall_id: int, *, entity: bool, units: bool) -> list[dict[str, Any]]:
    """The lines of an outfall's history; `entity`, `units`: for somebody who may know who is responsible, and whose a step is."""
    briefly = (set() if entity else _NAMES_ENTITY) | (set() if units else _NAMES_UNIT)
    entries = [row for row in audit.entries(f"outfall:{outfall_id}") if row.action in WORDINGS]
    actors = {row.actor_id for row in entries if row.actor_id is not None}
    english = dict(User.objects.filter(pk__in=actors).values_list("pk", "name_en"))
    return [
        _line(row, english.get(row.actor_id or 0, ""), whole=row.action not in briefly) for row in entries
    ]


def _line(entry: AuditEntry, actor_en: str, *, whole: bool) -> dict[str, Any]:
    wording = WORDINGS[entry.action]
    chinese, english = wording.whole if whole else wording.brief
    words = _words(entry.data)
    who_en = "The system" if entry.actor_id is None else actor_en or entry.actor_label
    return {
        "action": entry.action,
        "actor": entry.actor_label,
        "at": entry.at,
        "data": entry.data if whole else {},
        "sentence_zh": f"{entry.actor_label}{chinese.format(**words)}。",
        "sentence_en": f"{who_en} {english.format(**words)}.",
    }


def _words(data: dict[str, Any]) -> dict[str, str]:
    """The data of an entry as words; codes by their labels in both languages."""
    words = {key: str(value).rstrip("。.") for key, value in data.items() if value is not None}
    for key in ("dry_hours", "rain_mm"):
        if key in data:
            words[key] = f"{data[key]:g}"
    for key, table in _LABELLED.items():
        if key in data:
            words[f"{key}_zh"], words[f"{key}_en"] = table[data[key]]
    if "entity" in data:
        words["entity_kind_zh"], words["entity_kind_en"] = ENTITIES[data["entity"]]
    return words
