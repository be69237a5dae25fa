"""Every operator with arguments that fit an input of a given shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archspec.model.shape import Shape
from archspec.operators import OPERATORS, Operator
from archspec.resolution.evaluation import numbers
from tests.fuzz.pen import Pen
from tests.fuzz.windows import LARGEST, padding, per_axis, small, window

Arguments = dict[str, Any]
EPS = (1e-5, 1e-3, 0.1, 1e-2)
CHANNELS = (4, 6, 3, 8, 2, 5, 1, 9)


def applied(name: str, given: Arguments, *inputs: Shape) -> Operator:
    """An operator with numbers for arguments, settled for its inputs.

    Raises:
        ArchspecError: where they do not fit.
    """
    operator: Any = OPERATORS[name](**given)
    operator.check_inputs(inputs)
    operator = operator.settle(inputs[0].rank, numbers({}))
    operator.check(inputs)
    settled: Operator = operator.fixed(operator.pinned(inputs))
    return settled


def output(name: str, given: Arguments, *inputs: Shape) -> Shape:
    """The shape of what an operator gives."""
    return applied(name, given, *inputs).output(inputs)


def divisor(pen: Pen, number: int) -> int:
    """One of the divisors of a number, 1 being the simplest."""
    return pen.pick([each for each in range(1, number + 1) if number % each == 0])


def conv(pen: Pen, shape: Shape) -> Arguments:
    given: Arguments = {"out": pen.pick(CHANNELS), **window(pen, shape)}
    if pen.chance(4):
        given["groups"] = groups = divisor(pen, shape.channels)
        given["out"] = groups * pen.pick([1, 2, 3] if groups < 4 else [1])
    if pen.chance(4):
        given["bias"] = False
    return given


def conv_transpose(pen: Pen, shape: Shape) -> Arguments:
    rank = shape.rank
    alike = not pen.chance(3)
    kernel = [pen.integer(1, 4)] * rank if alike else [pen.integer(1, 4) for _ in range(rank)]
    stride = [pen.pick([2, 1, 3])] * rank if alike else [pen.integer(1, 3) for _ in range(rank)]
    dilation = [1] * rank
    if pen.chance(4):
        dilation = [pen.integer(1, 2) for _ in range(rank)]
    pads, extra = [], []
    for axis, size in enumerate(shape.spatial):
        s, k, d = stride[axis], kernel[axis], dilation[axis]
        while (size - 1) * s + (k - 1) * d + 1 > LARGEST and s > 1:
            s -= 1
        stride[axis] = s
        full = (size - 1) * s + (k - 1) * d + 1
        low = min(pen.integer(0, 2), full - 1)
        pads.append((low, min(pen.pick([low, 0, 1, 2]), full - 1 - low)))
        extra.append(pen.integer(0, max(s, d) - 1))
    given: Arguments = {"out": pen.pick(CHANNELS), "kernel": per_axis(pen, kernel)}
    if set(stride) != {1}:
        given["stride"] = per_axis(pen, stride)
    if any(map(any, pads)):
        given["padding"] = padding(pen, pads)
    if any(extra):
        given["output_padding"] = per_axis(pen, extra)
    if set(dilation) != {1}:
        given["dilation"] = per_axis(pen, dilation)
    if pen.chance(4):
        given["groups"] = groups = divisor(pen, shape.channels)
        given["out"] = groups * pen.integer(1, 2)
    if pen.chance(4):
        given["bias"] = False
    return given


def dense(pen: Pen, shape: Shape) -> Arguments:
    given: Arguments = {"out": pen.pick((4, 6, 3, 8, 10))}
    return given | ({"bias": False} if pen.chance(4) else {})


def max_pool(pen: Pen, shape: Shape) -> Arguments:
    given = window(pen, shape, inner=True)
    return given | ({"ceil": True} if pen.chance(4) else {})


def avg_pool(pen: Pen, shape: Shape) -> Arguments:
    given = window(pen, shape, dilated=False, inner=True)
    if pen.chance(4):
        return given | {"ceil": True, "count_include_pad": False}
    if "padding" in given or pen.chance(4):
        given["count_include_pad"] = pen.pick([False, True])
    return given


def global_pool(pen: Pen, shape: Shape) -> Arguments:
    return {"keep_axes": True} if pen.chance(3) else {}


def batch_norm(pen: Pen, shape: Shape) -> Arguments:
    decay = pen.pick([0.9, 0.99, 0.5, 0.75, 0.0, 1.0] if pen.chance(4) else [0.9, 0.99, 0.5])
    given: Arguments = {"eps": pen.pick(EPS), "decay": decay}
    if pen.chance(12):
        given["running_variance"] = pen.pick(["framework", "biased", "unbiased"])
    return given


def layer_norm(pen: Pen, shape: Shape) -> Arguments | None:
    whole = shape.rank > 0 and (shape.channels < 3 or pen.chance(3))
    if shape.channels < 3 and (not whole or shape.elements < 3):
        return None
    return {"axes": list(shape.axes if whole else "C"), "eps": pen.pick(EPS)}


def group_norm(pen: Pen, shape: Shape) -> Arguments | None:
    groups = divisor(pen, shape.channels)
    # Over two values a normalisation is little more than a sign.
    if shape.elements // groups < 3:
        return None
    return {"groups": groups, "eps": pen.pick(EPS)}


def local_response_norm(pen: Pen, shape: Shape) -> Arguments:
    return {
        "size": pen.pick([3, 5, 1, 7]),
        "alpha": pen.pick([0.1, 0.5, 1e-4, 2.0]),
        "beta": pen.pick([0.75, 0.5, 1.0]),
        "k": pen.pick([1.0, 2.0, 0.5]),
    }


def softmax(pen: Pen, shape: Shape) -> Arguments | None:
    # Along an axis of size 1 it is 1, whatever the input.
    axes = [axis for axis, size in zip(shape.axes, shape.sizes, strict=True) if size > 1]
    return {"axis": pen.pick(axes)} if axes else None


def hard_sigmoid(pen: Pen, shape: Shape) -> Arguments:
    return {"slope": pen.pick(["1 / 6", 0.2, 0.5])}


def zero_pad(pen: Pen, shape: Shape) -> Arguments | None:
    pads = [(pen.integer(0, 2), pen.integer(0, 2)) for _ in shape.spatial]
    if pen.chance(3):
        pads = [pads[0]] * shape.rank
    return {"padding": padding(pen, pads)}


def upsample(pen: Pen, shape: Shape) -> Arguments | None:
    scale = [pen.integer(1, 3) for _ in shape.spatial]
    scale = [min(each, LARGEST // size) for each, size in zip(scale, shape.spatial, strict=True)]
    if min(scale) < 1:
        return None
    given: Arguments = {"scale": per_axis(pen, scale)}
    if shape.rank == 2 and pen.chance(2):
        coordinates = pen.pick(["half_pixel", "align_corners"])
        given |= {"mode": "bilinear", "coordinates": coordinates}
    return given


def channel_shuffle(pen: Pen, shape: Shape) -> Arguments:
    return {"groups": divisor(pen, shape.channels)}


def cut(pen: Pen, shape: Shape) -> Arguments | None:
    """Arguments of `slice`: a part of an axis, sometimes to its end."""
    axes = [axis for axis, size in zip(shape.axes, shape.sizes, strict=True) if size > 1]
    if not axes:
        return None
    axis = pen.pick(axes)
    size = shape.sizes[shape.axes.index(axis)]
    start = pen.integer(0, size - 1)
    given: Arguments = {"axis": axis, "start": start}
    if pen.chance(2):
        given["stop"] = pen.integer(start + 1, size)
    return given


def _nothing(pen: Pen, shape: Shape) -> Arguments:
    return {}


Draw = Callable[[Pen, Shape], Arguments | None]

# The simplest first.
ANYWHERE: dict[str, Draw] = {
    "relu": _nothing,
    "batch_norm": batch_norm,
    "sigmoid": _nothing,
    "tanh": _nothing,
    "silu": _nothing,
    "relu6": _nothing,
    "hard_swish": _nothing,
    "leaky_relu": lambda pen, shape: {"slope": pen.pick([0.1, 0.3, -0.5])},
    "elu": lambda pen, shape: {"alpha": pen.pick([1.0, 0.5, 1.7])},
    "gelu": lambda pen, shape: {"approximate": pen.pick(["none", "tanh"])},
    "hard_sigmoid": hard_sigmoid,
    "scale": lambda pen, shape: {"value": pen.pick([1.0, 0.5, 2.0])},
    "rescale": lambda pen, shape: {"factor": pen.pick([0.5, 2.0, -0.3])},
    "layer_norm": layer_norm,
    "group_norm": group_norm,
    "softmax": softmax,
    "dropout": lambda pen, shape: {"rate": pen.pick([0.5, 0.1, 0.0])},
    "channel_shuffle": channel_shuffle,
    "slice": cut,
    "identity": _nothing,
}
SPATIAL: dict[str, Draw] = {
    "conv": conv,
    "max_pool": max_pool,
    "avg_pool": avg_pool,
    "conv_transpose": conv_transpose,
    "local_response_norm": local_response_norm,
    "zero_pad": zero_pad,
    "upsample": upsample,
}
ENDING: dict[str, Draw] = {
    "flatten": _nothing,
    "global_avg_pool": global_pool,
    "global_max_pool": global_pool,
}
# On tokens. One taken alone is the last, which is never the class token: that sees no input.
TOKENS: dict[str, Draw] = {
    "positions": lambda pen, shape: {"std": pen.pick([0.5, 0.02])},
    "class_token": lambda pen, shape: {"std": pen.pick([0.5, 0.0])},
    "transpose": _nothing,
    "mean": lambda pen, shape: {"axis": "T"},
    "select": lambda pen, shape: {"index": (shape.tokens or 0) - 1},
}
ARGUMENTS: dict[str, Draw] = {
    **SPATIAL,
    **ANYWHERE,
    **ENDING,
    **TOKENS,
    "dense": dense,
    "to_tokens": _nothing,
}
# Values that hardly move any more are not squashed again.
SATURATING = ("softmax", "sigmoid", "hard_sigmoid", "tanh")


def drawn(pen: Pen, name: str, shape: Shape, keep_rank: bool) -> tuple[Arguments, Shape] | None:
    """Arguments of an operator and the shape of its output; None where it does not fit."""
    given = ARGUMENTS[name](pen, shape)
    if given is None:
        return None
    if name in ENDING and keep_rank and name != "flatten":
        given["keep_axes"] = True
    result = output(name, given, shape)
    return (given, result) if small(result) else None
