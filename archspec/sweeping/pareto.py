"""The Pareto front: the variants that no other one beats in every respect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from archspec.errors import UsageError
from archspec.names import did_you_mean
from archspec.sweeping.measure import COSTS

# Pairs of points that are compared at once: half a megabyte.
_COMPARED = 2**18


@dataclass(frozen=True)
class Objective:
    """A figure that should be small, or large."""

    name: str
    largest: bool = False

    def __str__(self) -> str:
        return f"max:{self.name}" if self.largest else self.name


def read_objectives(texts: Iterable[str], numbers: Sequence[str]) -> tuple[Objective, ...]:
    """Objectives from their names; ``max:`` before one that should be large.

    Args:
        texts: the names.
        numbers: what varies and is a number, which can be an objective as costs can.

    Raises:
        UsageError: for a name that is none, or that stands twice.
    """
    found: list[Objective] = []
    known = (*COSTS, *numbers)
    for text in texts:
        way, _, name = text.strip().rpartition(":")
        if way not in ("", "min", "max"):
            raise UsageError(f"objectives: expected `min:` or `max:`, received {way[:40]!r}")
        if name not in known:
            hint = did_you_mean(name, known) or ", ".join(known)
            raise UsageError(f"objectives: there is no `{name[:80]}`", hint=hint)
        if any(each.name == name for each in found):
            raise UsageError(f"objectives: `{name}` stands twice")
        found.append(Objective(name, way == "max"))
    if not found:
        raise UsageError("objectives: expected at least one")
    return tuple(found)


class Front:
    """The front of all points that were added; it holds points, and equal ones once.

    Args:
        objectives: what should be small, or large.
    """

    def __init__(self, objectives: Sequence[Objective]) -> None:
        self.objectives = objectives
        self._points = np.empty((0, len(objectives)), dtype=np.int64)
        self._known: set[tuple[int, ...]] | None = None

    def __len__(self) -> int:
        """How many different points are on the front."""
        return len(self._points)

    def add(self, columns: Mapping[str, Sequence[Any]]) -> None:
        """Take in the variants of a batch; those without costs are passed over."""
        valid, points = self._read(columns)
        self._points = _merged(self._points, _undominated(points[valid]))
        self._known = None

    def holds(self, columns: Mapping[str, Sequence[Any]]) -> list[bool]:
        """Which variants of a batch are on the front."""
        valid, points = self._read(columns)
        if self._known is None:
            self._known = set(map(tuple, self._points.tolist()))
        front = self._known
        return [
            ok and tuple(each) in front
            for ok, each in zip(valid.tolist(), points.tolist(), strict=True)
        ]

    def _read(self, columns: Mapping[str, Sequence[Any]]) -> tuple[np.ndarray, np.ndarray]:
        """Whether each variant has all figures, and these as integers that are best small."""
        figures = [columns[each.name] for each in self.objectives]
        valid = np.array([cost is not None for cost in columns[COSTS[0]]], dtype=bool)
        for several in figures:
            valid &= np.array([figure is not None for figure in several], dtype=bool)
        points = np.empty((len(valid), len(figures)), dtype=np.int64)
        for place, (objective, several) in enumerate(zip(self.objectives, figures, strict=True)):
            present = [0 if figure is None else figure for figure in several]
            ordered = _ordered(present, objective.name in COSTS)
            points[:, place] = ~ordered if objective.largest else ordered
        return valid, points


def _ordered(figures: Sequence[int | float], whole: bool) -> np.ndarray:
    """Integers in the order of the numbers, exactly; of parameters, which are exact as floats,
    a float's bits in its order."""
    if whole:
        return np.array(figures, dtype=np.int64)
    bits = (np.array(figures, dtype=np.float64) + 0.0).view(np.int64)
    ordered: np.ndarray = bits ^ ((bits >> 63) & np.int64(2**63 - 1))
    return ordered


def _merged(front: np.ndarray, new: np.ndarray) -> np.ndarray:
    """The front of two fronts; only new points and old ones are compared with each other."""
    new = new[~_beaten(new, front)]
    return np.concatenate([front[~_beaten(front, new)], new])


def _beaten(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """For which points another one is at most as large in every column."""
    beaten = np.zeros(len(points), dtype=bool)
    # Some at a time, so that memory stays flat.
    step = max(_COMPARED // max(len(points), 1), 1)
    for start in range(0, len(others), step):
        part = others[start : start + step]
        below = np.ones((len(points), len(part)), dtype=bool)
        for column in range(points.shape[1]):
            below &= part[:, column] <= points[:, column, None]
        beaten |= below.any(axis=1)
    return beaten


def _undominated(points: np.ndarray) -> np.ndarray:
    """The different points for which no other is at most as large in every column."""
    left = np.unique(points, axis=0)
    if left.shape[1] == 2 and len(left):
        least = np.minimum.accumulate(left[:, 1])
        kept: np.ndarray = left[np.concatenate([[True], left[1:, 1] < least[:-1]])]
        return kept
    found = []
    while len(left):
        # The first in lexical order is beaten by none that come later.
        found.append(left[0])
        left = left[(left < left[0]).any(axis=1)]
    return np.array(found, dtype=np.int64).reshape(-1, points.shape[1])
