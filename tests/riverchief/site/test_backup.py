"""A backup, restored into an empty installation, brings everything back; and it refuses whatever it cannot do well."""

import hashlib
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.riverchief.site.product import Product, installation

FILL = """
from django.db import transaction
from riverchief.accounts.models import Area, User
from riverchief.base import audit, evidence
from riverchief.base.actions import SYSTEM
area = Area.objects.create(code="500000", name_zh="重庆", name_en="Chongqing", level="city")
User.objects.create_user("li", "a long password", name_zh="李工", name_en="Li")
with transaction.atomic():
    for number in range(40):
        audit.append(f"matter:{number % 3}", "problem.assign", SYSTEM, {"n": number, "note": "排口 ✓"})
for number in range(5):
    evidence.store(b"%PDF-1.7 " + bytes([number]) * 1000, name=f"{number}.pdf", uploaded_by_id=None)
from datetime import UTC, date, datetime, timedelta
from riverchief.monitor.archive.closing import close
from riverchief.monitor.backfill import store_history
from riverchief.monitor.readings import ReadingRow
from riverchief.registry.models import Basin, Reach, Station
basin = Basin.objects.create(code="b", name_zh="流域", name_en="Basin", source="test", synthetic=True)
reach = Reach.objects.create(basin=basin, code="r", up_node="a", down_node="b", length_m=1000)
station = Station.objects.create(
    code="S", name_zh="站", name_en="S", kind="automatic", reach=reach, chainage_m=0, lon=106, lat=29, area=area
)
start = datetime(2026, 1, 5, tzinfo=UTC)
times = [start + timedelta(hours=hour) for hour in range(48)]
store_history(ReadingRow(station.pk, "nh3n", "hour", at, at, 0.1, "mg/L", "N", at) for at in times)
close(date(2026, 1, 1))
"""


READ_ARCHIVED = """
from datetime import UTC, datetime
from riverchief.monitor.models import Reading
from riverchief.monitor.retrieval import retrieve
from riverchief.registry.models import Station
assert not Reading.objects.exists()
station = Station.objects.get().pk
found = retrieve(("value",), stations=[station], start=datetime(2026, 1, 1, tzinfo=UTC), end=datetime(2026, 2, 1, tzinfo=UTC))
assert found == [(0.1,)] * 48, found
"""


@pytest.fixture(scope="module")
def filled() -> Iterator[Product]:
    """An installation with a little of everything."""
    with installation() as product:
        product.run("migrate")
        product.python(FILL)
        yield product


@pytest.fixture(scope="module")
def backup(filled: Product) -> Path:
    """Its backup."""
    target = filled.home.with_name("backup.tar.gz")
    filled.run("backup", str(target))
    return target


def _figures(product: Product) -> dict[str, object]:
    """Every row of every table that people filled, and the hash of every piece of evidence."""
    show = """
from django.db import connection
import hashlib, json, pathlib
from django.conf import settings
figures = {}
with connection.cursor() as cursor:
    for table in connection.introspection.table_names():
        cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1')
        figures[table] = [row for (row,) in cursor.fetchall()]
for path in [*settings.RIVERCHIEF_EVIDENCE_DIR.glob("*/*"), *settings.RIVERCHIEF_ARCHIVE_DIR.glob("*")]:
    figures[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
(settings.HOME.path / "figures.json").write_text(json.dumps(figures, sort_keys=True))
"""
    product.python(show)
    return {"figures": (product.home / "figures.json").read_text()}


def test_a_restored_installation_has_the_same_rows_and_evidence_and_its_log_still_proves_itself(
    filled: Product, backup: Path
) -> None:
    with installation() as empty:
        answer = empty.run("restore", str(backup))
        assert "5 chains of the log are whole" in answer.stdout
        assert _figures(empty) == _figures(filled)
        assert len(list((empty.home / "evidence").glob("*/*"))) == 5
        empty.python(READ_ARCHIVED)

        refusal = empty.run("restore", str(backup), check=False)
        assert refusal.returncode != 0
        assert "not empty" in refusal.stderr
        assert "RIVERCHIEF_HOME" in refusal.stderr


def test_a_backup_holds_no_secret_and_only_its_owner_may_read_it(filled: Product, backup: Path) -> None:
    assert backup.stat().st_mode & 0o077 == 0
    secrets = [path.read_text() for path in (filled.home / "secrets").iterdir()]
    with tarfile.open(backup) as archive:
        names = archive.getnames()
        manifest = archive.extractfile("manifest.json").read().decode()
    assert secrets
    assert not any(secret in manifest for secret in secrets)
    assert not any(name.startswith("secrets") for name in names)


def test_a_backup_is_never_overwritten(filled: Product, backup: Path) -> None:
    before = hashlib.sha256(backup.read_bytes()).hexdigest()
    refusal = filled.run("backup", str(backup), check=False)
    assert refusal.returncode != 0
    assert "choose another name" in refusal.stderr
    assert hashlib.sha256(backup.read_bytes()).hexdigest() == before


def test_a_damaged_backup_leaves_the_installation_empty_so_that_a_good_copy_can_follow(backup: Path) -> None:
    damaged = backup.with_name("damaged.tar.gz")
    damaged.write_bytes(backup.read_bytes()[: backup.stat().st_size * 2 // 3])
    with installation() as empty:
        refusal = empty.run("restore", str(damaged), check=False)
        assert refusal.returncode != 0
        assert "take another copy" in refusal.stderr
        assert not list((empty.home / "evidence").glob("*/*"))
        assert not list((empty.home / "archive").glob("*"))
        empty.run("restore", str(backup))
