"""The demo from its first start to its hundredth: what is done once, what is repeated, what is remembered."""

import asyncio
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from django.conf import settings
from django.db.models import Max
from rich.console import Console
from rich.table import Table

from riverchief.accounts.models import User
from riverchief.accounts.passwords import new_password
from riverchief.base import clock
from riverchief.demo.background import history_steps, moment_of, step_of
from riverchief.demo.basin import generate
from riverchief.demo.known_river import make_rule
from riverchief.demo.load import is_loaded, load
from riverchief.demo.model import DemoBasin, DemoGauge
from riverchief.demo.power_meters import catch_up, play_power_meters
from riverchief.demo.progress import progress
from riverchief.demo.sampling_round import play_round
from riverchief.demo.stage import Stage, StoryFailed, show
from riverchief.demo.state import (
    Accounts,
    DemoState,
    read_accounts,
    read_state,
    write_accounts,
    write_state,
)
from riverchief.demo.story_call import play_call
from riverchief.demo.story_discharge import passed, play_discharge, still_stands
from riverchief.demo.story_papers import play_papers
from riverchief.demo.story_remediation import play_remediation
from riverchief.demo.stream import keep_pace
from riverchief.demo.truth import draw_secret
from riverchief.demo.world import Steps, World
from riverchief.monitor.backfill import store_history
from riverchief.monitor.models import Latest
from riverchief.rectify.models import Problem
from riverchief.registry.models import Station

HISTORY = timedelta(days=21)
FINE = timedelta(hours=36)
"""The last part of a history is in ten-minute steps; with the story's twelve hours this makes two days."""

SHOWN_ACCOUNTS = (
    "office",
    "county1",
    "monitor1",
    "enforcement1",
    "inspector1",
    "unit1",
    "town1",
    "sampler1",
    "lab1",
    "admin",
)

USERNAME = re.compile(r"\((\w+)\)$")
"""As a line of the story names who acted."""


class DemoRefused(Exception):
    """The demo cannot be played on this installation; the message says why, and the cure."""


