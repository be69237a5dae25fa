"""Which sizes of the input a generated file works with.

They are fewer than those that the spec works with: pads that follow from the size stand in the
file as numbers. What the spec works with is worked out in :mod:`archspec.analysis.min_input`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from archspec.analysis.min_input import AxisSizes, LongPatternError, input_sizes_of
from archspec.errors import ArchspecError
from archspec.model.graph import Graph
from archspec.operators.pooling import AvgPool, MaxPool
from archspec.resolution.resolve import Model, resolve_flat

# So many switches are tried in all positions; of more, all off and all on.
_SWITCHES = 4


@dataclass(frozen=True, slots=True)
class InputSizes:
    """The least size of each spatial axis, or that only the size of the spec will do.

    ``exact`` is the path of the first layer that fixes the size (a flatten, say); None if none
    does. ``least`` is then of no use.
    """

    exact: str | None
    least: tuple[int, ...]


def input_sizes(model: Model, rounds_up: bool = False) -> InputSizes | None:
    """What the first input must measure; None if it has no spatial axes.

    A network in which not every larger size fits each merge is held to the size of the spec, and
    so is one that is held to it by what a switch among its arguments (auxiliary heads) brings in.

    Args:
        model: the network.
        rounds_up: whether pools that round up (``ceil``) do so themselves in the file, where their
            pads are no arguments of a block; elsewhere these stand in it as numbers.
    """
    _, shape = next(iter(model.graph.inputs.items()))
    if not shape.rank or len(model.graph.inputs) > 1:
        return None
    free = set()
    for module in model.modules:
        for step in module.steps():
            if isinstance(step.operator, AvgPool | MaxPool) and step.operator.rounding_up:
                free.add((module.name, step.key))
    found = [_sizes(graph, free if rounds_up else set()) for graph in _switched(model)]
    held = next((each for each in found if each.exact), None)
    if held:
        return held
    return InputSizes(
        None, tuple(max(sizes) for sizes in zip(*(each.least for each in found), strict=True))
    )


def _switched(model: Model) -> Iterator[Graph]:
    """The network, and what it is with the switches among its arguments in other positions."""
    yield model.graph
    now = {n: v for n in model.spec.arguments if isinstance(v := model.values[n], bool)}
    positions: Iterable[tuple[bool, ...]] = product((False, True), repeat=len(now))
    if len(now) > _SWITCHES:
        positions = [(False,) * len(now), (True,) * len(now)]
    for position in positions:
        other = dict(zip(now, position, strict=True))
        if other == now:
            continue
        try:
            yield resolve_flat(model.spec, **{**model.values, **other}).graph
        except ArchspecError:
            # Not at this size: of others, the file that is written says nothing.
            continue


def _sizes(graph: Graph, free: Container[tuple[str, str]]) -> InputSizes:
    """What the input must measure, where the pads of some layers are left to the framework."""
    _, shape = next(iter(graph.inputs.items()))
    for node in graph.nodes:
        if (node.module, node.key) in free:
            continue
        if node.pinned and (node.input_shapes[0].rank or node.input_shapes[0].tokens):
            return InputSizes(node.path, shape.spatial)
    try:
        axes = input_sizes_of(graph).axes
    except LongPatternError as error:
        return InputSizes(error.problems[0].path, shape.spatial)
    held = next((path for each in axes if (path := _held(each))), None)
    least = tuple(each.works.least for each in axes)
    return InputSizes(held, shape.spatial if held else least)


def _held(sizes: AxisSizes) -> str | None:
    """The layer that leaves out sizes above the least one; None if all of them work."""
    reason = sizes.pattern_by or sizes.greatest_by
    return reason.path if reason else None
