"""`riverchief sources`: how the ways in and out stand, for whoever runs the machine."""

from typing import Any

import click
from rich.table import Table

from riverchief.base.tables import print_table
from riverchief.monitor.acting import clock_of, json_option, print_json, told


@click.group("sources")
def sources_command() -> None:
    """Gateways, broker, and platforms that are asked or told: how they stand. The file sources.toml names them."""


@sources_command.command("list")
@json_option
def list_sources(as_json: bool) -> None:
    """Every source; exit code 1 where one fails, or the file cannot be used."""
    from riverchief.base.errors import in_language
    from riverchief.monitor.codes import english
    from riverchief.monitor.sources.queries import state_of_sources

    rows, fault = state_of_sources()
    if as_json:
        print_json({"items": rows, "fault": in_language(fault, "en")})
    else:
        table = Table("source", "kind", "state", "last", "seen to", "messages", "refused", "waiting")
        for row in rows:
            table.add_row(
                row["name"],
                english("source_kinds", row["kind"]),
                english("source_states", row["state"]),
                _when(row["last_at"]),
                _when(row["seen_to"]),
                *(str(row[name]) for name in ("messages", "refused", "waiting")),
            )
        print_table(table)
        for row in rows:
            if row["fault_en"]:
                click.echo(f"{row['name']}: {row['fault_en']}")
        if fault:
            click.echo(in_language(fault, "en"), err=True)
    if fault or any(row["state"] in ("failing", "stopped") for row in rows):
        raise SystemExit(1)


@sources_command.command("pull")
@click.argument("name")
def pull_now(name: str) -> None:
    """Ask the platform NAME now, whatever its turn."""
    from riverchief.base.errors import RiverchiefError
    from riverchief.monitor.sources.configuration import sources
    from riverchief.monitor.sources.pull import run
    from riverchief.monitor.tasks import ask_for_examination

    try:
        pull = sources().pull(name)
        if pull is None:
            raise click.ClickException(f"sources.toml names no platform “{name}” that is asked.")
        count = run(pull)
    except RiverchiefError as error:
        raise told(error) from error
    ask_for_examination()
    click.echo(f"{count} new records")


@sources_command.command("batches")
@click.argument("name")
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True)
@json_option
def list_batches(name: str, limit: int, as_json: bool) -> None:
    """What the platform NAME was told or is to be, the newest first."""
    from riverchief.base.errors import RiverchiefError
    from riverchief.monitor.sources.queries import batches_of, shown_batch

    try:
        shown = [shown_batch(row) for row in batches_of(name)[:limit]]
    except RiverchiefError as error:
        raise told(error) from error
    if as_json:
        return print_json(shown)
    table = Table("batch", "readings", "made", "tries", "sent", "refused", "fault")
    for row in shown:
        table.add_row(
            row["key"],
            str(row["readings"]),
            _when(row["made_at"]),
            str(row["attempts"]),
            _when(row["sent_at"]),
            _when(row["refused_at"]),
            row["fault_en"],
        )
    print_table(table)


def _when(at: Any) -> str:
    return clock_of(at) if at else "-"
