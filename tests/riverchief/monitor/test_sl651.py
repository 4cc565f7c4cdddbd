"""Hydrological stations at the gateway: reports of SL 651 become readings, and are confirmed once they are stored."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from riverchief.monitor import quarantine
from riverchief.monitor.actions import AdoptStation
from riverchief.monitor.codes import TABLES, words
from riverchief.monitor.models import Packet, Reading
from riverchief.monitor.readings import ReadingChecks
from riverchief.monitor.telemetry.sl651_messages import LARGEST_MESSAGE, Message, MessageDecoder
from riverchief.monitor.telemetry.sl651_readings import rows_of
from riverchief.monitor.telemetry.uploads import UploadDecoder, answer_to, fault_of, read_stored, shown
from riverkit.protocols import hj212, sl651
from riverkit.protocols.hj212 import FrameError

from .conftest import gateway, make_stream, until
from .test_gateway import exchange as hj212_exchange
from .test_gateway import upload as hj212_upload

STATION, SECRET = "0012345678", "A1B2"
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=sl651.CHINA_STANDARD_TIME)
HJ212 = hj212.build_upload("M" * 24, "123456", "2011", NOON, {"w21003": (0.5, "N")}, hj212.write_qn(NOON))
CHECKS = ReadingChecks(
    timedelta(minutes=15), timedelta(days=400), 0, {"wt": -5, "level": -500}, {"rain": 1000, "ph": 14}
)


def report(values, *, function="32", at=NOON, serial=7, letter="H", station=STATION, encoding="hex") -> bytes:
    return sl651.build_upload(
        1,
        station,
        SECRET,
        function,
        serial,
        at,
        station_class=letter,
        observed_at=at,
        values=values,
        encoding=encoding,
    )


def with_group(lead: str, definition: int, data: bytes, **options) -> bytes:
    packet = sl651.decode(report({}, **options))
    return sl651.encode(replace(packet, groups=(*packet.groups, sl651.Group(lead, definition, data))))


def in_parts(frame: bytes, count: int) -> list[bytes]:
    """The same report as it comes in mode M3."""
    packet = sl651.decode(frame)
    whole = b"".join(
        bytes.fromhex(each.lead) + bytes([each.definition]) + each.data for each in packet.groups
    )
    size = -(-len(whole) // count)
    return [
        sl651.encode(
            replace(
                packet,
                groups=(),
                rest=whole[size * index : size * (index + 1)],
                pnum=count,
                pno=index + 1,
                end="ETX" if index == count - 1 else "ETB",
                serial=None if index else packet.serial,
                sent=None if index else packet.sent,
            )
        )
        for index in range(count)
    ]


def read(frame: bytes, received_at=NOON + timedelta(minutes=1)) -> dict:
    """Readings by parameter, kind and minutes from noon."""
    rows = rows_of(read_stored(frame), station_id=1, packet_id=None, received_at=received_at, checks=CHECKS)
    return {
        (row.parameter, row.kind, (row.period_start - NOON) / timedelta(minutes=1)): (
            row.value,
            row.unit,
            row.flag,
        )
        for row in rows
    }


def test_elements_become_readings_under_our_names_and_units():
    found = read(
        report(
            {
                "Z": 187.123,
                "Q": 12.5,
                "C": 12.3,
                "pH": 7.62,
                "NH4N": 0.21,
                "VT": 12.15,
                "PT": 103.5,
                "TP": None,
            }
        )
    )
    assert found == {
        ("level", "instant", 0): (187.123, "m", "N"),
        ("flow", "instant", 0): (12_500.0, "L/s", "N"),
        ("wt", "instant", 0): (12.3, "°C", "N"),
        ("ph", "instant", 0): (7.62, "1", "N"),
        ("nh3n", "instant", 0): (0.21, "mg/L", "N"),
        ("VT", "instant", 0): (12.15, "V", "N"),
        ("rain_total", "instant", 0): (103.5, "mm", "N"),
        ("tp", "instant", 0): (None, "mg/L", "U"),
    }
    assert {"level", "rain_total", "VT", "PJ"} <= {entry["key"] for entry in TABLES["other_parameters"]}


def test_rain_is_of_the_period_that_ends_at_its_time_and_counts_once():
    twelve = with_group("F4", 0x60, bytes([5, *[0] * 10, 0xFF]), at=NOON - timedelta(minutes=55))
    found = read(twelve)
    assert len(found) == 12
    assert found["rain", "minute", -60] == (0.5, "mm", "N")
    assert found["rain", "minute", -10] == (0.0, "mm", "N")
    assert found["rain", "minute", -5] == (None, "mm", "U")
    assert read(report({"P1": 3.5, "PN05": 0.5, "PN10": 1.0})) == {
        ("rain", "hour", -60): (3.5, "mm", "N"),
        ("rain", "minute", -5): (0.5, "mm", "N"),
        ("PN10", "instant", 0): (1.0, "mm", "N"),
    }
    # Amounts of the running hour or day overlap with the next: they stay what they are.
    assert set(read(report({"P1": 3.5, "PD": 8.0}, at=NOON - timedelta(minutes=20)))) == {
        ("P1", "instant", -20),
        ("PD", "instant", -20),
    }
    assert read(report({"PD": 8.0}, at=NOON - timedelta(hours=4)))["rain", "day", -28 * 60] == (
        8.0,
        "mm",
        "N",
    )


def test_a_uniform_series_gives_every_value_its_own_time():
    packet = sl651.decode(report({}, function="31", at=NOON - timedelta(hours=2)))
    series = (
        sl651.Group("04", 0x18, bytes.fromhex("000100")),
        sl651.Group("1A", 0x19, bytes.fromhex("000005000010000000")),
    )
    assert read(sl651.encode(replace(packet, groups=(*packet.groups, *series)))) == {
        ("rain", "hour", -180): (0.5, "mm", "N"),
        ("rain", "hour", -120): (1.0, "mm", "N"),
        ("rain", "hour", -60): (0.0, "mm", "N"),
    }


def test_what_is_tested_set_by_hand_or_impossible_is_no_measurement():
    assert read(report({"Z": 1.0}, function="30"))["level", "instant", 0][2] == "M"
    assert read(report({"Z": 1.0}, function="35"))["level", "instant", 0][2] == "S"
    assert read(report({"Z": 1.0}), received_at=NOON - timedelta(hours=1))["level", "instant", 0][2] == "X"
    assert read(with_group("39", 0x23, bytes.fromhex("0A000001")))["level", "instant", 0] == (None, "m", "X")
    letters = sl651.decode(report({"Z": 1.0}, encoding="ascii"))
    odd = (sl651.Group("Q", None, b" " + b"9" * 400 + b" "), sl651.Group("X" * 300, None, b" 1 "))
    found = read(sl651.encode(replace(letters, groups=(*letters.groups, *odd))))
    assert found["flow", "instant", 0] == (None, "L/s", "X")
    assert found["X" * 40, "instant", 0][0] == 1.0
    assert read(with_group("FF11", 0x11, bytes.fromhex("0123")))["FF11", "instant", 0][0] == 12.3


def test_a_report_whose_values_have_no_time_or_that_goes_down_is_not_taken():
    packet = sl651.decode(report({"Z": 1.0}))
    timeless = replace(packet, groups=tuple(each for each in packet.groups if each.lead != "F0"))
    assert fault_of(read_stored(sl651.encode(timeless))) == "sl651_no_time"
    assert "观测时间" in words("packet_cures", "sl651_no_time")[0]
    down = read_stored(sl651.build_request(1, STATION, SECRET, "37", NOON))
    assert fault_of(down) == "sl651_downlink"
    assert answer_to(down, NOON) is None


def test_the_password_is_blotted_out_whatever_the_encoding():
    for frame in (
        report({"Z": 1.0}),
        report({"Z": 1.0}, encoding="ascii"),
        b"".join(in_parts(report({"Z": 1.0}), 2)),
    ):
        assert SECRET not in shown(frame)
        assert STATION in shown(frame)


@given(
    count=st.integers(1, 4),
    encoding=st.sampled_from(["hex", "ascii"]),
    cuts=st.lists(st.integers(0, 400), max_size=6),
)
def test_messages_depend_on_the_bytes_and_never_on_their_portions(count, encoding, cuts):
    split = in_parts(report({"Z": 1.5, "Q": 2.0}), count) if count > 1 else [report({"Z": 1.5, "Q": 2.0})]
    data = b"".join([report({"PJ": 0.5}, serial=6, encoding=encoding), *split, report({"Z": 1.0}, serial=8)])
    decoder = MessageDecoder()
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    found = [item for a, b in pairwise(edges) for item in decoder.feed(data[a:b])]
    assert [item.qn for item in found if isinstance(item, Message)] == ["0006", "0007", "0008"]
    assert decoder.close() == []
    assert [value.symbol for value in found[1].values] == ["Z", "Q"]
    assert read_stored(found[1].raw).values == found[1].values


def test_a_missing_part_is_asked_for_and_a_repeated_last_part_is_answered_again():
    asked: list[bytes] = []
    decoder = MessageDecoder(asked.append)
    first, second, third = in_parts(report({"Z": 1.5, "Q": 2.0}), 3)
    assert decoder.feed(first + third) == []
    (nak,) = map(sl651.decode, asked)
    assert (nak.end, nak.pno, nak.direction) == ("NAK", 2, "down")
    (message,) = decoder.feed(second)
    assert decoder.feed(second) == [message]
    confirmation = sl651.decode(answer_to(message, NOON))
    assert (confirmation.end, confirmation.serial, confirmation.station) == ("EOT", 7, STATION)


def test_unfinished_messages_are_kept_as_bytes_and_take_little_memory():
    picture = with_group("F3", 0xF3, b"\xff\xd8" + b"x" * 3_000)
    parts = in_parts(picture, 2)
    decoder = MessageDecoder()
    decoder.feed(parts[0])
    (rest,) = decoder.close()
    assert (rest.name, rest.raw) == ("sl651_incomplete", parts[0])
    now = [0.0]
    patient = MessageDecoder(now_s=lambda: now[0])
    patient.feed(parts[0])
    now[0] = 601.0
    assert [item.name for item in patient.feed(b"")] == ["sl651_incomplete"]
    endless = MessageDecoder()
    found = []
    for number in range(1, 80):
        part = replace(sl651.decode(parts[0]), pnum=4000, pno=number)
        found += endless.feed(sl651.encode(part))
    assert {item.name for item in found if isinstance(item, FrameError)} == {"sl651_too_long"}
    assert all(len(item.raw) <= LARGEST_MESSAGE for item in found)


@pytest.fixture
def stream(transactional_db):
    return make_stream()


def make_hydrological(station) -> None:
    station.mn = STATION
    station.set_password(SECRET)
    station.save()


async def exchange(port: int, *frames: bytes, answers: int) -> list:
    """Send frames over one connection and wait for a number of answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    decoder, heard = sl651.StreamDecoder(), []
    writer.write(b"".join(frames))
    async with asyncio.timeout(10):
        while len(heard) < answers and (received := await reader.read(4096)):
            heard += decoder.feed(received)
    writer.close()
    await writer.wait_closed()
    return heard


