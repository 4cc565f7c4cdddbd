"""What a station uploads, a centre answers and asks."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from riverkit.protocols.sl651 import (
    CHINA_STANDARD_TIME,
    Group,
    Packet,
    Sl651Error,
    answer,
    build_request,
    build_upload,
    decode,
    encode,
)

from .conftest import ANSWER, ASCII_UPLOAD, UPLOAD, hex_frame

ARGUMENTS: dict[str, object] = {
    "centre": 1,
    "station": "0012345678",
    "password": "1234",
    "function": "32",
    "serial": 1,
    "sent_at": datetime(2025, 7, 1, 0, 0, 5, tzinfo=UTC),
    "station_class": "Q",
    "observed_at": datetime(2025, 7, 1, 0, 0, tzinfo=UTC),
    "values": {"C": 12.3, "pH": 7.62, "DO": 9.1, "NH4N": 0.21, "TP": Decimal("0.08"), "VT": 12.15},
}


def test_an_upload_is_written_in_the_format_of_the_table() -> None:
    assert build_upload(**ARGUMENTS) == UPLOAD  # type: ignore[arg-type]
    assert build_upload(**ARGUMENTS, encoding="ascii") == ASCII_UPLOAD  # type: ignore[arg-type]


@pytest.mark.parametrize("encoding", ["hex", "ascii"])
def test_negative_and_missing_values_read_back_as_what_was_meant(encoding: str) -> None:
    values = {"AI": -5.2, "Z": Decimal("-0.345"), "pH": None, "FL": 1013}
    packet = decode(build_upload(**{**ARGUMENTS, "values": values}, encoding=encoding), mode="strict")  # type: ignore[arg-type]
    assert {value.symbol: value.value for value in packet.values()} == {
        "AI": Decimal("-5.2"),
        "Z": Decimal("-0.345"),
        "pH": None,
        "FL": Decimal(1013),
    }


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"values": {"XYZ": 1}}, "unknown_element"),
        ({"values": {"DRP": 1}}, "element_kind"),
        ({"values": {"pH": 714.0}}, "number"),
        ({"values": {"pH": float("nan")}}, "number"),
        ({"station_class": "X"}, "station_class"),
        ({"station": "12345678"}, "station"),
        ({"station": "00-2345678"}, "station"),
        ({"centre": 256}, "centre"),
        ({"serial": -1}, "serial"),
        ({"password": "xyz"}, "password"),
        ({"sent_at": datetime(2025, 7, 1)}, "time"),  # noqa: DTZ001
        ({"observed_at": datetime(1999, 7, 1, tzinfo=UTC)}, "time"),
    ],
)
def test_what_cannot_be_sent_is_refused(change: dict[str, object], name: str) -> None:
    with pytest.raises(Sl651Error) as caught:
        build_upload(**{**ARGUMENTS, **change})  # type: ignore[arg-type]
    assert caught.value.name == name


def test_the_answer_repeats_the_serial_number_and_swaps_the_addresses() -> None:
    moment = datetime(2025, 7, 1, 8, 0, 6, tzinfo=CHINA_STANDARD_TIME)
    assert answer(decode(UPLOAD), moment) == ANSWER
    stay = decode(answer(decode(ASCII_UPLOAD), moment, "ESC"), mode="strict")
    assert (stay.encoding, stay.end, stay.serial, stay.deviations) == ("ascii", "ESC", 1, ())


def test_a_bad_part_is_asked_for_by_its_number() -> None:
    last = decode(hex_frame(b"\xff\xd9", 0x36, split=b"\x00\x30\x03"))
    moment = datetime(2025, 7, 1, 8, 0, 6, tzinfo=CHINA_STANDARD_TIME)
    again = decode(answer(replace(last, pno=2), moment, "NAK"), mode="strict")
    assert (again.end, again.pnum, again.pno, again.direction) == ("NAK", 3, 2, "down")


def test_link_reports_and_what_went_down_are_not_answered() -> None:
    moment = datetime(2025, 7, 1, tzinfo=UTC)
    for frame in (hex_frame(UPLOAD[14:22], 0x2F), ANSWER):
        with pytest.raises(Sl651Error, match="not answer"):
            answer(decode(frame), moment)


@pytest.mark.parametrize("encoding", ["hex", "ascii"])
def test_a_request_has_serial_zero_and_names_the_elements_wanted(encoding: str) -> None:
    moment = datetime(2025, 7, 1, tzinfo=UTC)
    frame = build_request(
        1, "0012345678", "1234", "3A", moment, symbols=["DRP", "PT", "Z"], encoding=encoding
    )  # type: ignore[arg-type]
    packet = decode(frame, mode="strict")
    assert (packet.serial, packet.end, packet.direction) == (0, "ENQ", "down")
    assert [group.element and group.element.symbol for group in packet.groups] == ["DRP", "PT", "Z"]
    assert encode(packet) == frame


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"pnum": 2}, "split_numbers"),
        ({"pnum": 5000, "pno": 1}, "pnum"),
        ({"sent": "250701080005"}, "serial"),
        ({"serial": 1, "sent": "2507"}, "sent"),
        ({"rest": bytes(4096)}, "long_body"),
        ({"groups": (Group("Z", None, b" 1 "),)}, "group"),
    ],
)
def test_a_packet_that_no_frame_can_hold_is_refused(change: dict[str, object], name: str) -> None:
    packet = Packet(direction="up", centre=1, station="0012345678", password="1234", function="32", end="ETX")
    with pytest.raises(Sl651Error) as caught:
        encode(replace(packet, **change))  # type: ignore[arg-type]
    assert caught.value.name == name
