"""The supplied HJ 212 vectors, and the strategies by which packets are made."""

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import strategies as st
from riverkit.protocols.hj212 import Packet

from benchmarks._hj212_vectors import Vector, read_vectors

EXAMPLE = (
    b"##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;"
    b"CP=&&RtdInterval=30&&1C80\r\n"
)


@pytest.fixture(scope="session")
def vectors(data_dir: Path) -> list[Vector]:
    path = data_dir / "telemetry" / "hj212_packets.txt"
    if not path.is_file():
        pytest.skip(f"no {path}")
    return read_vectors(path)


@pytest.fixture
def example() -> bytes:
    """The worked example of annex A."""
    return EXAMPLE


_YEARS = (datetime(1970, 1, 1), datetime(2100, 12, 31))  # noqa: DTZ001 - as drawn, without a zone
_codes = st.sampled_from(["w01001", "w01009", "w01018", "w20111", "w99999", "011", "a21026", "SB1"])
_numbers = st.decimals(-9999, 9999, allow_nan=False, places=3).map(lambda number: format(number, "f"))
_log_texts = st.text("清洗管路ab;,=01 ", max_size=8).map(lambda text: f"//{text}//")


@st.composite
def _groups(draw: st.DrawFn) -> tuple[tuple[str, str], ...]:
    code = draw(_codes)
    fields = [
        (f"{code}-{kind}", draw(_numbers))
        for kind in draw(st.sets(st.sampled_from(["Rtd", "Min", "Avg", "Max", "Cou"])))
    ]
    fields.append((f"{code}-Flag", draw(st.sampled_from("NFMSDCTB"))))
    if draw(st.booleans()):
        fields.append((f"{code}-Info", draw(_log_texts)))
    return tuple(fields)


@st.composite
def make_packets(draw: st.DrawFn) -> Packet:
    """Packets as a correct device may send them."""
    pnum = draw(st.none() | st.integers(2, 9))
    return Packet(
        qn=draw(
            st.none() | st.datetimes(*_YEARS).map(lambda moment: f"{moment:%Y%m%d%H%M%S}123".rjust(17, "0"))
        ),
        st=draw(st.sampled_from(["21", "32", "91"])),
        cn=draw(st.sampled_from(["2011", "2051", "2061", "2031", "9014", "3020"])),
        pw=draw(st.text("0123456789abc", min_size=6, max_size=6)),
        mn=draw(st.text("0123456789ABCDEF_", min_size=13, max_size=24)),
        flag=4 | draw(st.integers(0, 1)) | (0 if pnum is None else 2),
        pnum=pnum,
        pno=None if pnum is None else draw(st.integers(1, pnum)),
        fields=((("DataTime", "20250701070000"),), *draw(st.lists(_groups(), max_size=6))),
    )
