"""How large boxes, titles and shapes are, in points."""

from __future__ import annotations

from collections.abc import Sequence

from archspec.drawing.picture import Box
from archspec.drawing.text import width

TITLE, DETAIL = 11.0, 9.0
LABEL = 8.5
LINE = 12.5
# The width of the sign that says that a frame folds.
SIGN = 12.0
_PADDING = 8.0
_LEAST = 76.0


def size_of(box: Box) -> tuple[float, float]:
    """The width and height of a box that holds its text."""
    if box.kind == "merging" and box.title in "+×" and not box.details:
        return 20, 20
    bare = box.kind in ("input", "output")
    return _size(titled(box), box.details, bare)


def size_of_folded(title: str, details: Sequence[str]) -> tuple[float, float]:
    """The same of a frame that is folded, with room for the sign that says so."""
    wide, high = _size(title, details, False)
    return wide + SIGN, high


def _size(title: str, details: Sequence[str], bare: bool) -> tuple[float, float]:
    widest = max([width(title, TITLE, bold=True), *(width(each, DETAIL) for each in details)])
    least, padding = (0.0, 4.0) if bare else (_LEAST, _PADDING)
    height = LINE * (1 + len(details)) + (5 if bare else 9)
    return round(max(least, widest + 2 * padding), 2), height


def titled(box: Box) -> str:
    """The first line of a box."""
    return f"{box.title} ×{box.times}" if box.times > 1 else box.title


def heading(title: str, details: Sequence[str]) -> float:
    """The width of a frame's title, with its details beside it."""
    return width(title, TITLE, bold=True) + 6 + width(", ".join(details), DETAIL)
