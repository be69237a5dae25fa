"""A picture of networks side by side: cost against parameters, drawn with matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from archspec.analysis.labels import place_labels
from archspec.errors import ArchspecError, UsageError
from archspec.plotting import GREY, STYLE, saved

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SUFFIXES = ("svg", "png", "pdf")

# Axes whose greatest value is more than so many times the least are logarithmic.
_WIDE = 8
# The areas of the largest and of the smallest dot, in square points.
_LARGEST, _SMALLEST = 700.0, 16.0
_BLUE = "#2f6db5"


@dataclass(frozen=True, slots=True)
class Point:
    """A network in the picture: what is written beside it, where it lies, and its area."""

    label: str
    parameters: int
    multiply_adds: int
    activation_bytes: int


def check_plot(path: str) -> str:
    """The kind of picture that a file's name asks for.

    Raises:
        UsageError: if it is none that can be drawn.
        ArchspecError: if matplotlib is not installed.
    """
    suffix = path.rpartition(".")[2].lower()
    if suffix not in SUFFIXES or "." not in path:
        listed = ", ".join(f".{each}" for each in SUFFIXES)
        raise UsageError(f"--plot: expected a file that ends in {listed}, received {path[:80]!r}")
    if find_spec("matplotlib") is None:
        hint = 'pip install "archspec-nn[plot]"'
        raise ArchspecError("--plot draws with matplotlib, which is not installed", hint=hint)
    return suffix


def scatter(points: Sequence[Point], suffix: str, note: str) -> bytes:
    """The picture as the bytes of a file, the same for the same points.

    Args:
        points: the networks; the area of a dot goes with its activation memory.
        suffix: ``svg``, ``png`` or ``pdf``.
        note: a line below, which says at which input and batch.
    """
    from matplotlib.figure import Figure
    from matplotlib.style import context

    with context(["default", STYLE]):
        figure = Figure(figsize=(6.4, 4.4), dpi=100, layout="constrained")
        axes = figure.add_subplot()
        _axes(axes, points)
        areas = _areas(points)
        axes.scatter(
            [each.parameters for each in points],
            [each.multiply_adds for each in points],
            s=areas,
            color=_BLUE,
            alpha=0.55,
            linewidths=0,
            zorder=2,
        )
        figure.supxlabel(note, fontsize=7.5, color=GREY)
        anchors = [(each.parameters, each.multiply_adds) for each in points]
        place_labels(axes, anchors, [area**0.5 / 2 for area in areas], [p.label for p in points])
        return saved(figure, suffix)


def _axes(axes: Axes, points: Sequence[Point]) -> None:
    from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

    axes.set_xlabel("parameters")
    axes.set_ylabel("multiply-adds")
    axes.grid(color="#e4e7eb", linewidth=0.7, zorder=0)
    axes.set_axisbelow(True)
    sides = (
        (axes.xaxis, axes.set_xscale, axes.set_xlim, [each.parameters for each in points]),
        (axes.yaxis, axes.set_yscale, axes.set_ylim, [each.multiply_adds for each in points]),
    )
    for axis, scale, limits, values in sides:
        least, most = min(values), max(values)
        if least > 0 and most > _WIDE * least:
            scale("log")
            several = (1.0,) if most > 1000 * least else (1.0, 2.0, 5.0)
            axis.set_major_locator(LogLocator(subs=several))
            axis.set_minor_formatter(NullFormatter())
            margin = (most / least) ** 0.12
            limits(least / margin, most * margin)
        else:
            margin = 0.12 * (most - least) or 0.5 * most or 1
            limits(max(least - margin, 0), most + margin)
        axis.set_major_formatter(EngFormatter(sep=" "))


def _areas(points: Sequence[Point]) -> list[float]:
    """The area of each dot in square points: in proportion, but none too small to be seen."""
    most = max(each.activation_bytes for each in points) or 1
    return [max(_LARGEST * each.activation_bytes / most, _SMALLEST) for each in points]
