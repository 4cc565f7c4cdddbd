"""What a pack says beside the cases of its problems: letters, outfalls with permits, enforcement, signed figures."""

from collections.abc import Collection, Sequence

from riverchief.base.models import Evidence
from riverchief.rectify.campaigns.editions import groups_of, is_intact
from riverchief.rectify.campaigns.queries import editions, seen_rows
from riverchief.rectify.casefile.reporters import secrets_of, secrets_of_all, struck
from riverchief.rectify.casefile.words import Shown, coded, file_name, named, names, time_of
from riverchief.rectify.codes import CASE_STEPS
from riverchief.rectify.documents.access import readable_files
from riverchief.rectify.documents.codes import KINDS, FileRole
from riverchief.rectify.figures import counts_of
from riverchief.rectify.models import (
    Campaign,
    Case,
    Document,
    DocumentFile,
    DocumentReceiver,
    Remediation,
    RemediationEvidence,
)
from riverchief.rectify.packs.scope import Scope
from riverchief.rectify.remediation.access import readable_remediation_evidence
from riverchief.rectify.remediation.codes import MEASURES, REMEDIATION_STATES, STEP_KINDS, STEP_STATES
from riverchief.registry.models import Outfall


def file_of(file: Evidence) -> Shown:
    """A file of evidence by its hash; the name that somebody gave it may name somebody."""
    return {
        "file": file_name(file.sha256, file.media_type),
        "sha256": file.sha256,
        "taken_at": time_of(file.taken_at),
        "lon": file.lon,
        "lat": file.lat,
    }


def receivers_of(document: Document, scope: Scope) -> list[DocumentReceiver]:
    """Whom a letter went to; in a district's copy those in it."""
    rows = document.receivers.select_related("organisation__area", "signed_for_by", "replied_by")
    inside = scope.pack.area.path
    return [row for row in rows if not scope.district or row.organisation.area.path.startswith(inside)]


def files_of_document(
    document: Document, receivers: Sequence[DocumentReceiver], scope: Scope
) -> list[DocumentFile]:
    """Its files that may be read; in a district's copy no reply of others and no record of an interview."""
    rows = readable_files(scope.pack.requested_by).filter(document=document).select_related("evidence")
    own = {row.pk for row in receivers}
    return [
        use
        for use in rows.distinct()
        if not scope.district
        or use.role == FileRole.ATTACHMENT
        or (use.role == FileRole.REPLY and use.receiver_id in own)
    ]


def document_data(
    document: Document,
    receivers: Sequence[DocumentReceiver],
    files: Sequence[DocumentFile],
    problems: Collection[str],
) -> Shown:
    """An issued letter with its receipts and replies, and which of `problems` it is about; who reported is struck out."""
    about = list(document.problems.select_related("clue", "split_from__clue").order_by("number"))
    secrets = secrets_of_all(about)
    return {
        "id": document.pk,
        "kind": coded(KINDS, document.kind),
        "number": document.number,
        "title": struck(secrets, document.title),
        "body": struck(secrets, document.body),
        "digest": document.digest,
        "issuer": named(document.issuer),
        "issued_by": named(document.issued_by),
        "issued_at": time_of(document.issued_at),
        "sign_due_at": time_of(document.sign_due_at),
        "reply_due_at": time_of(document.reply_due_at),
        "problems": [row.number for row in about if row.number in problems],
        "receivers": [
            {
                "organisation": named(row.organisation),
                "is_copy": row.is_copy,
                "signed_for_by": named(row.signed_for_by),
                "signed_for_at": time_of(row.signed_for_at),
                "replied_by": named(row.replied_by),
                "replied_at": time_of(row.replied_at),
                "reply_note": struck(secrets, row.reply_note),
            }
            for row in receivers
        ],
        "files": [{**file_of(use.evidence), "role": use.role} for use in files],
    }


def remediation_of(outfall: Outfall) -> Remediation | None:
    """Its remediation, if somebody has begun."""
    row: Remediation | None = getattr(outfall, "remediation", None)
    return row


def files_of_outfall(outfall: Outfall, scope: Scope) -> list[RemediationEvidence]:
    """The files of its remediation; in a district's copy not those that say who is responsible."""
    rows = readable_remediation_evidence(scope.pack.requested_by).filter(remediation__outfall=outfall)
    rows = rows.select_related("evidence").distinct()
    return list(rows.exclude(action="decide_entity") if scope.district else rows)


