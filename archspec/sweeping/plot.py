"""A picture of a sweep: two figures against each other, with the front marked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from archspec.errors import ArchspecError, UsageError
from archspec.plotting import STYLE, saved
from archspec.sweeping.measure import COSTS
from archspec.sweeping.pareto import Front, Objective
from archspec.sweeping.sweep import Sweep

if TYPE_CHECKING:
    from matplotlib.axis import Axis

SUFFIXES = (".svg", ".png", ".pdf")
_MOST_SHAPES = 2000
_WORDS = {
    "parameters": "parameters",
    "multiply_adds": "multiply-adds",
    "activation_bytes": "bytes of activations",
}


def check_plot(path: Path) -> None:
    """Refuse a picture whose format is not known by its name, or that nothing can draw.

    Raises:
        UsageError: saying which are known, or what to install.
    """
    if path.suffix not in SUFFIXES:
        raise UsageError(f"{path}: expected a file that ends in {', '.join(SUFFIXES)}")
    _matplotlib()


def plot(
    sweep: Sweep, results: Path, path: Path, objectives: Sequence[Objective], marked: bool
) -> None:
    """Draw all valid variants of a finished sweep.

    Args:
        sweep: the sweep.
        results: its file of results.
        path: the picture to write.
        objectives: the first is drawn to the right, the last upwards.
        marked: whether the variants on the front of all objectives stand out.

    Raises:
        ArchspecError: if the picture cannot be written, or no variant is valid.
    """
    figure_of, canvas_of = _matplotlib()
    from matplotlib.style import context

    axes = objectives[0], objectives[-1]
    points, on_front = _points(sweep, results, objectives if marked else axes)
    if not len(points):
        raise ArchspecError("there is nothing to draw: no variant is valid")
    figure = figure_of(figsize=(7, 5), layout="constrained")
    canvas_of(figure)
    place = figure.add_subplot()
    # As pixels: shapes by the hundred thousand make a file that no viewer opens.
    many: dict[str, Any] = {"linewidths": 0, "rasterized": len(points) > _MOST_SHAPES}
    label = f"{len(points):,} variants"
    place.scatter(*points.T, s=8, color="#8fa3b8", label=label, **many)
    if marked:
        front = points[on_front]
        front = front[np.lexsort(front.T)]
        line = "-" if len(objectives) == 2 else ""
        label = f"{len(front):,} on the front"
        place.plot(*front.T, f"o{line}", ms=4, lw=1, color="#c0392b", label=label)
    for axis, each in zip((place.xaxis, place.yaxis), axes, strict=True):
        axis.set_label_text(_WORDS.get(each.name, each.name))
        if each.name in COSTS:
            _in_thousands(axis)
    place.set_title(sweep.spec.name)
    place.grid(alpha=0.25)
    place.legend(frameon=False)
    with context(STYLE):
        picture = saved(figure, path.suffix[1:])
    try:
        path.write_bytes(picture)
    except OSError as error:
        raise ArchspecError(f"cannot write {path}: {error.strerror}") from None


def _in_thousands(axis: Axis) -> None:
    """Write 2 500 000 as 2.5 M, as `archspec compare` does."""
    from matplotlib.ticker import EngFormatter

    axis.set_major_formatter(EngFormatter(sep=" "))


def _points(
    sweep: Sweep, results: Path, objectives: Sequence[Objective]
) -> tuple[np.ndarray, np.ndarray]:
    """The first and the last figure of each valid variant, and whether it is on the front."""
    front = Front(objectives)
    for rows in sweep.finished(results):
        front.add(rows)
    found, held = [np.empty((0, 2))], [np.empty(0, dtype=bool)]
    for rows in sweep.finished(results):
        pairs = list(zip(rows[objectives[0].name], rows[objectives[-1].name], strict=True))
        valid = [
            cost is not None and None not in pair
            for cost, pair in zip(rows[COSTS[0]], pairs, strict=True)
        ]
        found.append(
            np.array([p for p, ok in zip(pairs, valid, strict=True) if ok], dtype=float).reshape(
                -1, 2
            )
        )
        held.append(np.array(front.holds(rows))[np.array(valid)])
    return np.concatenate(found), np.concatenate(held)


def _matplotlib() -> tuple[Any, Any]:
    """What draws, without a screen and without state that is shared by the process."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise UsageError(
            "--plot needs matplotlib, which is not installed",
            hint='pip install "archspec-nn[plot]"',
        ) from None
    return Figure, FigureCanvasAgg
