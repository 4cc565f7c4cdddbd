"""Backup and restore: one file with the database, closed months of readings, the evidence, and a manifest that says what
must come out again.

The dump and the counts in the manifest come from one snapshot. The files are copied after it: evidence is only ever
added, and a replaced file of readings is kept for a day, so every file that the dump knows is there. Secrets are named by fingerprint but never included: a stolen backup
must not open the running installation.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import click
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from psycopg import sql
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from riverchief.base.audit.verify import verify_all
from riverchief.monitor.models import ArchivedMonth
from riverchief.monitor.retrieval import hold_still
from riverchief.site.postgres import packaged_program

FORMAT = 1
SUFFIXES = (".tar.gz", ".tgz")
MANIFEST, DUMP = "manifest.json", "database.dump"
EVIDENCE_MEMBER = re.compile(r"evidence/([0-9a-f]{2})/(\1[0-9a-f]{62})")
ARCHIVE_MEMBER = re.compile(r"archive/([0-9]{4}-[0-9]{2}\.[0-9a-f]+\.parquet)")
BLOCK = 1 << 20


class BackupError(click.ClickException):
    """A backup could not be written or restored; nothing was changed. The message says what to do."""


def write(target: Path) -> dict[str, Any]:
    """Write a backup to `target` (.tar.gz, new); returns its manifest. A failure leaves no file of that name."""
    if not target.name.endswith(SUFFIXES):
        raise BackupError(f"{target} is to be a .tar.gz: choose a name that ends so.")
    if target.exists():
        raise BackupError(f"{target} exists: choose another name; backups are never overwritten.")
    if not target.parent.is_dir():
        raise BackupError(f"The folder {target.parent} does not exist: make it, or choose another.")
    draft = target.with_name(f".{target.name}.partial")
    with _progress() as progress, tempfile.TemporaryDirectory(dir=target.parent) as folder:
        dump = Path(folder) / DUMP
        task = progress.add_task("database", total=None)
        manifest = _dump(dump)
        progress.update(task, total=dump.stat().st_size, completed=dump.stat().st_size)
        evidence = sorted(_evidence_files(Path(settings.RIVERCHIEF_EVIDENCE_DIR)))
        manifest["evidence_files"] = len(evidence)
        members = [
            (dump, DUMP),
            *(
                (_month_file(name, sha256), f"archive/{name}")
                for name, sha256 in sorted(manifest["archived_months"].items())
            ),
            *((path, f"evidence/{path.parent.name}/{path.name}") for path in evidence),
        ]
        task = progress.add_task("archive", total=sum(path.stat().st_size for path, _ in members))
        try:
            # The mode first: a backup holds names and numbers of people from its first byte on.
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as archive:
                    _add_manifest(archive, manifest)
                    for path, name in members:
                        archive.add(path, name)
                        progress.advance(task, path.stat().st_size)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    click.echo(
        f"{target}: {target.stat().st_size / 1e6:.1f} MB, {sum(manifest['rows'].values())} rows, "
        f"{len(manifest['archived_months'])} closed months of readings, {len(evidence)} pieces of evidence. Secrets are not in it: keep {settings.HOME.secrets} apart."
    )
    return manifest


def restore(source: Path) -> None:
    """Restore a backup into an empty installation; a failure leaves it empty."""
    evidence_folder = Path(settings.RIVERCHIEF_EVIDENCE_DIR)
    archive_folder = Path(settings.RIVERCHIEF_ARCHIVE_DIR)
    _require_empty(evidence_folder, archive_folder)
    evidence_folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=evidence_folder.parent, prefix="restore.") as folder:
        staging = Path(folder)
        with _progress() as progress:
            manifest = _unpack(source, staging, progress)
            _require_known_release(manifest)
            task = progress.add_task("database", total=None)
            _load(staging / DUMP, manifest)
            progress.update(task, total=1, completed=1)
        for name, folder_of in (("evidence", evidence_folder), ("archive", archive_folder)):
            unpacked = staging / name
            if unpacked.exists():
                if folder_of.exists():
                    folder_of.rmdir()
                unpacked.chmod(0o700)
                unpacked.rename(folder_of)
    call_command("migrate", interactive=False, verbosity=0)
    verified = verify_all()
    if verified.faults:
        raise BackupError(
            "Restored, but the log does not prove itself:\n" + "\n".join(map(str, verified.faults))
        )
    click.echo(
        f"Restored {sum(manifest['rows'].values())} rows and {manifest['evidence_files']} pieces of evidence of "
        f"{manifest['created_at']}; {verified.chains} chains of the log are whole. Start the product with `riverchief serve`."
    )


# -- the database ------------------------------------------------------------------------------------------------


def _dump(target: Path) -> dict[str, Any]:
    """Dump the database; the manifest's counts are read in the very snapshot of the dump."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        # Before the snapshot is taken: to it, a month that were closed later would be neither in the tables nor in a file.
        hold_still()
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        rows = _count_rows()
        archived = dict(ArchivedMonth.objects.values_list("file", "sha256"))
        migrations = sorted(
            f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()
        )
        _run_program("pg_dump", "--format=custom", "--no-owner", f"--snapshot={snapshot}", f"--file={target}")
        cursor.execute("SHOW server_version")
        server = cursor.fetchone()[0]
    return {
        "format": FORMAT,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "riverchief": version("riverchief"),
        "postgresql": server,
        "migrations": migrations,
        "rows": rows,
        "archived_months": archived,
        "dump_sha256": _sha256(target.open("rb")),
        "secrets_not_included": {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:16]
            for path in sorted(settings.HOME.secrets.glob("*"))
        },
    }


