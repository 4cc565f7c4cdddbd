"""Frames out of a connection's bytes, in whatever portions they arrive."""

from collections import deque
from heapq import heappop, heappush

from .._common import FrameError
from ._decode import Mode, decode_frame
from ._errors import Sl651Error
from ._frame import HEADER, HEADER_BEGUN, LONGEST_HEADER, Frame, diagnose, frame_at, frame_stop
from ._packet import Packet

_LONGEST_REPORT = 16_384


class StreamDecoder:
    """Finds the packets in a stream; what is broken is reported and costs no packet that is whole.

    HEX and ASCII frames may follow one another. Everything that looks like a header may open a frame; it is judged when
    the last byte it announces has come; of frames that overlap, the one that ends first counts. So the packets depend on
    the bytes alone, never on their portions, and a header with a wrong length neither swallows nor delays the packets
    behind it. Each byte ends up in a packet, in a FrameError or as a line end; what is waiting is bounded by the longest
    body that a header can announce (4 kB) and the longest report (16 kB).
    """

    def __init__(self, *, mode: Mode = "lenient") -> None:
        self._mode = mode
        self._buffer = bytearray()
        self._offset = 0  # of the buffer's first byte, in the stream; so are all positions below
        self._searched = 0  # whether a header begins here is not known yet; before it, it is
        self._headers: deque[tuple[int, int]] = deque()  # start, stop
        self._open: list[tuple[int, int]] = []  # heap: stop, start

    @property
    def waiting(self) -> int:
        """How many bytes are held back because a frame may still become whole, or an error report complete."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Packet | FrameError]:
        """Take some bytes; give what they completed, in order. Never raises for what the bytes contain."""
        self._buffer += data
        self._find_headers()
        items: list[Packet | FrameError] = []
        available = self._offset + len(self._buffer)
        while self._open and self._open[0][0] <= available:
            start = heappop(self._open)[1]
            if start >= self._offset:  # else it overlaps a packet that ended earlier
                frame = frame_at(self._buffer, start - self._offset)
                if frame is not None:
                    items += self._accept(start, frame)
        # No packet can claim what lies before the first open header.
        claimed = (start for _, start in self._open if start >= self._offset)
        return items + self._report(min([*claimed, max(self._searched, self._offset)]), whole_only=True)

    def close(self) -> list[Packet | FrameError]:
        """The connection has ended: report the bytes that were still waiting."""
        self._open.clear()
        return self._report(self._offset + len(self._buffer), whole_only=False)

    def _find_headers(self) -> None:
        for header in HEADER.finditer(self._buffer, self._searched - self._offset):
            start = self._offset + header.start()
            stop = self._offset + frame_stop(self._buffer, header.start())
            self._headers.append((start, stop))
            heappush(self._open, (stop, start))
        length = len(self._buffer)
        tail = max(length - LONGEST_HEADER + 1, self._searched - self._offset)
        begun = HEADER_BEGUN.search(self._buffer, tail)
        self._searched = self._offset + (begun.start() if begun else length)

    def _accept(self, start: int, frame: Frame) -> list[Packet | FrameError]:
        length = frame.stop - (start - self._offset)
        items = self._report(start, whole_only=False)
        raw = self._take(start + length)
        try:
            items.append(decode_frame(frame, raw, self._mode))
        except Sl651Error as error:
            items.append(FrameError(error.name, start, str(error), raw))
        return items

    def _report(self, limit: int, *, whole_only: bool) -> list[Packet | FrameError]:
        """Report the bytes before ``limit``: one error for each header, up to where it said it ends, and for each run of
        other bytes. ``whole_only``: not those of which more may come.
        """
        items: list[Packet | FrameError] = []
        while self._offset < limit:
            cut = self._offset + _LONGEST_REPORT
            while self._headers and self._headers[0][0] < self._offset:
                self._headers.popleft()
            following = 0
            if self._headers and self._headers[0][0] == self._offset:
                cut = min(cut, self._headers[0][1])
                following = 1
            if len(self._headers) > following:
                cut = min(cut, self._headers[following][0])
            if cut > limit:
                if whole_only:
                    break
                cut = limit
            raw = self._take(cut)
            if stripped := raw.strip(b"\r\n"):
                at = cut - len(raw.lstrip(b"\r\n"))
                items.append(_frame_error(stripped, at))
        return items

    def _take(self, stop: int) -> bytes:
        """Cut the bytes before ``stop`` off the buffer."""
        raw = bytes(self._buffer[: stop - self._offset])
        del self._buffer[: len(raw)]
        self._offset = stop
        return raw


def _frame_error(raw: bytes, offset: int) -> FrameError:
    if HEADER.match(raw):
        error = diagnose(raw)
        return FrameError(error.name, offset, str(error), raw)
    message = f"{len(raw)} bytes outside any packet (at byte {offset} of the stream); send frames that begin with 7E7E or 01"
    return FrameError("garbage", offset, message, raw)
