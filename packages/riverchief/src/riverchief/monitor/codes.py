"""The code tables of measuring: flags, kinds and states, each with its Chinese and English words."""

from typing import Any

from riverkit.protocols.hj212 import factors
from riverkit.protocols.sl651 import elements

from riverchief.base.codes import code_rows
from riverchief.monitor.dialogue.commands import COMMANDS
from riverchief.monitor.models import (
    Alarm,
    AlarmStep,
    AlarmText,
    Doubt,
    Event,
    IdleTreatment,
    Kind,
    OverflowRecord,
    PowerMeter,
    StationRequest,
)
from riverchief.monitor.readings import REVIEWED_FLAG
from riverchief.monitor.review.models import Rule
from riverchief.monitor.sampling.models import Bottle, MissedReason, Step, Visit
from riverchief.monitor.sampling.quality import BLANK_FOUND, DUPLICATES_APART, INSTRUMENT_STANDS, PAST_HOLDING
from riverchief.monitor.sampling.result_models import ResultSheet
from riverchief.monitor.telemetry.rejected import REJECTED

OTHER_PARAMETERS: dict[str, tuple[str, str]] = {
    "wt": ("水温", "Water temperature"),
    "ec": ("电导率", "Conductivity"),
    "turb": ("浊度", "Turbidity"),
    "ss": ("悬浮物", "Suspended solids"),
    "tds": ("溶解性总固体", "Total dissolved solids"),
    "toc": ("总有机碳", "Total organic carbon"),
    "colour": ("色度", "Colour"),
    "flow": ("流量", "Flow"),
    "level": ("水位", "Water level"),
    "rain": ("降雨量", "Rain"),
    "chla": ("叶绿素 a", "Chlorophyll-a"),
    "rain_total": ("累计降雨量", "Rain accumulated"),
    "power": ("有功功率", "Active power"),
    "current": ("电流", "Current"),
}
"""Parameters that are measured but not limited by the standard."""

_OTHER_ELEMENTS = {
    row.symbol: (row.name_zh, row.name[0].upper() + row.name[1:])
    for row in elements().values()
    if row.key is None and row.kind in ("number", "bits", "rain_series", "level_series")
}
"""Elements of SL 651 that have no name of ours: kept under their own symbol, with its words."""

_OTHER_FACTORS = {
    "w02006": "Total bacteria",
    "w03001": "Total alpha radioactivity",
    "w03002": "Total beta radioactivity",
    "w19001": "Surfactants",
    "w20012": "Barium",
    "w20023": "Boron",
    "w20038": "Cobalt",
    "w20061": "Molybdenum",
    "w20089": "Thallium",
    "w20092": "Tin",
    "w20113": "Alkyl mercury",
    "w20126": "Total silver",
    "w20127": "Total beryllium",
    "w20138": "Copper",
    "w20139": "Zinc",
    "w20140": "Selenium",
    "w20141": "Arsenic",
    "w20142": "Mercury",
    "w20143": "Cadmium",
    "w20144": "Lead",
    "w21004": "Kjeldahl nitrogen",
    "w21006": "Nitrite",
    "w21007": "Nitrate",
    "w21022": "Chloride",
    "w21038": "Sulphate",
    "w25043": "Benzo[a]pyrene",
    "w33001": "Hexachlorocyclohexane",
    "w33007": "DDT",
    "w99001": "Organic nitrogen",
}
"""Factors of HJ 212 that have no name of ours: kept under their code, with the Chinese words of the standard."""

