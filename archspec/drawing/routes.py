"""The lines from one row to the next: along the flow, over a bus between the rows, and on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archspec.drawing.arrange import Beside, Chain, Framed, Item, Lane, Link
from archspec.drawing.nets import Net, middle
from archspec.drawing.picture import Box
from archspec.drawing.scene import Label, Rect, Scene
from archspec.drawing.text import width

LABEL = 8.5
_ARROW = 11.0
_LEVEL = 7.0
_LABEL_LINE = 13.0


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
        and middle(before[link.start]) > after[link.end].right + _ARROW
    ]
    furthest = [link for link in links if middle(before[link.start]) > after[link.end].right]
    return right if len(right) == len(furthest) == 1 and len(links) > 1 else []


def draw_beside(scene: Scene, links: Sequence[Link]) -> None:
    """Lines down along a row and into its box from the right."""
    for link in links:
        start, end = scene.anchors[link.start], scene.anchors[link.end]
        x, y = middle(start), end.y + end.height / 2
        scene.draw((x, start.bottom), (x, y), [link.value])
        scene.draw((x, y), (end.right, y), [link.value], arrow=True)


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
        for link, x, to in net.parts():
            start, end = scene.anchors[link.start], scene.anchors[link.end]
            if net.bent:
                scene.draw((x, start.bottom), (x, bus), [link.value])
                scene.draw((to, bus), (to, end.y), net.values, not _is_lane(link.end))
            else:
                scene.draw((x, start.bottom), (to, end.y), net.values, not _is_lane(link.end))
            if link.said and rows and net.low < x - 0.5:
                scene.say(Label(shapes[link.value], (x - 5, bus - 4), "end"))
            elif link.said:
                y = bus - 4 if rows else start.bottom + 10
                scene.say(Label(shapes[link.value], (x + 5, y), "start"))
        if net.bent:
            scene.draw((net.low, bus), (net.high, bus), net.values)


def draw_across(
    scene: Scene, links: Sequence[Link], left: float, shapes: Mapping[str, str]
) -> None:
    """The line from a box of a row to the next, which begins at ``left``."""
    for link in links:
        start = scene.anchors[link.start]
        y = start.y + start.height / 2
        scene.draw((start.right, y), (left, y), [link.value], arrow=True)
        middle = (start.right + left - _ARROW / 2) / 2
        scene.say(Label(shapes[link.value], (middle, y - 4), "middle"))
