"""The written form that HJ 212-2017 prescribes for data, in one pattern.

Nearly every packet of a working station has it. What it matches needs no second look and departs in nothing; whatever
it does not match goes to the careful reader, which also accepts everything that is matched here, with the same result.
"""

import re

from ._codes import is_known_command
from ._frame import Frame
from ._packet import Packet

# More digits may be no number that a computer holds: the careful reader looks.
_NUMBER = r"-?[0-9]{1,30}+(?:\.[0-9]++)?"
# Every possible time, but for 29 February: that day has the careful reader for itself.
_DATE = (
    r"(?:19[7-9][0-9]|20[0-9]{2}|2100)"
    r"(?:(?:0[1-9]|1[0-2])(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])(?:29|30)|(?:0[13578]|1[02])31)"
)
_TIME = _DATE + r"(?:[01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]"
# Of longer codes that begin with a capital some are factors, whose letter is small.
_CODE = r"(?:[a-z][0-9A-Za-z]{1,7}|[A-Z][0-9A-Za-z]{1,4}|[0-9]{3})"
_KIND = r"(?:(?:Zs)?(?:Rtd|Avg|Min|Max)|Cou|Data|RT)"
_ITEM = rf"{_CODE}-(?:{_KIND}={_NUMBER}|Flag=[NFMSDCTB]|SampleTime={_TIME}|EFlag=[0-9A-Za-z]{{1,4}}|RS=[0-5])"
_SEGMENT = re.compile(
    rf"QN=({_TIME}[0-9]{{3}});ST=([0-9]{{2}});CN=([0-9]{{4}});PW=([0-9A-Za-z]{{6}});MN=([0-9A-Za-z_-]{{1,24}});"
    r"Flag=(0|[1-9][0-9]{0,2});(?:PNUM=([1-9][0-9]{0,3});PNO=([1-9][0-9]{0,3});)?"
    rf"CP=&&((?:DataTime={_TIME}(?:;{_ITEM}(?:,{_ITEM})*+)*+)?)&&"
)
_LARGEST_FLAG = 255
_SPLIT_BIT = 2
LONGEST_SEGMENT = 1024  # bytes
LONGEST_DATA_AREA = 950  # characters


def read_prescribed(frame: Frame, raw: bytes) -> Packet | None:
    """The packet, if it is written as prescribed throughout; None tells nothing but that it must be read with care."""
    if not frame.segment.isascii():
        return None
    match = _SEGMENT.fullmatch(frame.segment.decode("ascii"))
    if match is None:
        return None
    qn, st, cn, pw, mn, flag_text, pnum_text, pno_text, area = match.groups()
    flag = int(flag_text)
    pnum = pno = None
    if pnum_text is not None:
        pnum, pno = int(pnum_text), int(pno_text)
        if pno > pnum:
            return None
    if flag > _LARGEST_FLAG or bool(flag & _SPLIT_BIT) != (pnum is not None):
        return None
    if len(frame.segment) > LONGEST_SEGMENT or len(area) > LONGEST_DATA_AREA or not is_known_command(cn):
        return None
    fields = tuple(
        [tuple([tuple(item.split("=")) for item in group.split(",")]) for group in area.split(";")]
    )
    names = [name for group in fields for name, *_ in group]
    if len(set(names)) != len(names):
        return None
    return Packet(
        st=st,
        cn=cn,
        mn=mn,
        qn=qn,
        pw=pw,
        flag=flag,
        pnum=pnum,
        pno=pno,
        fields=fields if area else (),
        deviations=frame.deviations,
        raw=raw,
    )
