"""Making a case file: the problem held still, its chain under a fresh checkpoint, everything in one zip."""

import json
from dataclasses import dataclass
from functools import partial
from typing import IO

from django.db import transaction

from riverchief.accounts.models import User
from riverchief.accounts.policies import allows
from riverchief.accounts.roles import Capability
from riverchief.base import clock, evidence
from riverchief.base.audit.keys import public_hex, public_pem, signing_key
from riverchief.base.audit.proof import Proof
from riverchief.base.audit.sealing import proof_of, seal, signed_of
from riverchief.base.audit.statement import Signed
from riverchief.base.errors import InvalidInput, StateRefused
from riverchief.base.models import Evidence
from riverchief.rectify.casefile import pack, readme
from riverchief.rectify.casefile.actions import ExportCase
from riverchief.rectify.casefile.contents import case_data, links_of
from riverchief.rectify.casefile.paper import case_pdf
from riverchief.rectify.casefile.verify import chain_data
from riverchief.rectify.casefile.words import Shown, file_name
from riverchief.rectify.models import Problem

LARGEST_DOWNLOAD = 200_000_000
_TRIES = 5


@dataclass(frozen=True)
class _Read:
    """A problem as it stood at one moment."""

    case: Shown
    chain: list[Shown]
    signed: Signed
    proof: Proof
    files: list[Evidence]


def export_case(
    user: User, problem_id: int, language: str, target: IO[bytes], *, largest: int | None = None
) -> str:
    """Write the case file of a problem to `target`; returns a name for it.

    Raises:
        NotFound: the person does not see everything of such a problem, or a file of evidence is not as it was.
        InvalidInput: its files are larger than `largest` bytes.
        StateRefused: the log cannot be signed, or people worked at the problem all the while.
        NoChineseFont: no font with Chinese characters is installed.
    """
    area_path = Problem.objects.filter(pk=problem_id).values_list("area__path", flat=True).first()
    with_clue = area_path is not None and allows(user, Capability.VIEW_CLUE, area_path)
    problem = ExportCase(actor=user, problem_id=problem_id, with_clue=with_clue).run()
    read = _read(problem.pk, user, language, with_clue=with_clue)
    size = sum(file.size for file in read.files)
    if largest is not None and size > largest:
        raise InvalidInput(
            f"案卷的证据文件共 {size / 1e6:.0f} MB，网页最多导出 {largest / 1e6:.0f} MB。"
            f"|The files of this case have {size / 1e6:.0f} MB; a page hands out {largest / 1e6:.0f} MB at most.",
            cure="请由管理员在服务器上运行 `riverchief audit export-case`。"
            "|Let an administrator run `riverchief audit export-case` on the server.",
        )
    key = signing_key()
    public = public_hex(key)
    files: dict[str, pack.Content] = {
        pack.README: readme.text(read.case, read.signed.statement, public),
        pack.PAPER: case_pdf(read.case, read.chain, read.signed.statement, language, clock.now()),
        pack.CASE: json_bytes(read.case),
        pack.CHAIN: json_bytes(read.chain),
        pack.PROOF: json_bytes(
            {
                "checkpoint": read.signed.text,
                "signature": read.signed.signature,
                "proof": read.proof.as_data(),
            }
        ),
        pack.KEY: public_pem(public).encode(),
    }
    for file in read.files:
        files[file_name(file.sha256, file.media_type)] = partial(evidence.read, file)
    pack.write(target, pack.CASE_FILE, files.items(), key, public)
    return f"case-{problem.pk}.zip"


def _read(problem_id: int, user: User, language: str, *, with_clue: bool) -> _Read:
    """Under a checkpoint that holds all of its chain: its row is locked while it is read, so that no step comes between."""
    for _ in range(_TRIES):
        seal()
        checkpoint, proof = proof_of(f"problem:{problem_id}")
        with transaction.atomic():
            problem = (
                Problem.objects.select_for_update(of=("self",))
                .select_related("area", "reach__river", "outfall", "unit", "chief", "clue__registered_by")
                .select_related(
                    "clue__decided_by", "opened_by", "rectified_by", "verified_by", "written_off_by"
                )
                .get(pk=problem_id)
            )
            links = links_of(problem)
            if len(links) == proof.leaf.length:
                return _Read(
                    case=case_data(problem, user, language, with_clue=with_clue),
                    chain=chain_data(links),
                    signed=signed_of(checkpoint),
                    proof=proof,
                    files=list(Evidence.objects.filter(problem_uses__problem=problem).distinct()),
                )
    raise StateRefused(
        "该问题正在办理中，未能导出。|People are working at this problem; its file could not be made.",
        cure="请稍后再试。|Try again in a moment.",
    )


def json_bytes(content: object) -> bytes:
    """Data as a file."""
    return json.dumps(content, ensure_ascii=False, indent=1).encode()
