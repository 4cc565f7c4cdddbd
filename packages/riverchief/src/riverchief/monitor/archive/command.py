"""`riverchief archive`: close months of readings into files, merge what came late, and tell where the months lie."""

from datetime import date, datetime

import click
from rich.table import Table

from riverchief.base.tables import print_table
from riverchief.monitor.acting import TypedTime


@click.command("archive")
@click.option(
    "--month",
    type=TypedTime(["%Y-%m"]),
    help="Only this month (YYYY-MM), whether or not the rule wants it closed.",
)
@click.option("--status", is_flag=True, help="Change nothing: list the months and where their readings lie.")
def archive_command(month: datetime | None, status: bool) -> None:
    """Bring the readings of closed months into compressed files; everything still shows and counts them.

    The worker does this every night for months that the rule `monitor.archive` wants closed. Data that come late for a
    closed month are stored beside its file at once, and merged into a new one by the same command.
    """
    # Not at the top: the command line shows its help before Django is set up.
    from riverchief.base.errors import RiverchiefError, in_language
    from riverchief.monitor.archive import closing

    only = None if month is None else date(month.year, month.month, 1)
    if status:
        _show(only)
        return
    try:
        done = closing.close_due() if only is None else [closing.close(only)]
    except RiverchiefError as error:
        raise click.ClickException(
            f"{in_language(error.message, 'en')} {in_language(error.cure, 'en')}"
        ) from error
    for row in done:
        click.echo(f"{row}: {row.rows} readings in {row.file}, {row.size / 1e6:.1f} MB.")
    if not done:
        click.echo("No month is due: `riverchief archive --status` lists them.")


def _show(only: date | None) -> None:
    from riverchief.base.clock import SHANGHAI
    from riverchief.monitor.archive import closing

    table = Table("month", "in the database", "in a file", "MB", "bytes a reading", "closed", "merged")
    for state in closing.months():
        if only not in (None, state.month):
            continue
        row = state.archived
        kept = f"{state.in_database}{' late' if row else ''}{' (due)' if state.due else ''}"
        if state.doubts:
            kept += f" ({state.doubts} doubts open)"
        if row is None:
            table.add_row(f"{state.month:%Y-%m}", kept, "-", "", "", "", "")
            continue
        merged = f"{row.merged_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if row.merged_at else ""
        table.add_row(
            str(row),
            kept if state.in_database else "-",
            str(row.rows),
            f"{row.size / 1e6:.1f}",
            f"{row.size / row.rows:.1f}",
            f"{row.closed_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
            merged,
        )
    print_table(table)
