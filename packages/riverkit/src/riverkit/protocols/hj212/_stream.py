"""Frames out of a connection's bytes, in whatever portions they arrive."""

import re
from heapq import heappop, heappush

from .._common import FrameError
from ._decode import Mode, decode_segment
from ._errors import Hj212Error
from ._frame import (
    CRC_BYTES,
    HEADER,
    HEADER_BYTES,
    Frame,
    diagnose,
    end_in_characters,
    frame_in_bytes,
    frame_in_characters,
    stated_length,
)
from ._packet import Packet

_HEADER_BEGUN = re.compile(rb"(?:##[0-9]{0,3}|#)\Z")
_BETWEEN_PIECES = re.compile(rb"(?=##[0-9]{4})|(?<=\n)")
_LINE_END = re.compile(rb"[\r\n]+")
_LONGEST_REPORT = 16_384


class StreamDecoder:
    """Finds the packets in a stream; what is broken is reported and costs no packet that is whole.

    Every ``##`` with four digits may open a frame. It is judged when the last byte it announces has come; of frames
    that overlap, the one that ends first counts, and of those that end together the shortest. So the packets depend on the bytes alone, never on their portions,
    and a header with a wrong length neither swallows nor delays the packets behind it. Each byte ends up in a
    packet, in a FrameError or as a line end; what is waiting is bounded by the longest length that four digits can
    announce (10 kB, or 40 kB if it counts Chinese characters).
    """

    def __init__(self, *, mode: Mode = "lenient") -> None:
        self._mode = mode
        self._buffer = bytearray()
        self._offset = 0  # of the buffer's first byte, in the stream; so are all positions below
        self._searched = 0
        # Heap: end, minus start (of frames that end together the shorter counts), does the length count characters?
        self._open: list[tuple[int, int, bool]] = []
        self._garbage = bytearray()  # lies directly before the buffer

    @property
    def waiting(self) -> int:
        """How many bytes are held back because a frame may still become whole, or an error report complete."""
        return len(self._garbage) + len(self._buffer)

    def feed(self, data: bytes) -> list[Packet | FrameError]:
        """Take some bytes; give what they completed, in order. Never raises for what the bytes contain."""
        self._buffer += data
        items = self._take_leading_frames()
        self._find_headers()
        available = self._offset + len(self._buffer)
        while self._open and self._open[0][0] <= available:
            items += self._judge(*heappop(self._open))
        self._discard_undecidable()
        while (line_end := self._garbage.find(b"\n") + 1) or len(self._garbage) > _LONGEST_REPORT:
            items += self._report(line_end or _LONGEST_REPORT)
        return items

    def close(self) -> list[Packet | FrameError]:
        """The connection has ended: report the bytes that were still waiting."""
        self._discard(len(self._buffer))
        self._open.clear()
        return self._report(len(self._garbage))

    def _take_leading_frames(self) -> list[Packet | FrameError]:
        """What nearly every portion is, without the bookkeeping: whole frames from its first byte on.

        Only while no frame is open, and only frames inside which no other could begin.
        """
        items: list[Packet | FrameError] = []
        while not self._open and HEADER.match(self._buffer):
            frame = frame_in_bytes(self._buffer, 0)
            if frame is None or self._buffer.find(b"##", HEADER_BYTES, frame.end) >= 0:
                break
            items += self._accept(0, frame)
            line_end = _LINE_END.match(self._buffer)
            if line_end is not None:
                del self._buffer[: line_end.end()]
                self._offset += line_end.end()
            self._searched = self._offset
        return items

    def _find_headers(self) -> None:
        for header in HEADER.finditer(self._buffer, self._searched - self._offset):
            start = self._offset + header.start()
            length = stated_length(self._buffer, header.start())
            heappush(self._open, (start + HEADER_BYTES + length + CRC_BYTES, -start, False))
        begun = _HEADER_BEGUN.search(
            self._buffer, max(len(self._buffer) - HEADER_BYTES + 1, self._searched - self._offset)
        )
        self._searched = self._offset + (begun.start() if begun else len(self._buffer))

    def _judge(self, end: int, minus_start: int, in_characters: bool) -> list[Packet | FrameError]:
        """Decide on a frame whose last announced byte has come."""
        at = -minus_start - self._offset
        if at < 0:
            return []  # overlaps a packet that ended earlier
        if in_characters:
            exact = self._offset + end_in_characters(self._buffer, at) + CRC_BYTES
            if exact != end:  # more bytes than were known when it was queued
                heappush(self._open, (exact, minus_start, True))
                return []
            frame = frame_in_characters(self._buffer, at)
        else:
            frame = frame_in_bytes(self._buffer, at)
            if frame is None and not self._buffer[at : end - self._offset].isascii():
                heappush(self._open, (end, minus_start, True))
        return [] if frame is None else self._accept(at, frame)

    def _accept(self, at: int, frame: Frame) -> list[Packet | FrameError]:
        self._discard(at)
        items = self._report(len(self._garbage))
        raw = bytes(self._buffer[: frame.end - at])
        try:
            items.append(decode_segment(frame, raw, self._mode))
        except Hj212Error as error:
            items.append(FrameError(error.name, self._offset, str(error), raw))
        del self._buffer[: len(raw)]
        self._offset += len(raw)
        return items

    def _discard_undecidable(self) -> None:
        """Give up the bytes that no frame can claim any more."""
        first = min((-start for _, start, _ in self._open if -start >= self._offset), default=self._searched)
        self._discard(max(min(first, self._searched) - self._offset, 0))

    def _discard(self, count: int) -> None:
        self._garbage += self._buffer[:count]
        del self._buffer[:count]
        self._offset += count

    def _report(self, count: int) -> list[Packet | FrameError]:
        """Report the first bytes of the garbage, one error for each header, line or run of other bytes."""
        offset = self._offset - len(self._garbage)
        pieces = _BETWEEN_PIECES.split(bytes(self._garbage[:count]))
        del self._garbage[:count]
        items: list[Packet | FrameError] = []
        for piece in pieces:
            raw = piece.strip(b"\r\n")
            if raw:
                items.append(_frame_error(raw, offset + len(piece) - len(piece.lstrip(b"\r\n"))))
            offset += len(piece)
        return items


def _frame_error(raw: bytes, offset: int) -> FrameError:
    if HEADER.match(raw):
        error = diagnose(raw, 0)
        return FrameError(error.name, offset, str(error), raw)
    message = f"{len(raw)} bytes outside any packet (at byte {offset} of the stream); send frames that begin with ##"
    return FrameError("garbage", offset, message, raw)
