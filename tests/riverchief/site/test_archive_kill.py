"""kill -9 at random moments while a month is closed and while late data are merged: every reading stays, once."""

import json
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from tests.riverchief.site.product import installation

ROUNDS = 24
ROWS = 60_000

READY = """
import json, sys
from datetime import UTC, date, datetime, timedelta
import django
django.setup()
from riverchief.accounts.models import Area
from riverchief.monitor.archive import closing
from riverchief.monitor.backfill import store_history
from riverchief.monitor.models import Reading
from riverchief.monitor.readings import ReadingRow
from riverchief.monitor.retrieval import retrieve
from riverchief.registry.models import Basin, Reach, Station
START, MONTH = datetime(2026, 1, 5, tzinfo=UTC), date(2026, 1, 1)
def rows(count, value, received):
    times = [START + timedelta(seconds=20 * index) for index in range(count)]
    key = Station.objects.get().pk
    return [ReadingRow(key, "nh3n", "minute", at, at, value, "mg/L", "N", START + timedelta(days=received)) for at in times]
"""
FILL = f"""
area = Area.objects.create(code="500000", name_zh="重庆", name_en="Chongqing", level="city")
basin = Basin.objects.create(code="b", name_zh="流域", name_en="Basin", source="test", synthetic=True)
reach = Reach.objects.create(basin=basin, code="r", up_node="a", down_node="b", length_m=1000)
Station.objects.create(
    code="S", name_zh="站", name_en="S", kind="automatic", reach=reach, chainage_m=0, lon=106, lat=29, area=area
)
store_history(rows({ROWS}, 0.0, 40))
"""
CLOSE = "print('now', flush=True)\nclosing.close(MONTH)\nprint('closed', flush=True)"
LOOK = """
found = retrieve(("period_start", "value"), stations=[Station.objects.get().pk], start=START, end=START + timedelta(days=20))
times = [at for at, _ in found]
assert times == sorted(set(times)), "a reading stands twice"
print(json.dumps([len(found), sum(value for _, value in found), Reading.objects.count()]))
"""


@pytest.mark.soak
def test_no_reading_is_lost_or_doubled_however_often_the_archiver_is_killed(fault_account) -> None:
    chance = random.Random(20261130)
    with installation() as product:
        product.start()
        environment = {
            **product.environment,
            "DJANGO_SETTINGS_MODULE": "riverchief.site.settings",
            "DATABASE_URL": (product.home / "secrets" / "database_url").read_text(),
        }

        def begin(program: str) -> subprocess.Popen[str]:
            command = [sys.executable, "-c", READY + program]
            return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

        def run(program: str) -> str:
            with begin(program) as done:
                output, _ = done.communicate(timeout=300)
            assert done.returncode == 0
            return output

        run(FILL)
        late, longest, killed = 0, 5.0, 0
        for _ in range(ROUNDS):
            with begin(CLOSE) as process:
                assert process.stdout is not None
                assert process.stdout.readline() == "now\n"
                began = time.monotonic()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(chance.uniform(0, longest))
                killed += process.poll() is None
                process.send_signal(signal.SIGKILL)
                if process.stdout.readline() == "closed\n":
                    longest = min(longest, time.monotonic() - began)
            count, total, in_database = json.loads(run(LOOK))
            assert (count, total) == (ROWS, float(late))
            if in_database == 0:
                # A further reading than in the round before says something else, so that there is a delta again.
                late += 1
                run(f"store_history(rows({late}, 1.0, 41)[-1:])")
        fault_account("kill -9 of the archiver", f"{killed} times", acknowledged=ROWS, lost=0, doubled=0)
        assert killed > ROUNDS // 4
        assert late > ROUNDS // 8
