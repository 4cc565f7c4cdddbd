"""One process that runs the whole product: the database, the web server, the gateway and the worker.

It starts them in order, starts again what dies, passes on the signal to stop, and leaves nothing behind: every child is
tethered to it by the kernel and lives in a process group of its own, which is cleared before the child is started again.
"""

import asyncio
import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TextIO

import click

from riverchief.site.database import require_answer
from riverchief.site.home import Home
from riverchief.site.postgres import Postgres
from riverchief.site.processes import holder_of_port, tether

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
LONG_ENOUGH_S = 60.0  # a child that lived this long is started again without the pauses of its earlier deaths
LARGEST_LOG_BYTES = 20_000_000
READY_LIMIT_S = 120.0


class SupervisorError(click.ClickException):
    """The product could not be started; the message says what to do."""


@dataclass(frozen=True)
class Part:
    """A process to be kept running."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    farewell: signal.Signals = signal.SIGTERM
    patience_s: float = 20.0
    before_start: Callable[[], None] = lambda: None
    to_terminal: bool = False


@dataclass(frozen=True)
class Port:
    """An address that a part will listen on."""

    part: str
    host: str
    number: int
    variable: str

    def require_free(self) -> None:
        """Raise, with the holder and the cure, where somebody else listens there."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.number))
            except OSError as error:
                raise SupervisorError(self._complaint(error)) from error

    def _complaint(self, error: OSError) -> str:
        place = f"{self.host}:{self.number}, where the {self.part} is to listen,"
        another_port = f"choose another port: {self.variable}={self.number + 1}"
        if error.errno == errno.EADDRINUSE:
            holder = holder_of_port(self.number) or "another process (whose owner hides it from you)"
            return f"{place} is taken by {holder}: stop that one, or {another_port}"
        if error.errno == errno.EACCES:
            return f"{place} cannot be used ({error.strerror}): {another_port}"
        return (
            f"{place} is no address of this machine ({error.strerror}): "
            f"choose one that is: RIVERCHIEF_{self.part.upper()}_HOST=127.0.0.1"
        )


class Journal:
    """Where the lines of the children go: the terminal, or a file that is turned over at each start when large."""

    def __init__(self, path: Path | None = None) -> None:
        self._file: TextIO | None = None
        if path is not None:
            if path.exists() and path.stat().st_size > LARGEST_LOG_BYTES:
                path.replace(path.with_suffix(".1.log"))
            self._file = path.open("a", encoding="utf-8")

    def line(self, name: str, text: str) -> None:
        """Write one line of the child `name`."""
        if self._file is None:
            click.echo(f"{name:<9}│ {text}", err=True)
        else:
            self._file.write(f"{name:<9}│ {text}\n")
            self._file.flush()

    def tell(self, text: str) -> None:
        """Say something to whoever looks, and keep it."""
        click.echo(f"{'riverchief':<9}│ {text}", err=True)
        if self._file is not None:
            self.line("riverchief", text)


