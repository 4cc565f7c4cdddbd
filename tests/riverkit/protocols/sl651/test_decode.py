"""One frame at a time: the supplied vectors by their verdicts, and each oddity by its name."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from riverkit.errors import RiverkitError
from riverkit.protocols.sl651 import CHINA_STANDARD_TIME, Group, Packet, Sl651Error, crc, decode, encode

from .conftest import (
    ANSWER,
    ASCII_UPLOAD,
    FRONT,
    PLACE,
    UPLOAD,
    Vector,
    ascii_frame,
    hex_frame,
    make_packets,
)


def names(packet: Packet) -> set[str]:
    return {deviation.name for deviation in packet.deviations}


def refusal(data: bytes, mode: str = "lenient") -> Sl651Error:
    with pytest.raises(Sl651Error) as caught:
        decode(data, mode=mode)  # type: ignore[arg-type]
    return caught.value


def numbers(packet: Packet) -> dict[str, Decimal | None]:
    return {value.symbol or value.lead: value.value for value in packet.values()}


def test_every_vector_with_a_right_check_code_is_read_and_the_others_are_refused(
    vectors: list[Vector],
) -> None:
    assert {vector.verdict for vector in vectors} >= {"True", "False"}
    for vector in vectors:
        if vector.verdict == "True":
            packet = decode(vector.frame)
            assert packet.function == vector.function
            assert encode(packet) == vector.frame
        elif vector.verdict == "False":
            assert refusal(vector.frame).name == "crc"
            assert refusal(vector.frame, "strict").name == "crc"


def test_what_the_vectors_depart_in_is_named(vectors: list[Vector]) -> None:
    departing = {
        vector.function: names(decode(vector.frame))
        for vector in vectors
        if vector.verdict == "True" and decode(vector.frame).deviations
    }
    assert departing == {"2F": {"void_centre"}, "51": {"void_centre"}, "50": {"void_centre", "end_mark"}}


def test_the_upload_tells_who_when_and_what() -> None:
    packet = decode(UPLOAD, mode="strict")
    assert packet.deviations == ()
    assert (packet.encoding, packet.direction, packet.centre) == ("hex", "up", 1)
    assert (packet.station, packet.password, packet.function) == ("0012345678", "1234", "32")
    assert (packet.serial, packet.end, packet.station_class) == (1, "ETX", "Q")
    assert packet.sent_at == datetime(2025, 7, 1, 8, 0, 5, tzinfo=CHINA_STANDARD_TIME)
    assert packet.observed_at == datetime(2025, 7, 1, 8, 0, tzinfo=CHINA_STANDARD_TIME)
    assert [(value.key, str(value.value), value.unit) for value in packet.values()] == [
        ("wt", "12.3", "°C"),
        ("ph", "7.62", ""),
        ("do", "9.1", "mg/L"),
        ("nh3n", "0.21", "mg/L"),
        ("tp", "0.080", "mg/L"),
        (None, "12.15", "V"),
    ]
    assert {value.observed_at for value in packet.values()} == {packet.observed_at}


def test_the_same_upload_in_ascii_tells_the_same() -> None:
    packet = decode(ASCII_UPLOAD, mode="strict")
    assert packet.deviations == ()
    assert packet.values() == decode(UPLOAD).values()
    assert (packet.station, packet.station_class, packet.sent) == ("0012345678", "Q", "250701080005")
    assert encode(packet) == ASCII_UPLOAD


def test_the_answer_goes_down_with_the_addresses_in_the_other_order() -> None:
    packet = decode(ANSWER, mode="strict")
    assert (packet.direction, packet.centre, packet.station) == ("down", 1, "0012345678")
    assert (packet.end, packet.serial, packet.groups) == ("EOT", 1, ())


def test_the_definition_byte_rules_and_not_the_table() -> None:
    packet = decode(hex_frame(FRONT + PLACE + bytes.fromhex("47120912 7019022003")))
    assert numbers(packet) == {"DO": Decimal("9.12"), "VTA": Decimal("2200.3")}
    assert packet.deviations == ()


def test_all_f_is_no_value_and_a_leading_ff_is_a_minus() -> None:
    packet = decode(hex_frame(FRONT + PLACE + bytes.fromhex("4612FFFF 0219FF0052 391BFF0345")))
    assert numbers(packet) == {"pH": None, "AI": Decimal("-5.2"), "Z": Decimal("-0.345")}
    assert packet.deviations == ()


def test_digits_that_are_none_are_kept_and_named() -> None:
    packet = decode(hex_frame(FRONT + PLACE + bytes.fromhex("4612 0A62")))
    assert numbers(packet) == {"pH": None}
    assert names(packet) == {"not_bcd"}
    assert packet.groups[-1].data == bytes.fromhex("0A62")


def test_unknown_and_private_elements_are_kept_raw() -> None:
    packet = decode(hex_frame(FRONT + PLACE + bytes.fromhex("A0120715 FF11190000 12 4612 0762")))
    assert numbers(packet) == {"A0": Decimal("7.15"), "FF11": Decimal("1.2"), "pH": Decimal("7.62")}
    assert names(packet) == {"unknown_element"}
    assert decode(packet.raw, mode="strict").groups == packet.groups


def test_an_unknown_function_is_kept_raw() -> None:
    packet = decode(hex_frame(FRONT + b"anything", 0xE3))
    assert names(packet) == {"unknown_function"}
    assert packet.rest == b"anything"


def test_a_uniform_series_names_its_element_once_and_every_value_has_its_time() -> None:
    packet = decode(
        hex_frame(FRONT + PLACE + bytes.fromhex("0418000005 3923 00028960 FFFFFFFF 00028980"), 0x31)
    )
    assert packet.deviations == ()
    assert [
        (value.value, value.observed_at and value.observed_at.strftime("%H:%M")) for value in packet.values()
    ] == [
        (Decimal("28.960"), "08:00"),
        (None, "08:05"),
        (Decimal("28.980"), "08:10"),
    ]


def test_a_uniform_series_in_ascii_may_hold_several_elements() -> None:
    body = b"0001250701080005ST 0012345678 H TT 2507010800 DRH01 Z Q 28.96 3.5 28.97 3.6 "
    packet = decode(ascii_frame(body, b"31"), mode="strict")
    assert [
        (value.symbol, value.value, value.observed_at and value.observed_at.hour) for value in packet.values()
    ] == [
        ("Z", Decimal("28.96"), 8),
        ("Q", Decimal("3.5"), 8),
        ("Z", Decimal("28.97"), 9),
        ("Q", Decimal("3.6"), 9),
    ]


def test_twelve_values_of_an_hour_are_five_minutes_apart() -> None:
    rain = "F460 05 00 00 00 14 FF FF FF FF FF 00 00"
    level = "F55C" + "0B50" * 11 + "FFFF"  # some stations write 5C where C0 is meant
    packet = decode(hex_frame(FRONT + PLACE + bytes.fromhex(rain + level), 0x34))
    assert names(packet) == {"definition"}
    values = packet.values()
    assert [value.value for value in values[:6]] == [
        Decimal(text) for text in ("0.5", "0.0", "0.0", "0.0", "2.0")
    ] + [None]
    assert [values[11].observed_at, values[11].unit] == [
        datetime(2025, 7, 1, 8, 55, tzinfo=CHINA_STANDARD_TIME),
        "mm",
    ]
    assert [value.value for value in values[12:]] == [Decimal("28.96")] * 11 + [None]


def test_twelve_values_of_an_hour_in_ascii_are_hex_digits() -> None:
    body = b"0001250701080005ST 0012345678 P TT 2507010800 DRP 0500000014FFFFFFFFFF0000 PT 4.0 "
    packet = decode(ascii_frame(body, b"34"), mode="strict")
    assert [value.value for value in packet.values()][:5:4] == [Decimal("0.5"), Decimal("2.0")]
    assert packet.values()[-1].value == Decimal("4.0")


def test_the_step_of_a_series_may_lead_beyond_the_calendar() -> None:
    packet = decode(hex_frame(FRONT + PLACE + bytes.fromhex("0418999999 200800"), 0x31))
    endless = replace(packet, groups=(*packet.groups[:-1], Group("20", 0x08, bytes(40_000))))
    assert endless.values()[-1].observed_at is None


def test_state_and_alarms_are_bits() -> None:
    packet = decode(hex_frame(FRONT + PLACE + bytes.fromhex("4520 00000081")))
    assert numbers(packet) == {"ZT": Decimal(0x81)}


def test_texts_and_pictures_reach_to_the_end() -> None:
    text = decode(hex_frame(FRONT + b"\xf2\xf2" + "水位 1.234".encode("gb18030"), 0x35), mode="strict")
    assert text.text == "水位 1.234"
    picture = decode(hex_frame(FRONT + PLACE + b"\xf3\xf3\xff\xd8\xff\xe0", 0x36), mode="strict")
    assert picture.picture == b"\xff\xd8\xff\xe0"
    words = decode(ascii_frame(b"0001250701080005RGZS Q 1.234 ", b"35"), mode="strict")
    assert words.text == "Q 1.234"


def test_settings_are_groups_but_no_values() -> None:
    packet = decode(
        hex_frame(FRONT + PLACE[:7] + bytes.fromhex("0120 05000000 0C08 02"), 0x41), mode="strict"
    )
    assert [(group.lead, group.data.hex()) for group in packet.groups[1:]] == [
        ("01", "05000000"),
        ("0C", "02"),
    ]
    assert packet.values() == []


def test_a_request_names_elements_without_data() -> None:
    packet = decode(hex_frame(FRONT + bytes.fromhex("F460 2619 F0F0"), 0x3A, end=5, down=True), mode="strict")
    assert [group.lead for group in packet.groups] == ["F4", "26", "F0"]
    assert packet.values() == []


def test_what_has_no_structure_is_kept_behind_the_station() -> None:
    packet = decode(hex_frame(FRONT + PLACE[:7] + b"\x07V1.2(H)", 0x45), mode="strict")
    assert packet.rest == b"\x07V1.2(H)"
    assert packet.station_class is None


def test_a_part_has_its_number_and_only_the_first_has_a_front() -> None:
    first = decode(hex_frame(FRONT + PLACE + b"\xf3\xf3\xff\xd8", 0x36, end=0x17, split=b"\x00\x20\x01"))
    later = decode(hex_frame(b"\xff\xd9", 0x36, split=b"\x00\x20\x02"))
    assert (first.pnum, first.pno, first.serial, first.end) == (2, 1, 1, "ETB")
    assert (later.pnum, later.pno, later.serial, later.rest) == (2, 2, None, b"\xff\xd9")
    assert first.assembly_key == later.assembly_key is not None


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        (hex_frame(FRONT[:2] + bytes.fromhex("251301080005") + PLACE), "impossible_time"),
        (hex_frame(FRONT + PLACE[:-5] + bytes.fromhex("2502300800")), "impossible_time"),
        (hex_frame(FRONT + PLACE + bytes.fromhex("4612 07")), "unread_bytes"),
        (hex_frame(FRONT + PLACE + bytes.fromhex("0000")), "unread_bytes"),
        (hex_frame(FRONT + PLACE + bytes.fromhex("46")), "unread_bytes"),
        (hex_frame(FRONT + PLACE[:7] + PLACE[8:]), "missing_class"),
        (hex_frame(FRONT + PLACE[:8] + b"\xf0\x01" + PLACE[10:]), "identifier"),
        (hex_frame(FRONT, end=0x05), "end_mark"),
        (hex_frame(FRONT, end=0x03, down=True), "end_mark"),
        (hex_frame(b"\x00\x01\x25"), "short_body"),
        (hex_frame(FRONT, split=b"\x00\x20\x03"), "split_numbers"),
        (ascii_frame(b"0001250701080005ST 0012345678 Q TT 2507010800 C warm "), "unknown_element"),
        (ascii_frame(b"0001250701080005ST 0012345678 Q TT 2507010800 C 1.2.3 "), "not_a_number"),
        (ascii_frame(b"0001250701080005ST 0012345678 Q TT 2507010800 !! 1"), "unread_bytes"),
        (ascii_frame(b"0001250701080005ST 0012345678 Q TT 2513010800 C 1.2 "), "impossible_time"),
        (ascii_frame(b"0001sometime0000ST 0012345678 Q"), "short_body"),
    ],
)
def test_lenient_mode_names_what_it_forgives_and_strict_mode_refuses_it(frame: bytes, name: str) -> None:
    packet = decode(frame)
    assert names(packet) == {name}
    assert encode(packet) == frame
    if any(deviation.syntax for deviation in packet.deviations):
        error = refusal(frame, "strict")
        assert error.name == name
        assert error.deviations == packet.deviations
        assert error.cure in str(error)
    else:
        assert decode(frame, mode="strict") == packet


def test_another_station_in_the_body_or_an_odd_class_is_no_fault() -> None:
    body = FRONT + bytes.fromhex("F1F1 0087654321 58 F0F0 2507010800 4612 0762")
    packet = decode(hex_frame(body), mode="strict")
    assert names(packet) == {"other_station", "unknown_class"}
    assert packet.station_class == "X"


def test_lower_case_is_read_and_named() -> None:
    body = b"000a250701080005"
    frame = b"\x01" + b"0a0012345678abcd2F0010\x02" + body + b"\x03"
    frame += b"%04x" % crc(frame)
    packet = decode(frame)
    assert names(packet) == {"lower_case"}
    assert (packet.centre, packet.password, packet.serial) == (10, "ABCD", 10)
    assert decode(encode(packet)) == replace(packet, deviations=(), raw=encode(packet))


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        (b"", "header"),
        (b"hello", "header"),
        (UPLOAD[:20], "unfinished"),
        (UPLOAD[:-1], "unfinished"),
        (UPLOAD + b"\0", "trailing_bytes"),
        (UPLOAD[:-1] + b"\0", "crc"),
        (UPLOAD[:-2] + UPLOAD[:-3:-1], "crc"),
        (UPLOAD[:20] + b"\x43" + UPLOAD[21:], "crc"),
        (UPLOAD[:12] + b"\x30" + UPLOAD[13:], "length"),
        (UPLOAD[:12] + b"\x32" + UPLOAD[13:] + b"\0\0", "length"),
        (UPLOAD[:-3] + b"\x41" + UPLOAD[-2:], "end_mark"),
        (ASCII_UPLOAD[:-1] + b"9", "crc"),
        (ASCII_UPLOAD[:-1] + b"x", "crc"),
        (ASCII_UPLOAD[:-2], "unfinished"),
        (hex_frame(b"", split=b"\0"), "split_numbers"),
    ],
)
def test_what_is_no_frame_is_refused_in_both_modes_with_its_reason(frame: bytes, name: str) -> None:
    if name == "length":  # the code is right for the bytes as they are, only the length field is not
        head = bytearray(frame)
        stop = len(UPLOAD) - 2
        head[stop : stop + 2] = crc(bytes(head[:stop])).to_bytes(2, "big")
        frame = bytes(head)
    for mode in ("lenient", "strict"):
        assert refusal(frame, mode).name == name


def test_a_swapped_check_code_is_told_as_such() -> None:
    assert "high byte first" in refusal(UPLOAD[:-2] + UPLOAD[:-3:-1]).cure


@given(make_packets())
def test_decoding_inverts_encoding(packet: Packet) -> None:
    frame = encode(packet)
    read = decode(frame, mode="strict")
    assert replace(read, deviations=(), raw=b"") == packet
    assert encode(read) == frame


@given(
    st.binary(max_size=80), st.sampled_from([0x31, 0x32, 0x35, 0x36, 0x3A, 0x41, 0x45, 0xE0]), st.booleans()
)
def test_any_body_is_read_and_written_again_byte_for_byte(body: bytes, function: int, down: bool) -> None:
    frame = hex_frame(FRONT + PLACE + body, function, down=down)
    packet = decode(frame)
    packet.values()
    assert encode(packet) == frame


@given(st.text("ABCDFHNPRSTZ0159 .-!水", max_size=60))
def test_any_text_is_read_and_written_again_byte_for_byte(text: str) -> None:
    frame = ascii_frame(b"0001250701080005ST 0012345678 Q TT 2507010800 " + text.encode())
    packet = decode(frame)
    packet.values()
    assert encode(packet) == frame


@given(make_packets(), st.data())
def test_a_changed_byte_is_never_taken_for_the_packet(packet: Packet, draw: st.DataObject) -> None:
    frame = bytearray(encode(packet))
    at = draw.draw(st.integers(0, len(frame) - 1))
    frame[at] ^= draw.draw(st.integers(1, 255))
    try:
        read = decode(bytes(frame))
    except RiverkitError:
        return
    # Only the letter case of a check code in hex digits may change unnoticed.
    assert names(read) >= {"lower_case"}
    assert replace(read, deviations=(), raw=b"") == packet
