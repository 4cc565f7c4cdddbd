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
    from riverchief.accounts.models import Area
    from riverchief.base.rules import load_rules
    from riverchief.registry.models import Basin, Reach, Station

    call_command("migrate", verbosity=0)
    load_rules()
    area = Area.objects.create(code="1", name_zh="区", name_en="Area", level="city")
    basin = Basin.objects.create(
        code="bench", name_zh="流域", name_en="Basin", source="benchmark", synthetic=True
    )
    reach = Reach.objects.create(basin=basin, code="r", up_node="a", down_node="b", length_m=1000)
    stations = [
        Station(
            code=f"S{number:05d}",
            mn=mn,
            name_zh="站",
            name_en="Station",
            kind="automatic",
            reach=reach,
            chainage_m=0,
            lon=106,
            lat=29,
            area=area,
        )
        for number, mn in enumerate(mns)
    ]
    for station in stations:
        station.set_password(PASSWORD)
    Station.objects.bulk_create(stations)


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
