"""The lines from one row to the next: along the flow, over a bus between the rows, and on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from archspec.drawing.arrange import Beside, Chain, Framed, Item, Lane, Link
from archspec.drawing.picture import Box
from archspec.drawing.scene import Label, Rect, Scene
from archspec.drawing.text import width

LABEL = 8.5
_ARROW = 11.0
_LEVEL = 7.0
_LABEL_LINE = 13.0
_TINY = 24.0


@dataclass(slots=True)
class Net:
    """Links that share a bus: those of one value, or those that come together in one box."""

    links: list[Link]
    low: float
    high: float
    level: int = 0

    @property
    def bent(self) -> bool:
        """Whether any of the links runs along the bus."""
        return self.high - self.low > 0.5

    @property
    def said(self) -> bool:
        """Whether a shape is written beside it."""
        return any(link.said for link in self.links)


def goes_on(item: Item) -> bool:
    """Whether anything leaves an item; what does not is an end of the network."""
    match item:
        case Box():
            return item.gives is not None
        case Lane():
            return True
        case Beside():
            return any(map(goes_on, item.cells))
        case Chain():
            return goes_on(item.rows[-1])
        case Framed():
            return bool(item.frame.results)


def nets(
    links: Sequence[Link],
    before: Mapping[str, Rect],
    after: Mapping[str, Rect],
) -> list[Net]:
    """The links between two rows by bus, buses that overlap on different levels.

    Args:
        links: from the one row to the other.
        before: where the links begin.
        after: where they end, with the right ``x``.
    """
    by_start: dict[str, list[Link]] = {}
    for link in links:
        by_start.setdefault(link.start, []).append(link)
    by_end: dict[tuple[str, ...], list[Link]] = {}
    for start, several in by_start.items():
        # What comes together in one place shares a bus; what also goes elsewhere must not, as it
        # would seem to carry the other values there.
        shared = (several[0].end,) if len(several) == 1 else (start, "")
        by_end.setdefault(shared, []).extend(several)
    found = []
    for group in by_end.values():
        places = [_middle(before[link.start]) for link in group]
        places += [_entry(_middle(before[link.start]), after[link.end]) for link in group]
        found.append(Net(group, min(places), max(places)))
    placed: list[Net] = []
    for net in sorted(found, key=lambda each: each.low):
        if net.bent:
            taken = {o.level for o in placed if o.low <= net.high + 4 and net.low <= o.high + 4}
            net.level = next(level for level in range(len(taken) + 1) if level not in taken)
            placed.append(net)
    return found


def _middle(rect: Rect) -> float:
    return rect.x + rect.width / 2


def _entry(at: float, rect: Rect) -> float:
    """Where a line that comes from ``at`` enters: in the middle, unless a bend would be tiny."""
    middle = _middle(rect)
    return at if abs(middle - at) <= min(_TINY, rect.width / 2 - 8) else middle


def _is_lane(key: str) -> bool:
    return key.startswith(("lane ", "enter ", "leave "))


def _levels(found: Sequence[Net]) -> int:
    return max((net.level + 1 for net in found if net.bent), default=0)


def _arrow(found: Sequence[Net]) -> float:
    return _ARROW if any(not _is_lane(link.end) for net in found for link in net.links) else 5.0


def from_beside(
    links: Sequence[Link], before: Mapping[str, Rect], after: Mapping[str, Rect]
) -> list[Link]:
    """The link that may enter a box from its right: a value that has passed by, and only one."""
    right = [
        link
        for link in links
        if link.start.startswith("lane ")
        and _middle(before[link.start]) > after[link.end].right + _ARROW
    ]
    furthest = [link for link in links if _middle(before[link.start]) > after[link.end].right]
    return right if len(right) == len(furthest) == 1 and len(links) > 1 else []


def draw_beside(scene: Scene, links: Sequence[Link]) -> None:
    """Lines down along a row and into its box from the right."""
    for link in links:
        start, end = scene.anchors[link.start], scene.anchors[link.end]
        x, y = _middle(start), end.y + end.height / 2
        scene.draw((x, start.bottom), (x, y))
        scene.draw((x, y), (end.right, y), arrow=True)


def gap_below(found: Sequence[Net]) -> float:
    """The height between two rows that their links need."""
    label = _LABEL_LINE if any(net.said for net in found) else 4.0
    return label + _LEVEL * _levels(found) + _arrow(found)


def gap_beside(links: Sequence[Link], shapes: Mapping[str, str]) -> float:
    """The width between two boxes of a row that the shape between them needs."""
    return 5 + _ARROW + max((width(shapes[each.value], LABEL) for each in links), default=0.0)


def draw_down(
    scene: Scene, found: Sequence[Net], top: float, shapes: Mapping[str, str], rows: bool
) -> None:
    """Lines from a row to the one below it, which begins at ``top``.

    ``rows`` says that these are rows of boxes, where shapes stand beside the bus.
    """
    arrow = _arrow(found)
    for net in found:
        bus = top - arrow - _LEVEL * net.level
        for link in net.links:
            start, end = scene.anchors[link.start], scene.anchors[link.end]
            x = _middle(start)
            to = _entry(x, end)
            if net.bent:
                scene.draw((x, start.bottom), (x, bus))
                scene.draw((to, bus), (to, end.y), arrow=not _is_lane(link.end))
            else:
                scene.draw((x, start.bottom), (to, end.y), arrow=not _is_lane(link.end))
            if link.said and rows and net.low < x - 0.5:
                scene.say(Label(shapes[link.value], (x - 5, bus - 4), "end"))
            elif link.said:
                y = bus - 4 if rows else start.bottom + 10
                scene.say(Label(shapes[link.value], (x + 5, y), "start"))
        if net.bent:
            scene.draw((net.low, bus), (net.high, bus))


def draw_across(
    scene: Scene, links: Sequence[Link], left: float, shapes: Mapping[str, str]
) -> None:
    """The line from a box of a row to the next, which begins at ``left``."""
    for link in links:
        start = scene.anchors[link.start]
        y = start.y + start.height / 2
        scene.draw((start.right, y), (left, y), arrow=True)
        middle = (start.right + left - _ARROW / 2) / 2
        scene.say(Label(shapes[link.value], (middle, y - 4), "middle"))
