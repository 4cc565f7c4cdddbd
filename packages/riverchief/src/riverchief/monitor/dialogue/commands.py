"""What a station may be asked: the commands of HJ 212 that the host sends down, and what each may hold.

A query changes nothing at the station. A control command does, and is another matter: see `ProposeControl`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from riverkit.protocols.hj212 import PERIODS

from riverchief.base.errors import InvalidInput


@dataclass(frozen=True)
class Number:
    """A whole number that a command holds."""

    least: int
    most: int
    only: tuple[int, ...] = ()
    """Where not every number between the two will do."""

    def read(self, text: str) -> str | None:
        """As it goes over the wire; None where it is none."""
        if not (text.isascii() and text.isdigit()) or len(text) > 6:
            return None
        number = int(text)
        return (
            str(number) if self.least <= number <= self.most and number in (self.only or (number,)) else None
        )

    def __str__(self) -> str:
        return " ".join(map(str, self.only)) if self.only else f"{self.least}–{self.most}"


@dataclass(frozen=True)
class FactorCode:
    """The factor whose instrument is meant."""

    def read(self, text: str) -> str | None:
        """As it goes over the wire; None where it is none."""
        return text if text.isascii() and text.isalnum() and len(text) <= 20 else None

    def __str__(self) -> str:
        return "w01018"


@dataclass(frozen=True)
class Command:
    """A command that the host sends down."""

    zh: str
    en: str
    control: bool = False
    fields: Mapping[str, Number | FactorCode] = field(default_factory=dict)
    """What it must hold, by the standard's own names; a period of history is told by `asks_for_period`."""


COMMANDS: dict[str, Command] = {
    "1011": Command("提取现场机时间", "Get the logger's time"),
    "1061": Command("提取实时数据间隔", "Get the real-time interval"),
    "1063": Command("提取分钟数据间隔", "Get the minute interval"),
    "2051": Command("取分钟历史数据", "Get minute data"),
    "2061": Command("取小时历史数据", "Get hour data"),
    "2031": Command("取日历史数据", "Get day data"),
    "1000": Command(
        "设置超时时间及重发次数",
        "Set time-out and resends",
        control=True,
        fields={"OverTime": Number(1, 99), "ReCount": Number(1, 99)},
    ),
    # Its time is that of the moment at which it is sent.
    "1012": Command("设置现场机时间", "Set the logger's time", control=True),
    "1062": Command(
        "设置实时数据间隔",
        "Set the real-time interval",
        control=True,
        fields={"RtdInterval": Number(30, 3600)},
    ),
    "1064": Command(
        "设置分钟数据间隔",
        "Set the minute interval",
        control=True,
        fields={"MinInterval": Number(1, 30, (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30))},
    ),
    "3012": Command("即时采样", "Sample now", control=True, fields={"PolId": FactorCode()}),
    # What it holds in HJ 212-2025 is known from other people's programs only.
    "3022": Command("即时采样（2025）", "Sample now (2025)", control=True, fields={"PolId": FactorCode()}),
}
OLDEST_HISTORY = datetime(1970, 1, 1, tzinfo=UTC)
"""No station has measured before; the database refuses requests of earlier periods."""
FURTHEST_HISTORY = datetime(2100, 1, 1, tzinfo=UTC)
"""Nor of later ones."""
QUERIES = tuple(cn for cn, command in COMMANDS.items() if not command.control)
CONTROLS = tuple(cn for cn, command in COMMANDS.items() if command.control)
HISTORY = {cn: kind for cn, kind in PERIODS.items() if cn in QUERIES}
"""The commands that ask for a period, and the kind of readings that come."""


def command_of(cn: str, *, control: bool) -> Command:
    """The command of a code, as a query or as a control command; a query is never sent as the other."""
    command = COMMANDS.get(cn)
    if command is None or command.control != control:
        allowed = " ".join(CONTROLS if control else QUERIES)
        raise InvalidInput(
            f"命令 {cn} 不能这样下发。|Command {cn} is not sent this way.",
            cure=f"请使用：{allowed}。|Use one of: {allowed}.",
            field="cn",
        )
    return command


def parameters_of(command: Command, given: Mapping[str, str | int]) -> dict[str, str]:
    """What a control command holds, as it goes over the wire; `InvalidInput` for what it must not hold, or lacks."""
    for name in given:
        if name not in command.fields:
            raise InvalidInput(
                f"“{command.zh}”没有参数 {name[:40]}。|“{command.en}” has no parameter {name[:40]}.",
                cure="请去掉该参数。|Leave it out.",
                field="parameters",
            )
    read: dict[str, str] = {}
    for name, wanted in command.fields.items():
        value = wanted.read(str(given.get(name, "")).strip())
        if value is None:
            raise InvalidInput(
                f"“{command.zh}”的参数 {name} 缺失或有误。|Parameter {name} of “{command.en}” is missing or wrong.",
                cure=f"可用：{wanted}。|Give: {wanted}.",
                field="parameters",
            )
        read[name] = value
    return read


def check_period(
    cn: str, begin: datetime | None, end: datetime | None, now: datetime, longest_hours: Mapping[str, float]
) -> None:
    """Refuse a period of history that is missing, turned round, of the future or too long; and one that is not asked for."""
    if cn not in HISTORY:
        if begin is not None or end is not None:
            raise InvalidInput(
                "该命令不取时段。|This command asks for no period.",
                cure="请去掉起止时间。|Leave out begin and end.",
                field="begin",
            )
        return
    if begin is None or end is None or begin > end or end > now:
        raise InvalidInput(
            "取历史数据须有起止时间，先后有序，且不在未来。"
            "|History needs a begin and an end, in this order and not in the future.",
            cure="请改正起止时间。|Correct them.",
            field="begin" if begin is None or (end is not None and begin > end) else "end",
        )
    if begin < OLDEST_HISTORY:
        raise InvalidInput(
            f"起始时间早于 {OLDEST_HISTORY:%Y} 年。|The begin is before {OLDEST_HISTORY:%Y}.",
            cure="请核对年份。|Check the year.",
            field="begin",
        )
    hours = longest_hours[cn]
    if (end - begin).total_seconds() > hours * 3600:
        raise InvalidInput(
            f"一次最多取 {hours:g} 小时。|At most {hours:g} h at a time.",
            cure="请缩短时段，分次提取。|Ask for a shorter period, several times.",
            field="end",
        )
