"""From a frame to a packet: every field that has a type or a range is checked, because the check code proves little."""

import math
import re
from datetime import datetime
from typing import Literal, NoReturn

from .._common import Deviation
from ._codes import DATA_FLAGS, DATA_FLAGS_2005, is_known_command
from ._errors import Hj212Error, Refusal
from ._frame import HEADER, Frame, diagnose, frame_in_bytes, frame_in_characters
from ._keys import Key, Role, read_key
from ._packet import Group, Packet
from ._prescribed import LONGEST_DATA_AREA, LONGEST_SEGMENT, read_prescribed
from ._repeats import contradictions
from ._times import read_time

Mode = Literal["lenient", "strict", "salvage"]

_CP = "CP=&&"
_LONGEST_CODE = 32
_HEADER_FIELDS = ("QN", "ST", "CN", "PW", "MN", "Flag", "PNUM", "PNO")
_HEADER_NAMES = {name.lower(): name for name in _HEADER_FIELDS}
_MN = re.compile(r"[0-9A-Za-z_-]+")
_PLAIN_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_ODD_NUMBER = re.compile(r" *[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})? *")
# Log texts stand between // and may hold any separator.
_LOG_TEXT = re.compile(r"=//.*?//")


def decode(frame: bytes, *, mode: Mode = "lenient") -> Packet:
    """Read one whole frame, from ``##`` to the check code, with or without its line end.

    Lenient mode accepts what real devices and the standard's own examples do, and names it in ``packet.deviations``.
    Strict mode refuses those deviations that break the written form. Raises Hj212Error, in both modes, for a wrong
    length or check code, a missing MN, ST or CN, an impossible time, number or range, an unknown data flag.
    Salvage mode is lenient, and refuses of a packet that is whole only the factors that cannot be read: they are in
    ``packet.refused``, the others in its fields.
    """
    if HEADER.match(frame) is None:
        raise Hj212Error(
            "header",
            "the frame does not begin with ## and four digits",
            where="byte 0",
            cure="give one whole frame; use StreamDecoder for bytes from a connection",
        )
    found = frame_in_bytes(frame, 0) or frame_in_characters(frame, 0)
    if found is None:
        raise diagnose(frame, 0)
    if frame[found.end :] not in (b"\r\n", b"\n", b"\r", b""):
        raise Hj212Error(
            "trailing_bytes",
            f"{len(frame) - found.end} bytes follow the check code",
            where=f"byte {found.end}",
            cure="give one frame at a time; use StreamDecoder for several",
        )
    return decode_segment(found, frame[: found.end], mode)


def decode_segment(frame: Frame, raw: bytes, mode: Mode) -> Packet:
    """Read the segment of a frame whose length and check code are right."""
    return read_prescribed(frame, raw) or _Reader(frame, raw, salvage=mode == "salvage").read(mode)


def _refuse(name: str, message: str, where: str, cure: str) -> NoReturn:
    raise Hj212Error(name, message, where=where, cure=cure)


