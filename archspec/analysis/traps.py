"""Where frameworks disagree: which of the known traps lie in wait at a layer.

Each one has the heading of its section in ``docs/semantics.md``, which says what archspec means
and how code that it generates avoids the trap; a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

from archspec.model.graph import Node
from archspec.operators.activation import Gelu, HardSigmoid, LeakyRelu
from archspec.operators.convolution import Conv, ConvTranspose, Dense
from archspec.operators.normalization import BatchNorm, GroupNorm, LayerNorm, LocalResponseNorm
from archspec.operators.pooling import AvgPool, GlobalMaxPool, MaxPool
from archspec.operators.reshaping import Dropout, Flatten, Upsample
from archspec.operators.tokens import Attention
from archspec.operators.window import Windowed

PAGE = "docs/semantics.md"


@dataclass(frozen=True, slots=True)
class Trap:
    """One thing that frameworks disagree on.

    Args:
        heading: of its section in the page.
        danger: what goes wrong, in a sentence.
        concerns: whether a layer would come out otherwise for one who falls into it.
    """

    heading: str
    danger: str
    concerns: Callable[[Node], bool]

    @property
    def address(self) -> str:
        """Where the page says more."""
        return f"{PAGE}#{self.heading.lower().replace(' ', '-')}"


def traps_of(node: Node) -> list[Trap]:
    """The traps that concern a layer, in the order of the page."""
    return [trap for trap in TRAPS if trap.concerns(node)]


def _is(*operators: type) -> Callable[[Node], bool]:
    return lambda node: isinstance(node.operator, operators)


def _padded_or_strided(node: Node) -> bool:
    # A window of one position at stride 1 is the same however it is padded by default.
    window: Any = node.operator
    if not isinstance(node.operator, Windowed):
        return False
    return any(k > 1 or s > 1 for k, s in zip(window.kernel, window.stride, strict=True))


def _flattens_an_image(node: Node) -> bool:
    shape = node.input_shapes[0]
    return isinstance(node.operator, Flatten) and shape.channels > 1 and prod(shape.spatial) > 1


def _rounds_up(node: Node) -> bool:
    return bool(getattr(node.operator, "ceil", False))


def _overlooked_rate(node: Node) -> bool:
    # To keep half and to drop half is the same.
    return isinstance(node.operator, Dropout) and node.operator.rate not in (0, 0.5)


def _transposes_or_interpolates(node: Node) -> bool:
    operator = node.operator
    if isinstance(operator, Upsample):
        return operator.mode == "bilinear"
    return isinstance(operator, ConvTranspose)


def _of_each_channel(node: Node) -> bool:
    operator, channels = node.operator, node.input_shapes[0].channels
    return isinstance(operator, Conv) and operator.groups == channels > 1


def _has_a_kernel_in_space(node: Node) -> bool:
    return isinstance(node.operator, Conv) and prod(node.operator.kernel) > 1


TRAPS = (
    Trap(
        "Padding",
        "`same` pads the far side more in some frameworks and both sides alike in others, and"
        " what is padded where nothing is said differs, too.",
        _padded_or_strided,
    ),
    Trap(
        "Pools that round up",
        "A last window that would begin wholly in the padding is kept by some.",
        _rounds_up,
    ),
    Trap(
        "Equal elements in a max-pool",
        "Where the greatest element stands twice, some give the gradient to one, some to both.",
        _is(MaxPool, GlobalMaxPool),
    ),
    Trap(
        "Average pools",
        "Whether padded zeros count in the mean, and the stride where none is given, differ.",
        _is(AvgPool),
    ),
    Trap(
        "Flattening",
        "Features come in the order C, H, W or H, W, C, and the next dense kernel with them.",
        _flattens_an_image,
    ),
    Trap(
        "Batch normalisation",
        "`momentum` is the weight of the batch in some frameworks and of the old value in others;"
        " eps and the kind of the running variance differ.",
        _is(BatchNorm),
    ),
    Trap(
        "Variances that cancel",
        "Flax computes E[x²] - E[x]² unless told otherwise, and loses digits far from zero.",
        _is(BatchNorm, LayerNorm, GroupNorm),
    ),
    Trap(
        "Layer and group normalisation",
        "eps differs by a factor of up to a thousand, and so do the axes.",
        _is(LayerNorm, GroupNorm),
    ),
    Trap(
        "Local response normalisation",
        "Some divide alpha by the size of the window, and some do not.",
        _is(LocalResponseNorm),
    ),
    Trap(
        "Activations",
        "The plain call is the exact function in one framework and an approximation, or one of"
        " another slope, in the next.",
        _is(Gelu, LeakyRelu, HardSigmoid),
    ),
    Trap(
        "Dropout",
        "The rate is the probability of dropping here, and of keeping elsewhere.",
        _overlooked_rate,
    ),
    Trap(
        "Transposed convolution and upsampling",
        "Kernels are flipped or not, pads are those of the input or of the output, and pixels are"
        " areas or points.",
        _transposes_or_interpolates,
    ),
    Trap(
        "Convolutions of each channel by itself",
        "Keras counts all channels as inputs of such a kernel, and starts it far too small (by its"
        " outputs far too large).",
        _of_each_channel,
    ),
    Trap(
        "Kernels that run backwards",
        "`Conv` of Flux runs its kernel backwards; weights are turned around when they move.",
        _has_a_kernel_in_space,
    ),
    Trap(
        "Attention",
        "Channels go to heads in order or in turn, and the softmax may be computed in float32.",
        _is(Attention),
    ),
    Trap(
        "TF32",
        "On GPUs, products may be computed with 10 bits of mantissa unless this is switched off.",
        _is(Conv, ConvTranspose, Dense),
    ),
)
