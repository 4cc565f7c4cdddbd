"""What a data area tells twice, and differently."""

from .._common import Deviation
from ._keys import Role, read_key
from ._packet import GIVEN_TWICE, Group

_COMPARED = (Role.MEASUREMENT, Role.STATE, Role.DATA_FLAG, Role.TIME)


def contradictions(fields: tuple[Group, ...]) -> list[Deviation]:
    """What is measured, flagged or dated twice with different results. Both stay in the packet: nobody knows which one is meant.

    Times of sampling belong to their values, and may differ from group to group.
    """
    first: dict[str, str] = {}
    found = []
    for group in fields:
        for written, text in group:
            key = read_key(written)
            if key.role not in _COMPARED or not text or (key.role is Role.TIME and key.code is not None):
                continue
            before = first.setdefault(key.name, text)
            if before != text and (key.role is not Role.MEASUREMENT or float(before) != float(text)):
                message = f"{key.name} is given twice, as {before} and as {text}"
                found.append(Deviation(GIVEN_TWICE, f"CP {key.name}", message, syntax=True))
    return found
