"""What convolutions and pools share: a window that slides over the spatial axes."""

# What the methods do is documented in `Operator`.
# ruff: noqa: D102

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from archspec.errors import ArchspecError
from archspec.model.shape import Shape
from archspec.operators.operator import Operator
from archspec.operators.padding import same_pads, symmetric_pads


class Windowed(Operator):
    """An operator with ``kernel``, ``stride``, ``padding`` and ``dilation`` per spatial axis."""

    def check(self, inputs: Sequence[Shape]) -> None:
        super().check(inputs)
        arguments: Any = self
        if arguments.padding == "symmetric":
            spans = [(k - 1) * d for k, d in zip(arguments.kernel, arguments.dilation, strict=True)]
            if any(span % 2 for span in spans):
                raise ArchspecError(
                    f"a window that spans {max(span for span in spans if span % 2) + 1}"
                    " cannot be padded alike on both sides and keep its size",
                    path="padding",
                    hint="give the pads, or say `same_upper` or `same_lower`",
                )

    def pinned(self, inputs: Sequence[Shape]) -> dict[str, Any]:
        arguments: Any = self
        mode = arguments.padding
        if isinstance(mode, str) and mode in ("same_upper", "same_lower"):
            window = (arguments.kernel, arguments.stride, arguments.dilation)
            return {"padding": same_pads(mode, inputs[0].spatial, *window)}
        return {}

    def fixed(self, facts: Mapping[str, Any]) -> Self:
        arguments: Any = self
        if arguments.padding == "symmetric" and "padding" not in facts:
            pads = symmetric_pads(arguments.kernel, arguments.dilation)
            return self.replace(padding=pads, **facts)
        return self.replace(**facts)

    def spatial(self, inputs: Sequence[Shape]) -> tuple[int, ...]:
        arguments: Any = self
        sizes = []
        for size, k, s, d, (low, high) in zip(
            inputs[0].spatial,
            arguments.kernel,
            arguments.stride,
            arguments.dilation,
            arguments.padding,
            strict=True,
        ):
            span = (k - 1) * d + 1
            if size + low + high < span:
                raise ArchspecError(
                    f"the window spans {span}, the padded input only {size + low + high}"
                    f" (input {inputs[0]})",
                    hint="a larger input, a smaller kernel or less downsampling before it",
                )
            sizes.append((size + low + high - span) // s + 1)
        return tuple(sizes)

    def needed(self, size: int, axis: int) -> int:
        arguments: Any = self
        low, high = arguments.padding[axis]
        span = (arguments.kernel[axis] - 1) * arguments.dilation[axis] + 1
        return int(max((size - 1) * arguments.stride[axis] + span - low - high, 1))