FLAG_WORDS = {
    "N": ("正常", "Normal"),
    "F": ("停运", "Stopped"),
    "M": ("维护", "Maintenance"),
    "S": ("手工输入", "Set by hand"),
    "D": ("故障", "Fault"),
    "C": ("校准", "Calibrating"),
    "T": ("超量程", "Over range"),
    "B": ("通讯异常", "Link lost"),
    "U": ("未标记", "Not flagged"),
    "X": ("未通过检查", "Refused by our check"),
    REVIEWED_FLAG: ("人工审核判为无效", "Invalidated by a person's review"),
}
_ENGLISH: dict[Any, tuple[str, ...]] = {
    Kind: ("Real time", "Minute", "Hour", "Day"),
    Event.Kind: (
        "Above limit and habit",
        "Class has fallen",
        "Not as it always is",
        "Suspected algal bloom",
        "Beyond a limit of the permit",
    ),
    Event.State: ("Going on", "Ended"),
    AlarmText.State: (
        "Text message waits",
        "Text message taken by the carrier",
        "Text message not sent",
        "Acknowledged before a text message",
        "No mobile number on record",
    ),
    AlarmStep.To: ("On duty", "Deputy", "Leader", "The whole office"),
    Alarm.State: ("To be acknowledged", "Acknowledged", "Resolved"),
    Rule: (
        "Outside what is possible",
        "Changes too fast",
        "Does not move",
        "Leaps and comes back",
        "Contradicts another parameter",
        "Unlike the station upstream",
        "Flagged otherwise later",
        "One parameter missing",
        "Station silent",
        "Data late",
    ),
    Doubt.State: ("To be reviewed", "Right after all", "Not a measurement", "Passed by itself"),
    PowerMeter.Line: ("Production", "Treatment"),
    IdleTreatment.Kind: (
        "Production runs, treatment does not",
        "Treatment far below its normal while water flows out",
    ),
    OverflowRecord.Source: ("Overflow", "Pump station", "Bypass of a sewage works"),
    OverflowRecord.KnownBy: ("Device", "Person", "Imported"),
    Visit.State: ("To be sampled", "Sampled", "Missed"),
    MissedReason: ("River dry", "Frozen", "No access", "Flood", "Works in progress", "Another reason"),
    Bottle.Role: ("Sample", "Field duplicate", "Field blank"),
    Step: ("Taken", "Handed over", "Received in the laboratory", "Analysed", "Lost"),
    ResultSheet.State: ("To be checked", "To be reviewed", "To be issued", "Issued", "Sent back"),
    StationRequest.State: (
        "To be approved",
        "Waiting for the station",
        "Sent",
        "Accepted",
        "Data coming in",
        "Done",
        "Refused by the station",
        "Failed at the station",
        "No answer in time",
        "Station did not connect",
        "Not approved",
    ),
}
"""In the order in which the choices stand."""
# QnRtn of a 9011 and ExeRtn of a 9012.
_REQUEST_RESULTS = {
    "1": ("准备执行", "Ready"),
    "2": ("请求被拒绝", "Refused"),
    "3": ("PW 错误", "Wrong PW"),
    "4": ("MN 错误", "Wrong MN"),
    "5": ("ST 错误", "Wrong ST"),
    "6": ("Flag 错误", "Wrong Flag"),
    "7": ("QN 错误", "Wrong QN"),
    "8": ("CN 错误，设备可能不支持此命令", "Wrong CN: the device may not know the command"),
    "9": ("CRC 校验错误", "Wrong check code"),
    "100": ("未知错误", "Unknown error"),
}
_EXECUTION_RESULTS = {
    "1": ("执行成功", "Done"),
    "2": ("执行失败", "Failed"),
    "3": ("命令请求条件错误", "Bad condition"),
    "4": ("通讯超时", "Timeout"),
    "5": ("系统繁忙", "Busy"),
    "6": ("系统故障", "Fault"),
    "100": ("没有数据", "No data"),
}


def _choices(choices: Any) -> list[dict[str, Any]]:
    """Of a class of choices, whose labels are Chinese."""
    words = zip(choices.choices, _ENGLISH[choices], strict=True)
    return [{"key": key, "zh": zh, "en": en} for (key, zh), en in words]


