"""A database, a gateway and virtual stations as processes, for tests that attack them; nobody lends a hand but a keeper.

The keeper starts again at once what has died, as any service manager does. The supervisor of the product, which waits
longer after every further death, has tests of its own (test_kill.py); here hundreds of deaths must fit into minutes.
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from riverchief.site.home import Home
from riverchief.site.postgres import Postgres, PostgresError

from tests.riverchief.site.product import free_port, hung_server, signal_server, until

STATIONS = ("--stations", "12", "--stations-sl651", "4", "--unknown", "1")
_LOOK_S = 0.05
_HELD = re.compile(r"compared: ([\d,]+) values .* ([\d,]+) packets .*lost: ([\d,]+); doubled: ([\d,]+)")
_SENT = re.compile(r"^│ all +│ +([\d,]+) │ +([\d,]+) │ +([\d,]+) │ +([\d,]+) │", re.MULTILINE)


@dataclass(frozen=True)
class Result:
    """What the stations say in the end, and what the database was found to hold of it."""

    acknowledged: int
    """Packets."""
    resent: int
    readings: int
    lost: int
    doubled: int
    text: str

    @property
    def figures(self) -> dict[str, int]:
        """For the account of the faults."""
        return {"acknowledged": self.readings, "lost": self.lost, "doubled": self.doubled}


class Siege:
    """Runs a database and a gateway; `kill`, `hang` and `pause` attack them."""

    def __init__(self, home: Path) -> None:
        # The disk is waited for: what is acknowledged must outlive the database.
        self.server = Postgres(Home(home), {"max_wal_size": "64MB", "min_wal_size": "32MB"})
        self.host = "127.0.0.1"
        self.port = free_port()
        self.log = home.with_suffix(".log")
        self.restarts = 0
        self._gateway: subprocess.Popen[bytes] | None = None
        self._database_wanted = True
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._keeper = threading.Thread(target=self._keep)

    @property
    def environment(self) -> dict[str, str]:
        """Of the gateway and of the stations."""
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "riverchief.site.settings",
            "DATABASE_URL": self.server.url,
            "RIVERCHIEF_GATEWAY_HOST": self.host,
            "RIVERCHIEF_GATEWAY_PORT": str(self.port),
            "RIVERCHIEF_HOME": str(self.server.home.path),
        }

    def command(self, *arguments: str) -> list[str]:
        """Of the product."""
        return [sys.executable, "-m", "riverchief.site.cli", *arguments]

    def start(self) -> None:
        """Make the database, start all, and keep it running."""
        self.server.start()
        subprocess.run(self.command("migrate"), env=self.environment, check=True, capture_output=True)
        self._keeper.start()

    def end(self) -> None:
        """Stop the keeper, and all."""
        self._ended.set()
        if self._keeper.is_alive():
            self._keeper.join()
        if self._gateway is not None:
            self._gateway.kill()
            self._gateway.wait()
        self.server.stop()

    # -- attacks

    def kill(self, part: str) -> None:
        """kill -9; of the database every process, as when the machine's memory runs out."""
        with self._lock:
            if part == "gateway":
                if self._gateway is not None:
                    self._gateway.kill()
            elif (process := self.server._process) is not None:
                signal_server(process.pid, signal.SIGKILL)

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """The database is stopped, and stays so for a block."""
        with self._lock:
            self._database_wanted = False
            self.server.stop()
        try:
            yield
        finally:
            self._database_wanted = True

    def hung(self) -> AbstractContextManager[None]:
        """No process of the database gets any further for a block; connections stand."""
        return hung_server(self.server._process.pid)

    # -- what is to be seen

    def flows(self, since: float) -> bool:
        """Whether a packet was stored that came after a moment (seconds since 1970)."""
        with (
            contextlib.suppress(psycopg.Error),
            psycopg.connect(self.server.url, connect_timeout=2) as database,
        ):
            (latest,) = database.execute(
                "SELECT extract(epoch FROM max(received_at)) FROM monitor_packet"
            ).fetchone()
            return latest is not None and float(latest) > since
        return False

    def until_it_flows(self) -> None:
        """Wait until what comes from now on is stored."""
        now = time.time()
        try:
            until(lambda: self.flows(now), "packets to be stored again")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log.read_text()[-3000:]}") from None

    def gateway_megabytes(self) -> float:
        """What the gateway holds in memory."""
        status = Path(f"/proc/{self._gateway.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    @contextlib.contextmanager
    def stations(self, seed: int, *options: str, prefix: tuple[str, ...] = ()) -> Iterator["Stations"]:
        """`riverchief simulate` for a block; every run has values of its own."""
        arguments = ("--packets", "100000", "--speed", "600", "--answer-timeout", "3", "--seed", str(seed))
        command = [
            *prefix,
            *self.command("simulate", *STATIONS, *arguments, "--register", "--check", *options),
        ]
        until(self._listens, "the gateway to listen")
        with tempfile.TemporaryFile("w+") as output:
            process = subprocess.Popen(
                command, env={**self.environment, "COLUMNS": "120"}, stdout=output, stderr=output
            )
            try:
                self.until_it_flows()
                yield Stations(process, output)
            finally:
                if process.poll() is None:
                    process.kill()
                process.wait()

    def _listens(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), timeout=1):
            return True
        return False

    def _keep(self) -> None:
        """Start what has died and is wanted."""
        with self.log.open("ab") as log:
            while not self._ended.wait(_LOOK_S):
                with self._lock:
                    process = self.server._process
                    if self._database_wanted and (process is None or process.poll() is not None):
                        self.restarts += 1
                        # A full disk lets no server start: it is tried again.
                        with contextlib.suppress(PostgresError):
                            self.server.start()
                    if self._gateway is None or self._gateway.poll() is not None:
                        self.restarts += 1
                        self._gateway = subprocess.Popen(
                            self.command("gateway"), env=self.environment, stdout=log, stderr=log
                        )


class Stations:
    """A running `riverchief simulate`."""

    def __init__(self, process: subprocess.Popen[bytes], output) -> None:
        self._process = process
        self._output = output

    def end(self) -> Result:
        """Ctrl-C, and what is told then."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(120)
        self._output.seek(0)
        text = self._output.read()
        held, sent = _HELD.search(text), _SENT.search(text)
        assert held is not None, text
        assert sent is not None, text
        readings, _, lost, doubled = (int(part.replace(",", "")) for part in held.groups())
        _, _, resent, acknowledged = (int(part.replace(",", "")) for part in sent.groups())
        return Result(acknowledged, resent, readings, lost, doubled, text)


@contextlib.contextmanager
def siege(folder: Path | None = None) -> Iterator[Siege]:
    """Everything running, in a folder of its own (or below the one given), removed in the end."""
    with tempfile.TemporaryDirectory(prefix="riverchief-", dir=folder) as made:
        Path(made).chmod(0o711)  # the user of the database passes through
        besieged = Siege(Path(made) / "home")
        try:
            besieged.start()
            yield besieged
        finally:
            besieged.end()
