"""What all actions on a remediation have in common: the outfall locked, permission, state, evidence, log, announcement."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from riverchief.base import clock
from riverchief.base.actions import Action
from riverchief.base.errors import InvalidInput, NotFound
from riverchief.base.models import Evidence
from riverchief.rectify import attachments
from riverchief.rectify.access import person, raise_if
from riverchief.rectify.remediation.access import permission_refusal, state_refusal, visible_outfalls
from riverchief.rectify.remediation.models import Remediation, RemediationEvidence, RemediationStep
from riverchief.rectify.remediation.transitions import RemediationTransition
from riverchief.registry.models import Outfall


@dataclass(kw_only=True)
class RemediationAction(Action[Remediation]):
    """A row of the table of remediation, in code. Subclasses check their input and change the row, or a step of it."""

    transition: ClassVar[RemediationTransition]
    outfall_id: int
    outfall: Outfall = field(init=False, repr=False)
    row: Remediation = field(init=False, repr=False)
    step: RemediationStep | None = field(default=None, init=False, repr=False)

    def load(self) -> None:
        """Lock the outfall, and with it its remediation, which begins here where nobody has begun it."""
        if not visible_outfalls(person(self.actor)).filter(pk=self.outfall_id).exists():
            raise NotFound(f"没有编号为 {self.outfall_id} 的排污口。|There is no outfall {self.outfall_id}.")
        rows = Outfall.objects.select_for_update(of=("self",)).select_related("area")
        self.outfall = rows.get(pk=self.outfall_id)
        self.row, _ = Remediation.objects.select_related("outfall").get_or_create(outfall=self.outfall)

    def check_permission(self) -> None:
        """Role, area, unit, and not one's own work."""
        raise_if(permission_refusal(self.actor, self.transition, self.outfall, self.row, self.step))

    def check_state(self) -> None:
        """The state must be one that the table accepts; then the input."""
        raise_if(state_refusal(self.transition, self.row, self.step))
        self.check_input()

    def check_input(self) -> None:
        """Refuse input that cannot be used."""

    def change(self) -> dict[str, Any]:
        """Change the row and what hangs on it; returns what the log shall say."""
        raise NotImplementedError

    def execute(self) -> Remediation:
        """Change, save, log, tell."""
        was = self.row.state
        said = self.change()
        self.row.state = self.transition.becomes or was
        self.row.save()
        self.log(f"outfall:{self.outfall.pk}", **{"from": was, "to": self.row.state}, **said)
        self.announce(
            "rectify.remediation_changed",
            area=self.outfall.area.path,
            outfall_id=self.outfall.pk,
            state=self.row.state,
            action=self.transition.action,
            step_id=self.step.pk if self.step else None,
        )
        return self.row

    def usable(self, evidence_ids: Sequence[int], *, needed: bool) -> list[Evidence]:
        """The files of those numbers, which the person may use."""
        files = attachments.usable(person(self.actor), evidence_ids)
        if needed and not files:
            raise InvalidInput(
                "须附照片或文件。|Attach a photo or a file.",
                cure="请先上传。|Upload it first.",
                field="evidence_ids",
            )
        return files

    def attach(self, files: Sequence[Evidence]) -> list[str]:
        """Let files belong to this action; returns their hashes, for the log."""
        RemediationEvidence.objects.bulk_create(
            RemediationEvidence(
                remediation=self.row,
                step=self.step,
                evidence=file,
                action=self.transition.action,
                attached_at=clock.now(),
            )
            for file in files
        )
        return [file.sha256 for file in files]


def clear_acceptance(row: Remediation) -> None:
    """Neither accepted nor written off any more; the log keeps what was."""
    row.accepted_by = row.accepted_at = None
    row.written_off_by = row.written_off_at = None
