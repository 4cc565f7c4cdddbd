"""What a receiver answers and an analyser uploads."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from riverkit.protocols.hj212 import Hj212Error, Packet, answer, build_upload, decode, encode, write_qn

CHINA = timezone(timedelta(hours=8))
PART = (
    b"##0153QN=20250701083000000;ST=21;CN=2061;PW=123456;MN=A0A0A0A0A0A0A0A0A0A0A0A0;Flag=7;PNUM=2;PNO=1;"
    b"CP=&&DataTime=20250701070000;w01001-Avg=7.62,w01001-Flag=N&&CC01\r\n"
)


def test_data_are_acknowledged_with_their_own_number_and_version() -> None:
    assert answer(decode(PART)) == (
        b"##0087QN=20250701083000000;ST=91;CN=9014;PW=123456;MN=A0A0A0A0A0A0A0A0A0A0A0A0;Flag=4;CP=&&&&B681\r\n"
    )


def test_the_answer_keeps_the_version_bits_of_the_peer() -> None:
    packet = Packet(st="21", cn="2011", mn="ABC", pw="123456", flag=9)
    assert decode(answer(packet)).flag == 8


def test_an_old_packet_without_flag_or_number_is_answered_without_them() -> None:
    read = decode(answer(Packet(st="32", cn="2011", mn="ABC", pw="123456")))
    assert read.flag is None
    assert read.qn is None


def test_requests_notices_and_executions_have_their_answers() -> None:
    request = Packet(st="32", cn="3012", mn="ABC", pw="123456", qn="20250701083000000", flag=5)
    assert decode(answer(request, "9011", result=1)).get("QnRtn") == "1"
    assert decode(answer(request, "9012", result=100)).get("ExeRtn") == "100"
    assert decode(answer(request, "9013")).fields == ()


@pytest.mark.parametrize(("cn", "result"), [("9011", None), ("9014", 1), ("2011", None)])
def test_an_answer_that_does_not_exist_is_refused(cn: str, result: int | None) -> None:
    with pytest.raises(Hj212Error):
        answer(decode(PART), cn, result=result)


def test_an_upload_reads_back_as_what_was_measured() -> None:
    moment = datetime(2025, 7, 1, 0, 0, tzinfo=UTC)
    frame = build_upload(
        "A0A0A0A0A0A0A0A0A0A0A0A0",
        "123456",
        "2011",
        moment,
        {
            "w01001": (7.62, "N"),
            "w21011": (Decimal("0.080"), "M"),
            "w01009": (None, "D"),
            "w01019": (1e-05, None),
        },
        write_qn(moment),
    )
    packet = decode(frame, mode="strict")
    assert packet.deviations == ()
    assert packet.data_time == moment
    assert packet.qn == "20250701080000000"
    assert packet.wants_answer
    assert [(value.key, value.kind, value.value, value.flag) for value in packet.values()] == [
        ("ph", "Rtd", Decimal("7.62"), "N"),
        ("tp", "Rtd", Decimal("0.080"), "M"),
        ("codmn", "Rtd", Decimal("0.00001"), None),
    ]
    assert packet.get("w01009-Flag") == "D"


def test_means_are_uploaded_as_means() -> None:
    frame = build_upload(
        "ABC",
        "123456",
        "2061",
        datetime(2025, 7, 1, 7, tzinfo=CHINA),
        {"w01001": (7, "N")},
        "20250701080000000",
        answer=False,
    )
    packet = decode(frame)
    assert packet.values()[0].kind == "Avg"
    assert not packet.wants_answer


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"cn": "9014"}, "bad_cn"),
        ({"cn": "2041"}, "bad_cn"),
        ({"data_time": datetime(2025, 7, 1)}, "time"),  # noqa: DTZ001
        ({"qn": "now"}, "time"),
        ({"values": {"w01001": (7.0, "X")}}, "data_flag"),
        ({"values": {"w01001": (float("nan"), "N")}}, "number"),
        ({"values": {"w0;1": (7.0, "N")}}, "separator"),
        ({"mn": "A;B"}, "separator"),
    ],
)
def test_what_cannot_be_sent_is_refused(change: dict[str, object], name: str) -> None:
    arguments: dict[str, object] = {
        "mn": "ABC",
        "pw": "123456",
        "cn": "2011",
        "data_time": datetime(2025, 7, 1, tzinfo=CHINA),
        "values": {"w01001": (7.0, "N")},
        "qn": "20250701080000000",
    }
    with pytest.raises(Hj212Error) as caught:
        build_upload(**{**arguments, **change})  # type: ignore[arg-type]
    assert caught.value.name == name


def test_a_segment_longer_than_four_digits_is_refused() -> None:
    fields = tuple((("w01001-Rtd", "7.1"),) for _ in range(700))
    with pytest.raises(Hj212Error, match="split it"):
        encode(Packet(st="21", cn="2011", mn="ABC", fields=fields))
