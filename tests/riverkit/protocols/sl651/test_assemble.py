"""Split messages (M3)."""

from dataclasses import replace

from riverkit.protocols.sl651 import Assembler, Assembly, AssemblyProblem, Packet, decode

from .conftest import FRONT, PLACE, UPLOAD, Vector, hex_frame

PICTURE = b"\xff\xd8" + bytes(range(100)) + b"\xff\xd9"


def parts(picture: bytes = PICTURE, serial: int = 1) -> list[Packet]:
    body = serial.to_bytes(2, "big") + FRONT[2:] + PLACE + b"\xf3\xf3" + picture
    pieces = [body[:60], body[60:100], body[100:]]
    return [
        decode(
            hex_frame(
                piece, 0x36, end=0x03 if number == 3 else 0x17, split=(3 << 12 | number).to_bytes(3, "big")
            )
        )
        for number, piece in enumerate(pieces, 1)
    ]


def test_a_message_that_is_not_split_is_whole_at_once() -> None:
    packet = decode(UPLOAD)
    assert Assembler().add(packet, 0.0) == Assembly((packet,), packet)


def test_parts_in_any_order_give_the_packet_that_was_split() -> None:
    first, second, third = parts()
    assembler = Assembler()
    assert assembler.add(third, 0.0) is None
    assert assembler.missing(third) == (1, 2)
    assert assembler.add(first, 1.0) is None
    whole = assembler.add(second, 2.0)
    assert isinstance(whole, Assembly)
    assert whole.parts == (first, second, third)
    assert (whole.packet.picture, whole.packet.serial, whole.packet.end) == (PICTURE, 1, "ETX")
    assert (whole.packet.pnum, whole.packet.deviations) == (None, ())
    assert assembler.missing(third) == ()


def test_a_group_may_be_cut_between_parts() -> None:
    body = FRONT + PLACE + bytes.fromhex("4612 0762 4711 0091")
    first = decode(hex_frame(body[:-3], end=0x17, split=b"\x00\x20\x01"))
    second = decode(hex_frame(body[-3:], split=b"\x00\x20\x02"))
    assert first.deviations == ()
    assembler = Assembler()
    assembler.add(first, 0.0)
    whole = assembler.add(second, 0.0)
    assert isinstance(whole, Assembly)
    assert [value.symbol for value in whole.packet.values()] == ["pH", "DO"]


def test_a_resent_part_changes_nothing_before_and_after_the_message_is_whole() -> None:
    first, second, third = parts()
    assembler = Assembler()
    for packet in (first, first, second):
        assert assembler.add(packet, 0.0) is None
    assert isinstance(assembler.add(replace(third, end="ETX"), 1.0), Assembly)
    assert assembler.add(second, 2.0) is None
    assert assembler.expire(10_000.0) == []


def test_the_next_picture_supersedes_one_that_never_became_whole() -> None:
    first, second, _ = parts()
    assembler = Assembler()
    assembler.add(first, 0.0)
    assembler.add(second, 0.0)
    others = parts(PICTURE[::-1], serial=2)
    problem = assembler.add(others[0], 60.0)
    assert isinstance(problem, AssemblyProblem)
    assert (problem.name, problem.missing, problem.parts) == ("superseded", (3,), (first, second))
    assert assembler.add(others[1], 61.0) is None
    whole = assembler.add(others[2], 62.0)
    assert isinstance(whole, Assembly)
    assert whole.packet.picture == PICTURE[::-1]


def test_the_next_picture_follows_a_whole_one_without_a_word() -> None:
    assembler = Assembler()
    for packet in parts():
        assembler.add(packet, 0.0)
    results = [assembler.add(packet, 60.0) for packet in parts(PICTURE[::-1], serial=2)]
    assert [type(result) for result in results] == [type(None), type(None), Assembly]


def test_an_incomplete_message_is_given_up_naming_what_is_missing() -> None:
    assembler = Assembler(timeout_s=60.0)
    second = parts()[1]
    assembler.add(second, 0.0)
    assert assembler.expire(59.0) == []
    (problem,) = assembler.expire(60.0)
    assert (problem.name, problem.missing, problem.parts) == ("timeout", (1, 3), (second,))
    assert assembler.expire(120.0) == []


def test_a_number_beyond_the_number_of_parts_opens_no_set() -> None:
    odd = replace(parts()[0], pno=7)
    assembler = Assembler()
    assert assembler.add(odd, 0.0) == Assembly((odd,), odd)
    assert assembler.expire(10_000.0) == []


def test_the_supplied_parts_of_a_picture_belong_to_one_message(vectors: list[Vector]) -> None:
    pictures = [decode(vector.frame) for vector in vectors if vector.function == "36"]
    assert len({packet.assembly_key for packet in pictures}) == 1
    assembler = Assembler()
    assert [assembler.add(packet, 0.0) for packet in pictures] == [None] * len(pictures)
    lacking = assembler.missing(pictures[0])
    assert {packet.pno for packet in pictures} | set(lacking) == set(range(1, 14))
