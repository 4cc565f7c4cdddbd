"""Stations for virtual devices, in an installation that holds nothing real."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from riverchief.accounts.models import Area
from riverchief.base.actions import SystemAction
from riverchief.base.errors import StateRefused
from riverchief.registry.models import Basin, Reach, Station

_CODE = "virtual"
_NAME_ZH, _NAME_EN = "虚拟站", "Virtual station"
_LENGTH_M = 100_000.0
_WEST, _SOUTH, _EAST = 106.0, 29.5, 107.0


@dataclass(kw_only=True)
class RegisterVirtualStations(SystemAction[int]):
    """Make a station for every device (MN to password), on a made-up river of their own; those that are there are kept.

    Returns how many are new.
    """

    name: ClassVar[str] = "station.register_virtual"
    passwords: Mapping[str, str] = field(repr=False)

    def check_state(self) -> None:
        """Not among real stations: people would take invented readings for water."""
        real = Basin.objects.filter(synthetic=False).first()
        if real is not None:
            raise StateRefused(
                f"本系统已有真实流域“{real.name_zh}”，不注册虚拟站。"
                f"|This installation holds a real basin, {real.name_en}: no virtual stations are registered in it.",
                cure="请用另外的 RIVERCHIEF_HOME 建立测试系统。|Use an installation of their own, with another RIVERCHIEF_HOME.",
            )

    def execute(self) -> int:
        """Area, river, stations, as far as they are not there."""
        area = Area.objects.filter(parent__isnull=True).first() or Area.objects.create(
            code=_CODE, name_zh="虚拟区", name_en="Virtual area", level="city"
        )
        basin, _ = Basin.objects.get_or_create(
            code=_CODE,
            defaults={
                "name_zh": "虚拟流域",
                "name_en": "Virtual basin",
                "source": "riverchief simulate",
                "synthetic": True,
            },
        )
        reach, _ = Reach.objects.get_or_create(
            basin=basin,
            code=_CODE,
            defaults={
                "up_node": "a",
                "down_node": "b",
                "length_m": _LENGTH_M,
                "area": area,
                "geometry": {"type": "LineString", "coordinates": [[_WEST, _SOUTH], [_EAST, _SOUTH]]},
                "bounds": (_WEST, _SOUTH, _EAST, _SOUTH),
            },
        )
        there = set(Station.objects.filter(mn__in=self.passwords).values_list("mn", flat=True))
        new = [mn for mn in self.passwords if mn not in there]
        stations = []
        for place, mn in enumerate(new, 1):
            share = place / (len(new) + 1)
            station = Station(
                code=mn,
                mn=mn,
                name_zh=f"{_NAME_ZH} {mn[-6:]}",
                name_en=f"{_NAME_EN} {mn[-6:]}",
                kind=Station.Kind.AUTOMATIC,
                reach=reach,
                chainage_m=share * _LENGTH_M,
                lon=_WEST + share * (_EAST - _WEST),
                lat=_SOUTH,
                area=area,
            )
            station.set_password(self.passwords[mn])
            stations.append(station)
        Station.objects.bulk_create(stations, batch_size=1000)
        self.log("stations", registered=len(new), first=new[:1], last=new[-1:])
        return len(new)
