"""The one table of what is compared with the log when it is verified: chains, the table of their rows, who compares."""

from riverchief.base.audit.agreements import Agreement

AGREEMENTS: tuple[Agreement, ...] = (
    Agreement("clue", "rectify_clue", "id", "riverchief.rectify.agreement.clues_against_chains"),
    Agreement("problem", "rectify_problem", "id", "riverchief.rectify.agreement.problems_against_chains"),
    Agreement(
        "evidence",
        "rectify_evidenceupload",
        "evidence_id",
        "riverchief.rectify.agreement.files_against_chains",
    ),
    Agreement(
        "document",
        "rectify_document",
        "id",
        "riverchief.rectify.agreement_beside.documents_against_chains",
    ),
    Agreement("case", "rectify_case", "id", "riverchief.rectify.agreement_beside.cases_against_chains"),
    Agreement(
        "outfall",
        "rectify_remediation",
        "outfall_id",
        "riverchief.rectify.agreement_beside.remediations_against_chains",
    ),
)
