"""Background jobs of the ledger, idempotent."""

import time

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from riverchief.base.actions import SYSTEM
from riverchief.base.errors import RiverchiefError
from riverchief.rectify.documents.subscribers import warn_of_late_receipts_and_replies
from riverchief.rectify.escalation import sweep
from riverchief.rectify.models import InspectionPack
from riverchief.rectify.packs.codes import PackState
from riverchief.rectify.tally.compaction import compact_tally

PROGRESS_EVERY_S = 0.5


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


@app.task(
    name="rectify.build_pack",
    queue="default",
    retry=RetryStrategy(max_attempts=5, exponential_wait=2),
    pass_context=False,
)
def build_pack(pack_id: int) -> None:
    """Make the file of an inspection pack; done again after a crash, it is made anew."""
    # Not at the top: every process knows this job, and only the one that runs it needs what makes zips.
    from riverchief.rectify.packs.actions import KeepPack
    from riverchief.rectify.packs.store import make

    rows = InspectionPack.objects.filter(pk=pack_id, state=PackState.QUEUED)
    pack = rows.select_related("area", "river", "campaign", "requested_by").first()
    if pack is None:
        return
    told_at = time.monotonic()

    def tell(share: float) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= PROGRESS_EVERY_S:
            told_at = time.monotonic()
            rows.update(progress=share)

    try:
        make(pack, tell)
    except RiverchiefError as error:
        KeepPack(actor=SYSTEM, pack_id=pack_id, error=error.message).run()


@app.periodic(cron="20 3 * * *")
@app.task(name="rectify.look_after_packs", queue="default", queueing_lock="rectify.look_after_packs")
def look_after_packs(timestamp: int) -> None:
    """Remove the files of packs after their time."""
    from riverchief.rectify.packs.store import look_after_files

    look_after_files()


@app.periodic(cron="7,37 * * * *")
@app.task(
    name="rectify.judge_rivers",
    queue="default",
    lock="rectify.judge_rivers",
    queueing_lock="rectify.judge_rivers",
)
def judge_rivers(timestamp: int) -> None:
    """Judge what the river says since problems were verified."""
    # Not at the top: judging reads gauges and networks, and every process knows this job.
    from riverchief.rectify.watch import judging

    judging.judge_rivers()
