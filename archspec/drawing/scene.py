"""Everything in a picture with its place, in points, the origin at the top left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from archspec.drawing.picture import Box, Frame

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle by its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower side."""
        return self.y + self.height

    def moved(self, x: float, y: float) -> Rect:
        """The rectangle somewhere else."""
        return Rect(self.x + x, self.y + y, self.width, self.height)


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line, with or without an arrow at its end, and the values that it carries."""

    start: Point
    end: Point
    arrow: bool = False
    values: frozenset[str] = frozenset()

    def moved(self, x: float, y: float) -> Line:
        """The line somewhere else."""
        (a, b), (c, d) = self.start, self.end
        return Line((a + x, b + y), (c + x, d + y), self.arrow, self.values)


@dataclass(frozen=True, slots=True)
class Label:
    """A shape beside a line, which begins, is centred or ends (``anchor``) at a point."""

    text: str
    at: Point
    anchor: Literal["start", "middle", "end"]


@dataclass(slots=True)
class Scene:
    """A picture or a part of one.

    Args:
        width, height: its size.
        spine: how far from its left the line runs that parts above and below are aligned with.
        anchors: the place of each box, lane and port by its key.
        boxes, frames, lines, labels: what is drawn.
    """

    width: float
    height: float
    spine: float
    anchors: dict[str, Rect] = field(default_factory=dict)
    boxes: list[tuple[Box, Rect]] = field(default_factory=list)
    frames: list[tuple[Frame, Rect]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    _drawn: set[Line] = field(default_factory=set)

    def put(self, other: Scene, x: float, y: float) -> None:
        """Draw another scene into this one."""
        self.anchors |= {key: each.moved(x, y) for key, each in other.anchors.items()}
        self.boxes += [(box, place.moved(x, y)) for box, place in other.boxes]
        self.frames += [(frame, place.moved(x, y)) for frame, place in other.frames]
        lines = [each.moved(x, y) for each in other.lines]
        self.lines += lines
        self._drawn.update(lines)
        self.labels += [
            Label(each.text, (each.at[0] + x, each.at[1] + y), each.anchor) for each in other.labels
        ]

    def draw(self, start: Point, end: Point, values: Iterable[str], arrow: bool = False) -> None:
        """Draw a line, once."""
        line = Line(start, end, arrow, frozenset(values))
        if start != end and line not in self._drawn:
            self._drawn.add(line)
            self.lines.append(line)

    def say(self, label: Label) -> None:
        """Write a label, once."""
        if label not in self.labels:
            self.labels.append(label)
