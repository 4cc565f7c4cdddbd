"""Every change of a letter, one class each."""

from riverchief.rectify.documents.actions.chain import (
    CountersignDocument,
    IssueDocument,
    ReviewDocument,
    SendBackDocument,
    SubmitDocument,
)
from riverchief.rectify.documents.actions.drafting import DraftDocument, EditDocument, WithdrawDocument
from riverchief.rectify.documents.actions.receipts import RecordInterview, ReplyToDocument, SignForDocument

__all__ = [
    "CountersignDocument",
    "DraftDocument",
    "EditDocument",
    "IssueDocument",
    "RecordInterview",
    "ReplyToDocument",
    "ReviewDocument",
    "SendBackDocument",
    "SignForDocument",
    "SubmitDocument",
    "WithdrawDocument",
]
