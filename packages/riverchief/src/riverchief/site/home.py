"""The folder of one installation: its database, its evidence, its secrets and its logs.

Everything an operator must keep lies below this folder; nothing is written outside it. Only this module decides where
it is, who may read it and who holds it.
"""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click


class HomeInUse(click.ClickException):
    """Another supervisor already runs this installation."""


def default_path(name: str = "riverchief") -> Path:
    """`RIVERCHIEF_HOME`, else `name` in the place the system keeps for such data.

    For root this is below /var/lib, because our database never runs as root and its user cannot enter root's own
    folder; opening that folder for it would be a hole.
    """
    if chosen := os.environ.get("RIVERCHIEF_HOME"):
        return Path(chosen).expanduser().resolve()
    if os.geteuid() == 0:
        return Path("/var/lib") / name
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / name


@dataclass(frozen=True)
class Home:
    """The folders and secrets of the installation at `path`."""

    path: Path

    @property
    def database(self) -> Path:
        """Our own PostgreSQL: data, socket and, where needed, a copy of the programs."""
        return self.path / "postgres"

    @property
    def evidence(self) -> Path:
        """The evidence store."""
        return self.path / "evidence"

    @property
    def archive(self) -> Path:
        """Closed months of readings."""
        return self.path / "archive"

    @property
    def logs(self) -> Path:
        """Logs of the processes that do not write to a terminal."""
        return self.path / "logs"

    @property
    def secrets(self) -> Path:
        """Secrets made at the first start, one file each, readable by the owner only."""
        return self.path / "secrets"

    def prepare(self) -> None:
        """Make the folders. Root's folder can be entered by the user of the database, but not listed."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
            for folder in (self.secrets, self.logs, self.evidence, self.archive):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise click.ClickException(
                f"The folder {error.filename} cannot be made or entered ({error.strerror}): "
                "set RIVERCHIEF_HOME to a folder that you own."
            ) from error

    def read_secret(self, name: str) -> str | None:
        """The stored secret, or None where none was made yet or it belongs to somebody else."""
        try:
            return (self.secrets / name).read_text().strip() or None
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return None

    def write_secret(self, name: str, value: str) -> None:
        """Store a secret so that a crash leaves either the old or the new one, never a half."""
        self.prepare()
        target = self.secrets / name
        draft = target.with_name(f"{name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(value)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)

    def secret(self, name: str) -> str:
        """The stored secret; made at random the first time."""
        if (value := self.read_secret(name)) is None:
            value = secrets.token_urlsafe(48)
            self.write_secret(name, value)
        return value

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the installation while it runs; the kernel lets go when the process ends, however it ends."""
        self.prepare()
        with (self.path / "supervisor.lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                file.seek(0)
                holder = file.read().strip() or "unknown"
                raise HomeInUse(
                    f"The installation at {self.path} is already running (process {holder}): stop that one first, "
                    "or set RIVERCHIEF_HOME to another folder."
                ) from error
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield
