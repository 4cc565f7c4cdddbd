"""The live stream: who is told what, that nothing is lost or told twice, and what many listeners cost."""

import asyncio
import http.client
import json
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st
from riverchief.accounts.roles import Capability
from riverchief.site.live import (
    LATE_COMMIT_S,
    LONGEST_QUEUE,
    RESYNC,
    Broadcaster,
    Change,
    OutboxReader,
    Viewer,
)

from tests.riverchief.site.product import Product, installation

CITY, COUNTY, OTHER = "/500000/", "/500000/500101/", "/500000/500102/"


def _change(
    id_: int = 1, name: str = "monitor.event_opened", area: str = COUNTY, restricted: bool = False
) -> Change:
    return Change(id_, name, {"event_id": 7}, area, restricted)


def _viewer(
    *, map_: str | None = None, trace: str | None = None, clue: str | None = None, asks: str | None = None
) -> Viewer:
    paths = {
        Capability.VIEW_MAP: map_,
        Capability.VIEW_TRACE: trace,
        Capability.VIEW_CLUE: clue,
        Capability.ASK_STATION: asks,
    }
    return Viewer({capability: (path,) if path else () for capability, path in paths.items()})


def test_a_person_is_told_of_their_own_area_and_what_lies_below_it_only() -> None:
    assert _viewer(map_=CITY).may_know(_change())
    assert _viewer(map_=COUNTY).may_know(_change())
    assert not _viewer(map_=OTHER).may_know(_change())
    assert not _viewer(map_=COUNTY).may_know(_change(area=CITY))


def test_suspects_are_for_those_who_may_see_traces_and_clues_and_for_nobody_else() -> None:
    trace = _change(name="trace.finished", restricted=True)
    clue = _change(name="rectify.clue_registered", restricted=True)
    everyone = _viewer(map_=CITY)
    assert not everyone.may_know(trace)
    assert not everyone.may_know(clue)
    assert _viewer(map_=CITY, trace=CITY).may_know(trace)
    assert not _viewer(map_=CITY, clue=CITY).may_know(trace)
    assert _viewer(map_=CITY, clue=COUNTY).may_know(clue)
    assert not _viewer(map_=CITY, clue=OTHER).may_know(clue)


def test_what_a_station_is_asked_is_told_to_those_who_may_ask_and_samples_still_to_those_who_see_clues() -> (
    None
):
    asked = _change(name="monitor.station_request_changed", restricted=True)
    sample = _change(name="monitor.sample_recorded", restricted=True)
    assert _viewer(asks=CITY).may_know(asked)
    assert not _viewer(map_=CITY, trace=CITY, clue=CITY).may_know(asked)
    assert _viewer(clue=CITY).may_know(sample)
    assert not _viewer(asks=CITY).may_know(sample)


def test_a_change_without_an_area_is_for_everybody_unless_it_is_restricted() -> None:
    assert _viewer(map_=OTHER).may_know(_change(area=""))
    assert not _viewer(map_=CITY, trace=CITY, clue=CITY).may_know(_change(area="", restricted=True))
    assert not _viewer().may_know(_change(area=""))


@given(
    order=st.permutations(range(1, 13)),
    cuts=st.lists(st.integers(0, 12), max_size=6),
    pauses=st.lists(st.floats(0.1, LATE_COMMIT_S / 8), min_size=8, max_size=8),
)
def test_each_change_is_given_out_once_whatever_the_order_in_which_transactions_commit(
    order: list[int], cuts: list[int], pauses: list[float]
) -> None:
    reader = OutboxReader(0)
    given_out: list[int] = []
    now_s = 0.0
    for pause, visible in zip(pauses, [*sorted(cuts), 12], strict=False):
        now_s += pause
        committed = [_change(id_) for id_ in sorted(order[:visible]) if id_ > reader.low_water]
        given_out += [change.id for change in reader.fresh(committed, now_s)]
    assert sorted(given_out) == list(range(1, 13))


def test_what_has_long_been_given_out_is_forgotten_so_that_memory_does_not_grow() -> None:
    reader = OutboxReader(0)
    for second in range(1, 1000):
        reader.fresh([_change(second)], float(second))
    assert len(reader.seen) <= LATE_COMMIT_S + 1
    assert reader.low_water >= 1000 - LATE_COMMIT_S - 2


