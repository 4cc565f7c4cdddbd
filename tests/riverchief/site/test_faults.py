"""Faults while stations send: whatever happens, nothing acknowledged is lost or doubled, and it goes on without hands.

Stations, gateway and database are processes; the stations are `riverchief simulate --check`, which compares in the end.
Only with RIVERCHIEF_SOAK=1 (`make soak`), which prints an account: `make test` kills and hangs in test_kill.py.
"""

import os
import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.riverchief.site.siege import Siege, siege

SOAK = os.environ.get("RIVERCHIEF_SOAK") == "1"
pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(not SOAK, reason="full counts only: set RIVERCHIEF_SOAK=1 (make soak)"),
]

KILLS, CUTS, DISK_FULL_S = 200, 20, 30.0
AWAY_S, HUNG_S = 600.0, 30.0
MOST_MEGABYTES = 400
"""Of a gateway that waits: 5,000 packets and 17 stations are far less."""

Account = Callable[..., None]


@pytest.fixture(scope="module")
def besieged() -> Iterator[Siege]:
    with siege() as running:
        yield running


def test_killed_at_random_moments(besieged: Siege, fault_account: Account) -> None:
    chance = random.Random(20261130)
    killed = dict.fromkeys(("gateway", "postgres"), 0)
    with besieged.stations(1) as stations:
        while sum(killed.values()) < KILLS:
            time.sleep(chance.uniform(0.0, 1.0))
            for part in chance.choice((["gateway"], ["postgres"], ["gateway", "postgres"])):
                besieged.kill(part)
                killed[part] += 1
            if chance.random() < 0.8:  # else struck again while it recovers
                besieged.until_it_flows()
        besieged.until_it_flows()
        found = stations.end()
    fault_account(
        "kill -9 of gateway, PostgreSQL", f"{killed['gateway']}, {killed['postgres']} times", **found.figures
    )
    assert (found.lost, found.doubled) == (0, 0), found.text
    assert found.resent > 0


def test_the_database_is_away_for_long_and_hangs(besieged: Siege, fault_account: Account) -> None:
    with besieged.stations(2, "--fault", "half-open=0.01") as stations:
        with besieged.away():
            time.sleep(AWAY_S)
            megabytes = besieged.gateway_megabytes()
        besieged.until_it_flows()
        with besieged.hung():
            time.sleep(HUNG_S)
        besieged.until_it_flows()
        found = stations.end()
    what = f"away {AWAY_S:.0f} s, hung {HUNG_S:.0f} s; gateway {megabytes:.0f} MB"
    fault_account("database away", what, **found.figures)
    assert (found.lost, found.doubled) == (0, 0), found.text
    assert megabytes < MOST_MEGABYTES


def run(*command: str) -> None:
    """A program of the system, its complaint in the error."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A file system in memory; the test is skipped where nobody may mount one."""
    with tempfile.TemporaryDirectory(prefix="riverchief-disk-") as folder:
        try:
            run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=711", "riverchief-test", folder)
        except OSError as error:
            pytest.skip(f"a small disk needs a mount, which is not permitted here ({error})")
        try:
            yield Path(folder)
        finally:
            run("umount", folder)


def test_the_disk_is_full(fault_account: Account) -> None:
    with small_disk(400) as disk, siege(disk) as besieged, besieged.stations(3) as stations:
        ballast = disk / "ballast"
        with ballast.open("wb") as file:
            try:
                while True:
                    file.write(bytes(1 << 20))
                    file.flush()
            except OSError:
                pass
        full_at = time.time()
        time.sleep(DISK_FULL_S)
        stored_meanwhile = besieged.flows(full_at + DISK_FULL_S / 2)
        ballast.unlink()
        besieged.until_it_flows()
        found = stations.end()
    fault_account("disk full", f"{DISK_FULL_S:.0f} s, {besieged.restarts - 1} restarts", **found.figures)
    assert (found.lost, found.doubled) == (0, 0), found.text
    assert not stored_meanwhile, "the disk was not full"


@contextmanager
def two_networks() -> Iterator[tuple[str, str, str]]:
    """A network of its own for the stations, with a cable to ours: its name, our end of the cable, our address."""
    name, ours, theirs = f"rvc{os.getpid()}", f"rva{os.getpid()}", f"rvb{os.getpid()}"
    address = "10.231.212.1"
    try:
        run("ip", "netns", "add", name)
    except OSError as error:
        pytest.skip(f"a network to cut needs network namespaces, which are not permitted here ({error})")
    try:
        run("ip", "link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", name)
        run("ip", "addr", "add", f"{address}/30", "dev", ours)
        run("ip", "link", "set", ours, "up")
        run("ip", "netns", "exec", name, "ip", "addr", "add", "10.231.212.2/30", "dev", theirs)
        run("ip", "netns", "exec", name, "ip", "link", "set", theirs, "up")
        yield name, ours, address
    finally:
        run("ip", "netns", "del", name)


def test_the_network_is_cut(fault_account: Account) -> None:
    chance = random.Random(20261201)
    with two_networks() as (network, cable, address), siege() as besieged:
        besieged.host = address
        besieged.kill("gateway")  # to listen on the new address
        cut_s = 0.0
        with besieged.stations(4, prefix=("ip", "netns", "exec", network)) as stations:
            for _ in range(CUTS):
                time.sleep(chance.uniform(0.2, 2.0))
                length_s = chance.uniform(1.0, 12.0)
                run("ip", "link", "set", cable, "down")
                time.sleep(length_s)
                run("ip", "link", "set", cable, "up")
                cut_s += length_s
                besieged.until_it_flows()
            found = stations.end()
    fault_account("network cut", f"{CUTS} times, {cut_s:.0f} s in all", **found.figures)
    assert (found.lost, found.doubled) == (0, 0), found.text
    assert found.resent > 0
