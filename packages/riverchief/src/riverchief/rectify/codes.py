"""The code tables of the ledger: one source for the database, the API, the web and reports.

Problem kinds follow the patrol lists of river-chief offices (三排、四乱 and the list by place).
"""

from django.db.models import TextChoices

from riverchief.rectify.documents.codes import TABLES as _DOCUMENT_TABLES


class ClueSource(TextChoices):
    """Where a clue came from."""

    EVENT = "event"
    TRACE = "trace"
    SURVEY = "survey"
    PATROL = "patrol"
    CALL_12345 = "call_12345"
    LETTER = "letter"
    UPPER_LEVEL = "upper_level"
    UNANNOUNCED = "unannounced"


class ClueState(TextChoices):
    """What became of a clue."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    MERGED = "merged"


class Basis(TextChoices):
    """What a person confirmed a clue by."""

    PHOTO = "photo"
    QUICK_TEST = "quick_test"
    SAMPLE = "sample"
    DECISION = "decision"


class ProblemState(TextChoices):
    """Where a problem stands in the ledger. Rectified (as reported), verified and written off are never mixed."""

    REGISTERED = "registered"
    ASSIGNED = "assigned"
    SIGNED_FOR = "signed_for"
    REFUSED = "refused"
    PLANNED = "planned"
    RECTIFIED = "rectified"
    SENT_BACK = "sent_back"
    VERIFIED = "verified"
    WRITTEN_OFF = "written_off"


class RectificationClass(TextChoices):
    """How fast a problem can be put right; each class has its own clock."""

    AT_ONCE = "at_once"
    BY_DATE = "by_date"
    LONG_WORKS = "long_works"


Labels = dict[str, tuple[str, str]]

SOURCES: Labels = {
    ClueSource.EVENT: ("监测事件", "Monitoring event"),
    ClueSource.TRACE: ("水质溯源", "Trace"),
    ClueSource.SURVEY: ("排查", "Survey"),
    ClueSource.PATROL: ("巡河", "Patrol"),
    ClueSource.CALL_12345: ("12345 热线", "12345 hotline call"),
    ClueSource.LETTER: ("来信来访", "Letter or visit"),
    ClueSource.UPPER_LEVEL: ("上级交办", "Handed down from above"),
    ClueSource.UNANNOUNCED: ("暗查暗访", "Unannounced check"),
}

CLUE_STATES: Labels = {
    ClueState.OPEN: ("待核实", "To be confirmed"),
    ClueState.CONFIRMED: ("已确认", "Confirmed"),
    ClueState.DISMISSED: ("已排除", "Dismissed"),
    ClueState.MERGED: ("已并入", "Merged"),
}

BASES: Labels = {
    Basis.PHOTO: ("现场照片", "Photo on site"),
    Basis.QUICK_TEST: ("快速检测", "Quick test"),
    Basis.SAMPLE: ("采样检测", "Laboratory sample"),
    Basis.DECISION: ("书面决定", "Recorded decision"),
}

PROBLEM_STATES: Labels = {
    ProblemState.REGISTERED: ("已登记", "Registered"),
    ProblemState.ASSIGNED: ("已交办", "Assigned"),
    ProblemState.SIGNED_FOR: ("已签收", "Signed for"),
    ProblemState.REFUSED: ("责任退回", "Refused"),
    ProblemState.PLANNED: ("整改中", "Rectifying"),
    ProblemState.RECTIFIED: ("已整改（上报）", "Rectified (as reported)"),
    ProblemState.SENT_BACK: ("审核退回", "Sent back"),
    ProblemState.VERIFIED: ("已核查", "Verified"),
    ProblemState.WRITTEN_OFF: ("已销号", "Written off"),
}

RECTIFICATION_CLASSES: Labels = {
    RectificationClass.AT_ONCE: ("立行立改", "At once"),
    RectificationClass.BY_DATE: ("限期整改", "By a date"),
    RectificationClass.LONG_WORKS: ("长期工程", "Long works"),
}

# kind -> (group, 中文, English)
_KINDS: dict[str, tuple[str, str, str]] = {
    "secret": ("discharge", "偷排", "Secret discharge"),
    "direct": ("discharge", "直排", "Straight discharge"),
    "improper": ("discharge", "乱排", "Improper discharge"),
    "occupying": ("four_disorders", "乱占", "Occupying the channel or bank"),
    "digging": ("four_disorders", "乱采", "Illegal digging"),
    "dumping": ("four_disorders", "乱堆", "Dumping"),
    "building": ("four_disorders", "乱建", "Illegal building"),
    "water_smell": ("water", "水体异味", "Smell of the water"),
    "water_colour": ("water", "水体颜色异常", "Abnormal colour of the water"),
    "litter": ("surface", "水面垃圾", "Floating litter"),
    "oil": ("surface", "水面油污", "Oil on the water"),
    "dead_animals": ("surface", "动物尸体", "Dead animals"),
    "net_cages": ("channel", "网箱养殖", "Net cages"),
    "silting": ("channel", "河道淤积", "Silting"),
    "wrecks": ("channel", "沉船碍航物", "Wrecks"),
    "soil_and_slag": ("channel", "倾倒弃土弃渣", "Dumped soil and slag"),
    "hazardous_waste": ("channel", "工业固废或危废", "Industrial or hazardous waste"),
    "household_waste": ("bank", "生活垃圾", "Household waste"),
    "industrial_waste": ("bank", "工业垃圾", "Industrial waste"),
    "building_waste": ("bank", "建筑垃圾", "Building waste"),
    "farm_waste": ("bank", "农业废弃物", "Farm waste"),
    "illegal_fishing": ("activity", "非法捕捞", "Illegal fishing"),
    "sand_mining": ("activity", "非法采砂", "Illegal sand mining"),
    "dry_weather_flow": ("outfall", "雨洪排口晴天出流", "Storm outlet running in dry weather"),
    "outfall_abnormal": ("outfall", "排污口颜色气味异常", "Abnormal colour or smell at an outfall"),
    "new_outfall": ("outfall", "新增排污口", "New outfall"),
    "outfall_no_sign": ("outfall", "排污口无标识牌", "Outfall without a sign"),
    "sign_missing": ("sign", "河长牌缺失", "Chief's sign missing"),
    "sign_outdated": ("sign", "河长牌信息过期", "Chief's sign out of date"),
    "sign_damaged": ("sign", "河长牌损坏", "Chief's sign damaged"),
    "channel_occupied": ("works", "水工建筑物占用河道", "Channel occupied by works"),
    "illegal_structure": ("works", "违法涉水建筑", "Illegal structure in the water"),
    "works_abnormal": ("works", "水工建筑物运行异常", "Hydraulic works running abnormally"),
    "other": ("other", "其他", "Other"),
}

KIND_GROUPS: Labels = {
    "discharge": ("三排", "Discharges"),
    "four_disorders": ("四乱", "Four disorders"),
    "water": ("水体", "Water"),
    "surface": ("河面", "Water surface"),
    "channel": ("河中", "Channel"),
    "bank": ("河岸", "Bank"),
    "activity": ("涉水活动", "Activities"),
    "outfall": ("排污口", "Outfalls"),
    "sign": ("河长牌", "Chief's signs"),
    "works": ("水工建筑物", "Hydraulic works"),
    "other": ("其他", "Other"),
}

KINDS: Labels = {key: (zh, en) for key, (_, zh, en) in _KINDS.items()}

# The four hues of the ledger: neither green nor red stands for a state that only the unit has reported.
_STATE_COLOURS: dict[str, str] = {
    ProblemState.REGISTERED: "#6b7280",
    ProblemState.ASSIGNED: "#2563eb",
    ProblemState.SIGNED_FOR: "#0284c7",
    ProblemState.REFUSED: "#b45309",
    ProblemState.PLANNED: "#0891b2",
    ProblemState.RECTIFIED: "#7c3aed",
    ProblemState.SENT_BACK: "#c2410c",
    ProblemState.VERIFIED: "#0f766e",
    ProblemState.WRITTEN_OFF: "#374151",
}


def _table(labels: Labels) -> list[dict[str, str]]:
    return [{"key": str(key), "zh": zh, "en": en} for key, (zh, en) in labels.items()]


TABLES: dict[str, list[dict[str, str]]] = {
    "clue_sources": _table(SOURCES),
    "clue_states": _table(CLUE_STATES),
    "confirmation_bases": _table(BASES),
    "ledger_states": [
        {**row, "colour": _STATE_COLOURS[ProblemState(row["key"])]} for row in _table(PROBLEM_STATES)
    ],
    "rectification_classes": _table(RECTIFICATION_CLASSES),
    "problem_kind_groups": _table(KIND_GROUPS),
    "problem_kinds": [{**row, "group": _KINDS[row["key"]][0]} for row in _table(KINDS)],
    **_DOCUMENT_TABLES,
}
