"""The command line `riverchief`. Each command is thin: it reads its options and hands over."""

import copy
import functools
import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from riverchief.accounts.areas.command import area_command
from riverchief.accounts.command import NOBODY_YET, create_user_command, reset_second_factor_command
from riverchief.base.errors import RiverchiefError
from riverchief.monitor.archive.command import archive_command
from riverchief.monitor.command import quarantine_command, rain_command, station_command
from riverchief.monitor.dialogue.command import station_query_command
from riverchief.monitor.duty.command import duty_command
from riverchief.monitor.fleet.command import fleet_command
from riverchief.monitor.overflows.command import overflows_command
from riverchief.monitor.power.command import power_command
from riverchief.monitor.review.command import review_command
from riverchief.monitor.sampling.command import sampling_command
from riverchief.monitor.sources.command import sources_command
from riverchief.monitor.virtual.command import simulate_command
from riverchief.registry.command import import_command
from riverchief.site.audit import audit_command
from riverchief.site.database import available
from riverchief.site.home import Home, default_path
from riverchief.site.retrace import retrace_command

DEMO_HOME = "riverchief-demo"


def _set_up() -> None:
    """Make Django ready; every command that touches the database calls this first."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "riverchief.site.settings")
    import django
    from django.conf import settings

    from riverchief.site import logs

    if not settings.DATABASES["default"]["NAME"]:
        raise click.ClickException(
            "No database: start the product with `riverchief serve` (then this command finds it), "
            "or set DATABASE_URL to the one to use."
        )
    logs.configure()
    django.setup()


def _set_up_alone() -> None:
    """Make Django ready for what needs no database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "riverchief.site.settings")
    import django

    django.setup()


def _require_migrated() -> None:
    from riverchief.site import health

    if pending := health.pending_migrations():
        raise click.ClickException(
            f"The database lacks {pending} changes of its tables: run `riverchief migrate` first."
        )


def _on_the_database(
    command: click.Command, *, only_for: tuple[str, ...] = (), unless: tuple[str, ...] = ()
) -> click.Command:
    """The command of a slice, run with Django ready and with a database whether or not the product runs.

    `only_for`: options without which it needs neither; `unless`: arguments with which it needs no database.
    """
    inner = command.callback
    assert inner is not None

    @functools.wraps(inner)
    def outer(*args: Any, **options: Any) -> Any:
        if only_for and not any(options[name] for name in only_for):
            return inner(*args, **options)
        if any(options.get(name) for name in unless):
            _set_up_alone()
            return inner(*args, **options)
        with available():
            _set_up()
            _require_migrated()
            return inner(*args, **options)

    ready = copy.copy(command)
    ready.callback = outer
    return ready


def _group_on_the_database(group: click.Group, *, unless: tuple[str, ...] = ()) -> click.Group:
    """The commands of a group of a slice, each run so."""
    ready = copy.copy(group)
    ready.commands = {
        name: _on_the_database(command, unless=unless) for name, command in group.commands.items()
    }
    return ready


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="riverchief")
def main() -> None:
    """riverchief 智慧河长: find who is polluting the river, prove it, get it fixed, show that it was.

    RIVERCHIEF_HOME is the folder of the installation, DATABASE_URL a PostgreSQL of your own (otherwise riverchief
    runs one itself), RIVERCHIEF_WEB_PORT and RIVERCHIEF_GATEWAY_PORT the ports.
    """


def _supervise(home: Home, *, demo: bool = False, **options: Any) -> int:
    from riverchief.site import settings
    from riverchief.site.supervisor import Port, Supervisor, names_broker

    ports = (
        Port("web", settings.RIVERCHIEF_WEB_HOST, settings.RIVERCHIEF_WEB_PORT, "RIVERCHIEF_WEB_PORT"),
        Port(
            "gateway",
            settings.RIVERCHIEF_GATEWAY_HOST,
            settings.RIVERCHIEF_GATEWAY_PORT,
            "RIVERCHIEF_GATEWAY_PORT",
        ),
    )
    environment = {"RIVERCHIEF_DEMO": "1"} if demo else {}
    # Whether the file names a broker is all that is asked here; the listener says what is wrong with it.
    listener = (
        ("mqtt",)
        if names_broker(settings.RIVERCHIEF_SOURCES, named=settings.RIVERCHIEF_SOURCES_NAMED)
        else ()
    )
    return Supervisor(home, ports, environment, listeners=listener, **options).run()


@main.command()
def serve() -> None:
    """Run everything: database (unless DATABASE_URL is set), web, gateway and worker, until stopped."""
    sys.exit(_supervise(Home(default_path())))


