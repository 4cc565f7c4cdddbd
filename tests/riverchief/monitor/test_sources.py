"""Platforms that are asked and told, over real sockets: nothing twice, nothing lost, and every fault in words."""

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner
from django.db import connection
from riverchief.base import clock
from riverchief.base.models import OutboxEvent
from riverchief.monitor.examination import examine_all
from riverchief.monitor.models import Packet, PushBatch, Reading, SourceState, Unexamined
from riverchief.monitor.readings import ReadingRow
from riverchief.monitor.sources import pull as pulling
from riverchief.monitor.sources import push as pushing
from riverchief.monitor.sources.command import sources_command
from riverchief.monitor.sources.configuration import Misconfigured, sources
from riverchief.monitor.sources.queries import state_of_sources
from riverchief.monitor.store import write
from riverchief.site.supervisor import names_broker

from .conftest import make_stream

SECRET = "Bearer s3cret"
PULL = """
[[pull]]
name = "province"
{place}
start = 2026-01-01T00:00:00+08:00
overlap_minutes = 60
[pull.fields]
station = "site.mn"
time = "time"
updated_at = "changed"
time_format = "%Y-%m-%d %H:%M:%S"
parameter = "code"
value = "value"
flag = "flag"
names = {{"301" = "nh3n"}}
units = {{"301" = "mg/L"}}
flags = {{"正常" = "N"}}
kind = "hour"
"""