def _load(dump: Path, manifest: dict[str, Any]) -> None:
    """Restore the dump in one transaction, and compare what came out with the manifest."""
    _run_program("pg_restore", "--single-transaction", "--no-owner", "--no-privileges", str(dump))
    if (rows := _count_rows()) != manifest["rows"]:
        different = {
            t: (manifest["rows"].get(t), rows.get(t)) for t in rows if manifest["rows"].get(t) != rows[t]
        }
        raise BackupError(f"The restored tables differ from the backup's own counts: {different}.")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _count_rows() -> dict[str, int]:
    """Rows by table; partitions count for their parent."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname"
        )
        names = [name for (name,) in cursor.fetchall()]
        counts = {}
        for name in names:
            cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name)))
            counts[name] = cursor.fetchone()[0]
    return counts


def _run_program(name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs against our database; the password goes by the environment, not by `ps`."""
    database = connection.settings_dict
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PGPASSWORD": str(database["PASSWORD"]),
        "PGUSER": str(database["USER"]),
        "PGHOST": str(database["HOST"]),
        "PGPORT": str(database["PORT"] or "5432"),
    }
    for option, value in database["OPTIONS"].items():
        if option.startswith("ssl"):
            environment[f"PG{option.upper()}"] = str(value)
    done = subprocess.run(  # noqa: S603 - our own programs, no shell
        [packaged_program(name), f"--dbname={database['NAME']}", *arguments],
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise BackupError(f"{name} failed: {done.stderr.strip()}")


def _require_empty(evidence_folder: Path, archive_folder: Path) -> None:
    tables = _count_rows()
    archived = any(archive_folder.glob("*"))
    if tables or archived or any(_evidence_files(evidence_folder)):
        files = f"readings in {archive_folder}" if archived else f"evidence in {evidence_folder}"
        found = f"{len(tables)} tables" if tables else files
        raise BackupError(
            f"This installation is not empty ({found}), and a restore never overwrites: set RIVERCHIEF_HOME to a new "
            "folder (or DATABASE_URL to an empty database), and run `riverchief restore` before the first start."
        )


def _require_known_release(manifest: dict[str, Any]) -> None:
    if manifest.get("format") != FORMAT:
        raise BackupError(
            f"The backup has format {manifest.get('format')}; this release reads {FORMAT} only."
        )
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if unknown := sorted(set(manifest["migrations"]) - known):
        raise BackupError(
            f"The backup was made by riverchief {manifest['riverchief']}, which has changes of the tables that this "
            f"release ({version('riverchief')}) lacks, such as {unknown[0]}: restore it with that release or a later one."
        )


# -- the archive ---------------------------------------------------------------------------------------------------


def _month_file(name: str, sha256: str) -> Path:
    path = Path(settings.RIVERCHIEF_ARCHIVE_DIR) / name
    if not path.is_file() or _sha256(path.open("rb")) != sha256:
        raise BackupError(
            f"{path}, a closed month of readings, is missing or damaged: bring it back from an older backup."
        )
    return path


def _evidence_files(folder: Path) -> Iterator[Path]:
    """The pieces of evidence; drafts of an upload that is going on are none."""
    for path in folder.glob("??/*"):
        if EVIDENCE_MEMBER.fullmatch(f"evidence/{path.parent.name}/{path.name}"):
            yield path


def _add_manifest(archive: tarfile.TarFile, manifest: dict[str, Any]) -> None:
    content = json.dumps(manifest, indent=2, ensure_ascii=False).encode()
    member = tarfile.TarInfo(MANIFEST)
    member.size = len(content)
    archive.addfile(member, BytesIO(content))


def _unpack(source: Path, staging: Path, progress: Progress) -> dict[str, Any]:
    """Unpack the known members into `staging`, checking each against its hash; returns the manifest."""
    task = progress.add_task("archive", total=source.stat().st_size)
    evidence_files = 0
    months: dict[str, str] = {}
    manifest: dict[str, Any] | None = None
    try:
        with source.open("rb") as file, tarfile.open(fileobj=file, mode="r|gz") as archive:
            for member in archive:
                content = archive.extractfile(member)
                if content is None:
                    raise BackupError(
                        f"{source} holds {member.name}, which is no file: this is no backup of ours."
                    )
                if member.name == MANIFEST:
                    manifest = json.load(content)
                    # A backup made before there were closed months does not speak of them.
                    months = dict(manifest.get("archived_months", {}))
                elif manifest is None:
                    raise BackupError(f"{source} does not begin with a manifest: this is no backup of ours.")
                elif member.name == DUMP:
                    _write_checked(content, staging / DUMP, manifest["dump_sha256"])
                elif (match := ARCHIVE_MEMBER.fullmatch(member.name)) and match[1] in months:
                    _write_checked(content, staging / member.name, months.pop(match[1]))
                elif match := EVIDENCE_MEMBER.fullmatch(member.name):
                    _write_checked(content, staging / member.name, match[2])
                    evidence_files += 1
                else:
                    raise BackupError(f"{source} holds {member.name}, which no backup of ours has.")
                progress.update(task, completed=file.tell())
    except (tarfile.TarError, EOFError, OSError, json.JSONDecodeError) as error:
        raise BackupError(
            f"{source} cannot be read to its end ({error}): take another copy of the backup."
        ) from error
    complete = (staging / DUMP).exists() and not months
    if manifest is None or not complete or evidence_files != manifest["evidence_files"]:
        raise BackupError(f"{source} is not complete: take another copy of the backup.")
    return manifest


def _write_checked(content: IO[bytes], target: Path, sha256: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        shutil.copyfileobj(content, file, BLOCK)
    if _sha256(target.open("rb")) != sha256:
        raise BackupError(
            f"{target.name} in the backup was changed or damaged: take another copy of the backup."
        )


def _sha256(file: IO[bytes]) -> str:
    with file:
        digest = hashlib.sha256()
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


@contextlib.contextmanager
def _progress() -> Iterator[Progress]:
    columns = (TextColumn("{task.description:<9}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, transient=False) as progress:
        yield progress
