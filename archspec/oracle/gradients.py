"""Gradients without differentiation rules: derivatives along a direction, by differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from archspec.errors import UsageError
from archspec.model.graph import Graph
from archspec.oracle.arrays import Array
from archspec.oracle.interpreter import run

# Each step is a quarter of the one before; the first moves the tensors by about 2 ** -10 of
# their size. Powers of two, so that a step is exact and its halves are too.
_RATIO = 4
_FIRST = 2.0**-10
_STEPS = 12


def directional_derivative(
    graph: Graph,
    tensors: Mapping[str, Array],
    inputs: Mapping[str, Array],
    cotangents: Mapping[str, Array],
    direction: Mapping[str, Array],
    training: bool,
    *,
    steps: int = _STEPS,
) -> tuple[float, float]:
    """The derivative of the weighted sum of the outputs along a direction, and its error.

    For a direction v it is ``d/dt sum_o <cotangent_o, output_o(theta + t v)>`` at t = 0, which a
    gradient g must equal as ``<g, v>``. Computed in float64 from central differences at ``steps``
    sizes and their Richardson extrapolations (Richardson 1911; the choice among them after
    Ridders 1982).

    Args:
        graph, tensors, inputs, training: as for :func:`archspec.oracle.run`.
        cotangents: for some or all outputs, an array of the output's shape, batch included.
        direction: for some tensors and inputs by name, an array of the same shape.
        steps: how many step sizes to try, at least 4; a size costs two runs.

    Returns:
        The derivative and an estimate of its absolute error: what remains of disagreement between
        neighbouring steps, rounding, and kinks (of ReLU or a max-pool) that lie within a step.

    Raises:
        UsageError: a name is unknown, a shape differs, or there are fewer than 4 steps.
    """
    _check(graph, tensors, inputs, direction, steps)
    precise = {name: np.asarray(each, np.float64) for name, each in {**tensors, **inputs}.items()}
    along = {name: np.asarray(each, np.float64) for name, each in direction.items()}
    weights = {name: np.asarray(each, np.float64) for name, each in cotangents.items()}

    def outputs(step: float) -> Mapping[str, Array]:
        moved = precise | {name: precise[name] + step * each for name, each in along.items()}
        batch = {name: moved[name] for name in graph.inputs}
        return run(graph, moved, batch, training=training, keep=False).outputs

    centre = outputs(0.0)
    for name, weight in weights.items():
        if name not in centre or centre[name].shape != weight.shape:
            raise UsageError("a cotangent fits no output of this name and shape", path=name)
    first = _FIRST / _pace(precise, along)
    sizes = [first / _RATIO**index for index in range(steps)]
    slopes, bends = [], []
    for size in sizes:
        ahead, behind = outputs(size), outputs(-size)
        # Subtracted element by element: the difference of two sums would lose more digits.
        rise = {name: ahead[name] - centre[name] for name in weights}
        fall = {name: centre[name] - behind[name] for name in weights}
        slopes.append(_inner(weights, rise, fall, 1.0) / (2 * size))
        bends.append(_inner(weights, rise, fall, -1.0))
    return _best(sizes, slopes, bends)


def _check(
    graph: Graph,
    tensors: Mapping[str, Array],
    inputs: Mapping[str, Array],
    direction: Mapping[str, Array],
    steps: int,
) -> None:
    for name, each in direction.items():
        target = tensors.get(name) if name in graph.tensors else inputs.get(name)
        if target is None or target.shape != each.shape:
            raise UsageError(
                "a direction fits no tensor or input of this name and shape", path=name
            )
    if steps < 4:
        raise UsageError(f"expected at least 4 steps, received {steps}")


def _pace(tensors: Mapping[str, Array], along: Mapping[str, Array]) -> float:
    """The fastest relative change of a tensor in the direction, as a power of two."""
    rates = []
    for name, each in along.items():
        speed, size = (float(np.sqrt(np.mean(np.square(x)))) for x in (each, tensors[name]))
        rates.append(speed / size if size else speed)
    fastest = max(rates, default=0.0)
    return float(2.0 ** np.ceil(np.log2(fastest))) if fastest else 1.0


def _inner(
    weights: Mapping[str, Array], rise: Mapping[str, Array], fall: Mapping[str, Array], sign: float
) -> float:
    return float(
        sum(np.sum(each * (rise[name] + sign * fall[name])) for name, each in weights.items())
    )


def _best(
    sizes: Sequence[float], slopes: Sequence[float], bends: Sequence[float]
) -> tuple[float, float]:
    """Of the differences and their extrapolations the one with the least estimated error.

    ``bends`` are second differences. Where the function is smooth a bend falls with the square of
    the step. A kink that jumps by J at distance t < h moves the slope over ±h by J (h - t) / 2h
    and the bend by J (h - t), so what is left of a bend without its square part, over 2h, says
    how much of the slope is kinks and rounding, even if every slope is wrong by the same amount.
    """
    square = _RATIO**2
    unsmooth = [
        abs(square * fine - coarse) / (2 * size)
        for size, (coarse, fine) in zip(sizes, pairwise(bends), strict=False)
    ]
    refined = [(square * fine - coarse) / (square - 1) for coarse, fine in pairwise(slopes)]
    candidates = []
    for estimates in (slopes, refined):
        for index, (value, finer) in enumerate(pairwise(estimates)):
            error = abs(value - finer) + max(unsmooth[index : index + 2])
            candidates.append((error, value))
    error, value = min(candidates)
    # The least of many estimates is low by chance.
    return value, 2 * error + 4 * float(np.finfo(np.float64).eps) * abs(value)
