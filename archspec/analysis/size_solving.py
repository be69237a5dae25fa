"""All sizes at which the conditions of a network hold: intervals, and one period of merges."""

from __future__ import annotations

from collections.abc import Sequence
from math import lcm

from archspec.analysis.size_functions import Functions
from archspec.analysis.size_rules import Condition
from archspec.analysis.size_sets import Run, SizeSet, periodic
from archspec.errors import ArchspecError

_MOST_PIECES = 20_000
_PATTERNS = ("equal", "stretched")


class LongPatternError(ArchspecError):
    """The pattern of sizes that work is too long to be worked out."""


def solve(functions: Functions, conditions: Sequence[Condition]) -> SizeSet:
    """All sizes at which all conditions hold.

    Raises:
        LongPatternError: if the pattern is too long.
    """
    low, high = 1, None
    for each in conditions:
        if each.kind in _PATTERNS:
            continue
        low = max(low, functions.least(each.of[0], each.value) or 1)
        above = functions.least(each.of[0], each.value + 1) if each.kind == "fixed" else None
        if above is not None:
            high = above - 1 if high is None else min(high, above - 1)
    patterns = [each for each in conditions if each.kind in _PATTERNS]
    if not patterns:
        return SizeSet(((low, high),)) if high is not None else SizeSet((), low, 1, ((low, low),))
    start, period = _regular(functions, patterns, low)
    stop = start + period - 1
    if high is not None and high <= stop:
        return SizeSet(tuple(_runs(functions, patterns, low, high)))
    runs = _runs(functions, patterns, low, stop)
    found = periodic(runs, start, period)
    if high is None:
        return found
    return SizeSet(tuple(_runs(functions, patterns, low, high)))


def _regular(functions: Functions, patterns: Sequence[Condition], low: int) -> tuple[int, int]:
    """From where on conditions repeat, and after how many sizes.

    Functions of one rate differ by what repeats; those of different rates part for ever.
    """
    start, period = low, 1
    for condition in patterns:
        for place, one in enumerate(condition.of):
            repetition = functions.repetition(one)
            start = max(start, repetition.onset)
            period = lcm(period, repetition.period)
            if condition.kind == "stretched":
                start = max(start, functions.least(one, 2) or 1)
            for other in condition.of[place + 1 :]:
                if not functions.same_rate(one, other):
                    start = max(start, functions.parted(one, other))
    return start, period


def _runs(functions: Functions, patterns: Sequence[Condition], low: int, high: int) -> list[Run]:
    """The runs of sizes that suit, from one rise of any function concerned to the next."""
    concerned = list(dict.fromkeys(each for condition in patterns for each in condition.of))
    runs: list[Run] = []
    size, pieces = low, 0
    while size <= high:
        pieces += 1
        if pieces > _MOST_PIECES:
            raise LongPatternError(
                "the sizes that suit this merge repeat only after too many to be worked out",
                path=patterns[0].path,
                hint="its inputs come through strides with hardly a common multiple",
            )
        values = functions.values(size)
        rises = [functions.least(each, values[each] + 1) for each in concerned]
        following = min([high + 1, *(each for each in rises if each is not None)])
        if all(each.holds(values) for each in patterns):
            if runs and runs[-1][1] == size - 1:
                runs[-1] = (runs[-1][0], following - 1)
            else:
                runs.append((size, following - 1))
        size = following
    return runs
