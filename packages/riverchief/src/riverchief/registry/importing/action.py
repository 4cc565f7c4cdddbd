"""The import as an action, and the function that the API and the command line call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from riverchief.accounts.passwords import hand_over, refuse_taken
from riverchief.accounts.policies import require
from riverchief.accounts.roles import Capability
from riverchief.base.actions import Action, Actor
from riverchief.base.errors import InvalidInput
from riverchief.registry.importing.apart import warnings_of
from riverchief.registry.importing.chiefs import ImportChiefs
from riverchief.registry.importing.context import Context
from riverchief.registry.importing.office import COLUMNS, ImportOffice
from riverchief.registry.importing.permits import FIELDS as PERMIT_FIELDS
from riverchief.registry.importing.permits import (
    import_permit_limits,
    import_permit_outlets,
    import_permits,
    import_permitted_loads,
    import_self_monitoring,
)
from riverchief.registry.importing.points import FIELDS as PLACED_FIELDS
from riverchief.registry.importing.points import (
    import_outfalls,
    import_rivers,
    import_sections,
    import_stations,
)
from riverchief.registry.importing.reaches import import_reaches
from riverchief.registry.importing.result import ImportResult, Progress, silent
from riverchief.registry.importing.values import BadValue
from riverchief.registry.models import Basin

KINDS: dict[str, Callable[[Context, Path, str, Mapping[str, str]], None]] = {
    "reaches": import_reaches,
    "rivers": import_rivers,
    "sections": import_sections,
    "stations": import_stations,
    "outfalls": import_outfalls,
    "permits": import_permits,
    "permit_outlets": import_permit_outlets,
    "permit_limits": import_permit_limits,
    "permitted_loads": import_permitted_loads,
    "self_monitoring": import_self_monitoring,
}

OFFICE_KINDS = (*COLUMNS, "chiefs")
"""Who there is, rather than what; duties alone belong to a basin."""

FIELDS = {**PLACED_FIELDS, **PERMIT_FIELDS, **COLUMNS, "chiefs": ImportChiefs.fields}
"""What each kind may have and what it must have, by field; reaches are read by other rules."""


class Importer(Protocol):
    """An import that a slice above contributes: an action with the fields of `ImportFile`.

    `fields` is as in `FIELDS`, `capability` what whoever imports needs somewhere; which rows, is decided row by row.
    """

    fields: ClassVar[tuple[tuple[str, ...], tuple[str, ...]]]
    capability: ClassVar[Capability]

    def run(self) -> ImportResult:
        """Import the file."""


def importers() -> dict[str, Any]:
    """Kind to the class of `Importer` that imports it, for the kinds of the slices above (settings)."""
    table: dict[str, str] = import_string(settings.RIVERCHIEF_IMPORTERS)
    return {kind: import_string(path) for kind, path in table.items()}


def capability_of(kind: str) -> Capability:
    """What somebody needs, somewhere, to import this kind."""
    if kind in OFFICE_KINDS:
        return Capability.MANAGE_ACCOUNTS
    above = importers().get(kind)
    return above.capability if above else Capability.IMPORT_REGISTRY


def fields_of(kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The fields of a kind, and those that there must be; none of a kind whose columns cannot be chosen."""
    above = importers().get(kind)
    return above.fields if above else FIELDS.get(kind, ((), ()))


COMPLETED_LATER = (
    "有误的行或值未采用，其余照常导入。改正文件后整份重新导入同一流域即可补全，已有的不会重复。"
    "|Rows and values with problems are left out, the rest is taken. Mend the file and import all of it into the same "
    "basin again: what is missing is added, what is there is not doubled."
)

NOTHING_USABLE = (
    "没有一条可用的河段，因此未写入任何数据。请按各行的提示改正。"
    "|Not one reach can be used, so nothing is written. Correct the rows as told."
)

NO_ROW_USABLE = (
    "没有一行可用，因此未写入任何数据。请按各行的提示改正。"
    "|Not one row can be used, so nothing is written. Correct the rows as told."
)


