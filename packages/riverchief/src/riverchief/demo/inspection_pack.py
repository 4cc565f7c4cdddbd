"""Inspectors announce themselves: the worker makes a pack about the problem's river, which proves itself and says what it lacks."""

import shutil
from pathlib import Path

from riverchief.demo.stage import Stage
from riverchief.demo.story_discharge import somebody
from riverchief.rectify.models import InspectionPack, Problem
from riverchief.rectify.packs.actions import AskPack, TakePack
from riverchief.rectify.packs.codes import GAPS, GapKind, PackAudience, PackState
from riverchief.rectify.packs.store import file_of
from riverchief.rectify.packs.verify import verify_file

FILE = "demo-pack.zip"


def play_pack(stage: Stage, problem: Problem) -> None:
    """Play it; whether the pack proved itself is in the facts of the stage's state."""
    office = somebody("office2")
    river = problem.reach.river if problem.reach else None
    asked = AskPack(
        actor=office, audience=PackAudience.INSPECTORS, river_id=river.pk if river else None
    ).run()

    def made() -> InspectionPack | None:
        return InspectionPack.objects.filter(pk=asked.pk).exclude(state=PackState.QUEUED).first()

    pack = stage.wait("inspection pack", made)
    if pack.state == PackState.FAILED:
        stage.tell("riverchief", pack.error.partition("|")[2])
        return
    TakePack(actor=office, pack_id=pack.pk).run()
    file = Path(stage.home) / FILE
    file.touch(mode=0o600)
    shutil.copyfile(file_of(pack), file)
    with file.open("rb") as opened:
        proved = verify_file(opened)
    most = sorted(pack.gaps.items(), key=lambda one: -one[1])[:3]
    missing = ", ".join(f"{GAPS[GapKind(kind)][1].lower()} ({n})" for kind, n in most) or "nothing"
    stage.tell(
        office,
        f"takes an inspection pack 迎检包 of the river (problems: {pack.problems}, files: {proved.files}, entries of the log: "
        f"{proved.entries}); faults found by its verification: {len(proved.faults)}. It says itself what is missing: {missing}. Verify it: "
        f"riverchief audit verify {file}",
    )
    stage.state.facts["pack_proved"] = not proved.faults
