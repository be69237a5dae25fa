"""Operators that merge several inputs."""

# What the methods do is documented in `Operator`.
# ruff: noqa: D102

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any, ClassVar, Literal

from pydantic import StrictBool

from archspec.errors import ArchspecError
from archspec.expressions import Const, Expr, as_expr, size
from archspec.expressions.nodes import Call
from archspec.model.shape import Shape
from archspec.operators.operator import Operator


class Concat(Operator):
    """The inputs one after the other along ``axis``; ONNX Concat-13."""

    onnx: ClassVar[str] = "Concat-13"
    inputs: ClassVar[tuple[int, int | None]] = (1, None)
    primary: ClassVar[str | None] = "axis"

    axis: Literal["C", "D", "H", "W", "T"] = "C"

    def check(self, inputs: Sequence[Shape]) -> None:
        super().check(inputs)
        if self.axis not in inputs[0].axes:
            raise ArchspecError(f"the input {inputs[0]} has no axis {self.axis}", path="axis")
        place = inputs[0].axes.index(self.axis)
        rests = [(*each.axes, *each.sizes[:place], *each.sizes[place + 1 :]) for each in inputs]
        if any(rest != rests[0] for rest in rests):
            raise ArchspecError(
                f"the inputs differ in more than the axis {self.axis}: "
                + ", ".join(str(each) for each in inputs),
                hint="check the padding and stride of each branch",
            )

    def channels(self, inputs: Sequence[Any]) -> Any:
        return reduce(add, inputs) if self.axis == "C" else _simplest(inputs)

    def output(self, inputs: Sequence[Shape]) -> Shape:
        place = inputs[0].axes.index(self.axis)
        sizes = list(inputs[0].sizes)
        sizes[place] = sum(each.sizes[place] for each in inputs)
        return Shape(inputs[0].axes, tuple(sizes))

    def spatial(self, inputs: Sequence[Shape]) -> tuple[int, ...]:
        if self.axis in ("C", "T"):
            return inputs[0].spatial
        place = inputs[0].axes.index(self.axis) - 1
        sizes = list(inputs[0].spatial)
        sizes[place] = sum(each.spatial[place] for each in inputs)
        return tuple(sizes)


class _Elementwise(Operator):
    """All inputs have one shape, or ``broadcast`` is said and some have size 1 on an axis."""

    inputs: ClassVar[tuple[int, int | None]] = (2, None)
    primary: ClassVar[str | None] = "broadcast"

    broadcast: StrictBool = False

    def check(self, inputs: Sequence[Shape]) -> None:
        super().check(inputs)
        if len({each.axes for each in inputs}) > 1 or any(
            not self._fit(sizes) for sizes in zip(*(each.sizes for each in inputs), strict=True)
        ):
            raise ArchspecError(
                "the inputs differ in shape: " + ", ".join(str(each) for each in inputs),
                hint=None
                if self.broadcast
                else "sizes of 1 are stretched only where `broadcast: true` says so",
            )

    def _fit(self, sizes: Sequence[int]) -> bool:
        """Whether these sizes of one axis are one size, but for those that are stretched."""
        held = [size for size in sizes if not self.broadcast or size != 1]
        return all(size == held[0] for size in held)

    def channels(self, inputs: Sequence[Any]) -> Any:
        if not self.broadcast:
            return _simplest(inputs)
        stretched = [each for each in dict.fromkeys(inputs) if each not in (1, Const(1))]
        if len(stretched) < 2:
            return stretched[0] if stretched else inputs[0]
        if any(isinstance(each, Expr) for each in stretched):
            return Call("max", tuple(map(as_expr, stretched)))
        return max(stretched)

    def output(self, inputs: Sequence[Shape]) -> Shape:
        sizes = tuple(max(each) for each in zip(*(each.sizes for each in inputs), strict=True))
        return Shape(inputs[0].axes, sizes)


class Add(_Elementwise):
    """The sum of the inputs, element by element; ONNX Add-14."""

    onnx: ClassVar[str] = "Add-14"


class Mul(_Elementwise):
    """The product of the inputs, element by element; ONNX Mul-14."""

    onnx: ClassVar[str] = "Mul-14"


def _simplest(channels: Sequence[Any]) -> Any:
    """Of expressions that are equal in value, the one that reads best."""
    return min(channels, key=lambda each: size(each) if isinstance(each, Expr) else 0)
