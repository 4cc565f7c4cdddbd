"""Background jobs of the ledger."""

from procrastinate.contrib.django import app

from riverchief.rectify.escalation import sweep


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
