"""A result in one row for each backend: many checks gathered into a few columns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from archspec.verification.result import BackendResult, Check, Result

# Which checks a column gathers, by how their quantities begin; float32 has a column of its own.
_COLUMNS = {
    "outputs": ("outputs",),
    "layers": ("layers",),
    "gradients": ("gradients",),
    "steps": ("parameters",),
    "statistics": ("statistics",),
    "norms": ("shifted norms",),
    "dropout": ("dropout",),
}
SINGLE = "float32"
DIFFERENCES = "differences"


@dataclass(frozen=True, slots=True)
class Cell:
    """What one column says of one backend.

    Args:
        checks: the checks that it gathers; none if nothing was compared.
        measure: whether this backend is what the others are measured by.
    """

    checks: tuple[Check, ...]
    measure: bool = False

    @property
    def passed(self) -> bool:
        """Whether all of them passed."""
        return all(each.passed for each in self.checks)

    @property
    def worst(self) -> Check | None:
        """The check that is nearest to its gate, or farthest beyond."""
        return max(self.checks, key=_nearness, default=None)

    @property
    def error(self) -> float | None:
        """The error of that check."""
        return None if self.worst is None else self.worst.error

    @property
    def incomplete(self) -> str:
        """How many were compared of how many, if not all."""
        short = [each for each in self.checks if each.compared != each.of]
        return f"{short[0].compared}/{short[0].of}" if short else ""


def columns(result: Result) -> list[str]:
    """The columns that have something in them, in order."""
    return [
        name
        for name in (*_COLUMNS, SINGLE)
        if any(_checks(backend, name) for backend in result.backends)
    ]


def unremarkable(result: Result) -> list[str]:
    """Columns that a narrow table may leave out: nobody failed them, and they are rarely asked."""
    return [
        name
        for name in ("norms", "dropout")
        if name in columns(result) and all(cell(each, name).passed for each in result.backends)
    ]


def title(column: str, result: Result) -> str:
    """What stands above a column."""
    if column == "steps":
        return f"{result.steps} step{'s' if result.steps > 1 else ''}"
    return column


def cell(backend: BackendResult, column: str) -> Cell:
    """What a column says of a backend."""
    checks = _checks(backend, column)
    # One that all others are measured by has no error of its own, but for finite differences.
    others = tuple(
        each
        for each in checks
        if each.against not in (backend.name, DIFFERENCES) or not each.passed
    )
    return Cell(others, bool(checks) and not others)


def differences(result: Result) -> Cell:
    """What finite differences of the oracle say of those whose gradients they confirm."""
    found = [
        check
        for backend in result.backends
        for check in backend.checks
        if check.against == DIFFERENCES and check.passed
    ]
    return Cell(tuple(found))


def gate(result: Result, column: str) -> float | None:
    """The gate of a column, the strictest if there are several; None where each has its own."""
    if column == SINGLE:
        return None
    checks = [
        check
        for backend in result.backends
        for check in _checks(backend, column)
        if check.against != DIFFERENCES
    ]
    return min((each.gate for each in checks), default=None)


def label(backend: BackendResult) -> str:
    """What the row of a backend ends with."""
    if backend.stand_in:
        return "STAND-IN" if backend.status == "stand-in" else f"STAND-IN {backend.status}"
    return backend.status


def _checks(backend: BackendResult, column: str) -> Sequence[Check]:
    if column == SINGLE:
        return [each for each in backend.checks if each.dtype == SINGLE]
    starts = _COLUMNS[column]
    return [
        each for each in backend.checks if each.dtype != SINGLE and each.quantity.startswith(starts)
    ]


def _nearness(check: Check) -> tuple[bool, float]:
    if check.error is None:
        return (not check.passed, 0.0)
    if not check.gate:
        return (not check.passed, check.error)
    ratio = check.error / check.gate
    return (not check.passed, math.inf if math.isnan(ratio) else ratio)
