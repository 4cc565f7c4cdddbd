"""The periodic job of the log: a signed checkpoint over all chains."""

from procrastinate.contrib.django import app

from riverchief.base.audit.sealing import seal


@app.periodic(cron="*/10 * * * *")
@app.task(name="base.checkpoint", queue="default", lock="base.checkpoint", queueing_lock="base.checkpoint")
def checkpoint(timestamp: int) -> None:
    """Sign how every chain of the log stands, and export it; nothing where nothing was written since."""
    seal()