class Direction:
    """One installation's demo."""

    def __init__(self, home: Path, seed: int, scale: str) -> None:
        self.home = home
        self.seed = seed
        self.scale = scale
        self.console = Console(highlight=False)
        self._next_step = 0

    @cached_property
    def basin(self) -> DemoBasin:
        """The basin of this seed and scale."""
        hint = " (about a minute)" if self.scale == "city" else ""
        with progress(self.console) as report:
            report(f"drawing the basin of seed {self.seed}, scale {self.scale} …{hint}", 0, 0)
            return generate(self.seed, self.scale)

    @cached_property
    def world(self) -> World:
        """The basin on the day of the story."""
        return World.of(self.basin, draw_secret(self.basin), self.state.window_end_at)

    @cached_property
    def state(self) -> DemoState:
        """How far this installation is; refuses one that holds another basin."""
        state = read_state(self.home)
        if state is None:
            return DemoState(self.seed, self.scale)
        if (state.seed, state.scale) != (self.seed, self.scale):
            raise DemoRefused(
                f"This installation holds the demo with seed {state.seed}, scale {state.scale}. "
                "Give these, or choose another folder: RIVERCHIEF_HOME=… ."
            )
        return state

    def perform(self) -> bool:
        """Load what is missing, play the story if it was not played to its end, print it; True if it came out right."""
        accounts = self._accounts()
        self._load(accounts)
        if self.state.passed is None:
            try:
                self._play(accounts)
            except StoryFailed as error:
                # What came of it can be looked at; the next start plays what is missing.
                self.console.print(str(error), style="bold red", markup=False)
            # A story that took its time has passed steps, which the analysers then send at once.
            self._next_step = step_of(self.state.window_end_at) + 1
        else:
            played = self.state.window_end_at.astimezone(clock.SHANGHAI)
            self.console.print(f"[dim]The story was played on {played:%Y-%m-%d}; this is its record.[/]")
            for line in self.state.lines:
                show(self.console, line)
            self._catch_up()
            stage = Stage(self.console, self.home, self.state)
            self.state.passed = passed(stage) and still_stands(stage)
        self._tell_outcome()
        self._tell_accounts(accounts)
        return bool(self.state.passed)

    def keep_pace(self) -> None:
        """Send readings every ten minutes until stopped, from the first that `perform` has not told."""
        accounts = self._accounts()
        self.console.print(
            "[dim]The analysers go on at real pace, a reading every ten minutes. Ctrl+C stops.[/]"
        )
        asyncio.run(
            keep_pace(
                self.world,
                self._gauges(),
                accounts.device,
                settings.RIVERCHIEF_GATEWAY_HOST,
                settings.RIVERCHIEF_GATEWAY_PORT,
                self._next_step,
            )
        )

    def _accounts(self) -> Accounts:
        accounts = read_accounts(self.home)
        if accounts is not None:
            return accounts
        if is_loaded(self.basin):
            raise DemoRefused(
                f"The basin is loaded, but its accounts are gone from {self.home}. Start in an empty folder: "
                "RIVERCHIEF_HOME=… ."
            )
        if User.objects.exists():
            raise DemoRefused(
                "This database already has users. The demo makes its own and wants an empty database: "
                "give another DATABASE_URL, or none."
            )
        people = {person.username: new_password() for person in self.basin.people if person.signs_in}
        accounts = Accounts(people, new_password()[:6])
        write_accounts(self.home, accounts)
        return accounts

    def _load(self, accounts: Accounts) -> None:
        if is_loaded(self.basin):
            return
        with progress(self.console) as report:
            load(
                self.basin,
                accounts.people,
                accounts.device,
                lambda what, done, total: report(f"basin: {what}", done, total),
            )

    def _play(self, accounts: Accounts) -> None:
        state = self.state
        if not state.window_end:
            state.window_end = moment_of(step_of(clock.now())).isoformat()
            write_state(self.home, state)
        if not state.history_done:
            self._fill(HISTORY)
            state.history_done = True
        make_rule()
        play_round(self.basin.code)
        play_power_meters(self.basin, self.world.secret)
        state.lines = []
        stage = Stage(self.console, self.home, state)
        play_discharge(stage, self.world, accounts)
        play_call(stage, self.world)
        play_remediation(stage, self.world)
        play_papers(stage)
        state.passed = passed(stage)
        write_state(self.home, state)

    def _fill(self, back: timedelta) -> None:
        """Weeks of quiet readings up to the story's window."""
        end = self.world.window_start
        steps = history_steps(end - back, end, FINE)
        self._store("history", steps, {})
        self._store_rain(end - back, end)

    def _catch_up(self) -> None:
        """What each analyser would have read while the demo stood still, this very step included.

        Each from its own last reading: a catch-up that was broken off has left some stations behind the others.
        """
        latest = dict(
            Latest.objects.filter(station__code__in=[station.code for station in self.world.analysed])
            .values_list("station__code")
            .annotate(Max("period_start"))
        )
        told = step_of(self.state.window_end_at)
        last = {
            station.code: max(step_of(latest[station.code]), told) if station.code in latest else told
            for station in self.world.analysed
        }
        self._next_step = step_of(clock.now()) + 1
        steps = history_steps(moment_of(min(last.values())), moment_of(self._next_step), FINE)
        if len(steps):
            self._store("readings since the last start", steps, last)
            self._store_rain(self.state.window_end_at, moment_of(self._next_step - 1))
        catch_up(self.seed)

    def _gauges(self) -> list[DemoGauge]:
        """Those that the database knows: an installation from before they were invented has none."""
        known = set(Station.objects.filter(kind=Station.Kind.RAIN_GAUGE).values_list("mn", flat=True))
        return [gauge for gauge in self.basin.gauges if gauge.mn in known]

    def _store_rain(self, start: datetime, end: datetime) -> None:
        """Store what the gauges measured; again where it is stored already, as the same."""
        ids = dict(Station.objects.values_list("mn", "pk"))
        for gauge in self._gauges():
            store_history(self.world.sky.history(gauge.number, ids[gauge.mn], start, end))

    def _store(self, what: str, steps: Steps, last: Mapping[str, int]) -> None:
        """Store the steps of every analyser, of one with a `last` only those after it."""
        ids = dict(Station.objects.values_list("code", "pk"))
        stations = self.world.analysed
        with progress(self.console) as report:
            for done, station in enumerate(stations):
                report(f"{what}: stations", done, len(stations))
                lacking = steps[steps > last.get(station.code, 0)]
                store_history(self.world.history(station, ids[station.code], lacking))
            report(f"{what}: stations", len(stations), len(stations))

    def _tell_outcome(self) -> None:
        facts = self.state.facts
        table = Table(
            "what the story must come to", "came to", title="合成数据 Synthetic data", title_style="dim"
        )
        probability = facts.get("probability_of_true_outfall")
        share = f" ({probability:.0%})" if probability is not None else ""
        table.add_row("alarms raised: exactly one", str(facts.get("alarms")))
        table.add_row(
            "the true outfall among the first three candidates",
            f"{facts.get('true_outfall')}: rank {facts.get('rank_of_true_outfall')}{share}",
        )
        table.add_row("a clue confirmed by the demo's inspector", str(facts.get("confirmed_by")))
        table.add_row("its problem stands in the ledger", str(facts.get("problem")))
        table.add_row("the citizen's problem is written off", str(facts.get("written_off")))
        table.add_row("a forged copy of its case file is refused", str(facts.get("forged_case_refused")))
        table.add_row("an inspection pack proves itself", str(facts.get("pack_proved")))
        self.console.print()
        self.console.print(table)
        self.console.print(
            "[bold green]It came out right.[/]"
            if self.state.passed
            else "[bold red]It did not come out right, or the database no longer says so.[/]"
        )

    def _tell_accounts(self, accounts: Accounts) -> None:
        host, port = settings.RIVERCHIEF_WEB_HOST, settings.RIVERCHIEF_WEB_PORT
        table = Table("user name", "password", "who")
        people = {person.username: person for person in self.basin.people}
        acted = [username for line in self.state.lines for username in USERNAME.findall(line.who)]
        chiefs = Problem.objects.exclude(chief=None).order_by("pk").values_list("chief__username", flat=True)
        for username in dict.fromkeys((*SHOWN_ACCOUNTS, *sorted(acted), *chiefs)):
            person = people[username]
            if username not in accounts.people:
                continue
            table.add_row(
                username, accounts.people[username], f"{person.role}, {person.name[0]} {person.name[1]}"
            )
        self.console.print(f"\n[bold]http://{host}:{port}/[/]  sign in as:")
        self.console.print(table)
        self.console.print(f"[dim]All accounts: {self.home / 'demo-accounts.json'}[/]")
