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
from math import lcm
from typing import TYPE_CHECKING, Any

from archspec.analysis.size_functions import Functions
from archspec.analysis.size_rules import Condition, Walk, conditions_on
from archspec.analysis.size_sets import Run, SizeSet, periodic
from archspec.errors import ArchspecError
from archspec.model.graph import Graph

if TYPE_CHECKING:
    from archspec.resolution import Flat

_MOST_PIECES = 20_000
_PATTERNS = ("equal", "stretched")


class LongPatternError(ArchspecError):
    """The pattern of sizes that work is too long to be worked out."""


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
    works = _solve(walk.functions, walk.conditions)
    loose = Walk(walk.functions, [each for each in walk.conditions if not each.by_tensors])
    fits = _solve(walk.functions, loose.conditions)
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
            return f"`{condition.path}` takes {condition.value:,} features, not {sizes[0]:,}"
        return f"it keeps {condition.value:,} {what}, which would be {sizes[0]:,}"
    if condition.axis == "C" and len(set(sizes)) > 1 and condition.kind == "equal":
        return f"its channels would be {' and '.join(str(each) for each in sizes)}"
    listed = " and ".join(str(each) for each in dict.fromkeys(sizes))
    return f"its inputs' axis {condition.axis} would have the sizes {listed}"


def _solve(functions: Functions, conditions: Sequence[Condition]) -> SizeSet:
    """All sizes at which all conditions hold.

    Raises:
        LongPatternError: if the pattern is too long.
    """
    low, high = 1, None
    for each in conditions:
        if each.kind in _PATTERNS:
            continue
        low = max(low, functions.least(each.of[0], each.value) or 1)
        above = functions.least(each.of[0], each.value + 1) if each.kind == "fixed" else None
        if above is not None:
            high = above - 1 if high is None else min(high, above - 1)
    patterns = [each for each in conditions if each.kind in _PATTERNS]
    if not patterns:
        return SizeSet(((low, high),)) if high is not None else SizeSet((), low, 1, ((low, low),))
    start, period = _regular(functions, patterns, low)
    stop = start + period - 1
    if high is not None and high <= stop:
        return SizeSet(tuple(_runs(functions, patterns, low, high)))
    runs = _runs(functions, patterns, low, stop)
    found = periodic(runs, start, period)
    if high is None:
        return found
    return SizeSet(tuple(_runs(functions, patterns, low, high)))


def _regular(functions: Functions, patterns: Sequence[Condition], low: int) -> tuple[int, int]:
    """From where on conditions repeat, and after how many sizes.

    Functions of one rate differ by what repeats; those of different rates part for ever.
    """
    start, period = low, 1
    for condition in patterns:
        for place, one in enumerate(condition.of):
            repetition = functions.repetition(one)
            start = max(start, repetition.onset)
            period = lcm(period, repetition.period)
            if condition.kind == "stretched":
                start = max(start, functions.least(one, 2) or 1)
            for other in condition.of[place + 1 :]:
                if not functions.same_rate(one, other):
                    start = max(start, functions.parted(one, other))
    return start, period


def _runs(functions: Functions, patterns: Sequence[Condition], low: int, high: int) -> list[Run]:
    """The runs of sizes that suit, from one rise of any function concerned to the next."""
    concerned = list(dict.fromkeys(each for condition in patterns for each in condition.of))
    runs: list[Run] = []
    size, pieces = low, 0
    while size <= high:
        pieces += 1
        if pieces > _MOST_PIECES:
            raise LongPatternError(
                "the sizes that suit this merge repeat only after too many to be worked out",
                path=patterns[0].path,
                hint="its inputs come through strides with hardly a common multiple",
            )
        values = functions.values(size)
        rises = [functions.least(each, values[each] + 1) for each in concerned]
        following = min([high + 1, *(each for each in rises if each is not None)])
        if all(each.holds(values) for each in patterns):
            if runs and runs[-1][1] == size - 1:
                runs[-1] = (runs[-1][0], following - 1)
            else:
                runs.append((size, following - 1))
        size = following
    return runs
