"""Split messages, as in tables C.49 and C.50 of HJ 212-2017."""

from dataclasses import replace

from riverkit.protocols.hj212 import Assembler, Assembly, AssemblyProblem, Packet

FIRST = Packet(
    st="21",
    cn="2061",
    mn="ABC",
    qn="20250701083000000",
    flag=7,
    pnum=2,
    pno=1,
    fields=((("DataTime", "20250701070000"),), (("w01001-Avg", "7.62"),)),
)
SECOND = replace(
    FIRST, qn="20250701083000001", pno=2, fields=((("DataTime", "20250701070000"),), (("w01009-Avg", "6.4"),))
)


def test_a_message_that_is_not_split_is_whole_at_once() -> None:
    packet = replace(FIRST, flag=5, pnum=None, pno=None)
    assert packet.assembly_key is None
    assert Assembler().add(packet, 0.0) == Assembly((packet,))


def test_parts_with_different_numbers_of_request_belong_together_in_any_order() -> None:
    assembler = Assembler()
    assert assembler.add(SECOND, 0.0) is None
    whole = assembler.add(FIRST, 1.0)
    assert whole == Assembly((FIRST, SECOND))
    assert isinstance(whole, Assembly)
    assert whole.fields == (*FIRST.fields, SECOND.fields[1])


def test_values_that_share_a_group_with_the_time_are_kept() -> None:
    odd = replace(SECOND, fields=((("DATATIME", "20250701070000"), ("w01009-Avg", "6.4")),))
    assert odd.assembly_key == SECOND.assembly_key
    assert Assembly((FIRST, odd)).fields == (*FIRST.fields, (("w01009-Avg", "6.4"),))


def test_a_resent_part_changes_nothing_before_and_after_the_message_is_whole() -> None:
    assembler = Assembler()
    assert assembler.add(FIRST, 0.0) is None
    assert assembler.add(FIRST, 1.0) is None
    assert isinstance(assembler.add(SECOND, 2.0), Assembly)
    assert assembler.add(SECOND, 3.0) is None
    assert assembler.expire(10_000.0) == []


def test_a_part_that_contradicts_an_earlier_one_is_a_conflict_and_the_first_stays() -> None:
    assembler = Assembler()
    assembler.add(FIRST, 0.0)
    other = replace(FIRST, fields=((("DataTime", "20250701070000"),), (("w01001-Avg", "9.99"),)))
    problem = assembler.add(other, 1.0)
    assert isinstance(problem, AssemblyProblem)
    assert problem.name == "conflict"
    assert problem.parts == (FIRST, other)
    assert assembler.add(SECOND, 2.0) == Assembly((FIRST, SECOND))


def test_an_incomplete_message_is_given_up_naming_what_is_missing() -> None:
    assembler = Assembler(timeout_s=60.0)
    assembler.add(replace(FIRST, pnum=3), 0.0)
    assert assembler.expire(59.0) == []
    (problem,) = assembler.expire(60.0)
    assert problem.name == "timeout"
    assert problem.missing == (2, 3)
    assert problem.parts[0].pno == 1
    assert assembler.expire(120.0) == []


def test_other_periods_of_the_same_device_do_not_mix() -> None:
    assembler = Assembler()
    later = replace(SECOND, fields=((("DataTime", "20250701080000"),),))
    assembler.add(FIRST, 0.0)
    assert assembler.add(later, 0.0) is None