class Platform:
    """A platform on a socket: what it is to answer, and what it was asked."""

    def __init__(self) -> None:
        platform = self
        self.requests: list[tuple[str, dict, dict, bytes]] = []
        self.answer = lambda path, query: (200, {"data": {"items": []}})

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {key: values[0] for key, values in parse_qs(parts.query).items()}
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                platform.requests.append((self.command, query, dict(self.headers), body))
                status, content = platform.answer(parts.path, query)
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", content)
                self.end_headers()
                self.wfile.write(content if isinstance(content, bytes) else json.dumps(content).encode())

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *_) -> None:
                """Be quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def platform():
    made = Platform()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def configure(settings, tmp_path):
    """Write the file of the sources."""
    settings.RIVERCHIEF_SOURCES = tmp_path / "sources.toml"
    (tmp_path / "token").write_text(SECRET)

    def write_file(text: str):
        settings.RIVERCHIEF_SOURCES.write_text(text)
        return sources()

    return write_file


def local(at: datetime) -> str:
    return at.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def record(mn: str, value, at: datetime, changed: datetime | None = None, flag="正常") -> dict:
    return {
        "site": {"mn": mn},
        "time": local(at),
        "changed": local(changed or at),
        "code": "301",
        "value": value,
        "flag": flag,
    }


def readings() -> set:
    return set(Reading.objects.values_list("station__code", "parameter", "kind", "value", "flag"))


HOUR = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


@pytest.mark.django_db
def test_a_pulled_platform_gives_each_reading_once_and_its_corrections_replace(platform, configure, stream):
    place = (
        f'url = "{platform.url}/readings"\nrecords = "data.items"\nsecret_header = "Authorization"\n'
        'secret_file = "token"\nparameters = {since = "{since}", page = "{page}"}'
    )
    (pull,) = configure(PULL.format(place=place)).pulls
    items = [record(stream.a.mn, f"{0.1 * n:.1f}", HOUR - timedelta(hours=n)) for n in range(1, 6)]
    items += [
        record("STRANGER", 1, HOUR - timedelta(hours=1)),
        record(stream.b.mn, "坏", HOUR - timedelta(hours=1)),
    ]
    pages = {"1": items[:4], "2": items[4:], "3": []}
    platform.answer = lambda path, query: (200, {"data": {"items": pages[query["page"]]}})
    assert pulling.run(pull) == 7
    assert readings() == {("A", "nh3n", "hour", round(0.1 * n, 1), "N") for n in range(1, 6)}
    assert set(Packet.objects.values_list("mn", "state", "error").distinct()) == {
        (stream.a.mn, "stored", ""),
        (stream.b.mn, "stored", ""),
        (stream.b.mn, "rejected", "number"),
        ("STRANGER", "quarantined", "unknown_mn"),
    }
    assert Unexamined.objects.filter(station=stream.a).exists()
    state = SourceState.objects.get(name="province")
    assert (state.cursor, state.fault, state.refused) == (HOUR - timedelta(hours=1), "", 2)
    kept = Packet.objects.count()

    corrected = record(stream.a.mn, 0.9, HOUR - timedelta(hours=5), changed=HOUR)
    pages = {"1": [*items[:2], corrected], "2": []}
    assert pulling.run(pull) == 1
    assert ("A", "nh3n", "hour", 0.9, "N") in readings()
    assert Packet.objects.count() == kept + 1
    asked = platform.requests[-1]
    assert asked[1]["since"] == local(HOUR - timedelta(hours=2))
    assert asked[2]["Authorization"] == SECRET

    for answer, word in (
        ((503, b""), "503"),
        ((302, f"{platform.url}/elsewhere"), "302"),
        ((200, b"<html>"), "JSON"),
        ((200, {"data": {}}), "data.items"),
    ):
        platform.answer = lambda path, query, answer=answer: answer
        with pytest.raises(pulling.PullFailed):
            pulling.run(pull)
        state.refresh_from_db()
        assert word in state.fault
        assert SECRET not in state.fault
    assert state.cursor == HOUR
    (shown,), fault = state_of_sources()
    assert (shown["name"], shown["kind"], shown["state"], shown["seen_to"], fault) == (
        "province",
        "pull_http",
        "failing",
        HOUR,
        "",
    )
    assert all(urlsplit(path).path != "/elsewhere" for path, *_ in platform.requests)


@pytest.mark.django_db
def test_a_report_that_names_a_page_as_the_next_is_followed_within_its_own_address(
    platform, configure, stream
):
    """The token goes into a parameter: an answer never says whom we call."""
    place = f'url = "{platform.url}/r"\nrecords = "data.items"\nnext_page = "next"\nparameters = {{after = "{{next}}"}}'
    (pull,) = configure(PULL.format(place=place)).pulls
    first = {"data": {"items": [record(stream.a.mn, 1, HOUR)]}, "next": "http://10.0.0.1/"}
    second = {"data": {"items": [record(stream.b.mn, 2, HOUR)]}, "next": None}
    platform.answer = lambda path, query: (200, second if "after" in query else first)
    assert pulling.run(pull) == 2
    assert [query for _, query, *_ in platform.requests] == [{}, {"after": "http://10.0.0.1/"}]


@pytest.mark.django_db(transaction=True)
def test_a_view_of_a_database_is_read_from_the_cursor_on(configure, monkeypatch, transactional_db):
    stream = make_stream()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE theirs (mn text, at timestamptz, changed timestamptz, nh3n numeric, tp numeric)"
        )
        cursor.execute("CREATE VIEW for_us AS SELECT * FROM theirs")
    try:
        known = connection.get_connection_params()
        names = ("dbname", "user", "password", "host", "port")
        monkeypatch.setenv("THEIRS", " ".join(f"{name}='{known[name]}'" for name in names if known.get(name)))
        (pull,) = configure(
            """
            [[pull]]
            name = "city"
            kind = "postgresql"
            database_env = "THEIRS"
            view = "for_us"
            updated_at = "changed"
            rows = 2
            start = 2026-01-01T00:00:00+08:00
            [pull.fields]
            station = "mn"
            time = "at"
            updated_at = "changed"
            default_flag = "N"
            values = [{parameter = "nh3n", unit = "mg/L", path = "nh3n"}, {parameter = "tp", unit = "µg/L", path = "tp"}]
            """
        ).pulls
        rows = [(stream.a.mn, HOUR - timedelta(hours=n), HOUR, 0.1, 200) for n in range(5)]
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO theirs VALUES (%s, %s, %s, %s, %s)", rows)
        assert (pulling.run(pull), pulling.run(pull)) == (5, 0)
        assert readings() == {("A", "nh3n", "instant", 0.1, "N"), ("A", "tp", "instant", 0.2, "N")}
        assert Reading.objects.count() == 10
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE theirs CASCADE")


def say(station, value: float, at: datetime) -> None:
    """A reading as the gateway stores it, examined."""
    row = ReadingRow(station.pk, "nh3n", "minute", at, at, value, "mg/L", "N", clock.now())
    with connection.cursor() as cursor:
        write(cursor, [], [row])
    examine_all()


@pytest.mark.django_db
def test_a_platform_is_told_of_named_stations_the_same_bytes_until_it_takes_them(platform, configure, stream):
    say(stream.a, 0.1, HOUR - timedelta(minutes=50))
    assert not OutboxEvent.objects.filter(name="monitor.readings_to_push").exists()
    (push,) = configure(f'[[push]]\nname = "up"\nurl = "{platform.url}/in"\nstations = ["A"]\n').pushes
    say(stream.a, 0.2, HOUR - timedelta(minutes=40))
    say(stream.b, 0.3, HOUR - timedelta(minutes=40))
    for event in OutboxEvent.objects.filter(name="monitor.readings_to_push"):
        pushing.make_batches(event)
        pushing.make_batches(event)
    batch = PushBatch.objects.get()

    platform.answer = lambda path, query: (500, b"")
    assert pushing.send_due(push) == 0
    batch.refresh_from_db()
    assert batch.next_at > clock.now()
    assert "500" in SourceState.objects.get(name="up").fault
    assert pushing.send_due(push) == 0
    assert len(platform.requests) == 1

    PushBatch.objects.update(next_at=clock.now())
    platform.answer = lambda path, query: (200, {})
    assert (pushing.send_due(push), pushing.send_due(push)) == (1, 0)
    (_, _, _, first), (_, _, headers, second) = platform.requests
    assert first == second
    assert headers["Idempotency-Key"] == batch.key
    told = json.loads(second)
    assert [(row["station"], row["parameter"], row["value"], row["flag"]) for row in told["readings"]] == [
        ("A", "nh3n", 0.2, "N")
    ]

    say(stream.a, 0.4, HOUR - timedelta(minutes=30))
    say(stream.a, 0.5, HOUR - timedelta(minutes=20))
    for event in OutboxEvent.objects.filter(name="monitor.readings_to_push").order_by("-id")[:2]:
        pushing.make_batches(event)
    answers = iter([(422, b""), (200, {})])
    platform.answer = lambda path, query: next(answers)
    assert pushing.send_due(push) == 1
    assert PushBatch.objects.filter(refused_at__isnull=False).count() == 1


@pytest.mark.django_db
def test_the_command_line_names_the_platforms_that_are_told_where_it_is_asked_for_another(configure):
    configure(
        PULL.format(place='url = "https://a.example/"')
        + '[[push]]\nname = "up"\nurl = "https://b.example/"\nstations = ["A"]\n'
    )
    SourceState.objects.create(name="province")
    for name in ("NOPE", "province"):
        result = CliRunner().invoke(sources_command, ["batches", name])
        assert result.exit_code == 1
        assert f"no platform “{name}” that is told. Use one of: up." in result.output
    assert CliRunner().invoke(sources_command, ["batches", "up"]).exit_code == 0


@pytest.mark.django_db
def test_a_file_that_is_named_and_not_there_is_told_with_its_path_and_cure(settings, tmp_path):
    settings.RIVERCHIEF_SOURCES = tmp_path / "sources.toml"
    assert CliRunner().invoke(sources_command, ["list"]).exit_code == 0
    settings.RIVERCHIEF_SOURCES_NAMED = True
    for words in (["list"], ["pull", "province"]):
        result = CliRunner().invoke(sources_command, words)
        assert result.exit_code == 1
        assert f"no file {settings.RIVERCHIEF_SOURCES}" in result.output
        assert "unset it, and start again" in result.output
    assert names_broker(settings.RIVERCHIEF_SOURCES, named=True)  # whose listener says so


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('[mqtt]\nhost = "h"\ntopics = ["a"]\npassword = "x"\n', "password"),
        ('[mqtt]\nhost = "h"\ntopics = ["a/b{station}"]\n', "topics"),
        ('[[push]]\nname = "up"\nurl = "http://platform.example/"\nstations = []\n', "https"),
        ('[[push]]\nname = "up"\nurl = "https://platform.example/"\nstations = []\nstation = 1\n', "station"),
        ("[mqtt", "sources.toml"),
    ],
)
def test_a_file_that_cannot_be_is_refused_with_its_place(configure, text, word):
    with pytest.raises(Misconfigured) as refused:
        configure(text)
    assert word in refused.value.message
