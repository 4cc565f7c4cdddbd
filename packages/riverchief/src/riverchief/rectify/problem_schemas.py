"""The shape of a problem's page."""

from ninja import Schema

from riverchief.rectify.clocks.schemas import ClocksOut
from riverchief.rectify.importing.schemas import TakenOverOut
from riverchief.rectify.relapse.schemas import AfterOut
from riverchief.rectify.schemas import (
    ActionOut,
    ChainOut,
    EvidenceOut,
    HistoryOut,
    OrderOut,
    OutfallBrief,
    ProblemBrief,
    ProblemRow,
    RemediationBrief,
)
from riverchief.rectify.watch.schemas import RiverWatchOut


class DepartmentOut(Schema):
    """The department that the source names for a kind; `where`: only there ("urban")."""

    key: str
    name_zh: str
    name_en: str
    where: str


class ProblemOut(ProblemRow):
    """A problem."""

    clue_id: int | None
    department: DepartmentOut | None
    split_from: ProblemBrief | None
    merged_into: ProblemBrief | None
    outfall: OutfallBrief | None
    remediation: RemediationBrief | None
    order: OrderOut | None
    history: list[HistoryOut]
    evidence: list[EvidenceOut]
    allowed_actions: list[ActionOut]
    chain: ChainOut
    clocks: ClocksOut
    after: AfterOut
    river: RiverWatchOut | None
    taken_over: TakenOverOut | None
