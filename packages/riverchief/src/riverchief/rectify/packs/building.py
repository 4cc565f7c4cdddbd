"""Making a pack: what was read goes into one zip, file by file; what the store no longer has becomes a gap."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import IO, Any

from riverchief.base import clock, evidence
from riverchief.base.audit.keys import public_hex, public_pem, signing_key
from riverchief.base.errors import NotFound
from riverchief.base.spreadsheets import csv_text
from riverchief.base.typesetting import Typesetter
from riverchief.rectify.casefile import pack as zipped
from riverchief.rectify.casefile.export import json_bytes
from riverchief.rectify.casefile.paper import case_pdf
from riverchief.rectify.casefile.words import file_name
from riverchief.rectify.models import InspectionPack
from riverchief.rectify.packs import gaps, layout, readme
from riverchief.rectify.packs.codes import PackAudience
from riverchief.rectify.packs.paper import pack_pdf
from riverchief.rectify.packs.reading import Read, file_stem, read
from riverchief.rectify.packs.scope import Scope

Progress = Callable[[float], None]
Shown = dict[str, Any]


@dataclass(frozen=True)
class Built:
    """What came of it: how many problems and files of evidence, and the gaps by kind."""

    problems: int
    files: int
    gaps: dict[str, int]


def build(pack: InspectionPack, target: IO[bytes], progress: Progress = lambda share: None) -> Built:
    """Write the pack to `target`; `progress` is told the share that is done, 0 … 1.

    Raises:
        StateRefused: the log cannot be signed, or people worked at it all the while.
        NoChineseFont: no font with Chinese characters is installed.
    """
    setter = Typesetter()
    found = read(pack)
    key = signing_key()
    public = public_hex(key)
    making = _Making(pack, found, setter, public, progress)
    zipped.write(target, layout.PACK, making.files(), key, public)
    return Built(len(found.problems), making.written, dict(Counter(str(gap.kind) for gap in found.gaps)))


class _Making:
    def __init__(
        self, pack: InspectionPack, found: Read, setter: Typesetter, public: str, progress: Progress
    ) -> None:
        self.pack, self.found, self.setter, self.public, self.progress = pack, found, setter, public, progress
        self.done, self.written = 0, 0

    def files(self) -> Iterator[tuple[str, zipped.Content]]:
        """Evidence first: what of it is not there belongs to the gaps, which the paper tells."""
        found, statement = self.found, self.found.signed.statement
        yield from self._evidence()
        rows = []
        for chain, case in found.problems:
            stem = file_stem(case["problem"]["number"], int(chain.partition(":")[2]))
            name = f"{layout.PROBLEMS}{stem}.json"
            rows.append({"number": case["problem"]["number"], "file": name, "chain": chain})
            yield name, json_bytes(case)
            entries = found.chain_data(chain)["entries"]
            paper = case_pdf(case, entries, statement, self.pack.language, clock.now(), self.setter)
            yield f"{layout.PROBLEMS}{stem}.pdf", paper
            self._step()
        for chain in found.chains:
            yield layout.chain_file(chain), json_bytes(found.chain_data(chain))
        index = self._index(rows)
        told = [gap.as_data() for gap in found.gaps]
        yield layout.GAPS, json_bytes(told)
        yield layout.GAPS_TABLE, csv_text(gaps.COLUMNS, told).encode()
        yield layout.DOCUMENTS, json_bytes(found.documents)
        yield layout.OUTFALLS, json_bytes(found.outfalls)
        yield layout.CAMPAIGNS, json_bytes(found.campaigns)
        if not Scope(self.pack).district:
            yield layout.ENFORCEMENT, json_bytes(found.enforcement)
        yield (
            layout.CHECKPOINT,
            json_bytes({"checkpoint": found.signed.text, "signature": found.signed.signature}),
        )
        yield layout.INDEX, json_bytes(index)
        yield layout.PAPER, pack_pdf(index, found, self.pack.language, clock.now(), self.setter)
        yield zipped.KEY, public_pem(self.public).encode()
        yield zipped.README, readme.text(index, statement, self.public)

    def _evidence(self) -> Iterator[tuple[str, zipped.Content]]:
        for file in self.found.evidence.values():
            try:
                content = evidence.read(file)
            except NotFound as error:
                self.found.gaps.append(gaps.gap_of_file(file.sha256, error.message))
            else:
                self.written += 1
                yield file_name(file.sha256, file.media_type), content
            self._step()

    def _step(self) -> None:
        self.done += 1
        self.progress(self.done / (len(self.found.evidence) + len(self.found.problems)))

    def _index(self, rows: list[Shown]) -> Shown:
        pack, figures = self.pack, self.found.figures
        states = Counter(case["problem"]["state"]["key"] for _, case in self.found.problems)
        return {
            "format": layout.PACK.format,
            "made_at": clock.now().isoformat(),
            "made_by": pack.requested_by.label,
            "language": pack.language,
            "release": version("riverchief"),
            "audience": str(PackAudience(pack.audience)),
            "about": Scope(pack).as_data(),
            "states": dict(states),
            "figures": {**figures, "as_of": figures["as_of"].isoformat()},
            "problems": rows,
            "gaps": dict(Counter(str(gap.kind) for gap in self.found.gaps)),
        }
