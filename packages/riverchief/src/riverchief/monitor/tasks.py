"""Background jobs: examining what was stored, taking packets out of quarantine, keeping partitions."""

from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued


@app.task(name="monitor.examine", queue="default", lock="monitor.examine", queueing_lock="monitor.examine")
def examine() -> None:
    """Roll up and look for events in everything stored since the last time."""


def ask_for_examination() -> None:
    """Have `examine` run soon; once, however often it is asked for. Leaves no connection behind."""
    try:
        with transaction.atomic():
            examine.defer()
    except AlreadyEnqueued:
        return
    finally:
        if not transaction.get_connection().in_atomic_block:
            connection.close()
