"""What an import of reaches estimated and repaired, counted by kind in words for the office."""

from collections import Counter
from collections.abc import Iterable

from riverkit.network import CheckReport, FindingKind, Reach

from riverchief.registry.importing.result import Assumption

ESTIMATED = {
    "length_m": "长度：按所画河线量算（河段数）|Length measured on the drawn line (reaches)",
    "discharge_m3s": "流量：按集水面积估计（河段数）|Discharge estimated from the catchment area (reaches)",
    "velocity_m_s": "流速：按公式估计（河段数）|Velocity estimated by formula (reaches)",
    "width_m": "河宽：按公式估计（河段数）|Width estimated by formula (reaches)",
    "depth_m": "水深：按公式估计（河段数）|Depth estimated by formula (reaches)",
    "dispersion_m2s": "纵向离散系数：按公式估计（河段数）|Dispersion estimated by formula (reaches)",
    "flow_share": "分流比：按主次汊、流量或均分估计（河段数）"
    "|Flow shares estimated by main and minor path, by discharge or as equal (reaches)",
}
"""Fields of a reach that may be estimated, in the order in which they are told."""

REPAIRED = {
    FindingKind.DIVERGENCE: "补齐分流比的分汊口|Divergences given flow shares",
    FindingKind.REVERSED: "画反的河线已调转|Lines drawn upstream, turned",
    FindingKind.DANGLING: "相距很近的端点已接上|Loose ends joined to a node close by",
    FindingKind.CYCLE: "为消除环流而调转的河段|Reaches turned to open a circle",
    FindingKind.DUPLICATE: "完全重复的河段已去掉|Exact copies dropped",
    FindingKind.ZERO_LENGTH: "缺失的长度已按河线补上|Missing lengths taken from the line",
}
"""What a repair mends, in the order in which it is told."""

UNKNOWN_VELOCITY = (
    "流速仍未知：其上无法溯源；请给出流速，或集水面积（河段数）"
    "|Velocity still unknown, so no trace there: give it, or the catchment area (reaches)"
)


def assumptions(reaches: Iterable[Reach], report: CheckReport) -> list[Assumption]:
    """What was assumed of these reaches, completed by formula, and of the network repaired as the report says."""
    given = list(reaches)
    repairs = report.repairs()
    estimates = Counter(name for reach in given for name in reach.estimated)
    counts = [
        *((words, repairs.get(kind, 0)) for kind, words in REPAIRED.items()),
        *((words, estimates[name]) for name, words in ESTIMATED.items()),
        (UNKNOWN_VELOCITY, sum(reach.velocity_m_s is None for reach in given)),
    ]
    return [Assumption(words, count) for words, count in counts if count]