class Child:
    """One part, kept running until it is asked to stop."""

    def __init__(self, part: Part, journal: Journal) -> None:
        self.part = part
        self.process: asyncio.subprocess.Process | None = None
        self._journal = journal
        self._stopping = asyncio.Event()
        self._pumping: asyncio.Task[None] | None = None
        self._keeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it once."""
        await asyncio.to_thread(self.part.before_start)
        options = {"start_new_session": True, "preexec_fn": tether(self.part.farewell), **self.part.options}
        options.setdefault("env", {**os.environ, **self.part.environment})
        options.setdefault("stdin", subprocess.DEVNULL)
        if self.part.to_terminal:
            self.process = await asyncio.create_subprocess_exec(*self.part.command, **options)
            return
        # A pipe of our own: asyncio's would make `wait` wait for grandchildren that outlive a killed child.
        outlet, inlet = os.pipe()
        try:
            self.process = await asyncio.create_subprocess_exec(
                *self.part.command, stdout=inlet, stderr=inlet, **options
            )
        except BaseException:
            os.close(outlet)
            raise
        finally:
            os.close(inlet)
        self._pumping = asyncio.create_task(self._pump(os.fdopen(outlet, "rb")))

    async def _pump(self, outlet: IO[bytes]) -> None:
        lines = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(lines)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, outlet)
        with contextlib.closing(transport):
            await self._read_lines(lines)

    async def _read_lines(self, lines: asyncio.StreamReader) -> None:
        while True:
            try:
                line = await lines.readline()
            except ValueError:  # a line longer than the reader's buffer, which has dropped it
                self._journal.line(self.part.name, "(a line too long to show)")
                continue
            if not line:
                return
            self._journal.line(self.part.name, line.decode(errors="replace").rstrip())

    async def wait(self) -> int:
        """Wait for its end and clear what it left in its process group."""
        assert self.process is not None
        code = await self.process.wait()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        if self._pumping is not None:
            await self._pumping
        return code

    def keep(self) -> None:
        """From now on start it again whenever it ends."""
        self._keeping = asyncio.create_task(self._keep(), name=f"keep {self.part.name}")

    async def _keep(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            started = time.monotonic()
            code = await self.wait()
            if self._stopping.is_set():
                return
            if time.monotonic() - started > LONG_ENOUGH_S:
                pause_s = FIRST_PAUSE_S
            self._journal.tell(f"{self.part.name} {_ending(code)}; starting it again in {pause_s:.1f} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause_s)
                return
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            await self._start_again()

    async def _start_again(self) -> None:
        """A start that fails, because the disk is full or a lock is held, is told and tried again like a death."""
        while not self._stopping.is_set():
            try:
                return await self.start()
            except (OSError, click.ClickException) as error:
                self._journal.tell(f"{self.part.name} cannot be started: {error}")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), LONGEST_PAUSE_S)

    async def stop(self) -> None:
        """Ask it to end, wait, and kill it only when it does not."""
        self._stopping.set()
        if self.process is None:
            return
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(self.part.farewell)
            try:
                await asyncio.wait_for(self.process.wait(), self.part.patience_s)
            except TimeoutError:
                self._journal.tell(f"{self.part.name} does not end: killing it")
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.process.pid, signal.SIGKILL)
        if self._keeping is not None:
            await self._keeping
        else:
            await self.wait()


def _ending(code: int) -> str:
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"


@dataclass
class Supervisor:
    """Runs the installation at `home`, with `listeners` beside what has a port.

    `foreground` is a further process that owns the terminal, such as the demonstration's story; with `once` the
    product stops when it ends, with its exit code.
    """

    home: Home
    ports: Sequence[Port]
    environment: Mapping[str, str] = field(default_factory=dict)
    listeners: Sequence[str] = ()
    foreground: Sequence[str] | None = None
    once: bool = False
    quiet: bool = False
    _children: list[Child] = field(default_factory=list, init=False)

    def run(self) -> int:
        """Run until a signal, or until the foreground process decides; returns the exit code."""
        with self.home.held():
            for port in self.ports:
                port.require_free()
            return asyncio.run(self._run())

    async def _run(self) -> int:
        journal = Journal(self.home.logs / "riverchief.log" if self.quiet else None)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, stop.set)
        work = asyncio.create_task(self._work(journal))
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            journal.tell("stopping")
            return 0
        finally:
            for task in (work, stopped):
                task.cancel()
            await asyncio.gather(work, stopped, return_exceptions=True)
            # What writes goes first, the database last.
            for child in reversed(self._children):
                await child.stop()

    async def _work(self, journal: Journal) -> int:
        self.home.secret("django_key")
        environment = {
            "PYTHONUNBUFFERED": "1",
            "RIVERCHIEF_HOME": str(self.home.path),
            "DJANGO_SETTINGS_MODULE": "riverchief.site.settings",
            **self.environment,
        }
        if os.environ.get("DATABASE_URL"):
            await asyncio.to_thread(require_answer)
        else:
            environment["DATABASE_URL"] = await self._start_database(journal)
        await self._migrate(journal, environment)
        for port in self.ports:
            await self._start(_part(port.part, environment), journal)
        for name in ("worker", *self.listeners):
            await self._start(_part(name, environment), journal)
        for port in self.ports:
            await _until_open(port)
        journal.tell(f"riverchief serves {', '.join(f'{p.part} at {p.host}:{p.number}' for p in self.ports)}")
        if self.foreground is not None:
            code = await self._play(self.foreground, journal, environment)
            if self.once or code != 0:
                return code
        await asyncio.Event().wait()
        raise AssertionError("unreachable: only a signal ends a server")

    async def _start_database(self, journal: Journal) -> str:
        server = Postgres(self.home)
        journal.tell("starting PostgreSQL")
        await asyncio.to_thread(server.prepare)
        part = Part(
            "postgres",
            server.command(),
            options=server.popen_options(),
            farewell=signal.SIGINT,
            patience_s=120,
            before_start=server.prepare,
        )
        child = await self._start(part, journal)
        await asyncio.to_thread(server.wait_until_ready, lambda: _alive(child))
        return server.url

    async def _migrate(self, journal: Journal, environment: Mapping[str, str]) -> None:
        journal.tell("bringing the database up to date")
        child = Child(_part("migrate", environment), journal)
        await child.start()
        self._children.append(child)
        code = await child.wait()
        self._children.remove(child)
        if code != 0:
            raise SupervisorError(
                f"The database could not be brought up to date (migrate {_ending(code)}): "
                "its lines above, or in the log folder, say why."
            )

    async def _start(self, part: Part, journal: Journal) -> Child:
        child = Child(part, journal)
        await child.start()
        child.keep()
        self._children.append(child)
        return child

    async def _play(self, command: Sequence[str], journal: Journal, environment: Mapping[str, str]) -> int:
        child = Child(Part("story", command, environment, to_terminal=True), journal)
        await child.start()
        self._children.append(child)
        code = await child.wait()
        self._children.remove(child)
        return code if code >= 0 else 128 - code


def _alive(child: Child) -> bool:
    return child.process is not None and child.process.returncode is None


def names_broker(sources: Path, *, named: bool) -> bool:
    """Whether a file of sources names a broker; of one that cannot be read, or was `named` and is not there, the listener
    says what is wrong."""
    if not sources.is_file():
        return named
    try:
        return "mqtt" in tomllib.loads(sources.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return True


def _part(name: str, environment: Mapping[str, str]) -> Part:
    """A part that is a command of our own command line."""
    own = {**environment, "RIVERCHIEF_PROCESS": name}
    return Part(name, (sys.executable, "-m", "riverchief.site.cli", name), own)


async def _until_open(port: Port) -> None:
    """Wait until somebody listens on a port."""
    deadline = time.monotonic() + READY_LIMIT_S
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(port.host, port.number)
            writer.close()
            return
        if time.monotonic() > deadline:
            raise SupervisorError(
                f"The {port.part} does not listen on {port.host}:{port.number} after {READY_LIMIT_S:.0f} s: "
                "its lines above, or in the log folder, say why."
            )
        await asyncio.sleep(0.1)
