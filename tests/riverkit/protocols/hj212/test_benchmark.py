"""The benchmark judges vectors by what they are, and its plain decoder reads what riverkit reads."""

from datetime import UTC
from pathlib import Path

from riverkit.protocols.hj212 import CHINA_STANDARD_TIME, decode

from benchmarks._hj212_reference import crc_as_printed, crc_by_table, read_packet
from benchmarks._hj212_vectors import read_vectors
from benchmarks.hj212 import check_vectors, make_frames

from .conftest import EXAMPLE

PART_1 = (
    "##0153QN=20250701083000000;ST=21;CN=2061;PW=123456;MN=A0A0A0A0A0A0A0A0A0A0A0A0;Flag=7;PNUM=2;PNO=1;"
    "CP=&&DataTime=20250701070000;w01001-Avg=7.62,w01001-Flag=N&&CC01"
)
PART_2 = (
    "##0152QN=20250701083000001;ST=21;CN=2061;PW=123456;MN=A0A0A0A0A0A0A0A0A0A0A0A0;Flag=7;PNUM=2;PNO=2;"
    "CP=&&DataTime=20250701070000;w01009-Avg=6.4,w01009-Flag=N&&D4C1"
)


def test_the_plain_decoder_reads_what_riverkit_reads() -> None:
    for frame in make_frames(20):
        packet = decode(frame)
        for crc in (crc_as_printed, crc_by_table):
            plain = read_packet(frame, crc)
            assert plain.header["MN"] == packet.mn
            assert plain.data_time.replace(tzinfo=CHINA_STANDARD_TIME) == packet.data_time
            assert [(value.code, value.kind, value.value, value.flag) for value in plain.values] == [
                (value.code, value.kind, value.value, value.flag) for value in packet.values()
            ]
    assert packet.data_time is not None
    assert packet.data_time.astimezone(UTC).hour == 16


def test_vectors_are_counted_by_their_verdicts_and_unknown_verdicts_are_told(tmp_path: Path) -> None:
    example = EXAMPLE.decode().strip()
    lines = [
        "# id, verdict, source, note, packet",
        f"001\tvalid\tmade\tescapes\t{example}\\r\\n",
        f"002\tinvalid\tmade\tcheck code\t{example[:-4]}1C08\\n",
        f"003\tstream\tmade\tgarbage\t\\x00\\xff{example}",
        f"004\tsplit\tmade\tsecond part first\t{PART_2}",
        f"005\tsplit\tmade\tfirst part\t{PART_1}\\r\\n",
        f"006\tpuzzling\tmade\tno word for it\t{example}",
        "007\tvalid\tmade\tnot so\t##0001",
    ]
    path = tmp_path / "vectors.txt"
    path.write_text("\n".join(lines), "utf-8")
    vectors = read_vectors(path)
    assert vectors[2].frame == b"\0\xff" + EXAMPLE[:-2]
    rows, figures = check_vectors(vectors)
    assert (figures["valid_total"], figures["valid_accepted"], figures["roundtrip_equal"]) == (2, 1, 1)
    assert (figures["invalid_total"], figures["invalid_refused"]) == (1, 1)
    told = dict(rows)
    assert told["split vectors read"] == "2 of 2"
    assert told["whole messages in stream and split vectors"] == "2"
    assert told["other verdicts"] == "puzzling (1)"
    assert told["against the verdict"] == "007 valid, refused: unfinished"