def test_a_listener_that_is_too_slow_is_told_to_fetch_everything_again() -> None:
    async def play() -> list[Change]:
        broadcaster = Broadcaster()
        queue: asyncio.Queue[Change] = asyncio.Queue(LONGEST_QUEUE)
        broadcaster._listeners.add(queue)
        for number in range(LONGEST_QUEUE + 3):
            broadcaster.hand_out(_change(number + 1))
        return [queue.get_nowait() for _ in range(queue.qsize())]

    assert asyncio.run(play()) == [RESYNC, _change(LONGEST_QUEUE + 2), _change(LONGEST_QUEUE + 3)]


PEOPLE = """
from datetime import date
from riverchief.accounts.models import Area, Membership, User
city = Area.objects.create(code="500000", name_zh="重庆", name_en="Chongqing", level="city")
county = Area.objects.create(code="500101", name_zh="万州", name_en="Wanzhou", level="county", parent=city)
for name, role in (("office", "city_office"), ("town", "town_office")):
    user = User.objects.create_user(name, "correct horse battery", name_zh=name, name_en=name)
    Membership.objects.create(user=user, role=role, area=county, valid_from=date(2020, 1, 1))
"""
ANNOUNCE = """
from django.db import transaction
from riverchief.base.outbox import announce
announce("monitor.readings_stored", {"station_ids": [1]}, area="/500000/500101/")
announce("trace.progressed", {"trace_id": 9}, area="/500000/500101/", restricted=True)
announce("monitor.alarm_acknowledged", {"event_id": 5}, area="/500000/500101/")
"""


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    """The product, running, with a person of the office and one of a town."""
    with installation() as product:
        product.start()
        product.python(PEOPLE)
        yield product


def _sign_in(product: Product, username: str, password: str = "correct horse battery") -> tuple[int, str]:
    """Status of the sign-in, and the session's cookie."""
    connection = http.client.HTTPConnection("127.0.0.1", product.web_port, timeout=60)
    body = json.dumps({"username": username, "password": password})
    connection.request("GET", "/api/v1/session")
    first = connection.getresponse()
    first.read()
    token = first.headers["Set-Cookie"].split("csrftoken=")[1].split(";")[0]
    headers = {"Content-Type": "application/json", "X-CSRFToken": token, "Cookie": f"csrftoken={token}"}
    connection.request("POST", "/api/v1/session", body, headers)
    answer = connection.getresponse()
    answer.read()
    cookies = " ".join(answer.headers.get_all("Set-Cookie") or [])
    connection.close()
    return answer.status, cookies.split("sessionid=")[1].split(";")[0] if "sessionid=" in cookies else ""


def _listen(product: Product, session: str, stack: ExitStack) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", product.web_port, timeout=60)
    stack.callback(connection.close)
    connection.request("GET", "/live", headers={"Cookie": f"sessionid={session}"})
    answer = connection.getresponse()
    if answer.status == 200:
        assert answer.readline() == b"retry: 3000\n"
    return answer


def _next_names(stream: http.client.HTTPResponse, last: str) -> list[str]:
    names: list[str] = []
    while last not in names:
        line = stream.readline()
        if line.startswith(b"data: "):
            names.append(json.loads(line[6:])["name"])
    return names


def test_the_stream_tells_each_person_what_they_may_know_and_many_of_them_cost_one_connection(
    product: Product,
) -> None:
    office, town = _sign_in(product, "office")[1], _sign_in(product, "town")[1]
    with ExitStack() as stack, product.connect() as database:
        streams = [_listen(product, office, stack) for _ in range(60)]
        of_town = _listen(product, town, stack)
        product.until(lambda: _connections_idle(database) <= 20, "connections to be given back")
        product.python(ANNOUNCE)
        for stream in streams:
            assert _next_names(stream, "monitor.alarm_acknowledged") == [
                "monitor.readings_stored",
                "trace.progressed",
                "monitor.alarm_acknowledged",
            ]
        assert "trace.progressed" not in _next_names(of_town, "monitor.alarm_acknowledged")
        assert product.get("/api/v1/session")[0] == 200


def _connections_idle(database: object) -> int:
    row = database.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = 'riverchief'").fetchone()
    return int(row[0])


def test_nobody_listens_without_signing_in(product: Product) -> None:
    with ExitStack() as stack:
        assert _listen(product, "", stack).status == 401
        assert _listen(product, "no-such-session-key-anywhere-at-all", stack).status == 401


def test_guessing_a_password_is_stopped_after_a_few_tries_and_the_colleague_is_not_locked_out(
    product: Product,
) -> None:
    answers = [_sign_in(product, "town", f"guess number {n}")[0] for n in range(7)]
    assert answers[0] == 422
    assert answers[-1] in (422, 429)
    assert _sign_in(product, "town")[1] == ""  # even the right one, for a while
    assert _sign_in(product, "office")[0] == 200
