"""All operators, by name."""

from __future__ import annotations

from archspec.operators.activation import (
    Elu,
    Gelu,
    HardSigmoid,
    HardSwish,
    LeakyRelu,
    Relu,
    Relu6,
    Sigmoid,
    Silu,
    Softmax,
    Tanh,
)
from archspec.operators.convolution import Conv, ConvTranspose, Dense
from archspec.operators.merging import Add, Concat, Mul
from archspec.operators.normalization import (
    BatchNorm,
    GroupNorm,
    LayerNorm,
    LocalResponseNorm,
    Rescale,
    Scale,
)
from archspec.operators.operator import Operator, Tensor
from archspec.operators.pooling import AvgPool, GlobalAvgPool, GlobalMaxPool, MaxPool
from archspec.operators.reshaping import (
    ChannelShuffle,
    Dropout,
    Flatten,
    Identity,
    Slice,
    Upsample,
    ZeroPad,
)
from archspec.operators.tokens import (
    Attention,
    ClassToken,
    Mean,
    Positions,
    Select,
    ToTokens,
    Transpose,
)

_ALL: tuple[type[Operator], ...] = (
    Conv,
    ConvTranspose,
    Dense,
    MaxPool,
    AvgPool,
    GlobalAvgPool,
    GlobalMaxPool,
    BatchNorm,
    LayerNorm,
    GroupNorm,
    LocalResponseNorm,
    Scale,
    Rescale,
    Relu,
    Relu6,
    LeakyRelu,
    Elu,
    Gelu,
    Silu,
    HardSwish,
    HardSigmoid,
    Sigmoid,
    Tanh,
    Softmax,
    Dropout,
    Flatten,
    ZeroPad,
    Upsample,
    ChannelShuffle,
    Slice,
    Concat,
    Add,
    Mul,
    Identity,
    ToTokens,
    ClassToken,
    Positions,
    Attention,
    Transpose,
    Select,
    Mean,
)

OPERATORS: dict[str, type[Operator]] = {each.name(): each for each in _ALL}

# Operators that a parameter of the kind `activation` may name: one input, no required argument.
ACTIVATIONS: tuple[str, ...] = (
    "relu",
    "relu6",
    "silu",
    "hard_swish",
    "sigmoid",
    "tanh",
    "identity",
)

__all__ = ["ACTIVATIONS", "OPERATORS", "Operator", "Tensor"]
