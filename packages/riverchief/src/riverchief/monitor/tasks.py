"""Background jobs: examining what was stored, taking packets out of quarantine, keeping partitions, the dialogue, the sources."""

from typing import Any

import structlog
from django.db import connection, transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from riverchief.base import clock
from riverchief.monitor import partitions, quarantine
from riverchief.monitor.adoption import returning
from riverchief.monitor.archive import closing
from riverchief.monitor.dialogue import exchange, initiative
from riverchief.monitor.duty import escalation, texts
from riverchief.monitor.examination import examine_all
from riverchief.monitor.overflows.dry_weather import announce_dry_weather_discharges
from riverchief.monitor.power.sweep import look_at_meters
from riverchief.monitor.review.conditions import look_after_conditions
from riverchief.monitor.review.sweep import check_unchecked
from riverchief.monitor.sampling.custody import warn_of_holding_times
from riverchief.monitor.sampling.planning import make_due_rounds
from riverchief.monitor.sources import pull, push
from riverchief.monitor.sources.configuration import Misconfigured, sources

logger = structlog.get_logger("riverchief.jobs")


@app.task(
    name="monitor.examine",
    queue="default",
    lock="monitor.examine",
    queueing_lock="monitor.examine",
    retry=RetryStrategy(max_attempts=5, exponential_wait=2),
)
def examine() -> None:
    """Roll up and look for events in everything stored since the last time."""
    examine_all()


@app.periodic(cron="* * * * *")
@app.task(name="monitor.examine_forgotten", queue="default", queueing_lock="monitor.examine_forgotten")
def examine_forgotten(timestamp: int) -> None:
    """Examine what a gateway stored and, killed, did not ask to have examined."""
    examine_all()


@app.periodic(cron="*/10 * * * *")
@app.task(
    name="monitor.check_readings",
    queue="default",
    lock="monitor.check_readings",
    queueing_lock="monitor.check_readings",
)
def check_readings(timestamp: int) -> None:
    """Let the rules of quality control look at what is new, and at who says nothing."""
    check_unchecked()
    look_after_conditions()


@app.periodic(cron="* * * * *")
@app.task(name="monitor.look_after_alarms", queue="default", queueing_lock="monitor.look_after_alarms")
def look_after_alarms(timestamp: int) -> None:
    """Escalate what nobody has acknowledged, end mutes, resolve alarms that have gone quiet."""
    escalation.look_after_alarms()


@app.periodic(cron="* * * * *")
@app.task(name="monitor.send_waiting_texts", queue="default", queueing_lock="monitor.send_waiting_texts")
def send_waiting_texts(timestamp: int) -> None:
    """Try again to send the text messages of alarms that no carrier has taken yet."""
    texts.send_due()


@app.periodic(cron="*/5 * * * *")
@app.task(name="monitor.release_quarantined", queue="default", queueing_lock="monitor.release_quarantined")
def release_quarantined(timestamp: int) -> None:
    """Replay the packets of devices that the registry has come to know, and return those of adoptions taken back lately."""
    for mn in quarantine.adoptable():
        quarantine.replay(mn)
    for adoption_id in returning.lately_taken_back():
        returning.give_back(adoption_id)


@app.periodic(cron="10 * * * *")
@app.task(name="monitor.keep_partitions", queue="default", queueing_lock="monitor.keep_partitions")
def keep_partitions(timestamp: int) -> None:
    """Make the partitions of the coming days, drop those of packets that were kept long enough."""
    partitions.ensure(partitions.ahead(clock.now()))
    partitions.drop_old_packets()


@app.periodic(cron="40 19 * * *")
@app.task(name="monitor.archive", queue="default", lock="monitor.archive", queueing_lock="monitor.archive")
def archive(timestamp: int) -> None:
    """At night (03:40 in Shanghai): close the months of readings that are due, merge what came late for closed ones."""
    closing.close_due()


@app.periodic(cron="* * * * *")
@app.task(name="monitor.give_up_requests", queue="default", queueing_lock="monitor.give_up_requests")
def give_up_requests(timestamp: int) -> None:
    """End the requests to stations that nothing has come of and no gateway looks after."""
    exchange.give_up_overdue()


@app.periodic(cron="*/5 * * * *")
@app.task(name="monitor.greet_stations", queue="default", queueing_lock="monitor.greet_stations")
def greet_stations(timestamp: int) -> None:
    """Ask stations that have come, or that were not asked for long, for their time and intervals."""
    for station in initiative.connected():
        initiative.greet(station)


@app.periodic(cron="25 * * * *")
@app.task(name="monitor.fill_gaps", queue="default", queueing_lock="monitor.fill_gaps")
def fill_gaps(timestamp: int) -> None:
    """Ask stations for what is missing of their history."""
    for station in initiative.connected():
        initiative.fill_gaps(station)


@app.periodic(cron="*/10 * * * *")
@app.task(name="monitor.dry_weather", queue="default", queueing_lock="monitor.dry_weather")
def look_for_dry_weather_discharges(timestamp: int) -> None:
    """Tell of overflows that run although it has not rained for long."""
    announce_dry_weather_discharges()


@app.periodic(cron="5-59/10 * * * *")
@app.task(
    name="monitor.look_at_power",
    queue="default",
    lock="monitor.look_at_power",
    queueing_lock="monitor.look_at_power",
)
def look_at_power(timestamp: int) -> None:
    """Look whether production runs somewhere while treatment does not."""
    look_at_meters()


@app.periodic(cron="* * * * *")
@app.task(name="monitor.look_after_sources", queue="default", queueing_lock="monitor.look_after_sources")
def look_after_sources(timestamp: int) -> None:
    """Have every platform asked whose time has come, and every one told for which something waits."""
    try:
        known = sources()
    except Misconfigured as error:
        # The page of the sources says so too; the next look is in a minute.
        logger.error("sources cannot be read", error=error.as_json("en")["message"])
        return
    for source in known.pulls:
        if pull.is_due(source, clock.now()):
            _soon(ask_platform, source.name)
    for target in known.pushes:
        _soon(tell_platform, target.name)


@app.task(name="monitor.ask_platform", queue="default")
def ask_platform(name: str) -> None:
    """Ask a platform once; a fault is written down, and the next turn is the next try."""
    source = sources().pull(name)
    if source is None:
        return  # taken out of the file meanwhile
    try:
        pull.run(source)
    except pull.PullFailed as error:
        logger.warning("platform not pulled", source=name, error=error.as_json("en")["message"])
    ask_for_examination()


@app.task(name="monitor.tell_platform", queue="default")
def tell_platform(name: str) -> None:
    """Send what waits for a platform."""
    target = sources().push(name)
    if target is not None:
        push.send_due(target)


def _soon(task: Any, name: str) -> None:
    """Have the job of one platform run; once, however often it is asked for, and apart from those of the others."""
    lock = f"{task.name}:{name}"
    try:
        with transaction.atomic():
            task.configure(lock=lock, queueing_lock=lock).defer(name=name)
    except AlreadyEnqueued:
        return


@app.periodic(cron="20 * * * *")
@app.task(name="monitor.prepare_sampling", queue="default", queueing_lock="monitor.prepare_sampling")
def prepare_sampling(timestamp: int) -> None:
    """Make the sampling rounds that are due, and warn of bottles whose holding time runs out."""
    make_due_rounds()
    warn_of_holding_times()


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
