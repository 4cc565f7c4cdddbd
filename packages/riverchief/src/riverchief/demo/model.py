"""What a demo basin consists of: plain data, before any database."""

from dataclasses import dataclass, field
from functools import cached_property

from riverkit.network import Location, Network
from riverkit.network import Reach as NetworkReach

from riverchief.demo.names import Name


@dataclass(frozen=True)
class DemoArea:
    """An invented area; its code begins with 99, which GB/T 2260 does not use."""

    code: str
    name: Name
    level: str
    parent_code: str | None


@dataclass(frozen=True)
class DemoOrganisation:
    """An invented organisation; `key` is its name in Chinese."""

    name: Name
    kind: str
    area_code: str
    department: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What no two organisations share."""
        return self.name[0], self.area_code


@dataclass(frozen=True)
class DemoRiver:
    """A river; order 0 is the trunk."""

    code: str
    name: Name
    order: int


@dataclass(frozen=True)
class DemoReach:
    """A reach: its hydraulics and line, and whose it is."""

    reach: NetworkReach
    river_code: str
    area_code: str


@dataclass(frozen=True)
class DemoPlace:
    """Something that stands on a reach."""

    code: str
    name: Name
    location: Location
    lon: float
    lat: float
    area_code: str


@dataclass(frozen=True)
class DemoSection(DemoPlace):
    """A section with its target."""

    level: str
    target_class: int


@dataclass(frozen=True)
class DemoStation(DemoPlace):
    """An automatic station, or in the city one that is sampled by hand."""

    mn: str | None
    river_order: int
    target_class: int
    section_code: str | None


@dataclass(frozen=True)
class DemoGauge(DemoPlace):
    """A rain gauge; `mn` is its address in SL 651, `number` tells it from the others."""

    mn: str
    number: int


@dataclass(frozen=True)
class DemoOutfall(DemoPlace):
    """An outfall and whose it is."""

    kind: str
    permitted: bool
    status: str
    organisation: tuple[str, str] | None


@dataclass(frozen=True)
class DemoPerson:
    """A person with one role; those without `signs_in` exist for their duty alone."""

    username: str
    name: Name
    role: str
    area_code: str
    organisation: tuple[str, str] | None = None
    signs_in: bool = True


@dataclass(frozen=True)
class DemoDuty:
    """Who answers for which river (None: the whole area)."""

    username: str
    kind: str
    area_code: str
    river_code: str | None


@dataclass(frozen=True)
class DemoBasin:
    """A whole invented basin."""

    seed: int
    scale: str
    code: str
    name: Name
    source: str
    areas: list[DemoArea]
    organisations: list[DemoOrganisation]
    rivers: list[DemoRiver]
    reaches: list[DemoReach]
    sections: list[DemoSection]
    stations: list[DemoStation]
    outfalls: list[DemoOutfall]
    people: list[DemoPerson] = field(default_factory=list)
    duties: list[DemoDuty] = field(default_factory=list)
    gauges: list[DemoGauge] = field(default_factory=list)

    @cached_property
    def network(self) -> Network:
        """The network, its reaches named by code."""
        return Network.build([item.reach for item in self.reaches])
