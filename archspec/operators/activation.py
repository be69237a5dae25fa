"""Activations: functions of each element, and softmax."""

# What the methods do is documented in `Operator`.
# ruff: noqa: D102

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from archspec.errors import ArchspecError
from archspec.expressions import Const
from archspec.model.shape import Shape
from archspec.operators.fields import Number, Positive
from archspec.operators.operator import Operator


class Relu(Operator):
    """``max(x, 0)``; ONNX Relu-14. The gradient at 0 is 0."""

    onnx: ClassVar[str] = "Relu-14"


class Relu6(Operator):
    """``min(max(x, 0), 6)``; ONNX Clip-13."""

    onnx: ClassVar[str] = "Clip-13"


class LeakyRelu(Operator):
    """``x`` where positive, else ``slope * x``; ONNX LeakyRelu-16."""

    onnx: ClassVar[str] = "LeakyRelu-16"
    primary: ClassVar[str | None] = "slope"

    slope: Number


class Elu(Operator):
    """``x`` where positive, else ``alpha * (exp(x) - 1)``; ONNX Elu-22."""

    onnx: ClassVar[str] = "Elu-22"
    primary: ClassVar[str | None] = "alpha"

    alpha: Positive


class Gelu(Operator):
    """The Gaussian error linear unit, exact (``none``) or by tanh; ONNX Gelu-20."""

    onnx: ClassVar[str] = "Gelu-20"
    primary: ClassVar[str | None] = "approximate"

    approximate: Literal["none", "tanh"]


class Silu(Operator):
    """``x * sigmoid(x)``; ONNX Swish-24 with alpha 1."""

    onnx: ClassVar[str] = "Swish-24"


class HardSwish(Operator):
    """``x * max(0, min(1, x / 6 + 1/2))``; ONNX HardSwish-22."""

    onnx: ClassVar[str] = "HardSwish-22"


class HardSigmoid(Operator):
    """``max(0, min(1, slope * x + 1/2))``; ONNX HardSigmoid-22 with beta 0.5.

    PyTorch's slope is 1/6 and that of older Keras 0.2, so it must be given: ``slope: 1 / 6``.
    """

    onnx: ClassVar[str] = "HardSigmoid-22"
    primary: ClassVar[str | None] = "slope"

    slope: Positive

    @property
    def is_sixth(self) -> bool:
        """Whether the slope is the 1/6 of MobileNet v3, which frameworks have ready-made."""
        slope = self.slope.value if isinstance(self.slope, Const) else self.slope
        return bool(slope == 1 / 6)


class Sigmoid(Operator):
    """``1 / (1 + exp(-x))``; ONNX Sigmoid-13."""

    onnx: ClassVar[str] = "Sigmoid-13"


class Tanh(Operator):
    """The hyperbolic tangent; ONNX Tanh-13."""

    onnx: ClassVar[str] = "Tanh-13"


class Softmax(Operator):
    """``exp(x)`` divided by its sum along ``axis``; ONNX Softmax-13."""

    onnx: ClassVar[str] = "Softmax-13"
    primary: ClassVar[str | None] = "axis"

    axis: Literal["C", "D", "H", "W", "T"] = "C"

    def check(self, inputs: Sequence[Shape]) -> None:
        super().check(inputs)
        if self.axis not in inputs[0].axes:
            raise ArchspecError(f"the input {inputs[0]} has no axis {self.axis}", path="axis")
