"""Connected parts and circles of reaches that may not yet form a valid network."""

from collections import defaultdict
from collections.abc import Sequence

from riverkit.network.model import Reach


def connected_parts(reaches: Sequence[Reach]) -> list[list[Reach]]:
    """The reaches by connected part (whichever way water flows), the largest first."""
    root: dict[str, str] = {}

    def find(node: str) -> str:
        while root.setdefault(node, node) != node:
            root[node] = node = root[root[node]]
        return node

    for reach in reaches:
        root[find(reach.up)] = find(reach.down)
    parts: defaultdict[str, list[Reach]] = defaultdict(list)
    for reach in reaches:
        parts[find(reach.up)].append(reach)
    return sorted(parts.values(), key=lambda part: (-len(part), min(r.id for r in part)))


def circles(reaches: Sequence[Reach]) -> list[list[Reach]]:
    """Groups of reaches through which water would run in a circle (strongly connected parts; Tarjan 1972)."""
    leaving: defaultdict[str, list[str]] = defaultdict(list)
    for reach in reaches:
        leaving[reach.up].append(reach.down)
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    part: dict[str, int] = {}
    stack: list[str] = []
    for origin in sorted(leaving):
        if origin in number:
            continue
        walk = [(origin, iter(leaving[origin]))]
        number[origin] = low[origin] = len(number)
        stack.append(origin)
        while walk:
            node, onward = walk[-1]
            for other in onward:
                if other not in number:
                    number[other] = low[other] = len(number)
                    stack.append(other)
                    walk.append((other, iter(leaving.get(other, ()))))
                    break
                if other not in part:
                    low[node] = min(low[node], number[other])
            else:
                walk.pop()
                if walk:
                    low[walk[-1][0]] = min(low[walk[-1][0]], low[node])
                if low[node] == number[node]:
                    while True:
                        member = stack.pop()
                        part[member] = number[node]
                        if member == node:
                            break
    groups: defaultdict[int, list[Reach]] = defaultdict(list)
    for reach in sorted(reaches, key=lambda r: r.id):
        if part[reach.up] == part[reach.down]:
            groups[part[reach.up]].append(reach)
    return sorted(groups.values(), key=lambda group: group[0].id)
