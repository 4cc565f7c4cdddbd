"""Background jobs of the ledger, idempotent."""

from procrastinate.contrib.django import app

from riverchief.rectify.documents.subscribers import warn_of_late_receipts_and_replies
from riverchief.rectify.escalation import sweep
from riverchief.rectify.tally.compaction import compact_tally


@app.periodic(cron="*/10 * * * *")
@app.task(
    name="rectify.look_after_ledger",
    queue="default",
    lock="rectify.look_after_ledger",
    queueing_lock="rectify.look_after_ledger",
)
def look_after_ledger(timestamp: int) -> None:
    """End pauses, remind and escalate."""
    sweep.look_after_ledger()


@app.periodic(cron="*/10 * * * *")
@app.task(
    name="rectify.warn_of_late_documents", queue="default", queueing_lock="rectify.warn_of_late_documents"
)
def warn_of_late_documents(timestamp: int) -> None:
    """Tell of letters that nobody has signed for in time, and of replies that are late."""
    warn_of_late_receipts_and_replies()


@app.periodic(cron="*/10 * * * *")
@app.task(name="rectify.compact_tally", queue="default", queueing_lock="rectify.compact_tally")
def draw_tally_together(timestamp: int) -> None:
    """Draw the rows of the kept counts together."""
    compact_tally()