class _Reader:
    """Reads one segment and gathers its deviations."""

    def __init__(self, frame: Frame, raw: bytes, *, salvage: bool) -> None:
        self.frame = frame
        self.raw = raw
        self.salvage = salvage
        self.deviations = list(frame.deviations)
        self.refused: list[Refusal] = []

    def note(self, name: str, where: str, message: str, *, syntax: bool = False) -> None:
        self.deviations.append(Deviation(name, where, message, syntax))

    def read(self, mode: Mode) -> Packet:
        text = self._text()
        head, opening, area = text.partition(_CP)
        if not opening:
            _refuse(
                "missing_cp", "the segment has no CP=&&", "segment", "put the data area between CP=&& and &&"
            )
        if not area.endswith("&&"):
            _refuse(
                "unclosed_cp",
                "the data area is not closed",
                "end of CP",
                "close the data area with a second &&",
            )
        header = self._header(head)
        fields = self._data_area(area[:-2])
        self.deviations += contradictions(fields)
        packet = self._packet(header, fields)
        broken = tuple(deviation for deviation in self.deviations if deviation.syntax)
        if broken and mode == "strict":
            raise Hj212Error(
                broken[0].name,
                "; ".join(deviation.message for deviation in broken),
                where=broken[0].where,
                cure="write it as HJ 212-2017 prescribes, or read in lenient mode",
                deviations=tuple(self.deviations),
            )
        return packet

    def _text(self) -> str:
        segment = self.frame.segment
        if len(segment) > LONGEST_SEGMENT:
            message = f"the segment has {len(segment)} bytes; {LONGEST_SEGMENT} are allowed"
            self.note("long_segment", "segment", message, syntax=True)
        try:
            return segment.decode("utf-8")
        except UnicodeDecodeError as error:
            where = f"segment byte {error.start}"
            self.note("text_not_utf8", where, "the text is not UTF-8; it is read as GB 18030", syntax=True)
        try:
            return segment.decode("gb18030")
        except UnicodeDecodeError as error:
            _refuse(
                "text",
                "the text is neither UTF-8 nor GB 18030",
                f"segment byte {error.start}",
                "send texts in UTF-8",
            )

    def _header(self, head: str) -> dict[str, str]:
        if head and not head.endswith((";", ",")):
            self.note("missing_separator", "before CP", "no ; stands before CP", syntax=True)
        if "," in head:
            self.note("comma_in_header", "header", "a comma separates header fields", syntax=True)
            head = head.replace(",", ";")
        fields: dict[str, str] = {}
        for part in head.split(";"):
            if not part:
                continue
            written, equals, value = part.partition("=")
            name = _HEADER_NAMES.get(written.lower())
            if name is None or not equals:
                message = f"{part!r} is no header field; it is left in the raw packet only"
                self.note("unknown_header_field", "header", message, syntax=True)
                continue
            if name in fields:
                _refuse("repeated_header_field", f"{name} occurs twice", "header", f"send {name} once")
            if name != written:
                self.note("key_case", "header", f"{written} is read as {name}")
            fields[name] = value
        if list(fields) != [name for name in _HEADER_FIELDS if name in fields]:
            self.note("header_order", "header", "header fields stand in another order")
        return fields

    def _packet(self, header: dict[str, str], fields: tuple[Group, ...]) -> Packet:
        flag = self._header_number(header, "Flag", 0, 255)
        if flag is None:
            self.note("missing_flag", "header", "the packet has no Flag (usual in 2005)")
        pnum = self._header_number(header, "PNUM", 1, 9999)
        pno = self._header_number(header, "PNO", 1, pnum or 9999)
        if (pnum is None) != (pno is None):
            _refuse("split_numbers", "PNUM and PNO do not come together", "header", "send both or neither")
        if flag is not None and bool(flag & 2) != (pnum is not None):
            self.note(
                "split_bit", "header Flag", "bit D of Flag and the presence of PNUM disagree", syntax=True
            )
        return Packet(
            st=self._code(header, "ST", 2),
            cn=self._command(header),
            mn=self._mn(header),
            qn=self._qn(header),
            pw=self._pw(header),
            flag=flag,
            pnum=pnum,
            pno=pno,
            fields=fields,
            deviations=tuple(self.deviations),
            refused=tuple(self.refused),
            raw=self.raw,
        )

    def _header_number(self, header: dict[str, str], name: str, low: int, high: int) -> int | None:
        text = header.get(name)
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 4 and low <= int(text) <= high):
            _refuse(
                "header_number",
                f"{name}={text} is not a number from {low} to {high}",
                f"header {name}",
                "correct it",
            )
        if str(int(text)) != text:
            self.note("padded_number", f"header {name}", f"{name}={text} has leading zeros")
        return int(text)

    def _code(self, header: dict[str, str], name: str, digits: int) -> str:
        text = header.get(name, "")
        if not (len(text) == digits and text.isascii() and text.isdigit()):
            _refuse(
                f"bad_{name.lower()}",
                f"{name}={text!r} is not {digits} digits",
                f"header {name}",
                f"send {name}",
            )
        return text

    def _command(self, header: dict[str, str]) -> str:
        cn = self._code(header, "CN", 4)
        if not is_known_command(cn):
            self.note("unknown_command", "header CN", f"command {cn} is in no edition of HJ 212")
        return cn

    def _mn(self, header: dict[str, str]) -> str:
        mn = header.get("MN", "")
        if not mn:
            _refuse("missing_mn", "the packet has no MN", "header", "set the device's unique identification")
        if not _MN.fullmatch(mn):
            _refuse(
                "bad_mn",
                f"MN={mn!r} holds other characters than letters, digits, _ and -",
                "header MN",
                "correct it",
            )
        if len(mn) > 24:
            self.note("long_mn", "header MN", f"MN has {len(mn)} characters; 24 are allowed", syntax=True)
        return mn

    def _pw(self, header: dict[str, str]) -> str | None:
        pw = header.get("PW")
        if pw is None:
            self.note("missing_pw", "header", "the packet has no PW", syntax=True)
        elif "&" in pw:
            _refuse("bad_pw", "PW holds &, which ends a data area", "header PW", "use letters and digits")
        elif len(pw) != 6:
            self.note("pw_length", "header PW", f"PW has {len(pw)} characters; 6 are prescribed", syntax=True)
        return pw

    def _qn(self, header: dict[str, str]) -> str | None:
        qn = header.get("QN")
        if qn is None:
            self.note("missing_qn", "header", "the packet has no QN (usual in 2005)")
            return None
        _checked_time(qn, "header QN")
        if len(qn) == 14:
            self.note("short_qn", "header QN", "QN has 14 digits, without milliseconds")
        return qn

    def _data_area(self, area: str) -> tuple[Group, ...]:
        if len(area) > LONGEST_DATA_AREA:
            message = f"the data area has {len(area)} characters; {LONGEST_DATA_AREA} are allowed"
            self.note("long_data_area", "CP", message, syntax=True)
        if not area:
            return ()
        groups = []
        for text in split_outside_log_texts(area, ";"):
            parts = [part for part in split_outside_log_texts(text, ",") if part]
            group = self._group(parts)
            if not parts or text.startswith(",") or text.endswith(",") or ",," in text:
                self.note("empty_item", "CP", "separators enclose nothing", syntax=True)
            if len(group) > 1 and any(read_key(key).code is None for key, _ in group):
                names = ", ".join(key for key, _ in group)
                self.note(
                    "comma_between_items", f"CP {group[0][0]}", f"a comma separates {names}", syntax=True
                )
            if group:
                groups.append(group)
        return tuple(groups)

    def _group(self, parts: list[str]) -> Group:
        """The items of a group; in salvage mode without those that cannot be read.

        With a number goes everything of its factor in the group: a flag alone would say "normal" of no value.
        """
        found: list[tuple[str, str]] = []
        spoilt: set[str] = set()
        for part in parts:
            try:
                found.append(self._field(part))
            except Hj212Error as error:
                code = read_key(part.partition("=")[0]).code
                if not self.salvage or code is None:
                    raise
                self.refused.append(Refusal(part, error.name, error.message))
                if error.name == "number":
                    spoilt.add(code)
        return tuple(pair for pair in found if read_key(pair[0]).code not in spoilt)

    def _field(self, text: str) -> tuple[str, str]:
        name, equals, value = text.partition("=")
        if not equals or not name:
            _refuse("item", f"{text!r} is not key=value", "CP", "join key and value with =")
        key = read_key(name)
        if key.code is not None and not (len(key.code) <= _LONGEST_CODE and key.code.isprintable()):
            _refuse(
                "factor_code",
                f"{name[:_LONGEST_CODE]!r} … is no factor code",
                "CP",
                f"send a code of at most {_LONGEST_CODE} printable characters",
            )
        for remark, message, syntax in key.remarks:
            self.note(remark, f"CP {name}", message, syntax=syntax)
        if value:
            self._check(key, name, value)
        elif key.role is not Role.TEXT:
            self.note("empty_value", f"CP {name}", f"{name} has no value", syntax=True)
        return name, value

    def _check(self, key: Key, name: str, value: str) -> None:
        where = f"CP {name}"
        if key.role in (Role.MEASUREMENT, Role.NUMBER):
            if not _PLAIN_NUMBER.fullmatch(value):
                if not _ODD_NUMBER.fullmatch(value):
                    _refuse(
                        "number", f"{name}={value} is not a number", where, "send digits with a decimal point"
                    )
                self.note("number_form", where, f"{name}={value} is not written as plain digits", syntax=True)
            if not math.isfinite(float(value)):
                _refuse(
                    "number", f"{name} has a value beyond 1e308", where, "send digits with a decimal point"
                )
        elif key.role is Role.DATA_FLAG:
            if value in DATA_FLAGS_2005:
                self.note("flag_of_2005", where, f"data flag {value} is one of HJ/T 212-2005 only")
            elif value not in DATA_FLAGS:
                known = " ".join(DATA_FLAGS)
                _refuse("data_flag", f"{name}={value} is no data flag", where, f"use one of {known}")
        elif key.role is Role.TIME:
            _checked_time(value, where)
            if len(value) == 17:
                self.note("time_with_milliseconds", where, f"{name} has 17 digits; 14 are prescribed")
        elif key.role is Role.STATE and value not in ("0", "1", "2", "3", "4", "5"):
            self.note("unknown_state", where, f"{name}={value} is no state of HJ 212-2017 (0 to 5)")


def _checked_time(digits: str, where: str) -> datetime:
    moment = read_time(digits)
    if moment is None:
        _refuse("time", f"{digits!r} is no possible time", where, "send YYYYMMDDhhmmss")
    return moment


def split_outside_log_texts(text: str, separator: str) -> list[str]:
    """Split at a separator, but not inside ``=//…//``: log texts may hold any character."""
    if "=//" not in text:
        return text.split(separator)
    parts, begin = [], 0
    protected = [match.span() for match in _LOG_TEXT.finditer(text)]
    for position, character in enumerate(text):
        if character == separator and not any(first <= position < last for first, last in protected):
            parts.append(text[begin:position])
            begin = position + 1
    return [*parts, text[begin:]]
