"""Whether an import would put two things into one basin that do not belong together."""

from collections.abc import Iterable
from math import cos, hypot, radians

from riverchief.registry.fields import Bounds
from riverchief.registry.models import Basin, Reach

FAR_KM = 10.0
"""A network further than this from the basin's, and joined to it nowhere, is hardly a forgotten tributary."""

_KM_PER_DEGREE = 111.195

SYNTHETIC = (
    "所选流域是演示用的合成数据：导入的内容也会标为“合成数据”，并与演示数据混在一起。如为真实数据，请另建流域。"
    "|The basin chosen is synthetic, made for demonstration: what is imported would be labelled synthetic too, and mixed with "
    "it. If your data are real, choose a new basin."
)


def warnings_of(basin: Basin, before: set[int]) -> list[str]:
    """What somebody should know before writing into `basin`, which had the reaches of the numbers `before`.

    Reads the basin as the import has left it in its transaction; each warning is a "中文|English" text.
    """
    told = [SYNTHETIC] if basin.synthetic else []
    rows = list(Reach.objects.filter(basin=basin).only("pk", "up_node", "down_node", "bounds"))
    old = [row for row in rows if row.pk in before]
    new = [row for row in rows if row.pk not in before]
    here, there = _extent(old), _extent(new)
    if here is None or there is None or _nodes(old) & _nodes(new):
        return told
    apart_km = _apart_km(here, there)
    if apart_km > FAR_KM:
        told.append(
            f"文件中的河网与该流域现有河网没有任何连接，相距约 {apart_km:.0f} 公里，很可能是另一个流域。请核对所选流域，或另建流域。"
            f"|The network in the file is joined nowhere to that of the basin, and lies some {apart_km:.0f} km from it: it is "
            "probably another basin. Check which basin you chose, or choose a new one."
        )
    return told


def _nodes(rows: Iterable[Reach]) -> set[str]:
    return {node for row in rows for node in (row.up_node, row.down_node)}


def _extent(rows: Iterable[Reach]) -> Bounds | None:
    """West, south, east, north of what is drawn; None where nothing is."""
    boxes = [row.bounds for row in rows if row.bounds is not None]
    if not boxes:
        return None
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def _apart_km(one: Bounds, other: Bounds) -> float:
    """Between two boxes, 0 where they meet; as the crow flies, on a flat earth: only its size matters."""
    east = max(one[0] - other[2], other[0] - one[2], 0.0)
    north = max(one[1] - other[3], other[1] - one[3], 0.0)
    return _KM_PER_DEGREE * hypot(east * cos(radians((one[1] + other[1]) / 2)), north)
