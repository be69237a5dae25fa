"""Everything in a picture with its place, in points, the origin at the top left."""

from __future__ import annotations

from dataclasses import dataclass, field

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

    def around(self, other: Rect) -> Rect:
        """The rectangle around two."""
        x, y = min(self.x, other.x), min(self.y, other.y)
        return Rect(x, y, max(self.right, other.right) - x, max(self.bottom, other.bottom) - y)


@dataclass(frozen=True, slots=True)
class Line:
    """A straight piece of a line, with or without an arrow at its end.

    ``value`` is what it carries, ``box`` the path of the box that the line leads to, or None if it
    leads to a frame or out of one.
    """

    start: Point
    end: Point
    value: str
    box: str | None
    arrow: bool


@dataclass(frozen=True, slots=True)
class Label:
    """A shape beside a line, and where it begins."""

    text: str
    at: Point


@dataclass(slots=True)
class Scene:
    """A picture.

    Args:
        width, height: its size.
        boxes, frames, lines, labels: what is drawn.
        titles: where the title of each frame begins, by its path.
    """

    width: float
    height: float
    boxes: list[tuple[Box, Rect]] = field(default_factory=list)
    frames: list[tuple[Frame, Rect]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    titles: dict[str, Point] = field(default_factory=dict)
    labels: list[Label] = field(default_factory=list)
