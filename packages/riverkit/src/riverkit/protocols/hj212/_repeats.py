"""What a data area tells twice, and differently."""

from .._common import Deviation
from ._keys import Role, read_key
from ._packet import Group

_COMPARED = (Role.MEASUREMENT, Role.STATE)


def contradictions(fields: tuple[Group, ...]) -> list[Deviation]:
    """What is measured twice with different results. Both stay in the packet: nobody knows which one is meant."""
    first: dict[str, str] = {}
    found = []
    for group in fields:
        for written, text in group:
            key = read_key(written)
            if key.role not in _COMPARED or not text:
                continue
            before = first.setdefault(key.name, text)
            if before != text and (key.role is Role.STATE or float(before) != float(text)):
                message = f"{key.name} is given twice, as {before} and as {text}"
                found.append(Deviation("given_twice", f"CP {key.name}", message, syntax=True))
    return found
