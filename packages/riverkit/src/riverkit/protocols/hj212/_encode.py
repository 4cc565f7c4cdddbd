"""From a packet to a frame; the acknowledgements of a receiver; the uploads of an analyser."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Literal, NoReturn

from ._codes import DATA_FLAGS, PERIODS
from ._crc import crc
from ._decode import decode, split_outside_log_texts
from ._errors import Hj212Error
from ._frame import CRC_BYTES, HEADER_BYTES, LONGEST_SEGMENT
from ._packet import Group, Packet
from ._times import read_time, write_time

_INTERACTION = "91"
_VERSION_BITS = {"2005": 0, "2017": 4}


def encode(packet: Packet) -> bytes:
    """The frame of a packet, line end included: the inverse of decode.

    A packet that was read and not changed has the bytes of the segment it was read from, whatever its deviations; the
    frame around them counts bytes, has its check code in capitals and ends in CR LF. Any other packet is written as
    HJ 212-2017 prescribes, in UTF-8. Raises Hj212Error for what could not be read back: a separator inside a key or
    value, a segment that four digits cannot count.
    """
    segment = _segment_as_read(packet) or _segment_as_prescribed(packet)
    return b"##%04d%b%04X\r\n" % (len(segment), segment, crc(segment))


def _segment_as_read(packet: Packet) -> bytes | None:
    """The received bytes of a packet, if they still say what the packet says."""
    if not packet.raw or decode(packet.raw, mode="salvage") != packet:
        return None
    return packet.raw[HEADER_BYTES:-CRC_BYTES]


def _segment_as_prescribed(packet: Packet) -> bytes:
    header = (
        ("QN", packet.qn),
        ("ST", packet.st),
        ("CN", packet.cn),
        ("PW", packet.pw),
        ("MN", packet.mn),
        ("Flag", packet.flag),
        ("PNUM", packet.pnum),
        ("PNO", packet.pno),
    )
    head = "".join(f"{name}={value};" for name, value in header if value is not None)
    if any(character in head for character in "&,") or head.count(";") != sum(
        value is not None for _, value in header
    ):
        _refuse("separator", f"a header field holds a separator: {head}", "header", "use letters and digits")
    area = ";".join(",".join(_item(key, value) for key, value in group) for group in packet.fields)
    segment = f"{head}CP=&&{area}&&".encode()
    if len(segment) > LONGEST_SEGMENT:
        _refuse(
            "long_segment",
            f"the segment has {len(segment)} bytes; four digits count to {LONGEST_SEGMENT}",
            "segment",
            "split it: Flag bit D, PNUM and PNO",
        )
    return segment


def _item(key: str, value: str) -> str:
    whole = f"{key}={value}"
    readable = (
        key
        and "=" not in key
        and "&&" not in whole
        and split_outside_log_texts(whole, ";") == [whole]
        and split_outside_log_texts(whole, ",") == [whole]
    )
    if not readable:
        _refuse("separator", f"{whole!r} holds a separator", f"CP {key}", "put log texts between // and //")
    return whole


def answer(packet: Packet, cn: str = "9014", *, result: int | None = None) -> bytes:
    """The frame that answers a packet, with its QN, PW and MN and the version it speaks.

    ``cn``: 9014 acknowledges data, 9013 a notice; 9011 answers a request and 9012 tells how it went, and need
    ``result`` (QnRtn, ExeRtn: see REQUEST_RESULTS and EXECUTION_RESULTS).
    """
    parameter = {"9011": "QnRtn", "9012": "ExeRtn", "9013": None, "9014": None}.get(cn, "")
    if parameter == "":
        _refuse("bad_cn", f"{cn} is no answer", "header CN", "use 9011, 9012, 9013 or 9014")
    if (parameter is None) != (result is None):
        _refuse(
            "result",
            f"answer {cn} and result={result} do not fit",
            "CP",
            "give a result with 9011 and 9012 only",
        )
    fields: tuple[Group, ...] = () if parameter is None else (((parameter, str(result)),),)
    return encode(
        Packet(
            st=_INTERACTION,
            cn=cn,
            mn=packet.mn,
            qn=packet.qn,
            pw=packet.pw,
            # Bits A and D fall: an answer is neither answered nor split. The version bits are the peer's own.
            flag=None if packet.flag is None else packet.flag & 0b1111_1100,
            fields=fields,
        )
    )


def build_upload(
    mn: str,
    pw: str,
    cn: str,
    data_time: datetime,
    values: Mapping[str, tuple[Decimal | float | None, str | None]],
    qn: str,
    st: str = "21",
    answer: bool = True,
    edition: Literal["2005", "2017"] = "2017",
) -> bytes:
    """The frame by which an analyser uploads measurements.

    ``cn`` 2011 sends instants (Rtd); 2051, 2061 and 2031 send means (Avg) of the minute, hour or day that begins at
    ``data_time`` (aware). ``values``: factor code to (value in the factor's own unit, data flag); a value of None sends
    the flag alone, a flag of None no flag. ``edition``: what Flag says; the factor codes are yours to choose. Raises Hj212Error if an argument cannot be sent.
    """
    if cn not in PERIODS or cn in ("2021", "2041"):
        _refuse("bad_cn", f"{cn} uploads no measurements", "header CN", "use 2011, 2051, 2061 or 2031")
    if data_time.tzinfo is None:
        _refuse("time", "data_time has no zone", "CP DataTime", "give an aware datetime")
    if read_time(qn) is None:
        _refuse("time", f"QN {qn!r} is no possible time", "header QN", "make it with write_qn")
    kind = "Rtd" if cn == "2011" else "Avg"
    groups: list[Group] = [(("DataTime", write_time(data_time)),)]
    for code, (value, flag) in values.items():
        if flag is not None and flag not in DATA_FLAGS:
            _refuse(
                "data_flag",
                f"{flag!r} is no data flag",
                f"CP {code}-Flag",
                f"use one of {' '.join(DATA_FLAGS)}",
            )
        fields = [] if value is None else [(f"{code}-{kind}", _digits(value, code))]
        fields += [] if flag is None else [(f"{code}-Flag", flag)]
        if fields:
            groups.append(tuple(fields))
    return encode(
        Packet(st=st, cn=cn, mn=mn, qn=qn, pw=pw, flag=_VERSION_BITS[edition] | answer, fields=tuple(groups))
    )


def _digits(value: Decimal | float, code: str) -> str:
    number = Decimal(str(value))
    if not number.is_finite():
        _refuse("number", f"{value} cannot be sent", f"CP {code}", "send None with a data flag instead")
    return format(number, "f")


def _refuse(name: str, message: str, where: str, cure: str) -> NoReturn:
    raise Hj212Error(name, message, where=where, cure=cure)