@dataclass(kw_only=True)
class ImportFile(Action[ImportResult]):
    """Import one file of one of `KINDS` into a basin; a basin that is not there yet comes with its reaches."""

    name: ClassVar[str] = "registry.import"
    path: Path
    kind: str
    basin_code: str
    mapping: Mapping[str, str] = field(default_factory=dict)
    file_name: str = ""
    progress: Progress = silent

    def load(self) -> None:
        """The basin, locked: two imports into one basin wait for each other."""
        self.basin = Basin.objects.select_for_update().filter(code=self.basin_code).first()

    def check_permission(self) -> None:
        """Importing somewhere at all; which rows, is decided row by row."""
        require(self.actor, Capability.IMPORT_REGISTRY)

    def check_state(self) -> None:
        """The kind must be known, and the basin be there unless reaches make it."""
        if self.kind not in KINDS:
            words = ", ".join((*KINDS, *OFFICE_KINDS, *importers()))
            raise InvalidInput(
                f"没有导入类型“{self.kind}”。|There is no kind of import “{self.kind}”.",
                cure=f"可用：{words}|Use one of: {words}",
                field="kind",
            )
        if not 0 < len(self.basin_code) <= 40:
            raise InvalidInput(
                "流域代码须为 1–40 个字符。|The code of the basin must have 1 to 40 characters.",
                field="basin_code",
            )
        if self.basin is None and self.kind != "reaches":
            raise InvalidInput(
                f"没有流域“{self.basin_code}”。|There is no basin “{self.basin_code}”.",
                cure="请先导入河段（reaches）。|Import its reaches first.",
                field="basin_code",
            )

    def execute(self) -> ImportResult:
        """Read, check row by row, write, and log the counts."""
        name = self.file_name or self.path.name
        result = ImportResult(kind=self.kind, basin=self.basin_code)
        basin = self.basin or Basin.objects.create(
            code=self.basin_code,
            name_zh=self.basin_code,
            name_en=self.basin_code,
            synthetic=False,
            source=f"导入自 {name}。Imported from {name}.",
            version=0,
        )
        context = Context(basin, self.actor, result, self.progress)
        if self.basin is None:
            self._refuse_new_basin(context)
        before = set(basin.reaches.values_list("pk", flat=True))
        KINDS[self.kind](context, self.path, name, self.mapping)
        if self.basin is not None:
            result.warnings += warnings_of(basin, before)
        if result.errors:
            result.notes.append(COMPLETED_LATER)
        if self.kind in ("reaches", "rivers") and (result.created or result.updated):
            basin.version += 1  # what is cached of the network, tiles with names included, is out of date
            basin.save(update_fields=["version"])
        self.log(
            f"basin:{basin.pk}",
            kind=self.kind,
            file=name,
            rows=result.rows,
            created=result.created,
            updated=result.updated,
            unchanged=result.unchanged,
            errors=len(result.errors),
        )
        if result.created or result.updated:
            self.announce("registry.imported", area="", kind=self.kind, basin_id=basin.pk)
        return result

    def _refuse_new_basin(self, context: Context) -> None:
        try:
            context.check_area(None)
        except BadValue as error:
            raise InvalidInput(error.message, cure=error.cure, field="basin_code") from error


def run_import(
    path: Path,
    *,
    kind: str,
    basin_code: str,
    mapping: Mapping[str, str] | None = None,
    dry_run: bool = False,
    accept_partial: bool = False,
    actor: Actor,
    progress: Progress | None = None,
    name: str = "",
    passwords: Path | None = None,
) -> ImportResult:
    """Import a file.

    Args:
        path: where it lies.
        kind: one of `KINDS`, `OFFICE_KINDS` or `importers()`.
        basin_code: the basin; made by an import of reaches if it is not there. Areas, organisations, people and what the
            slices above import have none.
        mapping: field to column, where the headers are not known ones; for reaches also {"preset": "nhdplus"}.
        dry_run: do it all, then take it back.
        accept_partial: write a network although reaches of the file are missing in it; else it is taken back, for water
            would end, or come from nowhere, where they are missing. A file of which not one reach can be used is
            never written.
        actor: who imports.
        progress: told how far it is.
        name: what the user calls the file, if not by `path`.
        passwords: a new file for the first passwords of new people.

    Raises:
        InvalidInput: the file as a whole cannot be used, or there are new people and no file for their passwords.
        PermissionRefused: the actor may not import.
    """
    own: dict[str, Any] = {**dict.fromkeys(COLUMNS, ImportOffice), "chiefs": ImportChiefs}
    importer = own.get(kind) or importers().get(kind, ImportFile)
    with transaction.atomic():
        if passwords is not None:
            refuse_taken(passwords)
        result: ImportResult = importer(
            actor=actor,
            path=path,
            kind=kind,
            basin_code=basin_code.strip(),
            mapping=mapping or {},
            file_name=name,
            progress=progress or silent,
        ).run()
        result.dry_run = dry_run
        useless = 0 < result.rows == result.left_out
        partial = result.left_out > 0 and not accept_partial
        if useless:
            result.notes.append(NO_ROW_USABLE if kind == "chiefs" else NOTHING_USABLE)
        elif partial:
            result.notes.append(
                _conflicts(result.left_out) if kind == "chiefs" else _partial(result.left_out)
            )
        result.written = not (dry_run or partial or useless)
        if not result.written:
            transaction.set_rollback(True)
        elif result.passwords:
            _hand_over(result, passwords)
    return result


def _partial(left_out: int) -> str:
    return (
        f"文件中有 {left_out} 条河段不能进入河网；缺少它们，河网就不完整，因此未写入任何数据。请改正文件，"
        "或明确接受不完整的河网（--accept-partial）。"
        f"|{left_out} reaches of the file cannot be part of the network, which would be incomplete without them: nothing is "
        "written. Mend the file, or accept an incomplete network expressly (--accept-partial)."
    )


def _conflicts(left_out: int) -> str:
    return (
        f"名单中有 {left_out} 行有冲突或读不懂，因此未写入任何数据。请改正名单，或明确接受略去这些行（--accept-partial）。"
        f"|{left_out} rows of the list contradict something or cannot be read: nothing is written. Mend the list, or accept "
        "expressly that they are left out (--accept-partial)."
    )


def _hand_over(result: ImportResult, passwords: Path | None) -> None:
    if passwords is None:
        raise InvalidInput(
            f"有 {len(result.passwords)} 名新人员，没有存放初始密码的文件。"
            f"|There are {len(result.passwords)} new people, and no file for their first passwords.",
            cure="请在服务器上用 riverchief import --kind people --passwords 文件 导入。"
            "|Import them on the server: `riverchief import --kind people --passwords FILE`.",
            field="passwords",
        )
    hand_over(result.passwords, passwords)
    count = len(result.passwords)
    result.notes.append(
        f"{count} 名新人员的初始密码已写入 {passwords}（仅本人可读）；分发后请删除。"
        f"|The first passwords of {count} new people are in {passwords}, readable by you only: hand them out, then delete it."
    )
