"""The files of packs: written aside and renamed, readable by the product alone, kept for the days of the rule."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from riverchief.base import clock
from riverchief.base.actions import SYSTEM
from riverchief.base.rules import get_rule
from riverchief.rectify.models import InspectionPack
from riverchief.rectify.packs.actions import KeepPack, RemovePack
from riverchief.rectify.packs.building import build
from riverchief.rectify.packs.codes import PackState

_BLOCK = 1 << 20
_GIVEN_UP_AFTER = timedelta(days=1)
_INTERRUPTED = "生成过程被中断，请重新生成。|It was interrupted: ask for it anew."


def file_of(pack: InspectionPack) -> Path:
    """Where the file of a pack lies."""
    return Path(settings.RIVERCHIEF_PACKS_DIR) / f"{pack.pk}-{pack.sha256[:16]}.zip"


def make(pack: InspectionPack, progress: Callable[[float], None] = lambda share: None) -> InspectionPack:
    """Make the file of a pack; done again after a crash, it is made anew.

    Raises:
        RiverchiefError: as `build`.
    """
    folder = Path(settings.RIVERCHIEF_PACKS_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=folder, suffix=".partial")
    try:
        with os.fdopen(descriptor, "w+b") as target:
            built = build(pack, target, progress)
            size = target.tell()
            target.seek(0)
            digest = hashlib.sha256()
            while block := target.read(_BLOCK):
                digest.update(block)
            os.fsync(target.fileno())
        pack.sha256 = digest.hexdigest()
        os.replace(draft, file_of(pack))
    finally:
        Path(draft).unlink(missing_ok=True)
    return KeepPack(actor=SYSTEM, pack_id=pack.pk, built=built, size=size, sha256=pack.sha256).run()


def look_after_files() -> None:
    """Remove files older than the rule keeps them and what a crash left half written; give up what waits for a day."""
    folder = Path(settings.RIVERCHIEF_PACKS_DIR)
    days: int = get_rule("rectify.packs")["keep_days"]
    now = clock.now()
    for pack in InspectionPack.objects.filter(
        state=PackState.DONE, finished_at__lt=now - timedelta(days=days)
    ):
        file_of(pack).unlink(missing_ok=True)
        RemovePack(actor=SYSTEM, pack_id=pack.pk).run()
    for pack in InspectionPack.objects.filter(state=PackState.QUEUED, requested_at__lt=now - _GIVEN_UP_AFTER):
        KeepPack(actor=SYSTEM, pack_id=pack.pk, error=_INTERRUPTED).run()
    for draft in folder.glob("*.partial") if folder.is_dir() else ():
        if draft.stat().st_mtime < (now - _GIVEN_UP_AFTER).timestamp():
            draft.unlink(missing_ok=True)
