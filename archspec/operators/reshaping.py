"""Operators that move, repeat or drop elements and compute nothing."""

# What the methods do is documented in `Operator`.
# ruff: noqa: D102

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, ClassVar, Literal

from archspec.errors import ArchspecError
from archspec.model.shape import Shape
from archspec.operators.fields import Count, Fact, PerAxis, Rate
from archspec.operators.operator import Operator
from archspec.operators.padding import Padding


class Flatten(Operator):
    """All axes of an example in one, in the order C, (D,) H, W in every framework.

    Equals ONNX Flatten-21 on channels-first data. Backends with channels last transpose first,
    so that the features have one order everywhere.
    """

    onnx: ClassVar[str] = "Flatten-21"
    spatial_only: ClassVar[bool] = True

    positions: Fact = None

    def pinned(self, inputs: Sequence[Shape]) -> dict[str, Any]:
        return {"positions": prod(inputs[0].spatial)}

    def channels(self, inputs: Sequence[Any]) -> Any:
        return inputs[0] * self.positions

    def spatial(self, inputs: Sequence[Shape]) -> tuple[int, ...]:
        return ()


class Dropout(Operator):
    """In training each element is 0 with probability ``rate``, else divided by ``1 - rate``.

    ``rate`` is the probability of *dropping*. The identity in evaluation. ONNX Dropout-22.
    """

    onnx: ClassVar[str] = "Dropout-22"
    primary: ClassVar[str | None] = "rate"
    trains: ClassVar[bool] = True

    rate: Rate

    def check(self, inputs: Sequence[Shape]) -> None:
        super().check(inputs)
        if self.rate == 1:
            raise ArchspecError("a rate of 1 drops everything", path="rate")


class ZeroPad(Operator):
    """Zeros around the spatial axes; ONNX Pad-21 in the mode ``constant``."""

    onnx: ClassVar[str] = "Pad-21"
    primary: ClassVar[str | None] = "padding"
    spatial_only: ClassVar[bool] = True

    padding: Padding

    def check(self, inputs: Sequence[Shape]) -> None:
        super().check(inputs)
        if isinstance(self.padding, str):
            raise ArchspecError("expected the pads, received a mode", path="padding")

    def spatial(self, inputs: Sequence[Shape]) -> tuple[int, ...]:
        pads = zip(inputs[0].spatial, self.padding, strict=True)
        return tuple(size + low + high for size, (low, high) in pads)

    def needed(self, size: int, axis: int) -> int:
        return int(max(size - sum(self.padding[axis]), 1))


class Upsample(Operator):
    """Larger by a whole factor: each element repeated, or bilinear interpolation.

    Equals ONNX Resize-19. ``nearest`` repeats each element ``scale`` times. ``bilinear`` (two
    spatial axes) must say its ``coordinates``: ``half_pixel`` (PyTorch's align_corners=False,
    TensorFlow's and JAX's) or ``align_corners``.
    """

    onnx: ClassVar[str] = "Resize-19"
    primary: ClassVar[str | None] = "scale"
    spatial_only: ClassVar[bool] = True

    scale: PerAxis
    mode: Literal["nearest", "bilinear"] = "nearest"
    coordinates: Literal["half_pixel", "align_corners"] | None = None

    def check(self, inputs: Sequence[Shape]) -> None:
        super().check(inputs)
        if self.mode == "nearest" and self.coordinates:
            raise ArchspecError("`nearest` takes no coordinates", path="coordinates")
        if self.mode == "bilinear" and inputs[0].rank != 2:
            raise ArchspecError(f"bilinear takes 2 spatial axes, not {inputs[0].rank}", path="mode")
        if self.mode == "bilinear" and self.coordinates is None:
            raise ArchspecError(
                "bilinear needs `coordinates`: half_pixel or align_corners",
                path="coordinates",
                hint="PyTorch's align_corners=False and JAX's resize are half_pixel",
            )

    def spatial(self, inputs: Sequence[Shape]) -> tuple[int, ...]:
        return tuple(n * s for n, s in zip(inputs[0].spatial, self.scale, strict=True))

    def needed(self, size: int, axis: int) -> int:
        return max(-(-size // int(self.scale[axis])), 1)


class ChannelShuffle(Operator):
    """Channels of ``groups`` groups dealt out in turn (ShuffleNet, Zhang et al. 2017).

    Channel ``g * n + i`` of ``groups`` groups of n becomes channel ``i * groups + g``; ONNX
    Reshape-21, Transpose-21, Reshape-21.
    """

    onnx: ClassVar[str] = "Transpose-21"
    primary: ClassVar[str | None] = "groups"
    takes_tokens: ClassVar[bool] = False

    groups: Count

    def check(self, inputs: Sequence[Shape]) -> None:
        super().check(inputs)
        if inputs[0].channels % self.groups:
            raise ArchspecError(
                f"{self.groups} groups do not divide {inputs[0].channels} channels evenly",
                path="groups",
            )


class Identity(Operator):
    """The input as it is; ONNX Identity-21."""

    onnx: ClassVar[str] = "Identity-21"
