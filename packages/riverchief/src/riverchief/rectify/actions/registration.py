"""How clues come about that people register by hand."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from riverkit.errors import NetworkError

from riverchief.accounts.models import Area, User
from riverchief.accounts.policies import require, scope
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import Action
from riverchief.base.errors import InvalidInput, NotFound, PermissionRefused
from riverchief.base.models import Evidence
from riverchief.rectify import attachments
from riverchief.rectify.access import person
from riverchief.rectify.actions.inputs import on_earth, one_of, optional_text, text
from riverchief.rectify.codes import SOURCES, ClueSource
from riverchief.rectify.kinds import kinds
from riverchief.rectify.models import Clue
from riverchief.rectify.numbering import next_number
from riverchief.registry.models import Basin, Reach
from riverchief.registry.queries import network_of

NEAR_M = 2_000.0
"""A place named by hand belongs to the nearest reach within this distance: a caller names a bridge, not a bank."""

_BY_HAND = {key for key in SOURCES if key not in {ClueSource.TRACE, ClueSource.EVENT, ClueSource.OLD_LEDGER}}


@dataclass(kw_only=True)
class RegisterClue(Action[Clue]):
    """Register by hand what somebody has told or seen: a call, a letter, a patrol, a check."""

    name: ClassVar[str] = "clue.register"
    source: str
    kind: str
    title: str
    description: str
    lon: float
    lat: float
    reach_id: int | None = None
    reporter_name: str = ""
    reporter_phone: str = ""
    occurred_at: datetime | None = None
    evidence_ids: list[int] = field(default_factory=list)
    reach: Reach = field(init=False, repr=False)
    area: Area = field(init=False, repr=False)
    files: list[Evidence] = field(init=False, repr=False)

    def load(self) -> None:
        """Find the reach and the area of the place."""
        user = person(self.actor)
        on_earth(self.lon, self.lat)
        self.reach = (
            nearest_reach(self.lon, self.lat)
            if self.reach_id is None
            else _named_reach(self.reach_id, self.lon, self.lat)
        )
        self.area = self.reach.area or _first_area(user)

    def check_permission(self) -> None:
        """In the area of the place."""
        require(self.actor, Capability.REGISTER_CLUE, self.area.path)

    def check_state(self) -> None:
        """Everything a reader needs is there."""
        one_of(self.source, _BY_HAND, "source")
        one_of(self.kind, kinds().group_of, "kind")
        self.title = text(self.title, "title", longest=200)
        self.description = optional_text(self.description, "description")
        self.reporter_name = optional_text(self.reporter_name, "reporter_name", longest=60)
        self.reporter_phone = optional_text(self.reporter_phone, "reporter_phone", longest=30)
        if self.occurred_at is not None and self.occurred_at > clock.now():
            raise InvalidInput(
                "发生时间在将来。|The time it happened lies in the future.",
                cure="请核对时间。|Check the time.",
                field="occurred_at",
            )
        self.files = attachments.usable(person(self.actor), self.evidence_ids)

    def execute(self) -> Clue:
        """Open the clue."""
        clue = Clue.objects.create(
            number=next_number("clue"),
            source=self.source,
            kind=self.kind,
            title=self.title,
            description=self.description,
            area=self.area,
            reach=self.reach,
            lon=self.lon,
            lat=self.lat,
            occurred_at=self.occurred_at,
            reporter_name=self.reporter_name,
            reporter_phone=self.reporter_phone,
            registered_by=person(self.actor),
            registered_at=clock.now(),
        )
        attachments.attach_to_clue(clue, self.files)
        self.log(f"clue:{clue.pk}", number=clue.number, source=self.source, kind=self.kind)
        self.announce("rectify.clue_opened", area=self.area.path, restricted=True, clue_id=clue.pk)
        return clue


def nearest_reach(lon: float, lat: float) -> Reach:
    """The reach nearest to a point, in whichever basin."""
    places = []
    for basin_id in (
        Basin.objects.filter(reaches__geometry__isnull=False).distinct().values_list("pk", flat=True)
    ):
        try:
            places.append(network_of(basin_id).snap(lon, lat, NEAR_M))
        except NetworkError:
            continue  # not of this basin
    if not places:
        raise InvalidInput(
            f"{NEAR_M:.0f} 米内没有河段。|There is no reach within {NEAR_M:.0f} m.",
            cure="请在地图上选择河段，或核对坐标。|Choose the reach on the map, or check the position.",
            field="lon",
        )
    nearest = min(places, key=lambda place: place.offset_m)
    return Reach.objects.select_related("area").get(pk=int(nearest.reach_id))


def _named_reach(reach_id: int, lon: float, lat: float) -> Reach:
    """The reach of that number; the point lies near it, as far as it is drawn."""
    reach = Reach.objects.select_related("area").filter(pk=reach_id).first()
    if reach is None:
        raise NotFound(f"没有编号为 {reach_id} 的河段。|There is no reach {reach_id}.")
    if reach.geometry is not None:
        try:
            network_of(reach.basin_id).snap(lon, lat, NEAR_M, reach_id=str(reach.pk))
        except NetworkError as error:
            raise InvalidInput(
                f"坐标距河段 {reach.code} 超过 {NEAR_M:.0f} 米。"
                f"|The position is more than {NEAR_M:.0f} m away from reach {reach.code}.",
                cure="请核对坐标，或改选河段。|Check the position, or choose another reach.",
                field="lon",
            ) from error
    return reach


def _first_area(user: User) -> Area:
    """For a reach that nobody has assigned to an area yet: the area of the person who registers."""
    paths = scope(user, Capability.REGISTER_CLUE)
    if not paths:
        raise PermissionRefused("您不能登记线索。|You may not register clues.")
    return Area.objects.get(path=paths[0])
