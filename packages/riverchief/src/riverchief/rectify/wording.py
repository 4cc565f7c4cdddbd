"""What the system calls clues and problems that nobody gave a title. Only the Chinese is kept; the English follows from it."""

from riverchief.accounts.models import Area
from riverchief.rectify.kinds import kinds
from riverchief.registry.models import Reach, Station

TRACE_CLUE = ("由水质溯源生成，须经人员核实。", "A clue from a trace; a person must confirm it.")


def trace_clue_titles(station: Station) -> tuple[str, str]:
    """The title of a clue that a trace opened, in Chinese and in English; it names no suspect."""
    return (
        f"{station.name_zh}水质异常的溯源线索",
        f"Clue from a trace: change of the water at {station.name_en}",
    )


DRY_WEATHER_CLUE = (
    "连续无雨后仍有出流：由溢流记录与雨量站数据生成，须经人员现场核实。",
    "Still running after a long time without rain: from overflow records and rain gauges; a person must confirm it on site.",
)


def dry_weather_clue_titles(area: Area, reach: Reach) -> tuple[str, str]:
    """The title of a clue that an outfall runs in dry weather."""
    return _clue_titles(area, reach, "旱天排放", "discharge in dry weather")


POWER_CLUE = (
    "用电监测显示，生产设施或排放在进行而治污设施未正常运行：详见该排污口的用电曲线，须经人员现场核实。"
    "电表接错、备用设施、间歇运行与短时检修也会如此，不是违法认定。",
    "By power meters, production or discharge went on while treatment did not run as it does: see the lines of power of the outfall; a person must confirm it on site. "
    "Wrong wiring, a spare unit, batch treatment or a short repair look the same: this is no finding.",
)


def power_clue_titles(area: Area, reach: Reach) -> tuple[str, str]:
    """The title of a clue from power meters."""
    return _clue_titles(area, reach, "治污设施用电异常", "power of a treatment plant")


def _clue_titles(area: Area, reach: Reach, zh: str, en: str) -> tuple[str, str]:
    """The title of a clue at an outfall; it names the river and no outfall."""
    river = reach.river
    return (
        f"{area.name_zh}{river.name_zh if river else ''}{zh}线索",
        f"Clue: {en}, {f'{river.name_en}, ' if river else ''}{area.name_en}",
    )


def neutral_titles(area: Area, reach: Reach | None, kind: str) -> tuple[str, str]:
    """The title of a problem in Chinese and in English: place and kind, and nobody."""
    river = reach.river if reach else None
    zh, en = kinds().labels[kind]
    where = f"{river.name_en}, {area.name_en}" if river else area.name_en
    return f"{area.name_zh}{river.name_zh if river else ''}{zh}问题", f"{en}: {where}"
