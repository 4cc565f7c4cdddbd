"""`riverchief retrace`: a year of archived events by the rules of today, and how often the confirmed outfall came first."""

import os
from datetime import datetime, timedelta

import click
from rich.console import Console
from rich.progress import Progress as Bar
from rich.table import Table

from riverchief.base.tables import print_table
from riverchief.monitor.acting import TypedTime

SHOWN_REFUSED = 20


@click.command("retrace")
@click.option("--from", "first", required=True, type=TypedTime(["%Y-%m-%d"]), help="First day of opening.")
@click.option("--to", "last", required=True, type=TypedTime(["%Y-%m-%d"]), help="Last day of opening.")
@click.option("--event-kind", "kinds", multiple=True, help="Only events of this kind; may be repeated.")
@click.option("--workers", type=click.IntRange(1), default=os.cpu_count() or 1, show_default="one per core")
def retrace_command(first: datetime, last: datetime, kinds: tuple[str, ...], workers: int) -> None:
    """Trace archived events again, many at once.

    Answers are kept as attempts in retrospect: they open no clue and raise no alarm. A run that was cut off goes on
    where it stopped. With RIVERCHIEF_DASK_ADDRESS set, a Dask cluster computes.
    """
    # Not at the top: the command line shows its help before Django is set up.
    from riverchief.base.clock import SHANGHAI
    from riverchief.base.errors import RiverchiefError, in_language
    from riverchief.monitor.models import Event
    from riverchief.rectify.retrospect import confirmed_outfalls
    from riverchief.trace.retrospect import events_between, retrace

    if last < first:
        raise click.BadParameter("lies before --from.", param_hint="--to")
    if unknown := sorted(set(kinds) - set(Event.Kind.values)):
        raise click.BadParameter(
            f"{', '.join(unknown)}: use {', '.join(Event.Kind.values)}.", param_hint="--event-kind"
        )
    end = (last + timedelta(days=1)).replace(tzinfo=SHANGHAI)
    events = events_between(first.replace(tzinfo=SHANGHAI), end, kinds)
    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("traced again", total=len(events))
        try:
            summary = retrace(
                events,
                confirmed_outfalls(events),
                workers=workers,
                progress=lambda done, of: bar.update(task, completed=done, total=of),
            )
        except RiverchiefError as error:
            told = error.as_json("en")
            raise click.ClickException(f"{told['message']} {told['cure']}".strip()) from error
    table = Table("events", "traced", "of these before", "outfall confirmed", "it was first", "among three")
    counts = (
        summary.events,
        summary.traced,
        summary.known,
        summary.judged,
        summary.first,
        summary.among_three,
    )
    table.add_row(*map(str, counts))
    print_table(table)
    for event_id, reason in summary.refused[:SHOWN_REFUSED]:
        click.echo(f"event {event_id}: {in_language(reason, 'en')}")
    if len(summary.refused) > SHOWN_REFUSED:
        click.echo(f"… and {len(summary.refused) - SHOWN_REFUSED} more to which the method does not apply")
