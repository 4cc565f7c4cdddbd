"""HJ 212: telemetry of pollution sources and water stations (污染物在线监控(监测)系统数据传输标准).

Reads the editions of 2005, 2017 and 2025 as they are spoken in the field, writes that of 2017,
uploads in that of 2005 too. Pure: bytes in, packets
out, and back.

    packet = decode(frame)                       # one frame; Hj212Error names what is wrong, where and the cure
    for item in StreamDecoder().feed(received):  # a connection's bytes, in any portions: Packet or FrameError
        ...
    connection.send(answer(packet))              # 9014: only after the data are safe
"""

from .._common import CHINA_STANDARD_TIME, FIRST_YEAR, LAST_YEAR, Deviation, FrameError
from ._assemble import Assembler, Assembly, AssemblyProblem
from ._codes import (
    DATA_FLAGS,
    DATA_FLAGS_2005,
    EXECUTION_RESULTS,
    PERIODS,
    REQUEST_RESULTS,
    Command,
    Edition,
    Factor,
    PeriodKind,
    commands,
    factor_code,
    factor_of,
    factors,
)
from ._crc import crc
from ._decode import Mode, decode
from ._encode import answer, build_upload, encode
from ._errors import Hj212Error, Refusal
from ._packet import AssemblyKey, FactorValue, Group, Packet
from ._stream import StreamDecoder
from ._times import read_time, write_qn

__all__ = [
    "CHINA_STANDARD_TIME",
    "DATA_FLAGS",
    "DATA_FLAGS_2005",
    "EXECUTION_RESULTS",
    "FIRST_YEAR",
    "LAST_YEAR",
    "PERIODS",
    "REQUEST_RESULTS",
    "Assembler",
    "Assembly",
    "AssemblyKey",
    "AssemblyProblem",
    "Command",
    "Deviation",
    "Edition",
    "Factor",
    "FactorValue",
    "FrameError",
    "Group",
    "Hj212Error",
    "Mode",
    "Packet",
    "PeriodKind",
    "Refusal",
    "StreamDecoder",
    "answer",
    "build_upload",
    "commands",
    "crc",
    "decode",
    "encode",
    "factor_code",
    "factor_of",
    "factors",
    "read_time",
    "write_qn",
]