def outfall_data(outfall: Outfall, files: Sequence[RemediationEvidence], *, district: bool) -> Shown:
    """An outfall with permits and remediation; who holds or answers for it is not in a district's copy."""
    row = remediation_of(outfall)
    return {
        "code": outfall.code,
        **names(outfall),
        "area": {"code": outfall.area_id, **names(outfall.area)},
        "kind": outfall.kind,
        "lon": outfall.lon,
        "lat": outfall.lat,
        "permits": [
            {
                "number": outlet.permit.number,
                "outlet": outlet.code,
                "holder": None if district else named(outlet.permit.holder),
                "terms": [
                    {"valid_from": time_of(term.valid_from), "valid_to": time_of(term.valid_to)}
                    for term in outlet.permit.terms.all()
                ],
            }
            for outlet in outfall.permit_outlets.all()
        ],
        "remediation": _remediation(row, files, district=district) if row else None,
    }


def _remediation(row: Remediation, files: Sequence[RemediationEvidence], *, district: bool) -> Shown:
    shown = {
        "state": coded(REMEDIATION_STATES, row.state),
        "monitored_on": time_of(row.monitored_on),
        "measure": coded(MEASURES, row.measure),
        "accepted_by": named(row.accepted_by),
        "accepted_at": time_of(row.accepted_at),
        "written_off_by": named(row.written_off_by),
        "written_off_at": time_of(row.written_off_at),
        "steps": [
            {
                "kind": coded(STEP_KINDS, step.kind),
                "unit": named(step.unit),
                "due_date": time_of(step.due_date),
                "state": coded(STEP_STATES, step.state),
                "done_at": time_of(step.done_at),
                "checked_at": time_of(step.checked_at),
                "dry_hours": step.dry_hours,
                "rain_mm": step.rain_mm,
            }
            for step in row.steps.all()
        ],
        "files": [{**file_of(use.evidence), "action": use.action} for use in files],
    }
    if district:
        return shown
    return {
        **shown,
        "entity": {
            "organisation": named(row.entity),
            "government": row.government,
            "ground": row.entity_ground,
            "decided_by": named(row.decided_by),
            "decided_at": time_of(row.decided_at),
        },
        "policy": row.policy,
    }


def enforcement_data(row: Case) -> Shown:
    """A case of enforcement with its steps."""
    secrets = secrets_of(row.problem)
    return {
        "id": row.pk,
        "number": row.number,
        "problem": row.problem.number,
        "party": struck(secrets, row.party),
        "reason": struck(secrets, row.reason),
        "filed_on": time_of(row.filed_on),
        "closed_on": time_of(row.closed_on),
        "steps": [
            {
                "kind": coded(CASE_STEPS, step.kind),
                "on": time_of(step.on),
                "note": struck(secrets, step.note),
                "amount_yuan": str(step.amount_yuan) if step.amount_yuan is not None else None,
                "files": [file_of(file) for file in step.files.all()],
            }
            for step in row.steps.prefetch_related("files")
        ],
    }


def campaign_data(campaign: Campaign, scope: Scope) -> Shown:
    """A campaign with the editions of its figures: those of the district alone where the copy is for one."""
    pack = scope.pack
    shown = []
    for edition in editions(pack.requested_by, campaign.pk):
        seen = seen_rows(pack.requested_by, edition)
        rows = seen.filter(area__path__startswith=pack.area.path) if scope.district else seen
        groups = groups_of(rows)
        shown.append(
            {
                "day": time_of(edition.day),
                "number": edition.number,
                "as_of": time_of(edition.as_of),
                "reason": edition.reason,
                "signed_by": named(edition.signed_by),
                "signed_at": time_of(edition.signed_at),
                "digest": edition.digest,
                "intact": is_intact(edition),
                "whole": rows.count() == edition.rows.count(),
                "stock": counts_of(group for group in groups if not group["new_find"]),
                "new": counts_of(group for group in groups if group["new_find"]),
            }
        )
    return {"number": campaign.number, "title": campaign.title, "editions": shown}
