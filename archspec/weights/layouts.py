"""The numbers of a foreign tensor in the canonical layout."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from archspec.model.graph import Node
from archspec.operators import Tensor
from archspec.operators.convolution import Conv
from archspec.weights.naming import expanded_axes
from archspec.weights.rules import DEPTHWISE, Change

Array = npt.NDArray[Any]
_SPATIAL = {0: "", 1: "W", 2: "HW", 3: "DHW"}


class MisfitError(ValueError):
    """An array cannot be brought into the shape that the network expects."""


def kind_of(node: Node) -> str:
    """What ``layouts`` calls a layer: its operator, or ``depthwise``."""
    operator = node.operator
    if isinstance(operator, Conv) and 1 < operator.groups == node.input_shapes[0].channels:
        return DEPTHWISE
    return type(operator).name()


def layout_of(node: Node, tensor: Tensor, change: Change, layouts: Mapping[str, str]) -> str:
    """The order of the axes of the foreign array; empty for the canonical one."""
    if change.layout or len(tensor.shape) < 2:
        return change.layout
    return layouts.get(kind_of(node)) or layouts.get(type(node.operator).name(), "")


def letters(tensor: Tensor) -> str:
    """A letter for each axis of the canonical layout, such as ``OIHW``.

    Axes that are neither in, out nor spatial have letters from the start of the alphabet.
    """
    spatial = len(tensor.shape) - len(tensor.axes.replace("*", ""))
    if spatial not in _SPATIAL or not tensor.axes:
        return "abcdefgh"[: len(tensor.shape)]
    names = [each for each in expanded_axes(tensor.axes, spatial) if not each.isdigit()]
    at = tensor.axes.find("*")
    start = at if at >= 0 else len(names)
    return "".join([*names[:start], _SPATIAL[spatial], *names[start:]])


def to_canonical(array: Array, node: Node, tensor: Tensor, layout: str, change: Change) -> Array:
    """A foreign array with its axes in the canonical order; a view where that is possible.

    Args:
        array: the array, of which only a part may belong to the tensor.
        node, tensor: the tensor and its layer.
        layout: the letters of the array's axes; empty for the canonical ones.
        change: what else is done to it.

    Raises:
        MisfitError: if it has not the axes that it should have.
    """
    own = letters(tensor)
    if layout:
        layout = layout.replace("*", "".join(each for each in own if each in "DHW"))
    array = _reversed(array, layout or own, change.reverse)
    if layout:
        array = _ordered(array, layout, own, change.squeeze)
    if change.flattened:
        array = _unflattened(array, own, change.flattened)
    return array


def squeezed(array: Array, shape: tuple[int, ...]) -> Array:
    """An array with other axes of length 1, if it is that of this shape else."""
    if [size for size in array.shape if size != 1] == [size for size in shape if size != 1]:
        return array.reshape(shape)
    return array


def _reversed(array: Array, axes: str, reverse: str) -> Array:
    if not reverse:
        return array
    missing = set(reverse) - set(axes)
    if missing or len(axes) != array.ndim:
        raise MisfitError(f"its axes {axes} have no {''.join(sorted(missing)) or reverse}")
    backwards = slice(None, None, -1)
    return array[tuple(backwards if axis in reverse else slice(None) for axis in axes)]


def _ordered(array: Array, layout: str, own: str, squeeze: bool) -> Array:
    if len(layout) != array.ndim:
        raise MisfitError(f"expected the axes {layout}, found the shape {array.shape}")
    spatial = "".join(each for each in own if each in "DHW")
    if set(layout) == set(own):
        return array.transpose([layout.index(axis) for axis in own])
    if set(layout) == {"C", "M", *spatial} and own[:2] == "OI":
        # Output c * M + m of a depthwise convolution is the m-th of channel c.
        array = array.transpose([layout.index(axis) for axis in "CM" + spatial])
        return array.reshape((prod(array.shape[:2]), 1, *array.shape[2:]))
    lost = [axis for axis in layout if axis not in own]
    if squeeze and all(array.shape[layout.index(axis)] == 1 for axis in lost):
        kept = [axis for axis in own if axis in layout]
        array = array.transpose([layout.index(axis) for axis in [*lost, *kept]])
        array = array.reshape(array.shape[len(lost) :])
        return np.expand_dims(array, [own.index(axis) for axis in own if axis not in layout])
    raise MisfitError(f"the layout {layout} is none of {own}")


def _unflattened(array: Array, own: str, sizes: tuple[int, ...]) -> Array:
    """The inputs of a dense layer after a flatten, from channels last to channels first."""
    axis = own.find("I")
    if axis < 0 or array.ndim <= axis or array.shape[axis] != prod(sizes):
        raise MisfitError(f"no axis of it has {' x '.join(map(str, sizes))} inputs")
    shape = array.shape
    parted = array.reshape((*shape[:axis], *sizes, *shape[axis + 1 :]))
    return np.moveaxis(parted, axis + len(sizes) - 1, axis).reshape(shape)
