"""Which sizes of the input a network works with, and which layer says so.

A size works when every layer has an output with at least one element on each axis, the inputs of
every merge fit together, and every tensor has the shape that it has in the spec: the same network
with the same weights. Pads that follow from the size (`same_upper`, `ceil`) are worked out anew.
The answer is exact: see :mod:`archspec.analysis.size_functions` for why one period decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from archspec.analysis.size_rules import Condition, Walk, conditions_on
from archspec.analysis.size_sets import SizeSet
from archspec.analysis.size_solving import LongPatternError, solve
from archspec.model.graph import Graph

if TYPE_CHECKING:
    from archspec.resolution import Flat

__all__ = ["AxisSizes", "LongPatternError", "MinInput", "Reason", "input_sizes_of", "min_input"]


@dataclass(frozen=True, slots=True)
class Reason:
    """A layer that a size does not suit, and why.

    Args:
        path: the layer.
        fact: what would be wrong at ``size``.
        size: a size of the input that does not work because of it.
    """

    path: str
    fact: str
    size: int


@dataclass(frozen=True, slots=True)
class AxisSizes:
    """The sizes of one axis that work, where all other axes are as in the spec.

    Args:
        inputs: the inputs whose axis it is; those of one size vary together.
        axis: its name.
        size: the size in the spec.
        works: the sizes that work.
        fits: the sizes at which all layers fit together, were the tensors of other shapes.
        least_by: the layer that sets the least size; None where every size from 1 on works.
        greatest_by: the layer that sets the greatest size; None if there is none.
        pattern_by: the layer that leaves out sizes above the least one; None if none does.
        fits_by: the layer that sets the least size at which all layers fit together.
        coupled: the layers that make one axis of several, so that sizes of several axes together
            must suit it: sizes that work for each axis alone may have others to go with them.
    """

    inputs: tuple[str, ...]
    axis: str
    size: int
    works: SizeSet
    fits: SizeSet
    least_by: Reason | None
    greatest_by: Reason | None
    pattern_by: Reason | None
    fits_by: Reason | None
    coupled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MinInput:
    """The answer for each axis of the inputs but their channels."""

    axes: tuple[AxisSizes, ...]
    shapes: dict[str, tuple[tuple[str, ...], tuple[int, ...]]]

    def least(self, name: str) -> tuple[int, ...]:
        """The smallest shape of an input that works, all axes in their order."""
        axes, sizes = self.shapes[name]
        least = {each.axis: each.works.least for each in self.axes if name in each.inputs}
        return tuple(least.get(axis, size) for axis, size in zip(axes, sizes, strict=True))

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "least": {name: list(self.least(name)) for name in self.shapes},
            "axes": [_axis_data(each) for each in self.axes],
        }


def _axis_data(sizes: AxisSizes) -> dict[str, Any]:
    reasons = {
        "least": sizes.least_by,
        "greatest": sizes.greatest_by,
        "pattern": sizes.pattern_by,
        "fits": sizes.fits_by,
    }
    return {
        "inputs": list(sizes.inputs),
        "axis": sizes.axis,
        "size": sizes.size,
        "works": sizes.works.as_data(),
        "fits": sizes.fits.as_data(),
        "set_by": {
            name: reason and {"path": reason.path, "fact": reason.fact, "at": reason.size}
            for name, reason in reasons.items()
        },
        "coupled_by": list(sizes.coupled),
    }


def min_input(model: Flat) -> MinInput:
    """The smallest input that a network works with, and all others.

    Args:
        model: the network.

    Raises:
        LongPatternError: if the sizes that work repeat only after very many.
    """
    return input_sizes_of(model.graph)


def input_sizes_of(graph: Graph) -> MinInput:
    """As :func:`min_input`, of the flat graph."""
    variables: dict[tuple[str, int], list[str]] = {}
    for name, shape in graph.inputs.items():
        for axis, size in zip(shape.axes, shape.sizes, strict=True):
            if axis != "C":
                variables.setdefault((axis, size), []).append(name)
    walks = [
        (tuple(names), axis, size, conditions_on(graph, names, axis))
        for (axis, size), names in variables.items()
    ]
    sharing: dict[str, int] = {}
    for _, _, _, walk in walks:
        for path in {each.flattened for each in walk.conditions if each.flattened}:
            sharing[path] = sharing.get(path, 0) + 1
    coupled = {path for path, count in sharing.items() if count > 1}
    return MinInput(
        tuple(_axis_sizes(*walk, coupled) for walk in walks),
        {name: (shape.axes, shape.sizes) for name, shape in graph.inputs.items()},
    )


def _axis_sizes(
    inputs: tuple[str, ...], axis: str, size: int, walk: Walk, coupled: set[str]
) -> AxisSizes:
    works = solve(walk.functions, walk.conditions)
    loose = Walk(walk.functions, [each for each in walk.conditions if not each.by_tensors])
    fits = solve(walk.functions, loose.conditions)
    greatest_by = None if works.greatest is None else _failure(walk, works.greatest + 1)
    flattened = {each.flattened for each in walk.conditions} & coupled
    paths = tuple(sorted(path for path in flattened if path))
    by = (_below(walk, works), greatest_by, _gap(walk, works), _below(loose, fits))
    return AxisSizes(inputs, axis, size, works, fits, *by, paths)


def _below(walk: Walk, found: SizeSet) -> Reason | None:
    """Why nothing smaller works: of what the pattern would allow, if it would allow anything."""
    return _failure(walk, found.least - found.period) or _failure(walk, found.least - 1)


def _gap(walk: Walk, works: SizeSet) -> Reason | None:
    """Why the first size above the least one does not work, though larger ones do."""
    runs = [*works.runs, *works.pattern]
    if works.start is not None and works.period > 1:
        runs.append((works.pattern[0][0] + works.period,) * 2)
    gaps = (last + 1 for (_, last), (first, _) in pairwise(runs) if first > last + 1)
    hole = next(gaps, None)
    return None if hole is None else _failure(walk, hole)


def _failure(walk: Walk, size: int) -> Reason | None:
    """The first layer that a size does not suit."""
    if size < 1:
        return None
    values = walk.functions.values(size)
    for each in walk.conditions:
        if not each.holds(values):
            return Reason(each.flattened or each.path, _fact(each, values), size)
    return None


def _fact(condition: Condition, values: Sequence[int]) -> str:
    sizes = [values[each] for each in condition.of]
    if condition.kind == "least":
        if condition.value > 1:
            return f"its axis {condition.axis} would end at {sizes[0]}, before {condition.value}"
        return f"its output's axis {condition.axis} would have the size {sizes[0]}"
    if condition.kind == "fixed":
        what = "channels" if condition.axis == "C" else f"on its axis {condition.axis}"
        if condition.flattened:
            noun = "tokens" if condition.axis == "T" else "features"
            return f"`{condition.path}` takes {condition.value:,} {noun}, not {sizes[0]:,}"
        return f"it keeps {condition.value:,} {what}, which would be {sizes[0]:,}"
    if condition.axis == "C" and len(set(sizes)) > 1 and condition.kind == "equal":
        return f"its channels would be {' and '.join(str(each) for each in sizes)}"
    listed = " and ".join(str(each) for each in dict.fromkeys(sizes))
    return f"its inputs' axis {condition.axis} would have the sizes {listed}"
