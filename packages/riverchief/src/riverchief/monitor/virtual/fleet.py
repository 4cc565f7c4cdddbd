"""Virtual stations in any number, each on a connection of its own, seeded: played until done or told to stop."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

from riverchief.monitor.virtual.account import PLAIN, Account, Played
from riverchief.monitor.virtual.analyser import FOR_EVER, Analyser, Sample
from riverchief.monitor.virtual.faults import ON_THE_LINE, WITH_THE_DATA, Interference, drawn, flagged
from riverchief.monitor.virtual.hydrological import HydrologicalStation, device_password
from riverchief.monitor.virtual.line import Line
from riverchief.monitor.virtual.pattern import QUANTITIES, Standard, remembered, sample_at, seeded

_LONGEST_START_S = 5.0
_FURTHEST_CLOCK_MINUTES = 240
_REPORT_EVERY_S = 5.0
_OF_A_SAMPLE = tuple(fault for fault in WITH_THE_DATA if fault != "silence")


@dataclass(frozen=True)
class Member:
    """A station of the fleet, by its number."""

    number: int
    standard: Standard
    known: bool

    @property
    def mn(self) -> str:
        """How it calls itself: 24 characters, of SL 651 ten digits."""
        if self.standard == "sl651":
            return f"{99 if self.known else 98}{self.number:08d}"
        return f"{'VIRTUAL' if self.known else 'UNKNOWN'}{self.number:017d}"

    def password(self, shared: str) -> str:
        """What it sends with every upload."""
        return device_password(shared) if self.standard == "sl651" else shared


@dataclass(frozen=True)
class Plan:
    """How a fleet is played."""

    members: tuple[Member, ...]
    host: str
    port: int
    shared_password: str
    interval: timedelta
    packets: int | None
    """Of each station; None: until told to stop."""
    speed: float
    """How many times as fast as the clock; 0: as fast as answers come."""
    faults: Mapping[str, float]
    """Fault to the share of uploads (`clock`: of stations) that has it."""
    seed: int
    answer_timeout_s: float

    def begin(self, now: datetime) -> datetime:
        """The first data time: the last, sent at the end, shall not be of the future."""
        behind = timedelta(0)
        if self.packets is not None:
            behind = self.interval * (self.packets - 1)
            behind -= behind / self.speed if self.speed else timedelta(0)
        return (now - behind).replace(second=0, microsecond=0)


@dataclass
class Fleet:
    """The stations of a plan and what came of them; `play` once."""

    plan: Plan
    account: Account = field(default_factory=Account)
    _forsaken: list[Line] = field(default_factory=list)

    async def play(self, stop: asyncio.Event, report: Callable[[float, Account], None]) -> Account:
        """Play all; ends when the last is done, or soon after `stop`. `report` is told seconds and account now and then."""
        plan = self.plan
        began = asyncio.get_running_loop().time()
        begin = plan.begin(datetime.now(UTC))
        wrong = self._with_wrong_clock()
        devices = [self._device(member, wrong.get(member, timedelta(0))) for member in plan.members]
        players = asyncio.gather(
            *(
                self._play(member, device, begin, began)
                for member, device in zip(plan.members, devices, strict=True)
            )
        )
        stopped = asyncio.create_task(stop.wait())
        waits: list[asyncio.Future[Any]] = [players, stopped]
        while not any(wait.done() for wait in waits):
            await asyncio.wait(waits, timeout=_REPORT_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
            report(asyncio.get_running_loop().time() - began, self.account)
        stopped.cancel()
        if not players.done():
            players.cancel()
        await asyncio.gather(players, stopped, return_exceptions=True)
        for line in self._forsaken:
            await line.close()
        for device in devices:
            self.account.history += device.outcome.history
            self.account.reconnected += device.outcome.reconnected
        if not stop.is_set():
            players.result()
        return self.account

    def _with_wrong_clock(self) -> dict[Member, timedelta]:
        share = self.plan.faults.get("clock", 0.0)
        chance = seeded(self.plan.seed, "clocks")
        chosen = chance.sample(
            self.plan.members, max(1, round(share * len(self.plan.members))) if share else 0
        )
        limit = _FURTHEST_CLOCK_MINUTES
        return {
            member: timedelta(minutes=chance.choice((-1, 1)) * chance.randint(5, limit)) for member in chosen
        }

    def _device(self, member: Member, clock_ahead: timedelta) -> Analyser:
        kind = HydrologicalStation if member.standard == "sl651" else Analyser
        device = kind(
            member.mn,
            member.password(self.plan.shared_password),
            self.plan.host,
            self.plan.port,
            answer_timeout_s=self.plan.answer_timeout_s,
            resends=FOR_EVER,
            clock_ahead=clock_ahead,
            edition="2005" if member.standard == "hj212-2005" else "2017",
        )
        device.history = partial(remembered, member.standard, member.mn, self.plan.seed)
        return device

    async def _play(self, member: Member, device: Analyser, begin: datetime, began: float) -> None:
        chance = seeded(self.plan.seed, member.mn)
        try:
            async for sample, fault in self._samples(member, device.clock_ahead, chance, begin, began):
                await self._upload(member, device, sample, fault, chance)
        finally:
            await device.hang_up()

    async def _upload(
        self, member: Member, device: Analyser, sample: Sample, fault: str, chance: random.Random
    ) -> None:
        on_the_line = drawn(self.plan.faults, tuple(ON_THE_LINE), chance)
        transmit = Interference(on_the_line, chance, self._forsaken)
        password = _other(device.password) if fault == "password" else device.password
        resent_before, acknowledged = device.outcome.resent, False
        try:
            acknowledged = await device.upload(sample, transmit, password=password)
        finally:
            # Also where the run is stopped in the middle: what was sent then was not acknowledged.
            resent = device.outcome.resent - resent_before
            faults = [each for each in (on_the_line, fault, "clock" if device.clock_ahead else "") if each]
            for tally in (
                self.account.of_standard[_kind(member)],
                *(self.account.of_fault[each] for each in faults or [PLAIN]),
            ):
                tally.add(transmit.frames, resent, acknowledged)
            values = {
                quantity.parameter: None if value is None else value * quantity.scale
                for quantity, (value, _) in zip(
                    QUANTITIES[member.standard], sample.values.values(), strict=True
                )
            }
            self.account.played.append(
                Played(
                    member.mn,
                    sample.data_time,
                    sample.cn,
                    values,
                    member.known and fault != "password",
                    acknowledged,
                    transmit.frames,
                )
            )

    async def _samples(
        self, member: Member, ahead: timedelta, chance: random.Random, begin: datetime, began: float
    ) -> AsyncIterator[tuple[Sample, str]]:
        """What a station sends, when it is time for it, each with what is wrong with it."""
        plan = self.plan
        loop = asyncio.get_running_loop()
        pace_s = plan.interval.total_seconds() / plan.speed if plan.speed else 0.0
        first_s = began + chance.uniform(0, min(pace_s, _LONGEST_START_S))
        silent = 0
        kept: list[tuple[int, Sample]] = []
        for number in count() if plan.packets is None else range(plan.packets):
            if (pause_s := first_s + number * pace_s - loop.time()) > 0:
                await asyncio.sleep(pause_s)
            if silent or chance.random() < plan.faults.get("silence", 0.0):
                silent = (silent or chance.randint(3, 10)) - 1
                self.account.kept_silent += 1
                continue
            moment = begin + number * plan.interval + ahead
            sample = sample_at(member.standard, member.mn, plan.seed, moment)
            fault = drawn(plan.faults, _OF_A_SAMPLE, chance)
            if fault == "late":
                kept.append((number + chance.randint(3, 10), sample))
                continue
            yield flagged(sample, fault), fault
            for due in [each for each in kept if each[0] <= number]:
                kept.remove(due)
                yield due[1], "late"
        for _, sample in kept:
            yield sample, "late"


def _kind(member: Member) -> str:
    return member.standard if member.known else f"{member.standard}, unknown"


def _other(password: str) -> str:
    return ("0" if password.strip("0") else "1") * len(password)
