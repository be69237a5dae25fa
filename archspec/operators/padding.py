"""Padding: how a spec says it, and the pads per side that it comes to.

``same`` alone is refused: PyTorch's habit pads both sides alike, TensorFlow, JAX and ONNX's
SAME_UPPER pad the far side more, and at stride 2 the results differ at the same shape.
"""

# What the methods do is documented in `Kind`.
# ruff: noqa: D102

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from archspec.errors import ArchspecError
from archspec.expressions import Const, Expr
from archspec.operators.fields import (
    NUMBER_SCHEMA,
    Kind,
    Leaf,
    Limits,
    bind_all,
    read_items,
    to_expression,
)

SIDES = ("top", "bottom", "left", "right")
MODES = ("valid", "symmetric", "same_upper", "same_lower")
_LIMITS = Limits("integer", 0)
_SIDES = {1: SIDES[2:], 2: SIDES}
_EXPECTED = (
    "an integer, a list with one integer or one [before, after] pair for each axis,"
    " a mapping of top, bottom, left and right, or one of " + ", ".join(MODES)
)

Pads = tuple[tuple[Any, Any], ...]


class PaddingKind(Kind):
    """Settles to pads per side, or to the name of a mode that depends on the input's size."""

    limits = _LIMITS

    def settle(self, value: Any, rank: int, leaf: Leaf) -> Any:
        if isinstance(value, str):
            none = leaf(Const(0), _LIMITS)
            return ((none, none),) * rank if value == "valid" else value
        if isinstance(value, dict):
            sides = _SIDES.get(rank)
            if sides is None or not set(value) <= set(sides):
                names = f"takes {', '.join(sides)}" if sides else "cannot be given by side"
                raise ArchspecError(f"padding of {rank} spatial axes {names}")
            flat = [leaf(value.get(side, Const(0)), _LIMITS) for side in sides]
            return tuple(zip(flat[::2], flat[1::2], strict=True))
        if not isinstance(value, tuple):
            both = leaf(value, _LIMITS)
            return ((both, both),) * rank
        if len(value) != rank:
            raise ArchspecError(
                f"expected padding for each of the {rank} spatial axes, received {len(value)}"
            )
        return tuple(
            (leaf(each[0], _LIMITS), leaf(each[1], _LIMITS))
            if isinstance(each, tuple)
            else (leaf(each, _LIMITS),) * 2
            for each in value
        )

    def expressions(self, value: Any) -> tuple[Expr, ...]:
        if isinstance(value, str):
            return ()
        if isinstance(value, dict):
            return tuple(value.values())
        if isinstance(value, tuple):
            return tuple(
                x for each in value for x in (each if isinstance(each, tuple) else (each,))
            )
        return (value,) if isinstance(value, Expr) else ()

    def bind(self, value: Any, members: Any) -> Any:
        return bind_all(value, members)


def _read(value: object) -> object:
    if isinstance(value, str):
        if value in MODES:
            return value
        if value in ("same", "SAME"):
            raise PydanticCustomError(
                "ambiguous",
                "{what}",
                {
                    "what": "`same` names two different paddings",
                    "hint": "say `same_upper` (TensorFlow, JAX, ONNX)"
                    " or `symmetric` (PyTorch's k // 2)",
                },
            )
    if isinstance(value, dict):
        sides = set(_SIDES[2])
        if not value or not set(value) <= sides:
            raise PydanticCustomError("expected", "{what}", {"what": _EXPECTED})
        return {side: to_expression(each, _LIMITS) for side, each in value.items()}
    if isinstance(value, list | tuple):
        if not value:
            raise PydanticCustomError("expected", "{what}", {"what": _EXPECTED})
        return read_items(value, _read_axis)
    if value is None or isinstance(value, bool):
        raise PydanticCustomError("expected", "{what}", {"what": _EXPECTED})
    return to_expression(value, _LIMITS)


def _read_axis(value: object) -> object:
    if isinstance(value, list | tuple):
        if len(value) != 2:
            raise PydanticCustomError("expected", "{what}", {"what": "a pair [before, after]"})
        return read_items(value, lambda each: to_expression(each, _LIMITS))
    return to_expression(value, _LIMITS)


_SCHEMA = {
    "anyOf": [
        {"type": "integer", "minimum": 0},
        {"enum": list(MODES)},
        {"type": "string", "description": "an expression"},
        {
            "type": "array",
            "items": {
                "anyOf": [*NUMBER_SCHEMA["anyOf"], {"type": "array", "items": NUMBER_SCHEMA}]
            },
        },
        {
            "type": "object",
            "properties": dict.fromkeys(_SIDES[2], NUMBER_SCHEMA),
            "additionalProperties": False,
        },
    ]
}

Padding = Annotated[Any, BeforeValidator(_read), WithJsonSchema(_SCHEMA), PaddingKind()]


def symmetric_pads(kernel: tuple[Any, ...], dilation: tuple[Any, ...]) -> Pads:
    """Half the span of the kernel on both sides; keeps the size at stride 1 for odd kernels."""
    return tuple(
        (half, half) for half in ((k - 1) * d // 2 for k, d in zip(kernel, dilation, strict=True))
    )


def same_pads(
    mode: str,
    spatial: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
) -> Pads:
    """Pads that make the output ``ceil(size / stride)``; ONNX auto_pad SAME_UPPER, SAME_LOWER."""
    pads = []
    for size, k, s, d in zip(spatial, kernel, stride, dilation, strict=True):
        total = max((-(-size // s) - 1) * s + (k - 1) * d + 1 - size, 0)
        less = total // 2
        pads.append((less, total - less) if mode == "same_upper" else (total - less, less))
    return tuple(pads)


def ceil_pads(
    pads: Pads,
    spatial: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
) -> Pads:
    """Pads whose floor-mode output equals the ceil-mode output of PyTorch and ONNX 22.

    A last window that would start wholly inside the padding on the right is dropped.
    """
    grown = []
    for (low, high), size, k, s, d in zip(pads, spatial, kernel, stride, dilation, strict=True):
        span = (k - 1) * d + 1
        windows = -(-(size + low + high - span) // s) + 1
        if (windows - 1) * s >= size + low:
            windows -= 1
        if (size + low + high - span) // s + 1 != windows:
            high = max((windows - 1) * s + span - size - low, 0)
        grown.append((low, high))
    return tuple(grown)
