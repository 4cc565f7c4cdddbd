"""The code tables of measuring: flags, kinds and states, each with its Chinese and English words."""

from typing import Any

from riverchief.monitor.models import Alarm, Event, Kind

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
}
"""Parameters that are measured but not limited by the standard."""

_FLAGS = {
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
_ENGLISH = {
    "instant": "Real time",
    "minute": "Minute",
    "hour": "Hour",
    "day": "Day",
    "threshold": "Above limit and habit",
    "class_drop": "Class has fallen",
    "open": "Going on",
    "closed": "Ended",
    "raised": "To be acknowledged",
    "acknowledged": "Acknowledged",
    "resolved": "Resolved",
}


def _table(words: dict[str, tuple[str, str]]) -> list[dict[str, Any]]:
    return [{"key": key, "zh": zh, "en": en} for key, (zh, en) in words.items()]


def _choices(choices: Any) -> list[dict[str, Any]]:
    return [{"key": key, "zh": zh, "en": _ENGLISH[key]} for key, zh in choices]


TABLES: dict[str, list[dict[str, Any]]] = {
    "flags": _table(_FLAGS),
    "reading_kinds": _choices(Kind.choices),
    "event_kinds": _choices(Event.Kind.choices),
    "event_states": _choices(Event.State.choices),
    "alarm_states": _choices(Alarm.State.choices),
    "station_states": _table(
        {
            "ok": ("正常", "Up to date"),
            "stale": ("数据滞后", "Stale"),
            "offline": ("离线", "Offline"),
            "never": ("尚无数据", "No data yet"),
        }
    ),
    "other_parameters": _table(OTHER_PARAMETERS),
    "reading_reasons": _table(
        {
            "future": ("时间晚于接收时间", "Its time lies ahead of its receipt"),
            "too_old": ("时间过早", "Its time lies too far back"),
            "below_possible": ("低于可能的最小值", "Below what is possible"),
            "above_possible": ("高于可能的最大值", "Above what is possible"),
        }
    ),
    "packet_errors": _table(
        {
            "unknown_mn": ("未登记的设备标识", "Unknown device"),
            "wrong_password": ("密码不符", "Wrong password"),
        }
    ),
}