TABLES: dict[str, list[dict[str, Any]]] = {
    "flags": code_rows(FLAG_WORDS),
    "reading_kinds": _choices(Kind),
    "event_kinds": _choices(Event.Kind),
    "event_states": _choices(Event.State),
    "alarm_states": _choices(Alarm.State),
    "alarm_steps": _choices(AlarmStep.To),
    "alarm_texts": _choices(AlarmText.State),
    "station_states": code_rows(
        {
            "ok": ("正常", "Up to date"),
            "stale": ("数据滞后", "Stale"),
            "offline": ("离线", "Offline"),
            "never": ("尚无数据", "No data yet"),
        }
    ),
    "fleet_states": code_rows(
        {
            "silent": ("无数据", "Silent"),
            "late": ("数据迟到", "Late"),
            "never": ("尚无数据", "No data yet"),
            "ok": ("正常", "Up to date"),
            "stopped": ("停运", "Stopped"),
        }
    ),
    "station_commands": code_rows({cn: (command.zh, command.en) for cn, command in COMMANDS.items()}),
    "station_request_states": _choices(StationRequest.State),
    "request_results": code_rows(_REQUEST_RESULTS),
    "execution_results": code_rows(_EXECUTION_RESULTS),
    "other_parameters": code_rows(
        {code: (factors()[code].name_zh, en) for code, en in _OTHER_FACTORS.items()}
        | _OTHER_ELEMENTS
        | OTHER_PARAMETERS
    ),
    "equipment_states": code_rows(
        {
            "0": ("停止", "Off"),
            "1": ("运行", "Running"),
            "2": ("校准", "Calibrating"),
            "3": ("维护", "Maintenance"),
            "4": ("报警", "Alarm"),
            "5": ("反吹", "Blowback"),
        }
    ),
    "reading_reasons": code_rows(
        {
            "future": ("时间晚于接收时间", "Its time lies ahead of its receipt"),
            "too_old": ("时间过早", "Its time lies too far back"),
            "below_possible": ("低于可能的最小值", "Below what is possible"),
            "above_possible": ("高于可能的最大值", "Above what is possible"),
            "number": ("不是数字", "Is no number"),
            "given_twice": ("同一报文中给出不同的值", "Given twice in one packet, differently"),
            "review": ("审核判为无效", "Found to be no measurement"),
        }
    ),
    "packet_errors": code_rows(
        {
            "unknown_mn": ("未登记的设备标识", "Unknown device"),
            "wrong_password": ("密码不符", "Wrong password"),
            **{key: (zh, en) for key, (zh, en, _, _) in REJECTED.items()},
        }
    ),
    "doubt_rules": _choices(Rule),
    "doubt_states": _choices(Doubt.State),
    "power_lines": _choices(PowerMeter.Line),
    "idle_treatments": _choices(IdleTreatment.Kind),
    "source_kinds": code_rows(
        {
            "gateway": ("网关", "Gateway"),
            "mqtt": ("MQTT 订阅", "MQTT broker"),
            "pull_http": ("拉取（HTTP）", "Asked over HTTP"),
            "pull_database": ("拉取（数据库视图）", "Asked of a database"),
            "push": ("推送", "Told"),
        }
    ),
    "source_states": code_rows(
        {
            "ok": ("正常", "Well"),
            "waiting": ("尚未开始", "Not begun yet"),
            "late": ("滞后", "Late"),
            "failing": ("故障", "Failing"),
            "stopped": ("未运行", "Not running"),
        }
    ),
    "visit_states": _choices(Visit.State),
    "missed_reasons": _choices(MissedReason),
    "bottle_roles": _choices(Bottle.Role),
    "custody_steps": code_rows({"empty": ("待采", "Empty")}) + _choices(Step),
    "sheet_states": _choices(ResultSheet.State),
    "result_remarks": code_rows(
        {
            PAST_HOLDING: ("超过保存期", "Past its holding time"),
            BLANK_FOUND: ("空白检出", "Found in a blank"),
            DUPLICATES_APART: ("平行样超差", "Duplicates too far apart"),
            INSTRUMENT_STANDS: ("同刻仪器读数保留", "The instrument's reading of that time stays"),
        }
    ),
    "overflow_sources": _choices(OverflowRecord.Source),
    "overflow_known_by": _choices(OverflowRecord.KnownBy),
    "permit_verdicts": code_rows(
        {
            "within": ("未超标", "No exceedance"),
            "exceeded": ("超标", "Exceeded"),
            "ongoing": ("当期未结束", "Not over yet"),
            "undecided": ("有效数据不足", "Too few valid hours"),
            "mixed": ("多个排放口共用，不判定", "Not judged: shared by several permit outlets"),
        }
    ),
    "packet_cures": code_rows({key: (zh, en) for key, (_, _, zh, en) in REJECTED.items()}),
}


def words(table: str, key: str) -> tuple[str, str]:
    """The Chinese and English words of a key; a key that the table does not have stands for itself."""
    return next(((row["zh"], row["en"]) for row in TABLES[table] if row["key"] == key), (key, key))


def english(table: str, key: str) -> str:
    """The English words of a key, for the command line."""
    return words(table, key)[1]
