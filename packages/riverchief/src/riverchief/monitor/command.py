"""`riverchief rain` and `riverchief overflows`: what gauges measured, and which outfalls ran over, at the command line."""

from datetime import timedelta

import click
from rich.console import Console
from rich.table import Table


@click.command("rain")
@click.option(
    "--hours", type=click.IntRange(1, 744), default=72, show_default=True, help="How far back from now."
)
@click.option("--basin", default="", help="Code of a basin; without one, all gauges.")
def rain_command(hours: int, basin: str) -> None:
    """Tell the rain of the last hours at every gauge, and whether that is dry weather."""
    # Not at the top: the command line shows its help before Django is set up.
    from riverchief.base import clock
    from riverchief.base.rules import get_rule
    from riverchief.monitor import rain
    from riverchief.registry.models import Station

    rule = get_rule("monitor.rain")
    stations = Station.objects.filter(reach__basin__code=basin) if basin else Station.objects.all()
    gauges = list(rain.gauges(stations).order_by("code"))
    found = rain.rain_at(gauges, clock.now() - timedelta(hours=hours), clock.now(), rule)
    table = Table("gauge", "name", f"mm in {hours} h", "heard")
    for gauge in found.gauges:
        total = f"{gauge.total_mm:.1f}" if gauge.coverage else "-"
        table.add_row(gauge.station.code, gauge.station.name_zh, total, f"{gauge.coverage:.0%}")
    Console(markup=False).print(table)
    dry = rain.last_days(gauges, clock.now(), rule).dry
    verdict = {True: "dry", False: "not dry", None: "unknown: too few data"}[dry]
    click.echo(f"Last {rule['dry_hours']} h against {rule['dry_mm']} mm: {verdict}.")


@click.command("overflows")
@click.option("--running", is_flag=True, help="Only those that run now.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many."
)
def overflows_command(running: bool, limit: int) -> None:
    """List overflow records, those that run first; `riverchief import --kind overflows` brings in more."""
    from django.db.models import F

    from riverchief.base.clock import SHANGHAI
    from riverchief.monitor.models import OverflowRecord

    rows = OverflowRecord.objects.filter(withdrawn_at__isnull=True).select_related("outfall")
    if running:
        rows = rows.filter(stopped_at__isnull=True)
    table = Table("outfall", "source", "started", "stopped", "volume m³", "known by")
    for row in rows.order_by(F("stopped_at").desc(nulls_first=True), "-started_at")[:limit]:
        volume = "not metered" if row.not_metered else "-" if row.volume_m3 is None else f"{row.volume_m3:g}"
        table.add_row(
            row.outfall.code,
            row.source,
            f"{row.started_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
            f"{row.stopped_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if row.stopped_at else "running",
            volume,
            row.known_by,
        )
    Console(markup=False).print(table)
    click.echo(f"{rows.count()} records; times are of Asia/Shanghai.")
