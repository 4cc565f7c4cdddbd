"""SL 651-2014: telemetry of hydrological stations (水文监测数据通信规约).

HEX (binary-coded decimals) and ASCII frames, up and down, whole and split. Pure: bytes in, packets out, and back.

    packet = decode(frame)                       # one frame; Sl651Error names what is wrong, where and the cure
    for item in StreamDecoder().feed(received):  # a connection's bytes, in any portions: Packet or FrameError
        ...
    connection.send(answer(packet, now))         # M2: only after the data are safe
"""

from .._common import CHINA_STANDARD_TIME, Deviation, FrameError
from ._assemble import Assembler, Assembly, AssemblyProblem
from ._codes import (
    END_MARKS,
    STATION_CLASSES,
    Element,
    ElementKind,
    EndMark,
    Function,
    Layout,
    element_named,
    element_of,
    elements,
    functions,
)
from ._crc import crc
from ._decode import Mode, decode
from ._encode import answer, build_request, build_upload, encode
from ._errors import Sl651Error
from ._groups import ElementValue, Group
from ._packet import AssemblyKey, Direction, Encoding, Packet
from ._stream import StreamDecoder

__all__ = [
    "CHINA_STANDARD_TIME",
    "END_MARKS",
    "STATION_CLASSES",
    "Assembler",
    "Assembly",
    "AssemblyKey",
    "AssemblyProblem",
    "Deviation",
    "Direction",
    "Element",
    "ElementKind",
    "ElementValue",
    "Encoding",
    "EndMark",
    "FrameError",
    "Function",
    "Group",
    "Layout",
    "Mode",
    "Packet",
    "Sl651Error",
    "StreamDecoder",
    "answer",
    "build_request",
    "build_upload",
    "crc",
    "decode",
    "element_named",
    "element_of",
    "elements",
    "encode",
    "functions",
]
