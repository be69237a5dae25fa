"""A set of sizes that repeats in the end: some runs of numbers, then a pattern for ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Run = tuple[int, int]
"""From the first number to the last, both in it."""

_MOST_SHOWN = 6
# How far a pattern is followed downwards; below, its numbers are listed as runs.
_MOST_STEPS = 10_000


@dataclass(frozen=True, slots=True)
class SizeSet:
    """The numbers in ``runs``, and from ``start`` on those of ``pattern``, every ``period``.

    Args:
        runs: those before ``start``, in order.
        start: where the pattern begins; None if the set is finite.
        period: after how many numbers the pattern repeats; 1 where every number is in it.
        pattern: the runs within ``[start, start + period)``.
    """

    runs: tuple[Run, ...]
    start: int | None = None
    period: int = 1
    pattern: tuple[Run, ...] = ()

    def __contains__(self, size: int) -> bool:
        if self.start is not None and size >= self.start:
            size = self.start + (size - self.start) % self.period
            return any(first <= size <= last for first, last in self.pattern)
        return any(first <= size <= last for first, last in self.runs)

    @property
    def least(self) -> int:
        """The smallest number."""
        return (self.runs or self.pattern)[0][0]

    @property
    def greatest(self) -> int | None:
        """The largest number; None if there is none."""
        return self.runs[-1][1] if self.start is None else None

    def __str__(self) -> str:
        early = [_run(each) for each in self.runs]
        if len(early) > _MOST_SHOWN:
            early = [*early[: _MOST_SHOWN - 1], "…", early[-1]]
        if self.start is None:
            return f"{early[0]} only" if self.least == self.greatest else ", ".join(early)
        return " and ".join([*([", ".join(early)] if early else []), self._endless(self.start)])

    def _endless(self, start: int) -> str:
        if self.period == 1:
            return f"at least {start}" if not self.runs else f"all from {start} on"
        first = self.pattern[0][0]
        if len(self.pattern) == 1 and self.pattern[0][1] == first:
            rest = first % self.period
            over = f"{rest} more than multiples of {self.period}" if rest else ""
            return f"{over or f'multiples of {self.period}'}, at least {first}"
        runs = [*self.pattern, *((a + self.period, b + self.period) for a, b in self.pattern)]
        shown = ", ".join(_run(each) for each in runs[: min(len(runs), _MOST_SHOWN)])
        return f"{shown} and so on every {self.period}"

    def as_data(self) -> dict[str, Any]:
        """For JSON: the pattern as it is from ``start`` on."""
        pattern = None
        if self.start is not None:
            runs = [list(each) for each in self.pattern]
            pattern = {"from": self.start, "period": self.period, "runs": runs}
        return {
            "least": self.least,
            "greatest": self.greatest,
            "runs": [list(each) for each in self.runs],
            "pattern": pattern,
            "text": str(self),
        }


def _run(run: Run) -> str:
    first, last = run
    if first == last:
        return str(first)
    return f"{first}, {last}" if last == first + 1 else f"{first} to {last}"


def periodic(runs: Sequence[Run], start: int, period: int) -> SizeSet:
    """The set of some runs below ``start + period``, the last ``period`` of which repeat.

    The pattern is given its least period, and its start is moved down as far as it holds.
    """
    runs = _joined(runs)
    early = _clipped(runs, 0, start - 1)
    pattern = _clipped(runs, start, start + period - 1)
    if not pattern:
        return SizeSet(tuple(early))
    least = _least_period(pattern, start, period)
    whole = SizeSet((), start, least, tuple(_clipped(pattern, start, start + least - 1)))
    first = _first_regular(early, whole, start)
    if first < start:
        shift = -(-(start - first) // least) * least
        moved = [
            (a - shift + k * least, b - shift + k * least)
            for k in range(3)
            for a, b in whole.pattern
        ]
        whole = SizeSet((), first, least, tuple(_clipped(_joined(moved), first, first + least - 1)))
    # The pattern may as well begin with its first number.
    return SizeSet(tuple(_clipped(early, 0, first - 1)), first, least, whole.pattern)


def _least_period(pattern: Sequence[Run], start: int, period: int) -> int:
    """The least divisor of the period by which the pattern, bent to a ring, can be turned."""
    count = sum(last - first + 1 for first, last in pattern)
    if count == period:
        return 1
    ring = _ring(pattern, start, period)
    # A turn takes the first run to another one.
    turns = sorted((place - ring[0][0]) % period for place, _ in ring[1:])
    fitting = (by for by in turns if period % by == 0 and _turns(set(ring), by, period))
    return next(fitting, period)


def _ring(pattern: Sequence[Run], start: int, period: int) -> list[Run]:
    """Each run as its place on the ring and its length; one across the end is one."""
    runs = [(first - start, last - first + 1) for first, last in pattern]
    if len(runs) > 1 and runs[0][0] == 0 and runs[-1][0] + runs[-1][1] == period:
        (_, length), (place, more) = runs[0], runs[-1]
        runs = [*runs[1:-1], (place, more + length)]
    return runs


def _turns(ring: set[Run], by: int, period: int) -> bool:
    return all(((place + by) % period, length) in ring for place, length in ring)


def _first_regular(early: Sequence[Run], whole: SizeSet, start: int) -> int:
    """The least number from which on a set follows a pattern, seen from ``start`` downwards."""
    if whole.period == 1:
        return early[-1][0] if early and early[-1][1] == start - 1 else start
    first = start
    while first > 1 and start - first < _MOST_STEPS:
        below = first - 1
        regular = start + (below - start) % whole.period
        inside = any(a <= regular <= b for a, b in whole.pattern)
        if inside != any(a <= below <= b for a, b in early):
            break
        first = below
    return first


def _joined(runs: Sequence[Run]) -> list[Run]:
    """Runs that touch as one."""
    joined: list[Run] = []
    for first, last in sorted(runs):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def _clipped(runs: Sequence[Run], low: int, high: int) -> list[Run]:
    return [(max(a, low), min(b, high)) for a, b in runs if a <= high and b >= low]
