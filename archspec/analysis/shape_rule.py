"""How the shape of a layer's output comes about, with its own numbers."""

from __future__ import annotations

from typing import Any

from archspec.model.graph import Node
from archspec.operators.convolution import ConvTranspose
from archspec.operators.merging import Concat
from archspec.operators.reshaping import Flatten
from archspec.operators.window import Windowed


def shape_rule(node: Node) -> list[tuple[str, str]]:
    """For each axis of the output, how its size is worked out: ``("H", "(96 + 3 + ...")``."""
    rules = []
    for axis, size in zip(node.shape.axes, node.shape.sizes, strict=True):
        before = _before(node, axis)
        rules.append((axis, _rule(node, axis, size, before)))
    return rules


def _before(node: Node, axis: str) -> int | None:
    shape = node.input_shapes[0]
    return shape.sizes[shape.axes.index(axis)] if axis in shape.axes else None


def _rule(node: Node, axis: str, size: int, before: int | None) -> str:
    operator: Any = node.operator
    if isinstance(operator, Flatten):
        return f"{' * '.join(str(each) for each in node.input_shapes[0].sizes)} = {size}"
    if isinstance(operator, Concat) and axis == operator.axis:
        taken = (each.sizes[each.axes.index(axis)] for each in node.input_shapes)
        return f"{' + '.join(str(each) for each in taken)} = {size}"
    if axis != "C" and before is not None:
        place = node.input_shapes[0].axes.index(axis) - 1
        if isinstance(operator, Windowed):
            return f"{_window(operator, place, before)} = {size}"
        if isinstance(operator, ConvTranspose):
            return f"{_transposed(operator, place, before)} = {size}"
    if axis == "C" and hasattr(operator, "out"):
        return f"`out` = {size}"
    if before == size:
        return f"as it is, {size}"
    return f"{before} becomes {size}" if before is not None else str(size)


def _window(operator: Any, place: int, size: int) -> str:
    low, high = operator.padding[place]
    kernel, dilation = operator.kernel[place], operator.dilation[place]
    span = str(kernel) if dilation == 1 else f"(({kernel} - 1) * {dilation} + 1)"
    pads = "".join(f" + {each}" for each in (low, high) if each)
    return f"({size}{pads} - {span}) // {operator.stride[place]} + 1"


def _transposed(operator: Any, place: int, size: int) -> str:
    low, high = operator.padding[place]
    kernel, dilation = operator.kernel[place], operator.dilation[place]
    span = str(kernel) if dilation == 1 else f"({kernel} - 1) * {dilation} + 1"
    pads = "".join(f" - {each}" for each in (low, high) if each)
    extra = operator.output_padding[place]
    more = f" + {extra}" if extra else ""
    return f"({size} - 1) * {operator.stride[place]} + {span}{more}{pads}"
