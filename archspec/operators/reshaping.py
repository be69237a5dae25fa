"""Operators that move, repeat or drop elements and compute nothing."""

# What the methods do is documented in `Operator`.
# ruff: noqa: D102

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, ClassVar, Literal, Self

from archspec.errors import ArchspecError
from archspec.model.shape import Shape
from archspec.operators.fields import Count, Fact, Leaf, PerAxis, Place, Rate
from archspec.operators.operator import Operator
from archspec.operators.padding import Padding
from archspec.operators.scaling import Scaling


class Flatten(Operator):
    """All axes of an example in one, in the order C, (D,) H, W in every framework.

    Equals ONNX Flatten-21 on channels-first data. Backends with channels last transpose first,
    so that the features have one order everywhere.
    """

    onnx: ClassVar[str] = "Flatten-21"
    spatial_only: ClassVar[bool] = True
    allocates: ClassVar[Literal["always", "training", "never"]] = "never"

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
    allocates: ClassVar[Literal["always", "training", "never"]] = "training"

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

    def along(self, axis: int) -> Scaling:
        return Scaling(1, sum(self.padding[axis]))


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

    def along(self, axis: int) -> Scaling:
        return Scaling(int(self.scale[axis]))


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


class Slice(Operator):
    """The part of ``axis`` from ``start`` up to ``stop``, which is left out; ONNX Slice-13.

    Counted from 0; without ``stop`` it is all from ``start`` on. Two of them split the channels
    in halves: ``slice: {stop: in_channels // 2}`` and ``slice: {start: in_channels // 2}``.
    """

    onnx: ClassVar[str] = "Slice-13"
    takes_tokens: ClassVar[bool] = False

    axis: Literal["C", "D", "H", "W"] = "C"
    start: Place = 0
    stop: Count = None
    # Which of the spatial axes it is; None for the channels.
    place: Fact = None

    def settle(self, rank: int, leaf: Leaf) -> Self:
        place = None if self.axis == "C" else rank - 1 - ("W", "H", "D").index(self.axis)
        return super().settle(rank, leaf).replace(place=place)

    def check(self, inputs: Sequence[Shape]) -> None:
        super().check(inputs)
        shape = inputs[0]
        if self.axis not in shape.axes:
            raise ArchspecError(f"the input {shape} has no axis {self.axis}", path="axis")
        size = shape.sizes[shape.axes.index(self.axis)]
        if self.start >= size:
            raise ArchspecError(
                f"nothing is left from {self.start} on: the axis {self.axis} of the input {shape}"
                f" has the size {size}",
                path="start",
                hint="places are counted from 0",
            )
        if self.stop is not None and self.stop > size:
            raise ArchspecError(
                f"the axis {self.axis} of the input {shape} ends at {size}, before {self.stop}",
                path="stop",
                hint="without `stop` it is all from `start` on",
            )
        if self.stop is not None and self.stop <= self.start:
            raise ArchspecError(
                f"nothing lies between {self.start} and {self.stop}",
                path="stop",
                hint="`stop` is the place after the last one taken, counted from 0",
            )

    def channels(self, inputs: Sequence[Any]) -> Any:
        return self._left(inputs[0]) if self.place is None else inputs[0]

    def spatial(self, inputs: Sequence[Shape]) -> tuple[int, ...]:
        sizes = list(inputs[0].spatial)
        if self.place is not None:
            sizes[self.place] = self._left(sizes[self.place])
        return tuple(sizes)

    def _left(self, size: Any) -> Any:
        return (size if self.stop is None else self.stop) - self.start

    def needed(self, size: int, axis: int) -> int:
        if axis != self.place:
            return size
        return int(self.start + size if self.stop is None else self.stop)


class Identity(Operator):
    """The input as it is; ONNX Identity-21."""

    onnx: ClassVar[str] = "Identity-21"
    allocates: ClassVar[Literal["always", "training", "never"]] = "never"
