"""Labels beside the dots of a picture, none of which lies over another or over a dot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Where a label may stand, seen from its dot (right, up), the best places first.
_DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
# How far from the edge of the dot, in points; a line leads to what is further than _LED.
_DISTANCES = (2.0, 7.0, 14.0, 24.0, 38.0, 56.0, 78.0)
_LED = 5.0
_ROOM = 1.0
_SIZE = 8.0


@dataclass(frozen=True, slots=True)
class _Box:
    """A rectangle in pixels."""

    left: float
    low: float
    right: float
    high: float

    def over(self, other: _Box) -> float:
        """The area that two share."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.high, other.high) - max(self.low, other.low)
        return max(width, 0) * max(height, 0)

    def beyond(self, other: _Box) -> float:
        """The area that lies outside another."""
        return (self.right - self.left) * (self.high - self.low) - self.over(other)


def place_labels(
    axes: Axes,
    anchors: Sequence[tuple[float, float]],
    radii: Sequence[float],
    labels: Sequence[str],
) -> None:
    """Write a label beside each dot, one after the other, each in the best place that is free.

    Where none is, it stands where it covers least.

    Args:
        axes: whose limits are settled, in a figure that Agg can draw.
        anchors: where the dots are, in data.
        radii: of the dots, in points.
        labels: what to write; nothing in it is read as mathematics.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = axes.get_figure(root=True)
    assert figure is not None
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    # From here on nothing may move, at whatever resolution the figure is then saved.
    figure.set_layout_engine("none")
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    pixels = figure.dpi / 72
    inside = axes.get_window_extent()
    frame = _Box(inside.x0, inside.y0, inside.x1, inside.y1)
    dots = []
    for anchor, radius in zip(anchors, radii, strict=True):
        x, y = axes.transData.transform(anchor)
        own = radius * pixels
        dots.append(_Box(x - own, y - own, x + own, y + own))
    taken: list[_Box] = []
    for index, label in enumerate(labels):
        text = axes.text(0, 0, label, fontsize=_SIZE, parse_math=False, zorder=4)
        text.set_transform(figure.dpi_scale_trans)
        extent = text.get_window_extent(renderer)
        size = extent.width + 2 * _ROOM, extent.height + 2 * _ROOM
        others = [*taken, *dots[:index], *dots[index + 1 :]]

        def covered(
            place: tuple[float, _Box], others: list[_Box] = others, index: int = index
        ) -> float:
            own = 0.2 * place[1].over(dots[index])
            return sum(map(place[1].over, others)) + place[1].beyond(frame) + own

        distance, best = min(_places(dots[index], size, pixels), key=covered)
        taken.append(best)
        text.set_position(((best.left + _ROOM) / figure.dpi, (best.low + _ROOM) / figure.dpi))
        text.set_verticalalignment("bottom")
        if distance > _LED:
            _lead(axes, dots[index], best, figure.dpi)


def _places(dot: _Box, size: tuple[float, float], pixels: float) -> Iterator[tuple[float, _Box]]:
    """Boxes for a label around a dot with their distances, the best first."""
    width, height = size
    x, y, radius = (dot.left + dot.right) / 2, (dot.low + dot.high) / 2, (dot.right - dot.left) / 2
    for distance in _DISTANCES:
        for right, up in _DIRECTIONS:
            reach = (radius + distance * pixels) * (0.75 if right and up else 1)
            left = x + right * reach - width * (1 - right) / 2
            low = y + up * reach - height * (1 - up) / 2
            yield distance, _Box(left, low, left + width, low + height)


def _lead(axes: Axes, dot: _Box, box: _Box, dpi: float) -> None:
    """A thin line from a dot to the nearest point of a label."""
    from matplotlib.lines import Line2D

    x, y = (dot.left + dot.right) / 2, (dot.low + dot.high) / 2
    end = min(max(x, box.left), box.right), min(max(y, box.low), box.high)
    ends = [x / dpi, end[0] / dpi], [y / dpi, end[1] / dpi]
    figure = axes.figure
    figure.add_artist(
        Line2D(*ends, color="#5f6b7a", linewidth=0.6, transform=figure.dpi_scale_trans)
    )