@main.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--once", is_flag=True, help="Stop after the story; the exit code says whether it came out right."
)
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="[STORY OPTIONS]...")
def demo(once: bool, options: tuple[str, ...]) -> None:
    """Serve a generated basin and play the story on it; `demo -- --help` shows the options of the story."""
    home = Home(default_path(DEMO_HOME))
    story = (sys.executable, "-m", "riverchief.site.cli", "story", *(("--once",) if once else ()), *options)
    if "--help" in options:
        os.execv(sys.executable, story)  # noqa: S606 - our own command line
    sys.exit(_supervise(home, demo=True, foreground=story, once=once, quiet=True))


@main.command(hidden=True, context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def story(options: tuple[str, ...]) -> None:
    """The part of the demonstration that owns the terminal; `demo` runs it beside the product."""
    if "--help" not in options:
        _set_up()
    # By name: the site knows the demonstration only as something that can be asked for.
    command: click.Command = importlib.import_module("riverchief.demo.command").demo
    command.main(list(options), prog_name="riverchief demo")


@main.command()
def web() -> None:
    """Run the web server only."""
    home = Home(default_path())
    home.secret("django_key")
    os.environ["RIVERCHIEF_PROCESS"] = "web"
    _set_up()
    from django.conf import settings
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels

    Granian(
        "riverchief.site.asgi:application",
        address=settings.RIVERCHIEF_WEB_HOST,
        port=settings.RIVERCHIEF_WEB_PORT,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.warning,
        workers_kill_timeout=5,  # open live streams would otherwise hold up a stop
    ).serve()


@main.command()
def gateway() -> None:
    """Run the telemetry gateway only."""
    _set_up()
    run: Callable[[], None] = importlib.import_module("riverchief.monitor.gateway.server").main
    run()


@main.command()
def mqtt() -> None:
    """Run the listener to the MQTT broker of sources.toml only."""
    _set_up()
    run: Callable[[], None] = importlib.import_module("riverchief.monitor.sources.mqtt").main
    try:
        run()
    except RiverchiefError as error:
        told = error.as_json("en")
        raise click.ClickException(f"{told['message']} {told['cure']}".strip()) from error


@main.command()
def worker() -> None:
    """Run the background worker only."""
    import asyncio

    _set_up()
    from riverchief.site.worker import run

    asyncio.run(run())


@main.command()
def migrate() -> None:
    """Bring the database up to date: tables, and the rules that come as files."""
    with available():
        _set_up()
        from django.conf import settings
        from django.core.management import call_command

        from riverchief.accounts.models import User
        from riverchief.base.audit.keys import signing_key
        from riverchief.base.rules import load_rules

        call_command("migrate", interactive=False, verbosity=1)
        click.echo(f"{load_rules()} new rule versions")
        try:
            signing_key()
        except RiverchiefError as error:
            click.echo(f"{error.as_json('en')['message']} {error.as_json('en')['cure']}", err=True)
        # `serve` migrates first, so this is among what it says; a demonstration makes its own people.
        if not settings.RIVERCHIEF_DEMO and not User.objects.exists():
            click.echo(NOBODY_YET)


@main.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write a backup of the database, the closed months of readings and the evidence to FILE (.tar.gz)."""
    with available():
        _set_up()
        _require_migrated()
        from riverchief.site import backup as backups

        backups.write(file)


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Restore FILE into an empty installation."""
    with available(alone=True):
        _set_up()
        from riverchief.site import backup as backups

        backups.restore(file)


@main.command("export-web")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default="web")
def export_web(folder: Path) -> None:
    """Write what the front end takes from Python into FOLDER: the document of the HTTP API and the class tokens."""
    _set_up_alone()
    from riverchief.site.export import exports

    for name, content in exports().items():
        (folder / name).write_text(content, encoding="utf-8")
        click.echo(f"{folder / name}")


main.add_command(_group_on_the_database(area_command))
main.add_command(_group_on_the_database(audit_command, unless=("case",)))
main.add_command(_group_on_the_database(duty_command))
main.add_command(_group_on_the_database(overflows_command))
main.add_command(_group_on_the_database(power_command))
main.add_command(_group_on_the_database(quarantine_command))
main.add_command(_group_on_the_database(review_command))
main.add_command(_group_on_the_database(sources_command))
main.add_command(_group_on_the_database(fleet_command))
main.add_command(_group_on_the_database(sampling_command))
main.add_command(_group_on_the_database(station_command))
main.add_command(_on_the_database(archive_command))
main.add_command(_on_the_database(create_user_command))
main.add_command(_on_the_database(import_command))
main.add_command(_on_the_database(reset_second_factor_command))
main.add_command(_on_the_database(retrace_command))
main.add_command(_on_the_database(simulate_command, only_for=("register", "check")))
main.add_command(_on_the_database(station_query_command))
main.add_command(_on_the_database(rain_command))

if __name__ == "__main__":
    main()
