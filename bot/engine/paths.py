"""The ways through a flow: which nodes can be reached, and which go round without ever asking."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from bot.engine.flow import END

if TYPE_CHECKING:
    from bot.engine.flow import Flow, Node


def onward(flow: Flow) -> list[list[int]]:
    """For each node the nodes that may follow; unknown targets and the end are left out."""
    index = {node.id: number for number, node in reversed(list(enumerate(flow.nodes)))}
    return [_after(node, number, index, len(flow.nodes)) for number, node in enumerate(flow.nodes)]


def unreachable(flow: Flow) -> list[int]:
    """Nodes that no way leads to, from the start, an alarm or an `otherwise`."""
    index = {node.id: number for number, node in reversed(list(enumerate(flow.nodes)))}
    ways = onward(flow)
    for number, node in enumerate(flow.nodes):
        if node.otherwise in index:
            ways[number].append(index[node.otherwise])
    seen = _reached([0, *(index[name] for name in _diversions(flow) if name in index)], ways)
    return [number for number in range(len(flow.nodes)) if number not in seen]


def endless(flow: Flow, pauses: Callable[[Node], bool]) -> list[list[int]]:
    """Rings of nodes none of which `pauses` to ask, each ring once, in the order of the file."""
    ways = onward(flow)
    free = {number for number, node in enumerate(flow.nodes) if not pauses(node)}
    inner = [[target for target in targets if target in free] if number in free else [] for number, targets in enumerate(ways)]
    reach = {number: _reached(inner[number], inner) for number in free}
    rings = {
        tuple(sorted(other for other in free if other in reach[one] and one in reach[other])) for one in free if one in reach[one]
    }
    return sorted(map(list, rings))


def _after(node: Node, number: int, index: Mapping[str, int], count: int) -> list[int]:
    names = [route.go for route in node.route]
    if not any(route.if_ is None for route in node.route):
        if node.go is None:
            return [*(index[name] for name in names if name in index), *([number + 1] if number + 1 < count else [])]
        names.append(node.go)
    return [index[name] for name in names if name != END and name in index]


def _diversions(flow: Flow) -> Iterable[str]:
    if flow.otherwise:
        yield flow.otherwise
    for alarm in flow.alarms:
        if alarm.go:
            yield alarm.go


def _reached(starts: Iterable[int], ways: list[list[int]]) -> set[int]:
    seen: set[int] = set()
    waiting = list(starts)
    while waiting:
        number = waiting.pop()
        if number not in seen:
            seen.add(number)
            waiting += ways[number]
    return seen
