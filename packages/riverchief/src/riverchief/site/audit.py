"""`riverchief audit`: checkpoints of the log, its key, and whether it proves itself."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from riverchief.monitor.acting import told

if TYPE_CHECKING:
    from riverchief.base.audit.faults import Fault
    from riverchief.base.audit.statement import Kept

_NEW_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group("audit")
def audit_command() -> None:
    """The log that proves itself."""


@audit_command.command("verify")
@click.argument("case", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--evidence", is_flag=True, help="Read every file of evidence, too.")
@click.option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="An exported checkpoint, or a folder of them; may be repeated.",
)
@click.option(
    "--public-key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The public key (PEM) that must have signed the case file.",
)
def verify_command(
    case: Path | None, evidence: bool, checkpoints: tuple[Path, ...], public_key: Path | None
) -> None:
    """Check every chain of the log, the checkpoints, and the tables against the log; exit code 1 where something is wrong.

    With CASE, check that case file or inspection pack instead: no database is needed, and no network.

    The product may run meanwhile. Against a checkpoint that was kept elsewhere, a tail that was cut off, a chain that
    was removed and a history that was replaced are found even where every hash and signature was made anew.
    """
    from riverchief.base.audit.verify import verify_all
    from riverchief.base.errors import RiverchiefError

    if case is not None:
        _verify_case(case, checkpoints, public_key)
    with _progress() as progress:
        try:
            verified = verify_all(_kept(checkpoints), evidence=evidence, progress=progress)
        except RiverchiefError as error:
            raise told(error) from error
    tell_faults(verified.faults)
    counted = {"chains": verified.chains, "entries": verified.entries, "checkpoints": verified.checkpoints}
    files_zh, files_en = (
        (f"、{verified.files} 个证据文件", f", {verified.files} files") if evidence else ("", "")
    )
    click.echo(
        "已核对 {chains} 条链、{entries} 条记录、{checkpoints} 个检查点".format(**counted)
        + f"{files_zh}，发现 {len(verified.faults)} 个问题。"
    )
    click.echo(
        "{chains} chains, {entries} entries, {checkpoints} checkpoints".format(**counted)
        + f"{files_en} checked, {len(verified.faults)} problems"
    )
    raise SystemExit(1 if verified.faults else 0)


def _verify_case(case: Path, checkpoints: Sequence[Path], public_key: Path | None) -> NoReturn:
    from riverchief.base.audit.keys import public_of_pem
    from riverchief.base.errors import RiverchiefError
    from riverchief.rectify.packs.verify import verify_file

    try:
        wanted = public_of_pem(public_key.read_bytes(), public_key.name) if public_key else None
        kept = _kept(checkpoints)
    except RiverchiefError as error:
        raise told(error) from error
    with case.open("rb") as file:
        verified = verify_file(file, public_key=wanted, kept=kept)
    tell_faults(verified.faults)
    if verified.checkpoint_at is not None:
        at = f"{verified.checkpoint_at:%Y-%m-%d %H:%M:%S} UTC"
        click.echo(f"检查点 checkpoint {verified.checkpoint} ({at})")
        click.echo(f"公钥指纹 key fingerprint {verified.public_key}")
    if verified.withheld:
        click.echo(
            f"{verified.withheld} 条记录的内容不予提供，其哈希相符。/ {verified.withheld} entries are withheld; their hashes fit."
        )
    click.echo(
        f"{case.name}：已核对 {verified.files} 个文件、{verified.entries} 条记录，发现 {len(verified.faults)} 个问题。"
    )
    click.echo(
        f"{case.name}: {verified.files} files and {verified.entries} entries checked, {len(verified.faults)} problems"
    )
    if not verified.faults and wanted is None:
        click.echo(
            "公钥取自案卷本身：请把指纹与从别处得到的核对，或用 --public-key。/ "
            "The key is the file's own: compare its fingerprint with one had from elsewhere, or use --public-key."
        )
    raise SystemExit(1 if verified.faults else 0)


@audit_command.command("export-case")
@click.argument("number")
@click.argument("file", type=_NEW_FILE)
@click.option("--as", "username", required=True, help="User name of the person who takes it.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
def export_case_command(number: str, file: Path, username: str, language: str) -> None:
    """Write the case file of the problem NUMBER to FILE (.zip): everything of it, verifiable without us."""
    from riverchief.accounts.command import user_named
    from riverchief.base.errors import RiverchiefError
    from riverchief.rectify.access import whole_problems
    from riverchief.rectify.casefile.export import export_case

    user = user_named(username)
    problem_id = whole_problems(user).filter(number=number).values_list("pk", flat=True).first()
    if problem_id is None:
        raise click.ClickException(f"There is no problem “{number}” of which {username} sees everything.")
    draft = file.with_name(f".{file.name}.partial")
    try:
        # The mode first: a case is not for every user of this machine.
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            export_case(user, problem_id, language, opened)
        os.link(draft, file)  # unlike a rename it replaces nothing
    except RiverchiefError as error:
        raise told(error) from error
    except FileExistsError as error:
        raise click.ClickException(f"{file} exists: choose another name.") from error
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}. Name another file.") from error
    finally:
        draft.unlink(missing_ok=True)
    click.echo(f"{file}: {file.stat().st_size / 1e6:.1f} MB. Verify it: riverchief audit verify {file}")


@audit_command.command("export-pack")
@click.argument("file", type=_NEW_FILE)
@click.option("--as", "username", required=True, help="User name of the person of the office who takes it.")
@click.option("--area", default="", help="Code of an area of the office; without it the office's own.")
@click.option("--river", type=int, help="Number of a river.")
@click.option("--campaign", type=int, help="Number of an order or campaign.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First day.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day.")
@click.option(
    "--district", is_flag=True, help="The copy for a district: without what a district must not see."
)
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
def export_pack_command(
    file: Path,
    username: str,
    area: str,
    river: int | None,
    campaign: int | None,
    since: datetime | None,
    until: datetime | None,
    district: bool,
    language: str,
) -> None:
    """Write an inspection pack to FILE (.zip): all of an area, river, campaign or period, and what of it is missing."""
    from riverchief.accounts.command import user_named
    from riverchief.base.errors import RiverchiefError
    from riverchief.rectify.packs.actions import AskPack, TakePack
    from riverchief.rectify.packs.codes import PackAudience
    from riverchief.rectify.packs.store import file_of, make

    user = user_named(username)
    try:
        pack = AskPack(
            actor=user,
            audience=PackAudience.DISTRICT if district else PackAudience.INSPECTORS,
            area_code=area,
            river_id=river,
            campaign_id=campaign,
            since=since.date() if since else None,
            until=until.date() if until else None,
            language=language,
            queued=False,
        ).run()
        with _progress() as progress:
            made = make(pack, lambda share: progress(round(100 * share), 100))
        TakePack(actor=user, pack_id=pack.pk).run()
        # The mode first, as with a case file; "x": a file that is there is never overwritten.
        new_file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(new_file, "wb") as target, file_of(made).open("rb") as source:
            shutil.copyfileobj(source, target)
    except RiverchiefError as error:
        raise told(error) from error
    except FileExistsError as error:
        raise click.ClickException(f"{file} exists: choose another name.") from error
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}. Name another file.") from error
    click.echo(
        f"{file}: problems {made.problems}, gaps {sum(made.gaps.values())}, {(made.size or 0) / 1e6:.1f} MB. "
        f"Verify it: riverchief audit verify {file}"
    )


def tell_faults(faults: "Sequence[Fault]") -> None:
    """Each in both languages, on standard error."""
    for fault in faults:
        click.echo(f"{fault.where}: {fault.zh} / {fault.en}", err=True)


def _kept(paths: Sequence[Path]) -> "list[Kept]":
    from riverchief.base.audit.statement import Kept

    files = [
        file
        for path in paths
        for file in (sorted(path.glob("checkpoint-*.json")) if path.is_dir() else [path])
    ]
    if paths and not files:
        raise click.BadParameter("No checkpoint is in that folder.", param_hint="--checkpoint")
    return [Kept.read(file.read_text(encoding="utf-8", errors="replace"), file.name) for file in files]


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("pieces of the log", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


@audit_command.command("checkpoint")
def checkpoint_command() -> None:
    """Sign how every chain stands, now; the worker does it every ten minutes by itself."""
    from riverchief.base.audit.sealing import seal, signed_of
    from riverchief.base.errors import RiverchiefError

    try:
        made = seal()
    except RiverchiefError as error:
        raise told(error) from error
    statement = signed_of(made).statement
    click.echo(
        f"checkpoint {made.number} of {made.at:%Y-%m-%d %H:%M:%S} UTC: {statement.chains} chains, "
        f"{statement.entries} entries, root {statement.root}"
    )


@audit_command.command("export-checkpoint")
@click.argument("file", type=_NEW_FILE)
def export_checkpoint_command(file: Path) -> None:
    """Write the newest checkpoint to FILE, to be kept where nobody who works here can change it."""
    from riverchief.base.audit.sealing import export
    from riverchief.base.models import Checkpoint

    last = Checkpoint.objects.last()
    if last is None:
        raise click.ClickException("There is no checkpoint yet: run `riverchief audit checkpoint` first.")
    try:
        export(last, file)
    except FileExistsError as error:
        raise click.ClickException(
            f"{file} exists: checkpoints are never overwritten; choose another name."
        ) from error
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}. Name another file.") from error
    click.echo(f"{file}: checkpoint {last.number}")


@audit_command.command("public-key")
def public_key_command() -> None:
    """Print the public key (PEM) that checkpoints and case files are signed with: hand it to whoever is to verify them."""
    from riverchief.base.audit.keys import public_hex, public_pem, signing_key
    from riverchief.base.errors import RiverchiefError

    try:
        public = public_hex(signing_key())
    except RiverchiefError as error:
        raise told(error) from error
    click.echo(public_pem(public), nl=False)
    click.echo(f"公钥指纹 fingerprint: {public}", err=True)


@audit_command.command("rotate-key")
@click.option("--as", "username", required=True, help="User name of the administrator who does this.")
@click.option("--reason", required=True, help="Why; it stands in the log.")
@click.option("--lost", is_flag=True, help="The old key is lost and cannot vouch for the new one.")
def rotate_key_command(username: str, reason: str, lost: bool) -> None:
    """Sign with a new key from now on; the log says who changed it, and why."""
    from riverchief.accounts.command import user_named
    from riverchief.accounts.policies import require
    from riverchief.accounts.roles import Capability
    from riverchief.base.audit.keys import RotateKey, public_hex, signing_key
    from riverchief.base.audit.sealing import seal
    from riverchief.base.errors import RiverchiefError

    user = user_named(username)
    try:
        require(user, Capability.MANAGE_ACCOUNTS)
        RotateKey(actor=user, reason=reason, lost=lost).run()
        public = public_hex(signing_key())
        made = seal()
    except RiverchiefError as error:
        raise told(error) from error
    click.echo(f"The new key is {public}; checkpoint {made.number} is signed with it.")
