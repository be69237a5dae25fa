"""What a network asks of one axis of its input: a walk over the layers, with functions for sizes.

Every axis of every value is a function of one size of the input, the others being as in the spec.
What a layer needs (a window that fits, inputs of a merge that agree, tensors of the shapes that
they have) is a condition on such functions.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from archspec.analysis.size_functions import SIZE, Function, Functions
from archspec.model.graph import Graph, Node
from archspec.model.shape import Shape
from archspec.operators import Operator
from archspec.operators.convolution import Dense
from archspec.operators.merging import Add, Concat, Mul
from archspec.operators.pooling import GlobalAvgPool, GlobalMaxPool
from archspec.operators.reshaping import ChannelShuffle, Flatten, Slice
from archspec.operators.scaling import Scaling
from archspec.operators.tokens import Attention, ClassToken, Mean, Select, ToTokens, Transpose

Sizes = dict[str, Function]


@dataclass(frozen=True, slots=True)
class Condition:
    """What one layer asks of the size of the input.

    Args:
        kind: ``least``: the function comes to ``value`` or more; ``fixed``: to ``value``;
            ``equal``: all functions come to the same; ``stretched``: those do that are not 1.
        path: the layer.
        axis: the axis of the layer's input that it is about; ``C`` for channels.
        by_tensors: whether it is there only for the sake of tensors that keep their shapes.
        flattened: the layer that made channels of the positions, where there is one.
    """

    kind: Literal["least", "fixed", "equal", "stretched"]
    of: tuple[Function, ...]
    path: str
    axis: str
    value: int = 0
    by_tensors: bool = False
    flattened: str | None = None

    def holds(self, values: Sequence[int]) -> bool:
        """Whether it does, from the value of each function."""
        sizes = {values[each] for each in self.of}
        if self.kind == "least":
            return min(sizes) >= self.value
        if self.kind == "fixed":
            return sizes == {self.value}
        return len(sizes - {1} if self.kind == "stretched" else sizes) <= 1


@dataclass
class Walk:
    """All conditions of a network on one axis of its input, in the order of the layers."""

    functions: Functions
    conditions: list[Condition]


def conditions_on(graph: Graph, inputs: Collection[str], axis: str) -> Walk:
    """What a network asks of one axis.

    Args:
        graph: the network.
        inputs: the inputs whose axis varies, all of one size.
        axis: its name.
    """
    walk = _Walker(Walk(Functions(), []))
    for name, shape in graph.inputs.items():
        constants = [walk.functions.constant(size) for size in shape.sizes]
        walk.sizes[name] = dict(zip(shape.axes, constants, strict=True))
        if name in inputs:
            walk.sizes[name][axis] = SIZE
    for node in graph.nodes:
        walk.step(node)
    return walk.found


class _Walker:
    def __init__(self, found: Walk) -> None:
        self.found = found
        self.functions = found.functions
        self.sizes: dict[str, Sizes] = {}
        # The flattening that the channels of a value come from.
        self.flattened: dict[str, str] = {}

    def step(self, node: Node) -> None:
        """The sizes of a layer's output, and what it asks for."""
        taken = [self.sizes[source] for source in node.inputs]
        origins = [self.flattened[each] for each in node.inputs if each in self.flattened]
        if origins:
            self.flattened[node.path] = origins[0]
        varies = any(not self.functions.is_constant(f) for each in taken for f in each.values())
        if not varies:
            self.sizes[node.path] = self._as_it_is(node.shape)
            return
        self._tensors(node, taken)
        sizes = self._output(node, taken)
        if sizes is None or sizes.keys() != set(node.shape.axes):
            # An operator that this walk knows nothing of keeps the sizes that it has.
            for shape, each in zip(node.input_shapes, taken, strict=True):
                for axis, size in zip(shape.axes, shape.sizes, strict=True):
                    self._ask(node, "fixed", [each[axis]], axis, size)
            sizes = self._as_it_is(node.shape)
        for axis, function in sizes.items():
            self._ask(node, "least", [function], axis, 1)
        self.sizes[node.path] = sizes

    def _as_it_is(self, shape: Shape) -> Sizes:
        return {a: self.functions.constant(n) for a, n in zip(shape.axes, shape.sizes, strict=True)}

    def _ask(
        self,
        node: Node,
        kind: Literal["least", "fixed", "equal", "stretched"],
        of: Sequence[Function],
        axis: str,
        value: int = 0,
        by_tensors: bool = False,
    ) -> None:
        """Write a condition down, unless it always holds."""
        different = tuple(dict.fromkeys(of))
        if kind == "stretched":
            different = tuple(each for each in different if each != self.functions.constant(1))
        if kind in ("equal", "stretched") and len(different) < 2:
            return
        if all(self.functions.is_constant(each) for each in different):
            return
        flattened = self.flattened.get(node.inputs[0]) if axis in ("C", "T") else None
        condition = Condition(kind, different, node.path, axis, value, by_tensors, flattened)
        self.found.conditions.append(condition)

    def _tensors(self, node: Node, taken: list[Sizes]) -> None:
        """Tensors whose shapes follow from a size hold it fast."""
        shape = node.input_shapes[0]
        if not node.tensors:
            return
        for place, axis in enumerate(shape.axes):
            if self.functions.is_constant(taken[0][axis]):
                continue
            larger = (*shape.sizes[:place], shape.sizes[place] + 1, *shape.sizes[place + 1 :])
            others = [replace(shape, sizes=larger), *node.input_shapes[1:]]
            if node.operator.tensors(others) != node.tensors:
                size = shape.sizes[place]
                self._ask(node, "fixed", [taken[0][axis]], axis, size, by_tensors=True)

    def _output(self, node: Node, taken: list[Sizes]) -> Sizes | None:
        """The sizes that come out; None for an operator that is not known here."""
        operator = node.settled or node.operator
        first, shape = taken[0], node.input_shapes[0]
        if isinstance(operator, Flatten):
            return {"C": self._product(node, first, shape, shape.axes)}
        if isinstance(operator, GlobalAvgPool | GlobalMaxPool) and not operator.keep_axes:
            return {"C": first["C"]}
        if isinstance(operator, Concat):
            return self._joined(node, taken, operator.axis)
        if isinstance(operator, Add | Mul):
            return self._merged(node, taken, operator.broadcast)
        if isinstance(operator, Slice):
            return self._sliced(node, first, operator)
        if isinstance(operator, ChannelShuffle):
            whole = self.functions.scaled(first["C"], Scaling(1, 0, operator.groups))
            again = self.functions.scaled(whole, Scaling(operator.groups))
            self._ask(node, "equal", [first["C"], again], "C")
            return dict(first)
        if shape.tokens or isinstance(operator, ToTokens):
            return self._of_tokens(node, taken, operator)
        own = type(operator)
        if own.output is not Operator.output or len(taken) > 1:
            return None
        if own.spatial is not Operator.spatial or own.along is not Operator.along:
            if own.along is Operator.along:
                return None
            spatial = shape.axes[1:]
            sizes = {a: self._along(node, first[a], i) for i, a in enumerate(spatial)}
        else:
            sizes = {a: each for a, each in first.items() if a != "C"}
        if own.channels is Operator.channels:
            return {"C": first["C"], **sizes}
        # What comes out of a convolution or a dense layer is what the spec says.
        fixed = isinstance(operator, Dense) or self.functions.is_constant(first["C"])
        return {"C": self.functions.constant(node.shape.channels), **sizes} if fixed else None

    def _along(self, node: Node, function: Function, axis: int) -> Function:
        return self.functions.scaled(function, (node.settled or node.operator).along(axis))

    def _of_tokens(self, node: Node, taken: list[Sizes], operator: Operator) -> Sizes | None:
        """The same of what makes tokens or works on them."""
        first, shape = taken[0], node.input_shapes[0]
        if isinstance(operator, ToTokens):
            return {"T": self._product(node, first, shape, shape.axes[1:]), "C": first["C"]}
        if isinstance(operator, Transpose):
            return {"T": first["C"], "C": first["T"]}
        if isinstance(operator, ClassToken):
            return {**first, "T": self.functions.scaled(first["T"], Scaling(1, 1))}
        if isinstance(operator, Mean | Select):
            if isinstance(operator, Select):
                self._ask(node, "least", [first["T"]], "T", operator.index + 1)
            return {"C": first["C"]}
        if isinstance(operator, Attention):
            alike = taken if operator.causal else taken[1:]
            self._ask(node, "equal", [each["T"] for each in alike], "T")
            fixed = all(self.functions.is_constant(each["C"]) for each in taken)
            return {"T": first["T"], "C": taken[2]["C"]} if fixed else None
        own = type(operator)
        if own.output is not Operator.output or len(taken) > 1:
            return None
        if own.channels is Operator.channels:
            return dict(first)
        channels = self.functions.constant(node.shape.channels)
        return {**first, "C": channels} if isinstance(operator, Dense) else None

    def _product(self, node: Node, sizes: Sizes, shape: Shape, axes: tuple[str, ...]) -> Function:
        """All axes in one: one of them varies at most, the others are as in the spec."""
        varying = [a for a in axes if not self.functions.is_constant(sizes[a])]
        others = 1
        for axis, size in zip(shape.axes, shape.sizes, strict=True):
            others *= size if axis in axes and axis not in varying[:1] else 1
        for axis in varying[1:]:
            self._ask(node, "fixed", [sizes[axis]], axis, shape.sizes[shape.axes.index(axis)])
        self.flattened[node.path] = node.path
        if not varying:
            return self.functions.constant(others)
        return self.functions.scaled(sizes[varying[0]], Scaling(others))

    def _joined(self, node: Node, taken: list[Sizes], along: str) -> Sizes:
        sizes = {}
        for axis in taken[0]:
            several = [each[axis] for each in taken]
            if axis == along:
                sizes[axis] = self.functions.sum(several)
                continue
            self._ask(node, "equal", several, axis)
            sizes[axis] = several[0]
        return sizes

    def _merged(self, node: Node, taken: list[Sizes], broadcast: bool) -> Sizes:
        sizes = {}
        for axis in taken[0]:
            several = [each[axis] for each in taken]
            self._ask(node, "stretched" if broadcast else "equal", several, axis)
            sizes[axis] = self.functions.greatest(several) if broadcast else several[0]
        return sizes

    def _sliced(self, node: Node, first: Sizes, operator: Slice) -> Sizes:
        function, start, stop = first[operator.axis], operator.start, operator.stop
        if stop is None:
            left = self.functions.scaled(function, Scaling(1, -start))
        else:
            self._ask(node, "least", [function], operator.axis, stop)
            left = self.functions.constant(stop - start)
        return {**first, operator.axis: left}
