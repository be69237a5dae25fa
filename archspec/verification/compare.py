"""Distances between arrays."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from archspec.verification import gates

Array = npt.NDArray[Any]


def largest(array: Array) -> float:
    """The largest absolute value; 0 for an empty array."""
    return float(np.max(np.abs(array))) if array.size else 0.0


def relative_error(found: Array, expected: Array) -> float:
    """The largest difference, relative to the largest expected value.

    Infinite where the shapes differ or a value is no number; if all that is expected is zero, the
    largest difference itself.
    """
    if not _comparable(found, expected):
        return math.inf
    if found.size == 0:
        return 0.0
    difference = largest(np.subtract(found, expected, dtype=np.float64))
    scale = largest(expected)
    return difference / scale if scale else difference


def norm(arrays: Iterable[Array]) -> float:
    """The 2-norm of several arrays together; infinite where it is too large for a float."""
    with np.errstate(over="ignore"):
        squares = [float(np.sum(np.square(each, dtype=np.float64))) for each in arrays]
    return math.sqrt(sum(squares))


@dataclass(frozen=True, slots=True)
class Worst:
    """The worst of several comparisons by how often its error goes into its gate.

    Args:
        name: of what.
        error: its error.
        gate: its gate.
        failed: the names of all whose error exceeds their gate, in the order given.
        compared: how many were compared.
    """

    name: str
    error: float
    gate: float
    failed: tuple[str, ...]
    compared: int

    @property
    def passed(self) -> bool:
        """Whether every error is within its gate, and there was one at all."""
        return not self.failed and self.compared > 0


def worst(errors: Mapping[str, tuple[float, float]]) -> Worst:
    """The worst of named pairs of an error and its gate; an error equal to its gate passes."""
    if not errors:
        return Worst("", math.nan, math.nan, (), 0)
    name = max(errors, key=lambda each: _ratio(*errors[each]))
    failed = tuple(each for each, (error, gate) in errors.items() if not error <= gate)
    return Worst(name, *errors[name], failed, len(errors))


def _ratio(error: float, gate: float) -> float:
    if math.isnan(error):
        return math.inf
    if gate == 0:
        return 0.0 if error == 0 else math.inf
    return error / gate


def tensor_errors(
    found: Mapping[str, Array], expected: Mapping[str, Array]
) -> dict[str, tuple[float, float]]:
    """For each tensor the 2-norm of the difference and its gate, both relative to its norm.

    A tensor missing on either side is infinitely wrong.
    """
    total = norm(expected.values())
    errors = {}
    for name in dict.fromkeys([*expected, *found]):
        error = math.inf
        if name in found and name in expected and _comparable(found[name], expected[name]):
            difference = norm([found[name] - expected[name]])
            # Divided by what the gate is relative to, so that one gate stands for all.
            scale = gates.gradient(norm([expected[name]]), total) / gates.GRADIENT
            if math.isfinite(scale):
                error = difference / scale if scale else difference
        errors[name] = (error, gates.GRADIENT)
    return errors


def _comparable(found: Array, expected: Array) -> bool:
    if found.shape != expected.shape:
        return False
    return bool(np.isfinite(found).all() and np.isfinite(expected).all())


@dataclass(frozen=True, slots=True)
class Precisions:
    """The same tensors of several participants in both precisions.

    Args:
        single, double: for each participant its tensors by name.
        own: for each participant how far each tensor in float32 is from that in float64.
    """

    single: Mapping[str, Mapping[str, Array]]
    double: Mapping[str, Mapping[str, Array]]
    own: Mapping[str, Mapping[str, float]]

    @classmethod
    def of(
        cls,
        single: Mapping[str, Mapping[str, Array]],
        double: Mapping[str, Mapping[str, Array]],
    ) -> Precisions:
        """With what follows from the tensors."""
        own = {
            name: {
                tensor: relative_error(found, double[name][tensor])
                for tensor, found in tensors.items()
                if tensor in double[name]
            }
            for name, tensors in single.items()
        }
        return cls(single, double, own)

    def errors(self, name: str) -> dict[str, tuple[float, float]]:
        """For each tensor how far one participant is from the others in float32, and the gate.

        A pair that is too far apart so counts against the one that is less accurate.
        """
        errors = {}
        for tensor in self.own[name]:
            found = self.single[name][tensor]
            pairs = [
                (relative_error(found, self.single[other][tensor]), gates.float32(own[tensor]))
                for other, own in self.own.items()
                if other != name and tensor in own
            ]
            if pairs:
                errors[tensor] = max(pairs, key=lambda pair: _ratio(*pair))
        return errors
