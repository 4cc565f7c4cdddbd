"""The product as the browser tests need it: the demo basin with some quiet days, and a secret that waits for its cue.

`riverchief demo` plays the whole story by itself. Here the people of the story are the tests, in browsers; so only what
nature and the devices do is taken from the demo: basin, history, and the packets of the discharge over real TCP.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.riverchief.site.product import Product, installation

SEED = 2026

_WORLD = f"""
import json, sys
from datetime import datetime, timedelta
from pathlib import Path
from django.conf import settings
from riverchief.base import clock
from riverchief.demo.background import history_steps, moment_of, step_of
from riverchief.demo.basin import generate
from riverchief.demo.state import read_accounts, write_accounts, Accounts
from riverchief.demo.truth import draw_secret
from riverchief.demo.world import World

home = Path(settings.HOME.path)
basin = generate({SEED})
secret = draw_secret(basin)
"""

PREPARE = (
    _WORLD
    + """
from riverchief.accounts.passwords import new_password
from riverchief.base.models import RuleVersion
from riverchief.base.rules import rule_version
from riverchief.demo.known_river import make_rule
from riverchief.demo.load import load
from riverchief.demo.power_meters import play_power_meters
from riverchief.demo.sampling_round import play_round
from riverchief.monitor.backfill import store_history
from riverchief.registry.models import Station

people = {person.username: new_password() for person in basin.people if person.signs_in}
accounts = Accounts(people, new_password()[:6])
write_accounts(home, accounts)
load(basin, accounts.people, accounts.device)
make_rule()
# Versions of the rules with fewer hydraulic settings, and fewer places to combine: what is looked at here is the page, and
# the answers take minutes else.
traced, at_once = rule_version("trace.settings"), rule_version("trace.at_once")
traced.body["hydraulics"]["n_settings"], at_once.body["n_settings"] = 32, 4
at_once.body["most_candidates"] = 6
for rule in (traced, at_once):
    RuleVersion.objects.create(
        name=rule.name, version="stage", valid_from=clock.today(), source="the browser tests", body=rule.body
    )
window_end = moment_of(step_of(clock.now()))
world = World.of(basin, secret, window_end)
ids = dict(Station.objects.values_list("code", "pk"))
steps = history_steps(world.window_start - timedelta(days=4), world.window_start, timedelta(hours=36))
for station in world.analysed:
    store_history(world.history(station, ids[station.code], steps))
play_round(basin.code)
play_power_meters(basin, secret)
facts = {
    "window_end": window_end.isoformat(),
    "outfall": secret.outfall.code,
    "names": [*secret.outfall.name],
    "lon": secret.outfall.lon,
    "lat": secret.outfall.lat,
}
(home / "e2e.json").write_text(json.dumps(facts), "utf-8")
"""
)

DISCHARGE = (
    _WORLD
    + """
import asyncio
from riverchief.demo.stream import stream_window

facts = json.loads((home / "e2e.json").read_text("utf-8"))
world = World.of(basin, secret, datetime.fromisoformat(facts["window_end"]))
outcomes = asyncio.run(
    stream_window(
        world,
        read_accounts(home).device,
        settings.RIVERCHIEF_GATEWAY_HOST,
        settings.RIVERCHIEF_GATEWAY_PORT,
        lambda done, total: None,
    )
)
assert sum(len(outcome.acknowledged) for outcome in outcomes) > 1000
assert not any(outcome.unacknowledged for outcome in outcomes)
"""
)


class DemoProduct(Product):
    """The product in the dress of the demo, so that its labels show."""

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "RIVERCHIEF_DEMO": "1"}


@dataclass
class Stage:
    """The running product, and what the tests may know of its secret."""

    product: Product
    passwords: dict[str, str]
    outfall_code: str
    outfall_names: tuple[str, ...]
    place: tuple[float, float]
    discharged: bool = field(default=False)

    @property
    def url(self) -> str:
        """Where the product serves."""
        return f"http://127.0.0.1:{self.product.web_port}"

    def discharge(self) -> None:
        """Let the analysers send the twelve hours of the secret discharge; a second time does nothing."""
        if not self.discharged:
            self.product.python(DISCHARGE)
            self.discharged = True


@contextmanager
def demo_stage() -> Iterator[Stage]:
    """A product of one's own, prepared and serving, for the length of the block."""
    with installation() as plain:
        product = DemoProduct(plain.home)
        try:
            product.start()
            product.python(PREPARE)
            facts = json.loads((product.home / "e2e.json").read_text("utf-8"))
            accounts = json.loads((product.home / "demo-accounts.json").read_text("utf-8"))
            yield Stage(
                product,
                accounts["people"],
                facts["outfall"],
                tuple(facts["names"]),
                (facts["lon"], facts["lat"]),
            )
        finally:
            product.stop()


def chromium() -> str:
    """The browser: CHROMIUM, or Debian's that draws no windows. Its absence is an error, never a reason to skip."""
    path = os.environ.get("CHROMIUM", "/usr/bin/chromium-headless-shell")
    assert os.access(path, os.X_OK), (
        f"the browser tests need Chromium at {path}: apt-get install chromium-headless-shell"
    )
    return path