def lately() -> datetime:
    return datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=10)


@pytest.mark.django_db(transaction=True)
def test_both_protocols_share_the_port_and_a_report_is_confirmed_and_read_once(stream):
    make_hydrological(stream.a)
    at = lately()
    frame = report({"Z": 187.1, "PJ": 0.0}, at=at)
    link = sl651.encode(replace(sl651.decode(frame), function="2F", groups=(), end="ETX"))

    async def scene():
        async with gateway() as running:
            heard = await exchange(
                running.port, link, link, frame, frame, *in_parts(report({"Q": 2.0}, at=at), 3), answers=3
            )
            asked = await hj212_exchange(running.port, hj212_upload(stream.b, 0.4, at), answers=1)
            return heard, asked

    heard, (acknowledged,) = asyncio.run(scene())
    assert [(each.end, each.serial, each.function) for each in heard] == [("EOT", 7, "32")] * 3
    assert acknowledged.cn == "9014"
    assert sorted(Packet.objects.filter(station=stream.a).values_list("cn", "state")) == [
        ("2F", "stored"),
        *[("32", "stored")] * 3,
    ]
    kept = Reading.objects.filter(station=stream.a).values_list("parameter", "value", "unit", "period_start")
    assert set(kept) == {("level", 187.1, "m", at), ("PJ", 0.0, "mm", at), ("flow", 2000.0, "L/s", at)}


