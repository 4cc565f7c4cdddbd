"""The code tables of measuring: flags, kinds and states, each with its Chinese and English words."""

from typing import Any

from riverkit.protocols.sl651 import elements

from riverchief.monitor.dialogue.commands import COMMANDS
from riverchief.monitor.models import (
    Alarm,
    AlarmStep,
    Doubt,
    Event,
    IdleTreatment,
    Kind,
    OverflowRecord,
    PowerMeter,
    StationRequest,
)
from riverchief.monitor.review.models import Rule
from riverchief.monitor.sampling.models import Bottle, MissedReason, Step, Visit
from riverchief.monitor.sampling.quality import BLANK_FOUND, DUPLICATES_APART, PAST_HOLDING
from riverchief.monitor.sampling.result_models import ResultSheet

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
}
# Why a frame could not be read (the names of riverkit's errors; sl651_ where SL 651 means another thing by the name) or stored, and what to do at the device.
_SEND_AGAIN = (
    "请检查线路质量；设备会重发整个报文。",
    "Check the line; the device sends the whole packet again.",
)
_HEADER = ("请按 HJ 212-2017 改正报文头。", "Correct the header as HJ 212-2017 prescribes.")
_REJECTED: dict[str, tuple[str, str, str, str]] = {
    "crc": (
        "校验码不符",
        "Wrong check code",
        "请按附录 A 计算校验码（不是 Modbus），高字节在前；若偶尔出现，请检查线路。",
        "Compute it as in annex A (not Modbus), high byte first; where it happens now and then, check the line.",
    ),
    "length": (
        "数据段长度不符",
        "Wrong length",
        "长度应为从 QN= 到结尾 && 的字节数，四位数字。",
        "Count the bytes from QN= to the closing && and write four digits.",
    ),
    "unfinished": ("报文不完整", "The packet has no end", *_SEND_AGAIN),
    "garbage": (
        "不是 HJ 212 或 SL 651 报文",
        "Not a packet of HJ 212 or SL 651",
        "报文须以 ##（HJ 212）或 7E7E、SOH（SL 651）开头，一个连接只用一种协议；请核对设备协议与端口。其他程序误连时请在防火墙上限制来源。",
        "Packets begin with ## (HJ 212) or 7E7E or SOH (SL 651), one protocol a connection: check protocol and port of the device. If some other program calls, limit who may.",
    ),
    "text": (
        "文字编码无法识别",
        "Text in no known encoding",
        "请以 UTF-8 发送文字。",
        "Send texts in UTF-8.",
    ),
    "missing_cp": (
        "缺少数据区",
        "No data area",
        "数据须写在 CP=&& 与 && 之间。",
        "Put the data between CP=&& and &&.",
    ),
    "unclosed_cp": (
        "数据区未结束",
        "The data area has no end",
        "请以 && 结束数据区。",
        "Close the data area with &&.",
    ),
    "missing_mn": (
        "缺少设备标识 MN",
        "No device number (MN)",
        "请在设备中设置 MN，并在点位台账中登记。",
        "Set the MN in the device, and register it with its station.",
    ),
    "bad_mn": (
        "设备标识 MN 含有不允许的字符",
        "The device number (MN) holds other characters than allowed",
        "MN 只能含字母、数字、_ 和 -。",
        "Use letters, digits, _ and - in the MN.",
    ),
    "bad_st": ("系统编码 ST 有误", "Wrong system code (ST)", *_HEADER),
    "bad_cn": ("命令编码 CN 有误", "Wrong command code (CN)", *_HEADER),
    "header_number": ("报文头中的数字有误", "A number of the header is wrong", *_HEADER),
    "repeated_header_field": ("报文头中有重复字段", "A field of the header occurs twice", *_HEADER),
    "split_numbers": ("分包号 PNUM、PNO 未成对出现", "PNUM and PNO do not come together", *_HEADER),
    "item": (
        "数据项格式有误",
        "An item is not key=value",
        "每个数据项须写作“编码=值”。",
        "Write each item as key=value.",
    ),
    "factor_code": (
        "因子编码有误",
        "Not a factor code",
        "请使用 HJ 212 的因子编码（不超过 32 个可见字符）。",
        "Use the factor codes of HJ 212: at most 32 printable characters.",
    ),
    "number": (
        "测值不是数字",
        "A value is no number",
        "请发送带小数点的数字；无测值时发送数据标记。",
        "Send digits with a decimal point; where nothing was measured, a data flag.",
    ),
    "data_flag": (
        "数据标记未知",
        "Unknown data flag",
        "请使用 HJ 212-2017 的标记 N F M S D C T B。",
        "Use the flags N F M S D C T B of HJ 212-2017.",
    ),
    "time": (
        "时间不可能",
        "An impossible time",
        "请校准设备时钟，时间写作 YYYYMMDDhhmmss。",
        "Set the clock of the device; times are written YYYYMMDDhhmmss.",
    ),
    "no_data_time": (
        "测值没有数据时间",
        "Values without a time",
        "请在数据区中发送 DataTime。",
        "Send DataTime in the data area.",
    ),
    "future": (
        "数据时间在未来",
        "Dated in the future",
        "请校准设备时钟；读数已保存，但不参与评价。",
        "Set the clock of the device; the readings are kept, but not assessed.",
    ),
    "too_old": (
        "数据时间过早",
        "Dated too long ago",
        "请校准设备时钟；确需补录的历史数据请联系市河长办。",
        "Set the clock of the device; ask the city's office where old data are really to be added.",
    ),
    "below_possible": (
        "数值低于可能范围",
        "Below what is possible",
        "请检查仪器与量程；读数已保存，但不参与评价。",
        "Check the instrument and its range; the reading is kept, but not assessed.",
    ),
    "above_possible": (
        "数值高于可能范围",
        "Above what is possible",
        "请检查仪器、单位与量程；读数已保存，但不参与评价。",
        "Check the instrument, its unit and its range; the reading is kept, but not assessed.",
    ),
    "sl651_crc": (
        "校验码不符（SL 651）",
        "Wrong check code (SL 651)",
        "请按 CRC-16/MODBUS 从起始符算到结束符，高字节在前；若偶尔出现，请检查线路。",
        "Compute CRC-16/MODBUS from the start to the end mark, high byte first; where it happens now and then, check the line.",
    ),
    "sl651_length": (
        "报文长度不符（SL 651）",
        "Wrong length (SL 651)",
        "长度应为正文起始符与结束符之间的字节数，12 位。",
        "Count the bytes between the mark before the body and the end mark, in twelve bits.",
    ),
    "sl651_end_mark": (
        "结束符有误（SL 651）",
        "Wrong end mark (SL 651)",
        "上行报文以 ETX 或 ETB 结束；请核对报文长度。",
        "What goes up ends with ETX or ETB; check the length too.",
    ),
    "sl651_split_numbers": (
        "包总数与序号有误（SL 651）",
        "Wrong numbers of a part (SL 651)",
        "SYN 之后应为包总数与序号，各 12 位，序号从 1 起。",
        "Behind SYN stand the number of parts and that of this part, twelve bits each, from 1.",
    ),
    "sl651_incomplete": (
        "多包报文未收全（SL 651）",
        "Parts of a message did not come (SL 651)",
        "请检查线路；测站须在同一连接上十分钟内发完各包，未收到确认会重发。",
        "Check the line; a station sends all parts over one connection within ten minutes, and again where none confirms them.",
    ),
    "sl651_too_long": (
        "多包报文过长（SL 651）",
        "A message in parts is too long (SL 651)",
        "多包报文（如图片）总长不得超过约 60 KB；请降低图片质量。",
        "A message in parts, such as a picture, has some 60 kB at most: send smaller pictures.",
    ),
    "sl651_downlink": (
        "收到下行报文（SL 651）",
        "A frame that goes down (SL 651)",
        "测站应发送上行报文：中心站地址在前，长度字段高四位为 0；请检查设备是否回显。",
        "A station sends frames that go up: the centre first, the high four bits of the length 0. Check whether it echoes.",
    ),
    "json": (
        "不是可识别的 JSON",
        "No JSON of the form that is known",
        "请按数据来源说明发送 JSON 对象（UTF-8）。",
        "Send an object in JSON (UTF-8) as the document of the sources has it.",
    ),
    "json_too_long": (
        "JSON 报文过长",
        "The JSON is too long",
        "一条报文不超过 256 KB；请分条发送。",
        "A message has 256 KB at most: send several.",
    ),
    "json_station": (
        "station 不是设备名",
        "The station is no name of a device",
        "设备名用字母、数字、点、横线或下划线，不超过 40 个字符。",
        "Use letters, digits, dots, dashes and low lines, 40 at most.",
    ),
    "json_other_station": (
        "station 与主题不一致",
        "The station is not the one of the topic",
        "请在设备自己的主题上发送，或去掉 station。",
        "Send under the device's own topic, or leave the station out.",
    ),
    "json_values": (
        "没有可识别的 values",
        "No values that can be read",
        "values 须为对象的列表，1 至 5000 项。",
        "Give the values as a list of 1 to 5000 objects.",
    ),
    "json_parameter": (
        "没有参数名",
        "No name of a parameter",
        "每项须有 parameter（名称或 HJ 212 因子编码），单位为文本。",
        "Give each its parameter (a name or a factor code of HJ 212); units are texts.",
    ),
    "json_kind": (
        "kind 未知",
        "Unknown kind",
        "可用 instant、minute、hour、day。",
        "Use instant, minute, hour or day.",
    ),
    "json_unit": (
        "没有单位，或单位不可换算",
        "No unit, or one that cannot be converted",
        "请写明单位，如 mg/L、L/s、kW。",
        "Say the unit, such as mg/L, L/s or kW.",
    ),
    "json_time": (
        "没有时间，或时间没有时区",
        "No time, or one without a time zone",
        "请写作 2026-11-30T10:00:00+08:00。",
        "Write it as 2026-11-30T10:00:00+08:00.",
    ),
    "not_storable": (
        "数据库无法保存",
        "The database cannot hold it",
        "请将原文发给软件维护人员。",
        "Send the text to those who maintain the software.",
    ),
}
_ENGLISH: dict[Any, tuple[str, ...]] = {
    Kind: ("Real time", "Minute", "Hour", "Day"),
    Event.Kind: ("Above limit and habit", "Class has fallen", "Not as it always is", "Suspected algal bloom"),
    Event.State: ("Going on", "Ended"),
    AlarmStep.To: ("On duty", "Deputy", "Leader", "The whole office"),
    Alarm.State: ("To be acknowledged", "Acknowledged", "Resolved"),
    Rule: (
        "Outside what is possible",
        "Changes too fast",
        "Does not move",
        "Leaps and comes back",
        "Contradicts another parameter",
        "Unlike the station upstream",
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


def _table(words: dict[str, tuple[str, str]]) -> list[dict[str, Any]]:
    return [{"key": key, "zh": zh, "en": en} for key, (zh, en) in words.items()]


def _choices(choices: Any) -> list[dict[str, Any]]:
    """Of a class of choices, whose labels are Chinese."""
    words = zip(choices.choices, _ENGLISH[choices], strict=True)
    return [{"key": key, "zh": zh, "en": en} for (key, zh), en in words]


TABLES: dict[str, list[dict[str, Any]]] = {
    "flags": _table(FLAG_WORDS),
    "reading_kinds": _choices(Kind),
    "event_kinds": _choices(Event.Kind),
    "event_states": _choices(Event.State),
    "alarm_states": _choices(Alarm.State),
    "alarm_steps": _choices(AlarmStep.To),
    "station_states": _table(
        {
            "ok": ("正常", "Up to date"),
            "stale": ("数据滞后", "Stale"),
            "offline": ("离线", "Offline"),
            "never": ("尚无数据", "No data yet"),
        }
    ),
    "fleet_states": _table(
        {
            "silent": ("无数据", "Silent"),
            "late": ("数据迟到", "Late"),
            "never": ("尚无数据", "No data yet"),
            "ok": ("正常", "Up to date"),
            "stopped": ("停运", "Stopped"),
        }
    ),
    "station_commands": _table({cn: (command.zh, command.en) for cn, command in COMMANDS.items()}),
    "station_request_states": _choices(StationRequest.State),
    "request_results": _table(_REQUEST_RESULTS),
    "execution_results": _table(_EXECUTION_RESULTS),
    "other_parameters": _table(_OTHER_ELEMENTS | OTHER_PARAMETERS),
    "reading_reasons": _table(
        {
            "future": ("时间晚于接收时间", "Its time lies ahead of its receipt"),
            "too_old": ("时间过早", "Its time lies too far back"),
            "below_possible": ("低于可能的最小值", "Below what is possible"),
            "above_possible": ("高于可能的最大值", "Above what is possible"),
            "number": ("不是数字", "Is no number"),
            "review": ("审核判为无效", "Found to be no measurement"),
        }
    ),
    "packet_errors": _table(
        {
            "unknown_mn": ("未登记的设备标识", "Unknown device"),
            "wrong_password": ("密码不符", "Wrong password"),
            **{key: (zh, en) for key, (zh, en, _, _) in _REJECTED.items()},
        }
    ),
    "doubt_rules": _choices(Rule),
    "doubt_states": _choices(Doubt.State),
    "power_lines": _choices(PowerMeter.Line),
    "idle_treatments": _choices(IdleTreatment.Kind),
    "source_kinds": _table(
        {
            "gateway": ("网关", "Gateway"),
            "mqtt": ("MQTT 订阅", "MQTT broker"),
            "pull_http": ("拉取（HTTP）", "Asked over HTTP"),
            "pull_database": ("拉取（数据库视图）", "Asked of a database"),
            "push": ("推送", "Told"),
        }
    ),
    "source_states": _table(
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
    "custody_steps": _table({"empty": ("待采", "Empty")}) + _choices(Step),
    "sheet_states": _choices(ResultSheet.State),
    "result_remarks": _table(
        {
            PAST_HOLDING: ("超过保存期", "Past its holding time"),
            BLANK_FOUND: ("空白检出", "Found in a blank"),
            DUPLICATES_APART: ("平行样超差", "Duplicates too far apart"),
        }
    ),
    "overflow_sources": _choices(OverflowRecord.Source),
    "overflow_known_by": _choices(OverflowRecord.KnownBy),
    "permit_verdicts": _table(
        {
            "within": ("未超标", "No exceedance"),
            "exceeded": ("超标", "Exceeded"),
            "ongoing": ("当日未结束", "The day is not over"),
            "undecided": ("有效数据不足", "Too few valid hours"),
        }
    ),
    "packet_cures": _table({key: (zh, en) for key, (_, _, zh, en) in _REJECTED.items()}),
}
