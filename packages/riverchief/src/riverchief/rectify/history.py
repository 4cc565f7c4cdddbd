"""The log as sentences, in both languages: an entry stays data, its sentence is made when it is shown.

`whole` sentences quote what people wrote; the brief ones, for those who only watch over the area, do not.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from riverchief.base.clock import SHANGHAI
from riverchief.base.models import AuditEntry
from riverchief.rectify.codes import (
    BASES,
    CALL_BACK_RESULTS,
    RECTIFICATION_CLASSES,
    SOURCES,
    WAITING_FOR,
)
from riverchief.rectify.kinds import kinds


@dataclass(frozen=True)
class Wording:
    """How an action is told: (中文, English), brief and whole; names in braces come from the entry's data."""

    brief: tuple[str, str]
    whole: tuple[str, str]


def _same(zh: str, en: str) -> Wording:
    return Wording((zh, en), (zh, en))


WORDINGS: dict[str, Wording] = {
    "clue.register": _same(
        "登记线索 {number}（来源：{source_zh}，类型：{kind_zh}）",
        "registered clue {number} (source: {source_en}, kind: {kind_en})",
    ),
    "clue.open_from_trace": _same(
        "由第 {attempt} 次溯源形成或更新线索 {number}",
        "opened or renewed clue {number} from trace no. {attempt}",
    ),
    "clue.open_from_overflow": _same(
        "由旱天溢流形成线索 {number}", "opened clue {number} from an overflow in dry weather"
    ),
    "clue.open_from_power": _same(
        "由用电监控形成线索 {number}", "opened clue {number} from the power of production and treatment"
    ),
    "clue.hand_over": _same(
        "将溯源第 {rank} 位候选移交为线索 {number}：{reason}",
        "handed candidate no. {rank} of a trace over as clue {number}: {reason}",
    ),
    "clue.confirm": Wording(
        ("以“{basis_zh}”确认问题 {number}", "confirmed problem {number} by “{basis_en}”"),
        (
            "以“{basis_zh}”确认为问题 {problem}{found_zh}：{reason}",
            "confirmed problem {problem} by “{basis_en}”{found_en}: {reason}",
        ),
    ),
    "problem.take_over": Wording(
        ("自原有台账接收", "took it over from the ledger kept before"),
        (
            "自原有台账“{file}”第 {row} 行接收（原编号 {old_number}，原状态“{old_state}”）；未经本系统核查",
            "took it over from row {row} of the old ledger “{file}” (number {old_number} there, state “{old_state}”); not verified here",
        ),
    ),
    "clue.dismiss": _same("排除线索：{reason}", "dismissed the clue: {reason}"),
    "clue.merge": _same("合并线索 {into}{merged}：{reason}", "merged clue {into}{merged}: {reason}"),
    "problem.assign": Wording(
        ("交办给{unit_zh}，期限 {due}", "assigned it to {unit_en}, due {due}"),
        (
            "以 {order} 交办给{unit_zh}（{class_zh}），期限 {due}{provisional_zh}：{requirement}",
            "assigned it to {unit_en} by order {order} ({class_en}), due {due}{provisional_en}: {requirement}",
        ),
    ),
    "problem.change_chief": Wording(
        ("将责任河长变更为{chief_zh}", "made {chief_en} the responsible chief"),
        (
            "将责任河长变更为{chief_zh}：{reason}",
            "made {chief_en} the responsible chief: {reason}",
        ),
    ),
    "problem.set_campaign": Wording(
        ("改列行动：{campaign_zh}", "counted it under {campaign_en}"),
        ("改列行动：{campaign_zh}（{reason}）", "counted it under {campaign_en}: {reason}"),
    ),
    "problem.sign_for": _same("签收 {order}", "signed for {order}"),
    "problem.refuse": Wording(("责任退回", "refused it"), ("责任退回：{reason}", "refused it: {reason}")),
    "problem.plan": Wording(
        ("制定整改方案", "planned the work"), ("制定整改方案：{measures}", "planned the work: {measures}")
    ),
    "problem.report_rectified": Wording(
        ("上报已整改", "reported it as rectified"),
        ("上报已整改：{summary}{without_zh}", "reported it as rectified: {summary}{without_en}"),
    ),
    "problem.send_back": Wording(
        ("审核退回，重新整改", "sent it back"), ("审核退回：{reason}", "sent it back: {reason}")
    ),
    "problem.urge": Wording(
        ("催办", "urged the unit on"), ("催办：{message}", "urged the unit on: {message}")
    ),
    "problem.answer_urging": Wording(
        ("答复催办", "answered the urging"), ("答复催办：{answer}", "answered the urging: {answer}")
    ),
    "problem.ask_extension": Wording(
        ("申请延期至 {due}", "asked for time until {due}"),
        ("申请延期至 {due}：{reason}", "asked for time until {due}: {reason}"),
    ),
    "problem.extend": Wording(
        ("批准延期，期限由 {before} 改为 {due}", "moved the deadline from {before} to {due}"),
        (
            "批准延期，期限由 {before} 改为 {due}：{reason}",
            "moved the deadline from {before} to {due}: {reason}",
        ),
    ),
    "problem.decline_extension": Wording(
        ("不批准延期", "declined more time"), ("不批准延期：{reason}", "declined more time: {reason}")
    ),
    "problem.suspend": Wording(
        ("暂停计时至 {until_day}", "paused the deadline until {until_day}"),
        ("暂停计时至 {until_day}：{reason}", "paused the deadline until {until_day}: {reason}"),
    ),
    "problem.resume": Wording(
        ("恢复计时，期限由 {before} 顺延至 {due}", "resumed the deadline, from {before} to {due}"),
        (
            "恢复计时，期限由 {before} 顺延至 {due}：{reason}",
            "resumed the deadline, from {before} to {due}: {reason}",
        ),
    ),
    "problem.pause_ended": _same(
        "暂停到期，期限由 {before} 顺延至 {due}", "ended the pause: the deadline moved from {before} to {due}"
    ),
    "problem.transfer": Wording(
        ("转交{unit_zh}", "transferred it to {unit_en}"),
        ("以 {order} 转交{unit_zh}：{reason}", "transferred it to {unit_en} by order {order}: {reason}"),
    ),
    "problem.transfer_area": Wording(
        ("移交{area_zh}", "transferred it to {area_en}"),
        ("移交{area_zh}：{reason}", "transferred it to {area_en}: {reason}"),
    ),
    "problem.merge": Wording(
        ("合并问题 {into}{merged}", "merged problem {into}{merged}"),
        ("合并问题 {into}{merged}：{reason}", "merged problem {into}{merged}: {reason}"),
    ),
    "problem.split": Wording(
        ("拆分问题 {part}{split_from}", "split problem {part}{split_from}"),
        ("拆分问题 {part}{split_from}：{reason}", "split problem {part}{split_from}: {reason}"),
    ),
    "problem.call_back": Wording(
        ("回访：{result_zh}", "called back: {result_en}"),
        ("回访：{result_zh}。{finding}", "called back: {result_en}. {finding}"),
    ),
    "problem.suspect_relapse": Wording(
        ("登记疑似反弹", "suspected a relapse"),
        ("登记疑似反弹：{observation}", "suspected a relapse: {observation}"),
    ),
    "problem.dismiss_relapse": Wording(
        ("排除反弹", "dismissed the relapse"), ("排除反弹：{reason}", "dismissed the relapse: {reason}")
    ),
    "problem.reopen": Wording(
        ("重开，期限 {due}", "reopened it, due {due}"),
        ("重开，期限 {due}：{reason}", "reopened it, due {due}: {reason}"),
    ),
    "problem.archive": Wording(("归档", "archived it"), ("归档：{reason}", "archived it: {reason}")),
    "problem.escalate": _same(
        "提醒或上报（{waits_zh}），告知 {people} 人{nobody_zh}",
        "told {people} people, as it {waits_en}{nobody_en}",
    ),
    "problem.verify": Wording(
        ("核查通过", "verified it"),
        ("{how_zh}核查通过：{finding}{except_zh}", "verified it{how_en}: {finding}{except_en}"),
    ),
    "document.draft": _same("拟稿", "drafted it"),
    "document.edit": _same("修改文稿", "edited the draft"),
    "document.submit": _same("送核稿", "sent it for review"),
    "document.review": _same("核稿通过", "reviewed it"),
    "document.countersign": _same("会签同意", "countersigned it"),
    "document.issue": _same("签发 {number}", "issued it as {number}"),
    "document.send_back": _same("退回修改：{reason}", "sent it back: {reason}"),
    "document.withdraw": _same("撤稿：{reason}", "withdrew it: {reason}"),
    "document.sign_for": _same("代表{receiver_zh}签收", "signed for it on behalf of {receiver_en}"),
    "document.reply": _same("代表{receiver_zh}上传复函", "handed in the reply of {receiver_en}"),
    "document.record_interview": _same("记录约谈（{place}）", "recorded the interview ({place})"),
    "problem.write_off": Wording(
        ("销号", "wrote it off"), ("销号：{reason}{early_zh}", "wrote it off: {reason}{early_en}")
    ),
    "problem.river_told": _same("河流观察：{river_zh}", "the river's watch: {river_en}"),
    "problem.export_case": _same("导出案卷", "took the case file away"),
}


