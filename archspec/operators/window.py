"""What convolutions and pools share: a window that slides over the spatial axes."""

# What the methods do is documented in `Operator`.
# ruff: noqa: D102

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from archspec.errors import ArchspecError
from archspec.expressions import as_expr
from archspec.expressions.nodes import Name
from archspec.model.shape import Shape
from archspec.operators.operator import Operator
from archspec.operators.padding import same_pads, symmetric_pads
from archspec.operators.scaling import Scaling


class Windowed(Operator):
    """An operator with ``kernel``, ``stride``, ``padding`` and ``dilation`` per spatial axis."""

    @property
    def padded(self) -> bool:
        """Whether any pad is (or may be) more than 0."""
        arguments: Any = self
        return any(as_expr(side) != as_expr(0) for pair in arguments.padding for side in pair)

    @property
    def pad_argument(self) -> Name | None:
        """The argument of a block that all pads are, if they are one."""
        arguments: Any = self
        pads = {as_expr(side) for pair in arguments.padding for side in pair}
        first = next(iter(pads), None)
        return first if len(pads) == 1 and isinstance(first, Name) else None

    @property
    def keeps_size(self) -> bool:
        """Whether it surely gives an output as large as its input, padded alike on both sides.

        Then, and at any size of the input, its pads are those that TensorFlow and JAX call SAME.
        """
        given: Any = self
        axes = zip(given.padding, given.kernel, given.stride, given.dilation, strict=True)
        return all(
            as_expr(s) == as_expr(1)
            and as_expr(low) == as_expr(high)
            and as_expr(low) * 2 == (as_expr(k) - 1) * as_expr(d)
            for (low, high), k, s, d in axes
        )

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

    def along(self, axis: int) -> Scaling:
        arguments: Any = self
        stride = arguments.stride[axis]
        pads = arguments.padding
        if pads in ("same_upper", "same_lower"):
            return Scaling(1, stride - 1, stride)
        if pads == "symmetric":
            pads = symmetric_pads(arguments.kernel, arguments.dilation)
        span = (arguments.kernel[axis] - 1) * arguments.dilation[axis] + 1
        return Scaling(1, sum(pads[axis]) - span + stride, stride)
