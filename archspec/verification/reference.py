"""The oracle's part: what every backend is held against, and how much that means."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from archspec.errors import VerificationError
from archspec.model.graph import Graph
from archspec.operators.normalization import BatchNorm
from archspec.oracle.gradients import directional_derivative
from archspec.oracle.interpreter import Result, run
from archspec.verification import gates
from archspec.verification.compare import Array, norm, relative_error
from archspec.verification.conditioning import Conditioning, conditioning
from archspec.verification.request import Question, trains

# Told what is computed, and whether it `begins` or `ends`.
Tell = Callable[[str, str], None]


@dataclass(frozen=True)
class Slope:
    """A derivative along a direction by finite differences of the oracle.

    Args:
        direction: for each trained tensor and each input.
        value, error: the derivative and its estimated absolute error.
    """

    direction: Mapping[str, Array]
    value: float
    error: float

    def compare(self, gradients: Mapping[str, Array]) -> tuple[float, float]:
        """The error of a gradient's own derivative along the direction, and its gate.

        Both are relative to the size that the derivative typically has: the tensors' parts add up
        like independent random numbers.
        """
        common = [name for name in self.direction if name in gradients]
        if not all(np.isfinite(gradients[name]).all() for name in common):
            return math.inf, 0.0
        parts = [float(np.sum(gradients[name] * self.direction[name])) for name in common]
        typical = [
            norm([gradients[name]])
            * norm([self.direction[name]])
            / self.direction[name].size ** 0.5
            for name in common
        ]
        scale = float(np.linalg.norm(typical))
        gate = gates.differences(self.error, scale)
        if not scale:
            return abs(self.value), gate
        return abs(sum(parts) - self.value) / scale, gate


@dataclass
class Reference:
    """The oracle's results.

    Args:
        evaluation, single: values in evaluation, in float64 and (if asked for) in float32.
        training: values in training, and the new running statistics, by how their variance is
            counted (``biased`` or ``unbiased``); for networks that train.
        slope: a derivative, if asked for; worked out last, it takes longest.
        sensitivity: as in :class:`archspec.verification.result.Result`.
        conditioning: how far rounding moves values, in ``evaluation`` and ``training``.
    """

    evaluation: Result
    single: Result | None = None
    training: Result | None = None
    statistics: dict[str, Mapping[str, Array]] = field(default_factory=dict)
    slope: Slope | None = None
    sensitivity: dict[str, float] = field(default_factory=dict)
    conditioning: dict[str, Conditioning] = field(default_factory=dict)


class InsensitiveError(VerificationError):
    """Another input hardly moves an output, so that agreement would mean little."""


def compute(
    graph: Graph,
    question: Question,
    others: Mapping[str, Array],
    dtypes: Sequence[str],
    tell: Tell,
) -> Reference:
    """Run the oracle on everything that backends are compared with.

    Args:
        graph: the network.
        question: the numbers that all are given.
        others: other inputs, which should move the outputs.
        dtypes: the precisions asked for.
        tell: told what is computed.

    Raises:
        InsensitiveError: if they hardly do.
        VerificationError: if a value overflows.
    """
    tensors, inputs = question.tensors, question.inputs
    tell("evaluation", "begins")
    reference = Reference(_finite(graph, run(graph, tensors, inputs)))
    tell("sensitivity", "begins")
    reference.sensitivity = _moved(graph, question, others, reference)
    for name, moved in reference.sensitivity.items():
        if not moved >= gates.SENSITIVITY:
            raise InsensitiveError(
                f"another input moves the output `{name}` by {moved:.1e} of its size only, less"
                f" than {gates.SENSITIVITY:.0e}: agreement would mean little",
                hint="another --seed, a larger input, or an output before a saturating function",
            )
    tell("conditioning", "begins")
    reference.conditioning["evaluation"] = conditioning(
        graph, tensors, inputs, reference.evaluation, training=False
    )
    if "float32" in dtypes:
        tell("float32", "begins")
        single = {name: each.astype(np.float32) for name, each in inputs.items()}
        reference.single = run(graph, tensors, single)
    if "float64" in dtypes and trains(graph):
        _train(graph, question, reference, tell)
    tell("", "ends")
    return reference


def _finite(graph: Graph, result: Result) -> Result:
    """The result, if all of its values are numbers; what overflows says nothing."""
    for node in graph.nodes:
        if not np.isfinite(result.values[node.path]).all():
            raise VerificationError(
                f"its values are too large for float64 (input {node.input_shapes[0]})",
                where=node.where,
                path=node.path,
                hint="a normalisation before it, or a smaller factor",
            )
    return result


def _moved(
    graph: Graph, question: Question, inputs: Mapping[str, Array], reference: Reference
) -> dict[str, float]:
    """How far other inputs move each output."""
    result = run(graph, question.tensors, inputs, keep=False)
    before = reference.evaluation.outputs
    return {name: relative_error(each, before[name]) for name, each in result.outputs.items()}


def _train(graph: Graph, question: Question, reference: Reference, tell: Tell) -> None:
    tell("training", "begins")
    result = _finite(graph, run(graph, question.tensors, question.inputs, training=True))
    reference.training = result
    reference.conditioning["training"] = conditioning(
        graph, question.tensors, question.inputs, result, training=True
    )
    reference.statistics = {
        "biased": result.statistics,
        "unbiased": corrected(graph, question.tensors, result.statistics, len_of(question)),
    }


def len_of(question: Question) -> int:
    """The batch size."""
    return len(next(iter(question.inputs.values())))


def values_per_channel(graph: Graph, batch: int) -> dict[str, list[int]]:
    """For each BatchNorm (by the path of its tensors) over how many values each use normalises."""
    counts: dict[str, list[int]] = {}
    for node in graph.nodes:
        if isinstance(node.operator, BatchNorm):
            shape = node.input_shapes[0]
            counts.setdefault(node.owner, []).append(batch * shape.elements // shape.channels)
    return counts


def corrected(
    graph: Graph,
    before: Mapping[str, Array],
    after: Mapping[str, Array],
    batch: int,
    steps: int = 1,
) -> dict[str, Array]:
    """Running statistics with biased variances as they would be with unbiased ones.

    A running variance is linear in the batches' variances: what it has beyond the part left of
    its first value grows by n / (n - 1). Where the spec says which variance is meant, nothing is
    corrected. A shared BatchNorm whose uses differ in n has no such factor and is left out.
    """
    result = dict(after)
    counts = values_per_channel(graph, batch)
    for name, (node, tensor) in graph.tensors.items():
        operator = node.operator
        if tensor.role != "variance" or not isinstance(operator, BatchNorm) or name not in after:
            continue
        if operator.running_variance != "framework":
            continue
        uses = counts[node.path]
        if len(set(uses)) > 1 or uses[0] == 1:
            del result[name]
            continue
        left = operator.decay ** (steps * len(uses)) * before[name]
        result[name] = left + (after[name] - left) * (uses[0] / (uses[0] - 1))
    return result


def slope(graph: Graph, question: Question, seed: int, tell: Tell) -> Slope:
    """A derivative along one random direction of all trained tensors and inputs.

    Each tensor moves in proportion to its size, so that none is lost among the others.
    """
    tell("finite differences", "begins")
    stream = np.random.Generator(np.random.Philox(seed))
    moved = {n: question.tensors[n] for n, (_, each) in graph.tensors.items() if each.trainable}
    direction = {
        name: stream.standard_normal(each.shape) * float(np.sqrt(np.mean(np.square(each))))
        for name, each in {**moved, **question.inputs}.items()
    }
    return along(graph, question, direction)


def along(graph: Graph, question: Question, direction: Mapping[str, Array]) -> Slope:
    """The derivative along a direction, in training mode if the network has one."""
    value, error = directional_derivative(
        graph,
        question.tensors,
        question.inputs,
        question.cotangents,
        direction,
        trains(graph),
    )
    return Slope(direction, value, error)
