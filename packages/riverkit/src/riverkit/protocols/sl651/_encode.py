"""From a packet to a frame; the answers of a centre and its requests; the uploads of a station."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import NoReturn

from ._codes import END_MARKS, STATION_CLASSES, STX, SYN, Element, EndMark, element_named
from ._crc import crc
from ._errors import Sl651Error
from ._frame import ASCII_START, HEX_START, LONGEST_BODY
from ._groups import Group
from ._packet import Encoding, Packet
from ._times import OBSERVED_DIGITS, SENT_DIGITS, write_time

_HEX_DIGITS = frozenset("0123456789ABCDEF")
_TIME, _ADDRESS = 0xF0, 0xF1


def encode(packet: Packet) -> bytes:
    """The frame of a packet: the inverse of decode.

    For a packet that was read these are the bytes received, unless the deviation ``lower_case`` told that hex digits
    were not in upper case. Raises Sl651Error for what a frame cannot hold.
    """
    in_hex = packet.encoding == "hex"
    body = part_numbers(packet) + message_of(packet)
    if len(body) > LONGEST_BODY:
        _refuse(
            "long_body",
            f"the body has {len(body)} bytes; {LONGEST_BODY} can be announced",
            "body",
            "split it",
        )
    centre, station = f"{_ranged(packet.centre, 0xFF, 'centre'):02X}", _digits(packet.station, 10, "station")
    addresses = station + centre if packet.direction == "down" else centre + station
    length = len(body) | (0x8000 if packet.direction == "down" else 0)
    head = f"{addresses}{_digits(packet.password, 4, 'password')}{_digits(packet.function, 2, 'function')}{length:04X}"
    frame = HEX_START + bytes.fromhex(head) if in_hex else ASCII_START + head.encode()
    frame += bytes([STX if packet.pnum is None else SYN]) + body + bytes([END_MARKS[packet.end]])
    code = crc(frame)
    return frame + (code.to_bytes(2, "big") if in_hex else b"%04X" % code)


def part_numbers(packet: Packet) -> bytes:
    """What stands behind SYN: how many parts, which part; nothing for a packet that is not split."""
    if (packet.pnum is None) != (packet.pno is None):
        _refuse("split_numbers", "pnum and pno do not come together", "header", "give both or neither")
    if packet.pnum is None or packet.pno is None:
        return b""
    text = f"{_ranged(packet.pnum, 0xFFF, 'pnum'):03X}{_ranged(packet.pno, 0xFFF, 'pno'):03X}"
    return bytes.fromhex(text) if packet.encoding == "hex" else text.encode()


def message_of(packet: Packet) -> bytes:
    """The body of a packet without the numbers of its part: serial number, sending time, groups, rest."""
    in_hex = packet.encoding == "hex"
    if (packet.serial is None) != (packet.sent is None):
        _refuse("serial", "serial and sent do not come together", "body", "give both or neither")
    front = b""
    if packet.serial is not None and packet.sent is not None:
        digits = f"{_ranged(packet.serial, 0xFFFF, 'serial'):04X}{_digits(packet.sent, SENT_DIGITS, 'sent')}"
        front = bytes.fromhex(digits) if in_hex else digits.encode()
    return front + b"".join(_group_bytes(group, in_hex=in_hex) for group in packet.groups) + packet.rest


def _group_bytes(group: Group, *, in_hex: bool) -> bytes:
    if (group.definition is not None) != in_hex:
        _refuse(
            "group",
            f"group {group.lead} is written for the other encoding",
            "body",
            "give a definition byte in HEX packets only",
        )
    if group.definition is None:
        return group.lead.encode("latin-1") + group.data
    return bytes.fromhex(group.lead) + bytes([group.definition]) + group.data


def answer(packet: Packet, sent_at: datetime, end: EndMark = "EOT") -> bytes:
    """The frame by which a centre answers a packet that came up, with its addresses, serial number and function.

    ``end``: EOT all received, ESC the same and stay on line (M2); ACK go on. In a split message (M3) only the last part
    is answered: EOT or ESC confirm all parts, NAK with the number of one bad part asks for it again: pass that part,
    or the last one with its ``pno`` replaced. ``sent_at`` is aware. A link report (2F) is not answered.
    """
    if packet.direction != "up" or packet.function == "2F":
        _refuse("answer", "only what comes up is answered, and no link report", "header", "do not answer it")
    return encode(
        replace(
            packet,
            direction="down",
            end=end,
            serial=packet.serial or 0,
            sent=_time(sent_at, SENT_DIGITS),
            groups=(),
            rest=b"",
        )
    )


def build_request(
    centre: int,
    station: str,
    password: str,
    function: str,
    sent_at: datetime,
    *,
    symbols: Sequence[str] = (),
    encoding: Encoding = "hex",
) -> bytes:
    """The frame by which a centre asks a station (M4), for example for its values now (37) or its clock (51).

    ``symbols`` name the elements wanted, for function 3A. A centre's own command has serial number 0. ``sent_at`` is
    aware. Raises Sl651Error if an argument cannot be sent.
    """
    groups = []
    for symbol in symbols:
        element = _known(symbol)
        if encoding == "ascii":
            groups.append(Group(symbol, None, b" "))
        else:
            groups.append(Group(element.lead, _definition(element), b""))
    return encode(
        Packet(
            encoding=encoding,
            direction="down",
            centre=centre,
            station=station,
            password=password,
            function=function,
            end="ENQ",
            serial=0,
            sent=_time(sent_at, SENT_DIGITS),
            groups=tuple(groups),
        )
    )


def build_upload(
    centre: int,
    station: str,
    password: str,
    function: str,
    serial: int,
    sent_at: datetime,
    *,
    station_class: str,
    observed_at: datetime,
    values: Mapping[str, Decimal | float | None],
    encoding: Encoding = "hex",
) -> bytes:
    """The frame by which a station sends measurements, for example a timed report (32).

    ``values``: symbol of the element (``"NH4N"``) to value in the unit of table C.1, written in the table's format; None
    sends "no valid value". ``observed_at``: the instant, or the **end** of the period. Both times are aware. Raises
    Sl651Error if an argument cannot be sent.
    """
    if station_class not in STATION_CLASSES:
        _refuse(
            "station_class",
            f"{station_class!r} is no station class",
            "group F1",
            f"use one of {' '.join(STATION_CLASSES)}",
        )
    observed = _time(observed_at, OBSERVED_DIGITS)
    in_hex = encoding == "hex"
    if in_hex:
        address = bytes.fromhex(_digits(station, 10, "station")) + station_class.encode()
        groups = [Group("F1", _ADDRESS, address), Group("F0", _TIME, bytes.fromhex(observed))]
    else:
        groups = [
            Group("ST", None, f" {station} {station_class} ".encode()),
            Group("TT", None, f" {observed} ".encode()),
        ]
    groups += [_value_group(_known(symbol), value, in_hex=in_hex) for symbol, value in values.items()]
    return encode(
        Packet(
            encoding=encoding,
            direction="up",
            centre=centre,
            station=station,
            password=password,
            function=function,
            end="ETX",
            serial=serial,
            sent=_time(sent_at, SENT_DIGITS),
            groups=tuple(groups),
        )
    )


def _known(symbol: str) -> Element:
    element = element_named(symbol)
    if element is None:
        _refuse(
            "unknown_element",
            f"{symbol!r} is not in table C.1",
            f"group {symbol}",
            "use a symbol of elements()",
        )
    return element


def _definition(element: Element) -> int:
    fixed = {"rain_series": 12 << 3, "level_series": 24 << 3, "bits": 4 << 3, "step": 3 << 3}
    if element.kind == "number":
        return (element.digits + 1) // 2 << 3 | element.decimals
    return fixed.get(element.kind, int(element.lead, 16))


def _value_group(element: Element, value: Decimal | float | None, *, in_hex: bool) -> Group:
    where = f"group {element.symbol}"
    if element.kind != "number":
        _refuse("element_kind", f"{element.symbol} is no single number", where, "make its Group by hand")
    definition = _definition(element)
    size = definition >> 3
    if value is None:
        return (
            Group(element.lead, definition, b"\xff" * size)
            if in_hex
            else Group(element.symbol, None, b" " + b"F" * element.digits + b" ")
        )
    number = Decimal(str(value))
    if not number.is_finite():
        _refuse("number", f"{value} cannot be sent", where, "send None instead")
    number = round(number, element.decimals)
    digits = "".join(map(str, number.as_tuple().digits))
    if len(digits) > element.digits:
        message = f"{value} needs more than {element.digits} digits"
        _refuse("number", message, where, f"send it in {element.unit or 'the unit of table C.1'}")
    if not in_hex:
        return Group(element.symbol, None, f" {number} ".encode())
    data = bytes.fromhex(digits.rjust(2 * size, "0"))
    if number.is_signed() and number:
        return Group(element.lead, definition + (1 << 3), b"\xff" + data)
    return Group(element.lead, definition, data)


def _time(moment: datetime, digits: int) -> str:
    try:
        return write_time(moment, digits)
    except ValueError as error:
        _refuse("time", str(error).partition(";")[0], "time", "give an aware datetime from 2000 to 2099")


def _digits(text: str, count: int, name: str) -> str:
    if len(text) != count or not set(text) <= _HEX_DIGITS | set("abcdef"):
        _refuse(name, f"{name} {text!r} is not {count} hex digits", name, "correct it")
    return text


def _ranged(number: int, largest: int, name: str) -> int:
    if not 0 <= number <= largest:
        _refuse(name, f"{name} {number} is not between 0 and {largest}", name, "correct it")
    return number


def _refuse(name: str, message: str, where: str, cure: str) -> NoReturn:
    raise Sl651Error(name, message, where=where, cure=cure)
