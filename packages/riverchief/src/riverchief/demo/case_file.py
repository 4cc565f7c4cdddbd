"""After the write-off: the case file of the citizen's problem is taken away and verified, and a forged copy is refused."""

import io
import zipfile
from pathlib import Path

from riverchief.base.typesetting import NoChineseFont
from riverchief.demo.photo import photo
from riverchief.demo.stage import Stage
from riverchief.demo.story_discharge import somebody
from riverchief.rectify.casefile.export import export_case
from riverchief.rectify.casefile.pack import EVIDENCE
from riverchief.rectify.casefile.verify import verify_case
from riverchief.rectify.models import Problem

FILE = "demo-case.zip"


def play_case_file(stage: Stage, problem: Problem) -> None:
    """Play it; whether the true file was believed and the forged one refused is in the facts of the stage's state."""
    office = somebody("office2")
    made = io.BytesIO()
    try:
        export_case(office, problem.pk, "zh", made)
    except NoChineseFont as error:
        stage.tell("riverchief", error.as_json("en")["message"] or "")
        return
    file = Path(stage.home) / FILE
    file.touch(mode=0o600)
    file.write_bytes(made.getvalue())
    true = verify_case(made)
    stage.tell(
        office,
        f"takes the case file away: {true.files} files, a chain of {true.entries} entries under signed checkpoint "
        f"{true.checkpoint}. It proves itself offline: riverchief audit verify {file}",
    )
    forged = verify_case(io.BytesIO(_with_another_photo(made)))
    if forged.faults:
        stage.tell(
            "(no name given)",
            f"swaps a photo in a copy of it. Refused: {forged.faults[0]}",
        )
    stage.state.facts["forged_case_refused"] = not true.faults and bool(forged.faults)


def _with_another_photo(case: io.BytesIO) -> bytes:
    """A copy in which the first photo is another one."""
    copy = io.BytesIO()
    with zipfile.ZipFile(case) as archive, zipfile.ZipFile(copy, "w") as target:
        names = archive.namelist()
        first = next(name for name in names if name.startswith(EVIDENCE))
        for name in names:
            target.writestr(name, photo(1, plume=False) if name == first else archive.read(name))
    return copy.getvalue()
