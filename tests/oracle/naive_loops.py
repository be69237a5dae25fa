"""The operators once more, one output element at a time: slow and plain enough to be read."""

from itertools import product
from math import prod

import numpy as np


def _inside(place, sizes):
    return all(0 <= p < n for p, n in zip(place, sizes, strict=True))


def _places(op, x):
    """Output sizes of a window, and for each output place the input place of each tap."""
    sizes = [
        (n + low + high - (k - 1) * d - 1) // s + 1
        for n, (low, high), k, d, s in zip(
            x.shape[2:], op.padding, op.kernel, op.dilation, op.stride, strict=True
        )
    ]

    def source(out, tap):
        return tuple(
            o * s + t * d - low
            for o, t, s, d, (low, _) in zip(
                out, tap, op.stride, op.dilation, op.padding, strict=True
            )
        )

    return sizes, source


def _every(sizes):
    return product(*(range(n) for n in sizes))


def conv(op, x, weight, bias=None):
    sizes, source = _places(op, x)
    y = np.zeros((len(x), op.out, *sizes))
    per_in, per_out = x.shape[1] // op.groups, op.out // op.groups
    for n, o, *place in _every(y.shape):
        total = 0.0 if bias is None else bias[o]
        for c, tap in product(range(per_in), _every(op.kernel)):
            at = source(place, tap)
            if _inside(at, x.shape[2:]):
                channel = o // per_out * per_in + c
                total += x[(n, channel, *at)] * weight[(o, c, *tap)]
        y[(n, o, *place)] = total
    return y


def conv_transpose(op, x, weight, bias=None):
    """Gathered: output place p takes input place i through tap t where i s + t d - low = p."""
    sizes = [
        (n - 1) * s - low - high + d * (k - 1) + extra + 1
        for n, (low, high), k, d, s, extra in zip(
            x.shape[2:],
            op.padding,
            op.kernel,
            op.dilation,
            op.stride,
            op.output_padding,
            strict=True,
        )
    ]
    y = np.zeros((len(x), op.out, *sizes))
    per_in, per_out = x.shape[1] // op.groups, op.out // op.groups
    for n, o, *place in _every(y.shape):
        total = 0.0 if bias is None else bias[o]
        group = o // per_out
        for c, tap in product(range(per_in), _every(op.kernel)):
            reached = [
                divmod(p + low - t * d, s)
                for p, t, (low, _), d, s in zip(
                    place, tap, op.padding, op.dilation, op.stride, strict=True
                )
            ]
            at = tuple(quotient for quotient, _ in reached)
            if not any(rest for _, rest in reached) and _inside(at, x.shape[2:]):
                channel = group * per_in + c
                total += x[(n, channel, *at)] * weight[(channel, o - group * per_out, *tap)]
        y[(n, o, *place)] = total
    return y


def pool(op, x, combine):
    """``combine`` takes the values inside the input and the number of taps."""
    sizes, source = _places(op, x)
    y = np.zeros((*x.shape[:2], *sizes))
    for n, c, *place in _every(y.shape):
        ats = [source(place, tap) for tap in _every(op.kernel)]
        seen = [x[(n, c, *at)] for at in ats if _inside(at, x.shape[2:])]
        y[(n, c, *place)] = combine(seen, prod(op.kernel))
    return y


def normalize(values, eps):
    """Mean 0, variance 1: of a list of numbers."""
    mean = sum(values) / len(values)
    variance = sum((v - mean) ** 2 for v in values) / len(values)
    return [(v - mean) / (variance + eps) ** 0.5 for v in values]


def local_response_norm(op, x):
    y = np.zeros_like(x)
    for n, c, *place in _every(x.shape):
        around = range(max(0, c - op.size // 2), min(x.shape[1], c + op.size // 2 + 1))
        squares = sum(x[(n, other, *place)] ** 2 for other in around)
        base = op.k + op.alpha / op.size * squares
        y[(n, c, *place)] = x[(n, c, *place)] / base**op.beta
    return y


def bilinear(x, scale, coordinates):
    """ONNX Resize: each output pixel from the four input pixels around its source."""
    (height, width), (up, across) = x.shape[2:], scale
    y = np.zeros((*x.shape[:2], height * up, width * across))

    def source(place, size, factor):
        if coordinates == "half_pixel":
            at = (place + 0.5) / factor - 0.5
        else:
            at = place * (size - 1) / (size * factor - 1) if size * factor > 1 else 0.0
        return min(max(at, 0.0), size - 1.0)

    for n, c, i, j in _every(y.shape):
        row, column = source(i, height, up), source(j, width, across)
        for a, b in _every((height, width)):
            share = max(0.0, 1 - abs(a - row)) * max(0.0, 1 - abs(b - column))
            y[n, c, i, j] += share * x[n, c, a, b]
    return y