@pytest.mark.parametrize("before", [b"13912345678\r\n", bytes(range(14, 90)) + b"#", b"x" * 5000])
def test_what_a_modem_says_before_the_first_frame_hides_neither_standard(before):
    for frame in (report({"Z": 1.5}), report({"Z": 1.5}, encoding="ascii"), HJ212):
        for size in (7, 10_000):
            decoder = UploadDecoder(lambda asked: None, lambda: 0.0)
            whole = before + frame
            found = [
                item for at in range(0, len(whole), size) for item in decoder.feed(whole[at : at + size])
            ]
            assert [type(item) for item in found if not isinstance(item, FrameError)] == [
                hj212.Packet if frame is HJ212 else Message
            ]
            noise = [item for item in found if isinstance(item, FrameError)]
            assert {item.name for item in noise} == {"garbage"}
            assert b"".join(item.raw for item in noise) == before.rstrip()
    silent = UploadDecoder(lambda asked: None, lambda: 0.0)
    assert silent.feed(b"13912345678") == []
    assert [item.raw for item in silent.close()] == [b"13912345678"]


@pytest.mark.django_db(transaction=True)
def test_an_unknown_station_waits_in_quarantine_until_it_is_adopted(stream, people):
    stream.b.mn, stream.b.password = None, ""
    stream.b.save()
    at = lately()
    broken = bytearray(report({"Z": 1.0}, at=at, serial=9))
    broken[-1] ^= 1

    async def scene():
        async with gateway() as running:
            heard = await exchange(running.port, report({"Z": 1.5}, at=at), answers=1)
            heard += await exchange(running.port, *in_parts(report({"Q": 2.0}, at=at), 2), answers=1)
            await exchange(running.port, bytes(broken), answers=0)
            await until(lambda: Packet.objects.filter(state="rejected").exists())
            return heard

    assert [each.end for each in asyncio.run(scene())] == ["EOT", "EOT"]
    assert set(Packet.objects.values_list("mn", "state", "error")) == {
        (STATION, "quarantined", "unknown_mn"),
        (STATION, "rejected", "sl651_crc"),
    }
    AdoptStation(actor=people.monitoring, mn=STATION, station_id=stream.b.pk).run()
    stream.b.refresh_from_db()
    assert stream.b.check_password(SECRET)
    assert quarantine.replay(STATION) == 2
    kept = Reading.objects.filter(station=stream.b).values_list("parameter", "value")
    assert set(kept) == {("level", 1.5), ("flow", 2000.0)}


def test_every_reason_of_a_report_has_its_words_and_its_cure():
    written = {entry["key"] for entry in TABLES["packet_cures"]}
    own = {"crc", "length", "end_mark", "split_numbers", "incomplete", "too_long", "downlink"}
    assert {f"sl651_{name}" for name in own} <= written
