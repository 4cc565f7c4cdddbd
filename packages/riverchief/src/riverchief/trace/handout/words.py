"""The words of the report, Chinese and English."""

_WORDS: dict[str, tuple[str, str]] = {
    "title": ("水质溯源报告（第 {attempt} 次）", "Report of a trace (attempt {attempt})"),
    "facts": ("基本情况", "What was traced"),
    "candidates": ("候选来源", "Candidates"),
    "curves": ("实测与推算", "Observed against predicted"),
    "adjustments": ("人工调整", "Changed by people"),
    "no_adjustments": ("本次溯源没有人工调整。", "Nobody changed anything for this attempt."),
    "rain": ("实测降雨", "Rain measured"),
    "on_record": ("有溢流记录（先验 ×{factor:g}）", "On record as running over (prior × {factor:g})"),
    "sampling": ("下一步在哪里采样", "Where to sample next"),
    "fetched": ("已采用的样品", "Samples used"),
    "none_suggested": (
        "没有值得采样的地点和时段。",
        "No place and time at which a bottle would tell enough.",
    ),
    "none_asked": ("本次未选采样点。", "No places were chosen in this attempt."),
    "letter": ("", ""),
    "place": ("地点", "Place"),
    "window": ("采样时段", "Take it"),
    "passage": ("污染团经过", "Plume passes"),
    "gain": ("比特", "Bits"),
    "means": ("结果意味着（数字为候选名次）", "What it would mean (numbers are ranks)"),
    "taken": ("采样时间", "Taken"),
    "found": ("结果", "Result"),
    "expected": ("候选推算 mg/L（90 %）", "Expected, mg/L (90 %)"),
    "unexplained": (
        "没有一种解释与该样品相符：请核对标签、时间、地点，或考虑未知来源。",
        "No explanation fits this sample: check label, time, place, or an unknown source.",
    ),
    "passed": ("已过", "over"),
    "no_passage": ("几乎不经过", "hardly"),
    "any": ("任何", "any"),
    "tells_nothing": ("几乎不变", "hardly any change"),
    "place_at": ("{river}，{station}处", "{river}, at {station}"),
    "place_above": ("{river}，{station}上游 {km} km", "{river}, {km} km above {station}"),
    "place_below": ("{river}，{station}下游 {km} km", "{river}, {km} km below {station}"),
    "catchment": ("{station}以上流域", "catchment above {station}"),
    "day_and_night": ("昼夜均可", "day and night"),
    "hours": ("每日 {work_from_hour:g}–{work_to_hour:g} 时", "{work_from_hour:g}–{work_to_hour:g} o'clock"),
    "assumed": (
        "假定：自 {at} 起，沿河比较 {places} 处；采样组 {preparation_minutes} 分钟后就绪，直线 {speed_km_h} km/h，每处 "
        "{handling_minutes} 分钟，{hours}，{horizon_hours} 小时以内；结果误差 {error}。",
        "Assumed: asked at {at}, {places} places compared along the reaches; a crew ready after {preparation_minutes} min, "
        "{speed_km_h} km/h in a straight line, {handling_minutes} min at each place, {hours}, within {horizon_hours} h; a "
        "result right within {error}.",
    ),
    "inputs": ("所用点位", "Stations used"),
    "excluded": ("未采用：", "Left out:"),
    "settings": ("参数设置", "Settings"),
    "is_not": ("这不是什么", "What this is not"),
    "parameter": ("指标", "Parameter"),
    "basin": ("流域", "Basin"),
    "requested": ("发起", "Asked for"),
    "system": ("系统", "the system"),
    "finished": ("完成", "Finished"),
    "from": ("数据回看自（不是排放时间）", "Readings looked back to (no time of release)"),
    "hypotheses": ("比较的假设数", "Hypotheses compared"),
    "versions": ("版本", "Versions"),
    "rank": ("名次", "Rank"),
    "candidate": ("候选", "Candidate"),
    "by_evidence": ("仅凭监测", "Readings alone"),
    "by_rule": ("按规则", "By the rules"),
    "with_changes": ("含人工调整", "With people's changes"),
    "beforehand": ("先验 {share}", "Beforehand {share}"),
    "changed": (
        "人工调整 ×{factor}：{by} {at}，理由：{reason}",
        "Changed by people ×{factor}: {by} {at}, because: {reason}",
    ),
    "confirmed": (
        "台账中已由人员确认：{number}（{state}，{at}）",
        "Confirmed by people in the ledger: {number} ({state}, {at})",
    ),
    "confirmed_this": (
        "台账中已由人员确认为本事件来源：{number}（{state}，{at}）",
        "Confirmed by people in the ledger as the source of this event: {number} ({state}, {at})",
    ),
    "started": ("可能开始", "Probably began"),
    "duration": ("持续 h（90 %）", "Lasted, h (90 %)"),
    "released": ("排放量 kg（90 %）", "Released, kg (90 %)"),
    "candidates_note": (
        "列出前 {n} 个，共 {total} 个。“仅凭监测”：事先把所有候选看作同样可能；“按规则”：不计人工调整；名次按“含人工调整”。“90 %”为模型的 90 % 区间：在真相已知的 65 个模拟流域中，有 91 % "
        "包含真实开始时间，全部包含真实排放量；持续时间的区间在放宽之前约为 70 %。",
        "The first {n} of {total}. Readings alone: every candidate taken as equally likely beforehand. By the rules: without what "
        "people changed. Ranked by the figure with people's changes. 90 %: the interval by the model. On 65 generated "
        "basins whose truth is known it held the true start in 91 % and the true mass in all; that of the duration held about 70 % before it was widened.",
    ),
    "not_listed": (
        "在册排污口居首，也可能只是因为真正的来源不在名单上：监测数据分不清一个排污口与它旁边的名录外位置。"
        "在真实来源被故意不列入名单的 164 例模拟中，有 21 % 仍有某个在册排污口的概率高于名单之外的全部可能之和。",
        "A listed outfall can lead only because the true source is not on the list: readings do not tell an outfall from an "
        "unlisted place beside it. In 164 simulated cases whose true source had been left off the list, a listed outfall still "
        "had more probability than everything off the list together in 21 %.",
    ),
    "several": (
        "更可能有两处或更多处同时排放（合计 {more}，只有一处 {one}）；下表假定只有一处。两处同时排放中的主要组合：",
        "Two or more sources at a time are likelier than one ({more} together; one {one}); the table takes it that there was "
        "one. Of two at a time, the leading pairs:",
    ),
    "ruled_out": ("基本排除，不是嫌疑对象", "Practically ruled out: no suspect"),
    "ruled_out_note": (
        " 另有 {n} 处基本排除（仅凭监测、按规则、含人工调整的概率均低于 {below} %），不是嫌疑对象，不列名称。",
        " Practically ruled out and no suspects are {n} more, each below {below} % by the readings alone, by the rules and with "
        "people's changes; they are not named.",
    ),
    "no_finding": (
        "表中只列监测之前的先验；本次溯源没有指向任何一处。",
        " The table has only what was believed before the readings; this trace points at nobody.",
    ),
    "parameters": ("同时升高的指标", "Parameters that rose together"),
    "needed": ("所需比值", "Ratio needed"),
    "ratio_expected": ("该类排口常见比值", "Usual of its kind"),
    "parameters_note": (
        "比值为该指标与参照指标的质量之比，括号内为 90 % 区间；常见比值取自公开的典型值，范围较宽，“—”表示无可靠资料、未作假定。",
        "Ratios are masses to that of the parameter of reference, with 90 % intervals; usual ones are typical published "
        "figures, and wide. Where nothing is known (—), nothing was assumed.",
    ),
    "curves_note": (
        "点为实测（空心为有标记、未采用），线为“{name}”假设下的推算，深、浅带为曲线与单个读数的 90 % 区间；缺测处断开。",
        "Dots are readings (hollow: flagged, not used); the line is predicted if it was “{name}”, with the 90 % intervals of "
        "the curve (dark) and of a single reading (light); where nothing was read there is no line.",
    ),
    "set_aside": ("孤立读数", "Readings that stand alone"),
    "moment": ("时间", "Time"),
    "value": ("读数", "Value"),
    "wrong": ("有误的概率", "Wrong, probability"),
    "sure": ("高于 99 %", "> 99 %"),
    "set_aside_note": (
        "前后相邻读数均未反映，图中为菱形：或为误测，或为在两次读数之间流过的水（一并判断）；有误概率高于一半的不计入图的纵轴范围。结论已兼顾两种可能。",
        "Neighbouring readings know nothing of these (diamonds above): they are wrong, or water that passed between two "
        "readings, weighed together; those more likely wrong than right do not set the scale. The answer allows for both.",
    ),
    "change": ("调整", "Change"),
    "factor": ("倍数", "Factor"),
    "reason": ("理由", "Reason"),
    "by": ("何人何时", "Who, when"),
    "code": ("编码", "Code"),
    "station": ("点位", "Station"),
    "readings": ("可用读数", "Usable readings"),
    "discharge": ("流量 m³/s", "Discharge, m³/s"),
    "scatter": ("平时离散 mg/L", "Usual scatter, mg/L"),
    "clue": ("这是线索，不是指控。", "A clue, not an accusation."),
    "responsible": (
        "责任主体由人到现场以照片、快检或采样确认；确认之前，不通知任何被怀疑者。本报告仅限河长办与执法人员。",
        "Who is responsible is found by people on site; until then nobody who is suspected is told. For the office and "
        "enforcement only.",
    ),
    "model": (
        "推算假定水流稳定；回水、闸控和感潮河段不适用，区间之外也可能发生。",
        "The prediction assumes steady flow. It does not apply to backwater, gated or tidal reaches, and the truth may lie "
        "outside the intervals.",
    ),
}


def words_in(language: str) -> dict[str, str]:
    """All of them in one language."""
    return {key: zh if language == "zh" else en for key, (zh, en) in _WORDS.items()}
