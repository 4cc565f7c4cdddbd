"""Outfalls whose remediation stands at every point at which something can be done."""

from dataclasses import dataclass
from datetime import timedelta

from riverchief.rectify.actions import UploadEvidence
from riverchief.rectify.models import RemediationStep
from riverchief.rectify.remediation import actions
from riverchief.registry.models import Outfall, Station

from tests.riverchief.monitor.weather import HOUR, rains
from tests.riverchief.rectify.office import NOON, PNG, Office, make_outfall


@dataclass
class Remediated:
    """Outfalls by state, and steps: one open, one reported as done."""

    traced: Outfall
    planned: Outfall
    ready: Outfall
    accepted: Outfall
    open_step: RemediationStep
    done_step: RemediationStep


def remediated(office: Office, gauge: Station, evidence_id: int) -> Remediated:
    """By people other than those who are tried; in weather that the gauge tells to be dry."""
    rains(gauge, NOON - 80 * HOUR, [0.0] * 80)
    files = [evidence_id]

    def traced(code: str) -> Outfall:
        outfall = make_outfall(office, code, lon=106.55)
        actions.DecideEntity(
            actor=office["enforcement"], outfall_id=outfall.pk, entity="government", ground="查无主体"
        ).run()
        return outfall

    def step(outfall: Outfall, kind: str, *, done: bool) -> RemediationStep:
        actions.AdoptPolicy(
            actor=office["county_office_2"], outfall_id=outfall.pk, measure="merge", policy="接管"
        ).run()
        actions.AddStep(
            actor=office["county_office_2"],
            outfall_id=outfall.pk,
            kind=kind,
            organisation_id=office.unit.pk,
            due_date=(NOON + timedelta(days=30)).date(),
        ).run()
        row = RemediationStep.objects.get(remediation__outfall=outfall)
        if done:
            upload = UploadEvidence(actor=office["unit"], content=PNG, file_name="works.png").run()
            actions.FinishStep(
                actor=office["unit"], step_id=row.pk, summary="已完成", evidence_ids=[upload.evidence_id]
            ).run()
        return row

    planned, waiting, ready, accepted = (traced(f"Z{number}") for number in range(1, 5))
    found = Remediated(
        traced=traced("Z0"),
        planned=planned,
        ready=ready,
        accepted=accepted,
        open_step=step(planned, "intercept", done=False),
        done_step=step(waiting, "intercept", done=True),
    )
    step(ready, "block", done=True)
    step(accepted, "block", done=True)
    actions.AcceptRemediation(
        actor=office["inspector"], outfall_id=accepted.pk, finding="符合", evidence_ids=files
    ).run()
    return found
