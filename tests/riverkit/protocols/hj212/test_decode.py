"""One frame at a time: the supplied vectors by their verdicts, and each oddity by its name."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from riverkit.errors import RiverkitError
from riverkit.protocols.hj212 import Deviation, Hj212Error, Packet, crc, decode, encode
from riverkit.protocols.hj212._decode import _Reader
from riverkit.protocols.hj212._frame import frame_in_bytes
from riverkit.protocols.hj212._prescribed import read_prescribed

from .conftest import EXAMPLE, Vector, make_packets

CHINA = timezone(timedelta(hours=8))
ANNEX_HEADER = "QN=20160801085857223;ST=32;CN=2011;PW=123456;MN=010000A8900016F000169DC0;Flag=5;"

DEPART_IN_NOTHING = """
    001 011 012 022 025 026 027 030 031 032 035 036 037 040 042 045 046 047 051 052 055 060 061 062 065 066 067 070
    072 075 076 077 081 082 085 086 087 091 092 095 096 097 101 117
"""
# What the other accepted vectors depart in.
DEVIATIONS = {
    "002": {"lower_case_crc"},
    "005": {"lower_case_crc"},
    "016": {"missing_qn", "missing_flag", "time_with_milliseconds"},
    "017": {"missing_qn", "missing_flag", "lower_case_crc"},
    "020": {"missing_flag", "short_qn"},
    "041": {"factor_letter_lost"},
    "050": {"missing_separator"},
    "056": {"comma_in_header"},
    "057": {"comma_between_items"},
    "071": {"key_case"},
    "080": {"comma_between_items"},
    "090": {"comma_in_header"},
    "115": {"empty_value"},
    "116": {"missing_flag"},
}
REFUSED = {
    "006": "crc",
    "007": "crc",
    "010": "crc",
    "015": "crc",
    "021": "crc",
    "100": "crc",
    "102": "length",
    "105": "header",
    "110": "data_flag",
    "111": "time",
    "112": "missing_mn",
    "106": "header",
    "107": "trailing_bytes",
}
STRICT_REFUSES = {"041", "050", "056", "057", "080", "090", "115"}


def frame(segment: str, *, announced: int | None = None) -> bytes:
    data = segment.encode()
    return b"##%04d%b%04X\r\n" % (len(data) if announced is None else announced, data, crc(data))


def names(deviations: tuple[Deviation, ...]) -> set[str]:
    return {deviation.name for deviation in deviations}


def refusal(data: bytes, mode: str = "lenient") -> Hj212Error:
    with pytest.raises(Hj212Error) as caught:
        decode(data, mode=mode)  # type: ignore[arg-type]
    return caught.value


# A vector file may be larger than the one these tables were written for; of its other vectors the verdict counts.
IN_ONE_FRAME = ("valid", "quirk", "lenient")


def test_vectors_are_taken_in_lenient_mode_by_their_verdicts(vectors: list[Vector]) -> None:
    assert {vector.verdict for vector in vectors} >= {"valid", "invalid", "quirk", "lenient", "stream"}
    for vector in vectors:
        if vector.verdict in IN_ONE_FRAME:
            assert decode(vector.frame).raw == vector.frame.rstrip(b"\r\n"), vector.name
        elif vector.verdict == "invalid":
            assert refusal(vector.frame).name, vector.name


def test_each_known_vector_departs_and_is_refused_by_name(vectors: list[Vector]) -> None:
    known = {vector.name: vector for vector in vectors}
    for name in DEVIATIONS.keys() & known:
        assert names(decode(known[name].frame).deviations) == DEVIATIONS[name], name
    for name in REFUSED.keys() & known:
        assert refusal(known[name].frame).name == REFUSED[name], name
    for name in set(DEPART_IN_NOTHING.split()) & known.keys():
        assert decode(known[name].frame, mode="strict").deviations == (), name


def test_strict_mode_refuses_what_breaks_the_written_form_and_reports_the_rest(vectors: list[Vector]) -> None:
    for vector in vectors:
        if vector.verdict == "valid":
            assert decode(vector.frame, mode="strict") == decode(vector.frame), vector.name
        elif vector.verdict in ("invalid", "quirk"):
            assert refusal(vector.frame, "strict").name, vector.name
        if vector.name in STRICT_REFUSES:
            assert names(refusal(vector.frame, "strict").deviations) == DEVIATIONS[vector.name], vector.name


def test_encoding_a_decoded_vector_gives_its_bytes_again(vectors: list[Vector]) -> None:
    # What a packet's fields do not tell; encoding from the fields alone repairs it.
    rewritten = {
        "missing_separator", "comma_in_header", "header_order", "padded_number", "unknown_header_field", "empty_item"
    }  # fmt: skip
    for vector in vectors:
        if vector.verdict in IN_ONE_FRAME:
            packet = decode(vector.frame)
            assert encode(packet)[6:-6] == packet.raw[6:-4], vector.name
            if not names(packet.deviations) & rewritten:
                assert encode(replace(packet, raw=b""))[6:-6] == packet.raw[6:-4], vector.name


def test_a_packet_tells_its_header_and_time(example: bytes) -> None:
    packet = decode(frame(ANNEX_HEADER + "CP=&&DataTime=20160801085857;w01018-Rtd=40.1,w01018-Flag=N&&"))
    assert (packet.qn, packet.st, packet.cn, packet.pw) == ("20160801085857223", "32", "2011", "123456")
    assert packet.mn == "010000A8900016F000169DC0"
    assert packet.flag == 5
    assert packet.wants_answer
    assert packet.version_bits == 1
    assert packet.data_time == datetime(2016, 8, 1, 8, 58, 57, tzinfo=CHINA)
    assert packet.period == "instant"
    assert decode(example).data_time is None
    assert decode(example).period is None


@pytest.mark.parametrize(("cn", "period"), [("2051", "minute"), ("2061", "hour"), ("2031", "day")])
def test_the_time_of_means_is_the_start_of_their_period(cn: str, period: str) -> None:
    packet = decode(frame(ANNEX_HEADER.replace("2011", cn) + "CP=&&DataTime=20160801080000;w01001-Avg=7.1&&"))
    assert packet.period == period


def test_values_come_with_unit_flag_and_sample_time() -> None:
    area = "DataTime=20250701080000;w20111-SampleTime=20250701060000,w20111-Rtd=0.05,w20111-Flag=N;w01001-Rtd=7.1;w01018-Cou=63.0"
    mercury, ph, load = decode(frame(ANNEX_HEADER + f"CP=&&{area}&&")).values()
    assert (mercury.key, mercury.kind, mercury.value, mercury.unit) == ("hg", "Rtd", Decimal("0.05"), "µg/L")
    assert mercury.quality_value == Decimal("0.00005")
    assert mercury.flag == "N"
    assert mercury.sample_time == datetime(2025, 7, 1, 6, tzinfo=CHINA)
    assert (ph.key, ph.flag, ph.sample_time) == ("ph", None, None)
    assert (load.key, load.unit, load.quality_value) == (None, "kg", None)


def test_the_power_failure_of_2005_is_read_and_named() -> None:
    packet = decode(frame(ANNEX_HEADER + "CP=&&011-Rtd=21,011-Flag=P&&"), mode="strict")
    assert names(packet.deviations) == {"flag_of_2005"}
    assert packet.values()[0].flag == "P"


def test_a_flag_behind_a_semicolon_still_belongs_to_its_factor() -> None:
    values = decode(frame(ANNEX_HEADER + "CP=&&w01018-Rtd=40.1;w01018-Flag=M;w01001-Rtd=7&&")).values()
    assert [value.flag for value in values] == ["M", None]


def test_a_key_that_occurs_twice_is_kept_twice_in_order() -> None:
    values = decode(
        frame(ANNEX_HEADER + "CP=&&w01001-Rtd=7.1,w01001-Flag=N;w01001-Rtd=7.2,w01001-Flag=D&&")
    ).values()
    assert [(value.value, value.flag) for value in values] == [(Decimal("7.1"), "N"), (Decimal("7.2"), "D")]


def test_different_values_of_one_key_are_named_and_refused_in_strict_mode() -> None:
    whole = frame(ANNEX_HEADER + "CP=&&DataTime=20250701080000;w01001-Rtd=7.1;w01001-Rtd=7.2&&")
    assert names(decode(whole).deviations) == {"given_twice"}
    assert refusal(whole, "strict").name == "given_twice"
    same = frame(ANNEX_HEADER + "CP=&&DataTime=20250701080000;w01001-Rtd=7.1;w01001-Rtd=7.10&&")
    assert decode(same, mode="strict").deviations == ()


def test_of_two_flags_or_times_of_data_neither_is_the_one_that_holds() -> None:
    flags = frame(ANNEX_HEADER + "CP=&&DataTime=20250701080000;w01001-Rtd=7.1,w01001-Flag=D,w01001-Flag=N&&")
    assert decode(flags).given_twice == {"w01001-Flag"}
    assert refusal(flags, "strict").name == "given_twice"
    times = frame(ANNEX_HEADER + "CP=&&DataTime=20250701080000;DataTime=20250701090000;w01001-Rtd=7.1&&")
    assert decode(times).data_time is None
    assert refusal(times, "strict").name == "given_twice"


def test_an_empty_value_is_missing_and_not_zero() -> None:
    (value,) = decode(frame(ANNEX_HEADER + "CP=&&w01018-Rtd=,w01018-Flag=B&&")).values()
    assert value.value is None
    assert value.quality_value is None
    assert value.flag == "B"


def test_an_old_code_whose_unit_is_uncertain_gets_no_unit() -> None:
    lead, cod = decode(frame(ANNEX_HEADER + "CP=&&027-Rtd=12;011-Rtd=40&&")).values()
    assert (lead.key, lead.unit, lead.quality_value) == ("pb", "", None)
    assert (cod.key, cod.unit, cod.quality_value) == ("cod", "mg/L", Decimal(40))


def test_a_factor_in_capitals_is_read_and_named_and_refused_in_strict_mode() -> None:
    written = frame(ANNEX_HEADER + "CP=&&W21003-Rtd=1.2,W21003-Flag=M;B01-Rtd=3;W99999-Rtd=4&&")
    packet = decode(written)
    assert [(each.code, each.key, each.flag) for each in packet.values()] == [
        ("w21003", "nh3n", "M"), ("B01", "flow", None), ("W99999", None, None),
    ]  # fmt: skip
    assert names(packet.deviations) == {"factor_case"}
    assert encode(packet) == written
    assert "W21003 is read as w21003" in refusal(written, "strict").message
    twice = decode(frame(ANNEX_HEADER + "CP=&&W21003-Rtd=1.2;w21003-Rtd=2&&"))
    assert twice.given_twice == {"w21003-Rtd"}


def test_unknown_factors_and_commands_are_kept_raw() -> None:
    packet = decode(frame(ANNEX_HEADER.replace("2011", "2099") + "CP=&&w01003-Rtd=13.10;NewThing=5&&"))
    assert names(packet.deviations) == {"unknown_command", "unknown_key"}
    assert packet.get("NewThing") == "5"
    (value,) = packet.values()
    assert (value.code, value.key, value.value, value.unit) == ("w01003", None, Decimal("13.10"), "")


def test_log_texts_may_hold_separators() -> None:
    packet = decode(
        frame(ANNEX_HEADER.replace("2011", "3020") + "CP=&&PolId=w01018;i11001-Info=//a;b,c=d//;VaseNo=1&&")
    )
    assert packet.get("i11001-Info") == "//a;b,c=d//"
    assert packet.get("VaseNo") == "1"


def test_a_length_that_counts_characters_is_taken_and_named() -> None:
    segment = ANNEX_HEADER + "CP=&&i11001-Info=//清洗管路//&&"
    packet = decode(frame(segment, announced=len(segment)))
    assert names(packet.deviations) == {"length_in_characters"}
    assert packet.get("i11001-Info") == "//清洗管路//"


def test_a_text_in_gbk_is_read_and_named() -> None:
    segment = (ANNEX_HEADER + "CP=&&i11001-Info=//清洗//&&").encode("gbk")
    packet = decode(b"##%04d%b%04X\r\n" % (len(segment), segment, crc(segment)))
    assert names(packet.deviations) == {"text_not_utf8"}
    assert packet.get("i11001-Info") == "//清洗//"


def test_salvage_keeps_every_factor_that_can_be_read_and_names_the_others() -> None:
    area = (
        "DataTime=20160801085857;w21003-Rtd=0.3,w21003-Flag=N;w01009-Rtd=abc,w01009-Flag=N;w01018-Rtd=4.1,"
        "w01018-Flag=n"
    )
    packet = decode(frame(f"{ANNEX_HEADER}CP=&&{area}&&"), mode="salvage")
    assert [(part.text, part.name) for part in packet.refused] == [
        ("w01009-Rtd=abc", "number"),
        ("w01018-Flag=n", "data_flag"),
    ]
    assert [(value.code, float(value.value or 0), value.flag) for value in packet.values()] == [
        ("w21003", 0.3, "N"),
        ("w01018", 4.1, None),
    ]


@pytest.mark.parametrize("code", ["w" * 300, "w21\0003", "w\u200b1"], ids=["long", "NUL", "invisible"])
def test_a_key_that_is_no_factor_code_costs_only_its_factor(code: str) -> None:
    area = f"DataTime=20260701083000;{code}-Rtd=1,{code}-Flag=N;w21003-Rtd=0.4,w21003-Flag=N"
    whole = frame(f"{ANNEX_HEADER}CP=&&{area}&&")
    packet = decode(whole, mode="salvage")
    assert [value.code for value in packet.values()] == ["w21003"]
    assert [part.name for part in packet.refused] == ["factor_code"] * 2
    assert refusal(whole).name == "factor_code"


@pytest.mark.parametrize("area", ["DataTime=20161301000000;w21003-Rtd=0.3", "40.1"])
def test_salvage_refuses_a_packet_of_which_the_time_or_the_form_is_not_known(area: str) -> None:
    assert refusal(frame(f"{ANNEX_HEADER}CP=&&{area}&&"), "salvage").where.startswith("CP")


@pytest.mark.parametrize(
    ("area", "name"),
    [
        ("w01018-Rtd=4O.1", "number"),
        ("w01018-Rtd=NaN", "number"),
        ("w01018-Rtd=1_0", "number"),
        ("w01018-Rtd=٣", "number"),
        (f"w01018-Rtd={'9' * 400}", "number"),
        ("w01018-Flag=n", "data_flag"),
        ("DataTime=20250230000000", "time"),
        ("w01018-SampleTime=2025", "time"),
        ("40.1", "item"),
        ("=40.1", "item"),
    ],
)
def test_impossible_contents_are_refused_in_both_modes(area: str, name: str) -> None:
    for mode in ("lenient", "strict"):
        error = refusal(frame(f"{ANNEX_HEADER}CP=&&{area}&&"), mode)
        assert error.name == name
        assert error.where.startswith("CP")
        assert error.cure in str(error)


@pytest.mark.parametrize(
    ("segment", "name"),
    [
        ("ST=32;CN=2011;PW=123456;MN=;Flag=5;CP=&&&&", "missing_mn"),
        ("ST=32;CN=2011;PW=123456;MN=A B;Flag=5;CP=&&&&", "bad_mn"),
        ("CN=2011;PW=123456;MN=ABC;Flag=5;CP=&&&&", "bad_st"),
        ("ST=32;CN=20x1;PW=123456;MN=ABC;Flag=5;CP=&&&&", "bad_cn"),
        ("ST=32;CN=2011;PW=123456;MN=ABC;Flag=256;CP=&&&&", "header_number"),
        ("ST=32;CN=2011;PW=123456;MN=ABC;Flag=7;PNUM=2;PNO=3;CP=&&&&", "header_number"),
        ("ST=32;CN=2011;PW=123456;MN=ABC;Flag=7;PNUM=2;CP=&&&&", "split_numbers"),
        ("ST=32;CN=2011;PW=123456;MN=ABC;MN=ABD;Flag=5;CP=&&&&", "repeated_header_field"),
        ("QN=20251301000000000;ST=32;CN=2011;PW=123456;MN=ABC;Flag=5;CP=&&&&", "time"),
        ("ST=32;CN=2011;PW=123456;MN=ABC;Flag=5;CP=&&w01001-Rtd=1;x&", "unfinished"),
        ("ST=32;CN=2011;PW=123456;MN=ABC;Flag=5;CP=&&", "unclosed_cp"),
        ("ST=32;CN=2011;PW=123456;MN=ABC;Flag=5;&&", "missing_cp"),
    ],
)
def test_impossible_headers_and_open_data_areas_are_refused(segment: str, name: str) -> None:
    assert refusal(frame(segment)).name == name


@pytest.mark.parametrize(
    ("segment", "name"),
    [
        ("PNO=1;PNUM=2;ST=32;CN=2011;PW=123456;MN=ABC;Flag=7;CP=&&&&", "header_order"),
        ("ST=32;CN=2011;PW=123456;MN=ABC;Flag=7;PNUM=0002;PNO=0001;CP=&&&&", "padded_number"),
    ],
)
def test_the_order_and_padding_of_the_header_do_not_matter(segment: str, name: str) -> None:
    packet = decode(frame(segment), mode="strict")
    assert name in names(packet.deviations)
    assert (packet.pnum, packet.pno) == (2, 1)


@pytest.mark.parametrize(
    ("segment", "name"),
    [
        (ANNEX_HEADER + "CP=&&w01001-Rtd=1;;w01009-Rtd=2&&", "empty_item"),
        (ANNEX_HEADER + "CP=&&w01001-Rtd=+1&&", "number_form"),
        (ANNEX_HEADER + "CP=&&w01001-Rtd=1e1&&", "number_form"),
        (ANNEX_HEADER + "CP=&&SB1-RS=7&&", "unknown_state"),
        (ANNEX_HEADER + "XX=1;CP=&&&&", "unknown_header_field"),
        (ANNEX_HEADER.replace("PW=123456;", "") + "CP=&&&&", "missing_pw"),
        (ANNEX_HEADER.replace("Flag=5", "Flag=7") + "CP=&&&&", "split_bit"),
        (ANNEX_HEADER + "CP=&&" + "w01001-Rtd=1;" * 90 + "w01001-Rtd=1&&", "long_segment"),
    ],
)
def test_lenient_mode_reads_and_names_common_departures(segment: str, name: str) -> None:
    assert name in names(decode(frame(segment)).deviations)


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n", b""])
def test_any_line_end_will_do(line_end: bytes, example: bytes) -> None:
    assert decode(example[:-2] + line_end) == decode(example)


def test_the_error_of_a_swapped_check_code_names_the_cure(example: bytes) -> None:
    error = refusal(example[:-6] + b"801C\r\n")
    assert "high byte first" in error.cure
    assert isinstance(error, RiverkitError)


@settings(derandomize=True, max_examples=150)
@given(make_packets())
def test_decoding_inverts_encoding(packet: Packet) -> None:
    read = decode(encode(packet))
    assert replace(read, deviations=(), raw=b"") == packet
    assert encode(read) == encode(packet)


@pytest.mark.parametrize(
    "segment",
    [
        "QN=20160801085857223,ST=32;CN=2011;PW=123456;MN=ABC;Flag=5CP=&&w01001-Rtd=1&&",
        "ST=31;CN=2051;PW=123456;MN=ABC;PNO=0002;PNUM=0002;CP=&&w01001-Rtd=1&&",
        ANNEX_HEADER.lower().replace("abc", "ABC") + "CP=&&&&",
        ANNEX_HEADER + "XX=1;CP=&&,w01001-Rtd=1,,w01001-Flag=N;;w01009-Rtd= 2;&&",
        ANNEX_HEADER + "CP=&&i11001-Info=//a&&b;c//&&",
        ANNEX_HEADER + "CP=&&&&",
    ],
)
@pytest.mark.parametrize("charset", ["utf-8", "gbk"])
def test_encoding_gives_the_segment_as_it_was_read_whatever_its_deviations(
    segment: str, charset: str
) -> None:
    data = segment.replace("&&w", "&&i11001-Info=//清洗//;w").encode(charset)
    packet = decode(b"##%04d%b%04x\n" % (len(data), data, crc(data)))
    assert encode(packet) == b"##%04d%b%04X\r\n" % (len(data), data, crc(data))


def test_a_packet_that_was_changed_is_written_as_prescribed() -> None:
    packet = decode(frame("ST=31,CN=2051;PW=123456;MN=ABC;Flag=5CP=&&w01001-Avg=1;&&"))
    changed = encode(replace(packet, cn="2061"))
    assert changed[6:-6] == b"ST=31;CN=2061;PW=123456;MN=ABC;Flag=5;CP=&&w01001-Avg=1&&"


def test_a_salvaged_packet_is_written_with_what_was_refused() -> None:
    whole = frame(ANNEX_HEADER + "CP=&&w01001-Rtd=abc;w01009-Rtd=1&&")
    assert encode(decode(whole, mode="salvage")) == whole


def read_with_care(data: bytes) -> Packet:
    found = frame_in_bytes(data, 0)
    assert found is not None
    return _Reader(found, data[: found.end], salvage=False).read("lenient")


@settings(derandomize=True, max_examples=150)
@given(make_packets(), st.data())
def test_what_is_read_at_one_glance_is_read_with_care_alike(packet: Packet, data: st.DataObject) -> None:
    segment = encode(packet)[6:-6]
    at = data.draw(st.integers(0, len(segment) - 1))
    mutated = (
        segment[:at]
        + data.draw(st.sampled_from([b"", b"0", b"9", b";", b",", b"=", b"a", b"-", b"&"]))
        + segment[at + 1 :]
    )
    for one in (segment, mutated):
        whole = b"##%04d%b%04X" % (len(one), one, crc(one))
        found = frame_in_bytes(whole, 0)
        at_a_glance = found and read_prescribed(found, whole)
        if at_a_glance:
            assert at_a_glance == read_with_care(whole)
            assert at_a_glance.deviations == ()


def test_data_as_prescribed_are_read_at_one_glance() -> None:
    for area in (
        "",
        "DataTime=20160831235959;w01018-SampleTime=20160801070000,w01018-Rtd=-2.20,w01018-Flag=N;011-Cou=3",
        "DataTime=20160831000000;a21026-ZsAvg=2,a21026-EFlag=A01;LA-Data=50.1;SB1-RS=5;SB1-RT=0.5",
    ):
        whole = frame(f"{ANNEX_HEADER}CP=&&{area}&&")[:-2]
        found = frame_in_bytes(whole, 0)
        assert found is not None
        assert read_prescribed(found, whole) == read_with_care(whole)


@pytest.mark.parametrize("year", ["2023", "2024", "2100", "2000", "1969"])
def test_every_day_that_exists_since_1970_is_a_time_and_no_other(year: str) -> None:
    for month in range(14):
        for day in range(33):
            area = f"DataTime={year}{month:02d}{day:02d}235959"
            try:
                exists = datetime(int(year), month, day).year >= 1970  # noqa: DTZ001
            except ValueError:
                exists = False
            if exists:
                assert decode(frame(f"{ANNEX_HEADER}CP=&&{area}&&")).deviations == ()
            else:
                assert refusal(frame(f"{ANNEX_HEADER}CP=&&{area}&&")).name == "time"


@pytest.mark.parametrize("clock", ["240000", "236000", "235960"])
def test_hours_minutes_and_seconds_that_do_not_exist_are_refused(clock: str) -> None:
    assert refusal(frame(f"{ANNEX_HEADER}CP=&&DataTime=20250701{clock}&&")).name == "time"


def test_numbers_between_blanks_are_read_and_named() -> None:
    packet = decode(frame(ANNEX_HEADER + "CP=&&w01018-Rtd= 40.1 &&"))
    assert names(packet.deviations) == {"number_form"}
    assert packet.values()[0].value == Decimal("40.1")


def test_answers_of_2005_carry_the_number_of_the_request_in_the_data_area() -> None:
    packet = decode(
        frame("ST=91;CN=9011;PW=123456;MN=88888880000001;Flag=0;CP=&&QN=20040516010101001;QnRtn=1&&")
    )
    assert names(packet.deviations) == {"missing_qn"}
    assert (packet.version_bits, packet.get("QN"), packet.get("QnRtn")) == (0, "20040516010101001", "1")


def test_a_heartbeat_of_2025_departs_in_nothing() -> None:
    packet = decode(
        frame(ANNEX_HEADER.replace("2011", "9015").replace("Flag=5", "Flag=9") + "CP=&&&&"), mode="strict"
    )
    assert packet.deviations == ()
    assert packet.version_bits == 2


@settings(derandomize=True, max_examples=400)
@given(position=st.integers(0, len(EXAMPLE) - 3), byte=st.integers(0, 255))
def test_one_corrupted_byte_is_never_taken_silently(position: int, byte: int) -> None:
    if EXAMPLE[position] == byte:
        return
    corrupted = EXAMPLE[:position] + bytes([byte]) + EXAMPLE[position + 1 :]
    try:
        packet = decode(corrupted)
    except Hj212Error:
        return
    # Only the letter case of the check code can change without changing what it says.
    assert names(packet.deviations) == {"lower_case_crc"}
    assert packet.fields == decode(EXAMPLE).fields