def sentences(entry: AuditEntry, actor_en: str, *, whole: bool) -> tuple[str, str]:
    """What happened, as a sentence in Chinese and one in English, with who did it.

    The log names the actor in Chinese; `actor_en` is the English name, "" where there is none.
    """
    who_en = "The system" if entry.actor_id is None else actor_en or entry.actor_label
    wording = WORDINGS.get(entry.action)
    if wording is None:
        return f"{entry.actor_label}：{entry.action}", f"{who_en}: {entry.action}"
    words = _words(entry.data)
    chinese, english = wording.whole if whole and _has_all(wording.whole[0], words) else wording.brief
    return f"{entry.actor_label}{chinese.format(**words)}。", f"{who_en} {english.format(**words)}."


def _has_all(template: str, words: dict[str, str]) -> bool:
    """The chain of a problem tells less of the confirmation than the clue's: it then takes the brief wording."""
    return "{problem}" not in template or "problem" in words


def _words(data: dict[str, Any]) -> dict[str, str]:
    """The data of an entry as words; codes by their labels in both languages, times where the office is."""
    # What people wrote often ends with a full stop of its own; the sentence brings one.
    words = {key: str(value).rstrip("。.") for key, value in data.items() if value is not None}
    for key, table, name in (
        ("basis", BASES, "basis"),
        ("source", SOURCES, "source"),
        ("kind", kinds().labels if "kind" in data else {}, "kind"),
        ("rectification_class", RECTIFICATION_CLASSES, "class"),
        ("result", CALL_BACK_RESULTS, "result"),
        ("waits_for", WAITING_FOR, "waits"),
    ):
        if key in data:
            words[f"{name}_zh"], words[f"{name}_en"] = table[data[key]]
    if "due_at" in data:
        words["due"] = _last_day(data["due_at"])
        provisional = data.get("due_provisional")
        words["provisional_zh"] = "（节假日安排未公布，暂定）" if provisional else ""
        words["provisional_en"] = " (provisional: the calendar is not announced)" if provisional else ""
    words["before"] = _last_day(data["due_before"]) if data.get("due_before") else "—"
    words["until_day"] = _last_day(data["until"]) if "until" in data else ""
    words["found_zh"], words["found_en"] = _found_words(data.get("found"))
    reason = data.get("without_evidence_reason")
    words["without_zh"] = f"（无照片：{reason}）" if reason else ""
    words["without_en"] = f" (no photo: {reason})" if reason else ""
    words["how_zh"], words["how_en"] = (
        ("以书面决定", " by a decision") if data.get("by_decision") else ("", "")
    )
    excepted, away = data.get("exception_reason"), data.get("distance_m")
    far = ("", "") if away is None else (f"距问题位置 {away} 米，", f"{away} m from the place, ")
    words["except_zh"] = f"（{far[0]}例外说明：{excepted}）" if excepted else ""
    words["except_en"] = f" ({far[1]}otherwise because: {excepted})" if excepted else ""
    early = data.get("early_reason")
    words["early_zh"] = f"（河流观察期未满，提前销号：{early}）" if early else ""
    words["early_en"] = f" (before the river's watch was over: {early})" if early else ""
    words["campaign_zh"] = words.get("campaign", "不列入任何行动")
    words["campaign_en"] = words.get("campaign", "no campaign")
    nobody = data.get("nobody")
    words["nobody_zh"] = "（应办人员空缺）" if nobody else ""
    words["nobody_en"] = " (there was nobody whose turn it was)" if nobody else ""
    for one in ("into", "merged", "part", "split_from"):
        words.setdefault(one, "")
    return words


def _last_day(moment: str) -> str:
    """A deadline ends with its day, at 24:00: told by the day that can still be used."""
    return f"{datetime.fromisoformat(moment).astimezone(SHANGHAI) - timedelta(seconds=1):%Y-%m-%d}"


def _found_words(found: dict[str, Any] | None) -> tuple[str, str]:
    """What was found discharging; nothing for clues that name none."""
    if found is None:
        return "", ""
    if "outfall" in found:
        return f"（排口 {found['outfall']}）", f" (outfall {found['outfall']})"
    place = f"{found['lon']:.5f}, {found['lat']:.5f}"
    return f"（名录外位置 {place}）", f" (a place on no list, {place})"
