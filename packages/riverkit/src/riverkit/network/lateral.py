"""Water that comes in all along a reach: the reach in pieces, each with more water than the one above."""

import math
from dataclasses import replace

from shapely.ops import substring

from riverkit.errors import NetworkError
from riverkit.network.model import Reach


def with_lateral_inflow(reach: Reach, inflow_m2s: float, pieces: int) -> list[Reach]:
    """The reach cut into equal pieces along which clean water comes in, `inflow_m2s` (m³/s per metre of channel).

    `discharge_m3s` of the given reach is that at its upper end. A piece carries the discharge of its middle; the
    cross-section stays, so velocity grows with discharge. Pieces are named after the reach, with a number.

    Raises:
        NetworkError: discharge or velocity is unknown, or the inflow or number of pieces makes no sense.
    """
    if reach.discharge_m3s is None or reach.velocity_m_s is None:
        raise NetworkError(
            f"Reach {reach.id!r} lacks discharge or velocity. Give both to let water in along it."
        )
    if pieces < 1 or not (math.isfinite(inflow_m2s) and inflow_m2s >= 0):
        raise NetworkError(
            f"Reach {reach.id!r} cannot take an inflow of {inflow_m2s!r} m²/s in {pieces} pieces. Give an inflow of at "
            "least 0 and at least one piece."
        )
    ends = [reach.up, *(f"{reach.id}#{i}" for i in range(1, pieces)), reach.down]
    found = []
    for i in range(pieces):
        discharge = reach.discharge_m3s + inflow_m2s * reach.length_m * (i + 0.5) / pieces
        line = None
        if reach.line is not None:
            line = substring(reach.line, i / pieces, (i + 1) / pieces, normalized=True)
        found.append(
            replace(
                reach,
                id=f"{reach.id}#{i + 1}",
                up=ends[i],
                down=ends[i + 1],
                length_m=reach.length_m / pieces,
                line=line,
                discharge_m3s=discharge,
                velocity_m_s=reach.velocity_m_s * discharge / reach.discharge_m3s,
                flow_share=reach.flow_share if i == 0 else None,
                kept_share=reach.kept_share if i == 0 else None,
            )
        )
    return found
