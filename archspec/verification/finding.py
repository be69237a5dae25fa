"""One row of a comparison, with the error of everything in it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from archspec.verification import gates
from archspec.verification.compare import Array, relative_error, worst
from archspec.verification.result import Check

Errors = Mapping[str, tuple[float, float]]
ORACLE = "oracle"


@dataclass(frozen=True)
class Finding:
    """A row of the table, the error and gate of everything compared for it, and its task."""

    check: Check
    errors: Errors
    task: str


def finding(
    quantity: str,
    dtype: str,
    against: str,
    errors: Errors,
    of: int,
    task: str,
    note: str = "",
) -> Finding:
    """The row for errors by name, of which there should be ``of``."""
    top = worst(errors)
    figures = (top.error, top.gate, top.compared, of, top.passed, top.name, note)
    return Finding(Check(quantity, dtype, against, *figures), errors, task)


def relative_errors(
    found: Mapping[str, Array], expected: Mapping[str, Array], moved: Mapping[str, float]
) -> Errors:
    """The error of each tensor expected, and its gate; infinite for one that is not there.

    Args:
        found, expected: the tensors.
        moved: how far rounding moves each.
    """
    return {
        name: (
            relative_error(found[name], each) if name in found else math.inf,
            gates.float64(moved.get(name, 0.0)),
        )
        for name, each in expected.items()
    }


def first_failed(errors: Errors, order: Sequence[str]) -> str | None:
    """The first name in an order whose error exceeds its gate."""
    failed = {name for name, (error, gate) in errors.items() if not error <= gate}
    return next((name for name in order if name in failed), None)
