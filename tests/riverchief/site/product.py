"""A real installation in a folder of its own, driven from outside: by its command line, its ports and its signals."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg

PATIENCE_S = 300.0


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
    """Wait for `condition` to become true and return what it gave; the patience only ends a hopeless test."""
    deadline = time.monotonic() + patience_s
    while not (result := condition()):
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.05)
    return result


def server_processes(postmaster: int) -> list[int]:
    """The process of a PostgreSQL and those of its sessions: each leads a group of its own, a signal to one reaches no other."""
    found = [postmaster]
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            if int((process / "stat").read_text().rsplit(")", 1)[1].split()[1]) == postmaster:
                found.append(int(process.name))
    return found


def signal_server(postmaster: int, number: signal.Signals) -> None:
    """Send a signal to a whole PostgreSQL, the server first, so that no new session escapes."""
    for pid in server_processes(postmaster):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


@contextlib.contextmanager
def hung_server(postmaster: int) -> Iterator[None]:
    """No process of a PostgreSQL gets any further for a block; connections stand."""
    signal_server(postmaster, signal.SIGSTOP)
    try:
        yield
    finally:
        signal_server(postmaster, signal.SIGCONT)


class Product:
    """The product, started by `riverchief serve`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.web_port, self.gateway_port = free_port(), free_port()
        self.log = home.with_suffix(".log")
        self._supervisor: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What the commands of this installation run in; no database of the machine is taken over."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name not in {"DATABASE_URL", "DJANGO_ALLOW_ASYNC_UNSAFE", "PYTEST_VERSION"}
        }
        return {
            **inherited,
            "RIVERCHIEF_HOME": str(self.home),
            "RIVERCHIEF_WEB_PORT": str(self.web_port),
            "RIVERCHIEF_GATEWAY_PORT": str(self.gateway_port),
        }

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `riverchief ARGUMENTS` to its end."""
        done = subprocess.run(
            [sys.executable, "-m", "riverchief.site.cli", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def python(self, program: str) -> None:
        """Run a Python program inside the installation, with Django ready."""
        starter = (
            "from riverchief.site.database import available\n"
            "with available():\n"
            "    import django\n"
            "    django.setup()\n"
            f"    exec({program!r})"
        )
        environment = {**self.environment, "DJANGO_SETTINGS_MODULE": "riverchief.site.settings"}
        done = subprocess.run(
            [sys.executable, "-c", starter],
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """Start it and wait until it says that it serves."""
        with self.log.open("ab") as log:
            self._supervisor = subprocess.Popen(
                [sys.executable, "-m", "riverchief.site.cli", "serve"],
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        until(lambda: self._serves() or self._supervisor.poll() is not None, "the product to serve")
        assert self._supervisor.poll() is None, self.log.read_text()

    def _serves(self) -> bool:
        return "riverchief serves" in self.log.read_text()

    @property
    def supervisor_pid(self) -> int:
        """The process of the supervisor."""
        assert self._supervisor is not None
        return self._supervisor.pid

    def kill(self, part: str) -> int:
        """kill -9 a part; returns the process that is dead now."""
        pid = until(lambda: self.pid(part), f"the {part} to run")
        os.kill(pid, signal.SIGKILL)
        return int(pid)

    def pid(self, part: str) -> int | None:
        """The process of a part, None while it is not running."""
        wanted = "/postgres -D" if part == "postgres" else f"riverchief.site.cli {part}"
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError, IndexError):
                parent = int((process / "stat").read_text().rsplit(")", 1)[1].split()[1])
                command = (process / "cmdline").read_text().replace("\0", " ")
                if parent == self.supervisor_pid and wanted in command:
                    return int(process.name)
        return None

    def processes(self) -> list[int]:
        """Everything that belongs to this installation and is still running."""
        mark = str(self.home)
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                belongs = (
                    mark in (process / "cmdline").read_text() or mark in (process / "environ").read_text()
                )
                zombie = (process / "stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
                if belongs and not zombie and int(process.name) != os.getpid():
                    found.append(int(process.name))
        return found

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Stop as an operator does; returns the exit code."""
        if self._supervisor is None:
            return 0
        supervisor, self._supervisor = self._supervisor, None
        supervisor.send_signal(number)
        try:
            return supervisor.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            supervisor.kill()
            supervisor.wait()
            raise

    def get(self, path: str) -> tuple[int, Any]:
        """Status and JSON of a GET; status 0 where nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.web_port}{path}", timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)
        except OSError:
            return 0, None

    def until(self, condition: Callable[[], Any], what: str) -> Any:
        """As the function, with the last lines of the product's log where the wait was in vain."""
        try:
            return until(condition, what)
        except AssertionError as error:
            lines = self.log.read_text().splitlines()
            raise AssertionError("\n".join([str(error), *(line[:300] for line in lines[-40:])])) from None

    def healthy(self) -> bool:
        """Whether /health is content."""
        return self.get("/health")[0] == 200

    def connect(self) -> psycopg.Connection:
        """A connection to its own database."""
        return psycopg.connect((self.home / "secrets" / "database_url").read_text(), autocommit=True)


@contextlib.contextmanager
def installation() -> Iterator[Product]:
    """An installation that is not yet started; stopped and removed in the end."""
    folder = Path(tempfile.mkdtemp(prefix="riverchief-"))
    folder.chmod(0o711)  # the user of the database passes through
    product = Product(folder / "home")
    try:
        yield product
    finally:
        try:
            product.stop()
        finally:
            for pid in product.processes():  # only where the test found a defect in stopping
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            shutil.rmtree(folder, ignore_errors=True)
