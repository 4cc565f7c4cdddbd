"""Asking for an inspection pack, keeping what came of it, taking it away, and removing its file after a time."""

from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from procrastinate.contrib.django import app

from riverchief.accounts.models import Area
from riverchief.accounts.policies import require, scope
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import Action, SystemAction
from riverchief.base.errors import InvalidInput, NotFound, StateRefused
from riverchief.rectify.access import person
from riverchief.rectify.actions.inputs import one_of
from riverchief.rectify.campaigns.queries import campaigns
from riverchief.rectify.models import Campaign, InspectionPack
from riverchief.rectify.packs.building import Built
from riverchief.rectify.packs.codes import AUDIENCES, PackAudience, PackState
from riverchief.rectify.packs.queries import packs
from riverchief.rectify.packs.scope import Scope
from riverchief.registry.models import River


@dataclass(kw_only=True)
class AskPack(Action[InspectionPack]):
    """Put a pack into the queue; with `queued` False whoever asks makes it at once, as the command line does."""

    name: ClassVar[str] = "pack.ask"
    audience: str
    area_code: str = ""
    river_id: int | None = None
    campaign_id: int | None = None
    since: date | None = None
    until: date | None = None
    language: str = "zh"
    queued: bool = True
    area: Area = field(init=False, repr=False)
    asked_in: Area = field(init=False, repr=False)
    river: River | None = field(init=False, repr=False)
    campaign: Campaign | None = field(init=False, repr=False)

    def load(self) -> None:
        """The area (without one: the widest of the office's), which must be the office's own; river and campaign."""
        require(self.actor, Capability.EXPORT_PACK)
        user = person(self.actor)
        paths = scope(user, Capability.EXPORT_PACK)
        offices = Area.objects.filter(path__in=paths)
        self.asked_in = min(offices, key=lambda area: len(area.path))
        self.area = self.asked_in
        if self.area_code:
            area = Area.objects.filter(pk=self.area_code).first()
            above = [office for office in offices if area and area.path.startswith(office.path)]
            if area is None or not above:
                raise NotFound(f"没有代码为 {self.area_code} 的区域。|There is no area {self.area_code}.")
            self.area, self.asked_in = area, min(above, key=lambda office: len(office.path))
        self.river = River.objects.filter(pk=self.river_id).first() if self.river_id is not None else None
        if self.river_id is not None and self.river is None:
            raise NotFound(f"没有编号为 {self.river_id} 的河流。|There is no river {self.river_id}.")
        self.campaign = (
            campaigns(user).filter(pk=self.campaign_id).first() if self.campaign_id is not None else None
        )
        if self.campaign_id is not None and self.campaign is None:
            raise NotFound(f"没有编号为 {self.campaign_id} 的行动。|There is no campaign {self.campaign_id}.")

    def check_permission(self) -> None:
        """The office of the area."""
        require(self.actor, Capability.EXPORT_PACK, self.area.path)

    def check_state(self) -> None:
        """A period in order, and for a district's copy its district; one that waits is enough."""
        one_of(self.audience, AUDIENCES, "audience")
        if self.since and self.until and self.until < self.since:
            raise InvalidInput(
                "结束日期早于开始日期。|The period ends before it begins.",
                cure="请更正日期。|Put the days in order.",
                field="until",
            )
        if self.audience == PackAudience.DISTRICT and not self.area_code:
            raise InvalidInput(
                "区县副本须选择区县。|Say for which district the copy is.",
                cure="请选择区域。|Choose the area.",
                field="area_code",
            )
        if InspectionPack.objects.filter(requested_by=person(self.actor), state=PackState.QUEUED).exists():
            raise StateRefused(
                "您有一个迎检包正在生成。|A pack that you asked for is being made already.",
                cure="请等待其完成。|Wait for it to finish.",
            )

    def execute(self) -> InspectionPack:
        """Queue it, in this transaction."""
        pack = InspectionPack.objects.create(
            area=self.area,
            asked_in=self.asked_in,
            river=self.river,
            campaign=self.campaign,
            since=self.since,
            until=self.until,
            audience=self.audience,
            language=self.language,
            requested_by=person(self.actor),
            requested_at=clock.now(),
        )
        if self.queued:
            # By name, since the task runs the actions of this package.
            app.configure_task("rectify.build_pack", lock="rectify.build_pack").defer(pack_id=pack.pk)
        self.log(pack.chain, audience=self.audience, about=Scope(pack).as_data())
        return pack


@dataclass(kw_only=True)
class KeepPack(SystemAction[InspectionPack]):
    """Note what came of a pack: its file by size and hash, or why there is none. A second time changes nothing."""

    name: ClassVar[str] = "pack.keep"
    pack_id: int
    built: Built | None = None
    size: int | None = None
    sha256: str = ""
    error: str = ""
    pack: InspectionPack = field(init=False, repr=False)

    def load(self) -> None:
        """Lock it."""
        self.pack = InspectionPack.objects.select_for_update().get(pk=self.pack_id)

    def execute(self) -> InspectionPack:
        """Write it."""
        pack = self.pack
        if pack.state == PackState.QUEUED:
            pack.finished_at, pack.progress = clock.now(), 1.0
            pack.error, pack.size, pack.sha256 = self.error, self.size, self.sha256
            pack.state = PackState.FAILED
            if self.built is not None:
                pack.state = PackState.DONE
                pack.problems, pack.files, pack.gaps = (
                    self.built.problems,
                    self.built.files,
                    self.built.gaps,
                )
            pack.save()
        self.log(pack.chain, state=pack.state, sha256=pack.sha256, problems=pack.problems, error=pack.error)
        return pack


@dataclass(kw_only=True)
class TakePack(Action[InspectionPack]):
    """Note who takes the file away."""

    name: ClassVar[str] = "pack.take"
    pack_id: int
    pack: InspectionPack = field(init=False, repr=False)

    def load(self) -> None:
        """One that the person may see."""
        found = packs(person(self.actor)).filter(pk=self.pack_id).first()
        if found is None:
            raise NotFound(f"没有编号为 {self.pack_id} 的迎检包。|There is no pack {self.pack_id}.")
        self.pack = found

    def check_permission(self) -> None:
        """The office; whose it is, `load` has made sure of."""
        require(self.actor, Capability.EXPORT_PACK)

    def check_state(self) -> None:
        """Its file is there."""
        if self.pack.state != PackState.DONE:
            raise StateRefused(
                "此迎检包没有可下载的文件。|There is no file of this pack to take.",
                cure="请等待生成完成，或重新生成。|Wait until it is made, or ask for it anew.",
            )

    def execute(self) -> InspectionPack:
        """The line in the log."""
        self.log(self.pack.chain, sha256=self.pack.sha256)
        return self.pack


@dataclass(kw_only=True)
class RemovePack(SystemAction[InspectionPack]):
    """Note that the file of a pack is kept no longer; what it was, the log still tells by its hash."""

    name: ClassVar[str] = "pack.remove"
    pack_id: int
    pack: InspectionPack = field(init=False, repr=False)

    def load(self) -> None:
        """Lock it."""
        self.pack = InspectionPack.objects.select_for_update().get(pk=self.pack_id)

    def execute(self) -> InspectionPack:
        """Write it."""
        self.pack.state = PackState.REMOVED
        self.pack.save(update_fields=["state"])
        self.log(self.pack.chain, sha256=self.pack.sha256)
        return self.pack
