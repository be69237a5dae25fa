"""The registry: what each operator computes, by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archspec.oracle import activation, convolution, normalization, pooling, reshaping, tokens
from archspec.oracle.arrays import Array, Rule


def _of_one(function: Callable[[Any, Array], Array]) -> Rule:
    """A rule from a function of the operator and its only input."""

    def rule(
        operator: Any, inputs: Sequence[Array], tensors: Mapping[str, Array], training: bool
    ) -> Array:
        (x,) = inputs
        return function(operator, x)

    return rule


RULES: dict[str, Rule] = {
    "conv": convolution.conv,
    "conv_transpose": convolution.conv_transpose,
    "dense": convolution.dense,
    "max_pool": _of_one(pooling.max_pool),
    "avg_pool": _of_one(pooling.avg_pool),
    "global_avg_pool": _of_one(pooling.global_avg_pool),
    "global_max_pool": _of_one(pooling.global_max_pool),
    "batch_norm": normalization.batch_norm,
    "layer_norm": normalization.layer_norm,
    "group_norm": normalization.group_norm,
    "local_response_norm": normalization.local_response_norm,
    "scale": normalization.scale,
    "rescale": _of_one(normalization.rescale),
    "relu": _of_one(activation.relu),
    "relu6": _of_one(activation.relu6),
    "leaky_relu": _of_one(activation.leaky_relu),
    "elu": _of_one(activation.elu),
    "gelu": _of_one(activation.gelu),
    "silu": _of_one(activation.silu),
    "hard_swish": _of_one(activation.hard_swish),
    "hard_sigmoid": _of_one(activation.hard_sigmoid),
    "sigmoid": _of_one(activation.sigmoid),
    "tanh": _of_one(activation.tanh),
    "softmax": _of_one(activation.softmax),
    "dropout": _of_one(reshaping.unchanged),
    "flatten": _of_one(reshaping.flatten),
    "zero_pad": _of_one(reshaping.zero_pad),
    "upsample": _of_one(reshaping.upsample),
    "channel_shuffle": _of_one(reshaping.channel_shuffle),
    "slice": _of_one(reshaping.sliced),
    "concat": reshaping.concat,
    "add": reshaping.add,
    "mul": reshaping.mul,
    "identity": _of_one(reshaping.unchanged),
    "to_tokens": _of_one(tokens.to_tokens),
    "class_token": tokens.class_token,
    "positions": tokens.positions,
    "attention": tokens.attention,
    "transpose": _of_one(tokens.transpose),
    "select": _of_one(tokens.select),
    "mean": _of_one(tokens.mean),
}
