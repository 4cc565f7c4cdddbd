"""Devices for benchmarks of the gateway: stations of a new database that nobody else speaks for."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

PASSWORD = "123456"


def mn_of(number: int) -> str:
    """The identity of a device."""
    return f"BENCH{number:019d}"


def register(mns: Iterable[str]) -> None:
    """Make the tables and a station for every identity. Django is set up, and the database is empty."""
    from django.core.management import call_command
    from riverchief.base.actions import SYSTEM
    from riverchief.base.rules import load_rules
    from riverchief.monitor.virtual.registration import RegisterVirtualStations

    call_command("migrate", verbosity=0)
    load_rules()
    RegisterVirtualStations(actor=SYSTEM, passwords=dict.fromkeys(mns, PASSWORD)).run()


@contextmanager
def database(devices: int) -> Iterator[None]:
    """A new database with the devices registered."""
    from riverchief.site.postgres import temporary_postgres

    server, remove = temporary_postgres()
    try:
        os.environ["DATABASE_URL"] = server.url
        import django

        django.setup()
        register(map(mn_of, range(devices)))
        yield
    finally:
        from django.db import connections

        connections.close_all()
        remove()
