"""Arithmetic on arrays of numbers that gives what Python's arithmetic gives, one by one."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

# Integers below this may be added; others are left to Python's integers of any length.
ROOM = 2**62
# Integers up to this are exact as floats.
EXACT = 2**53

OPERATIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}
COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compact(values: np.ndarray, floats: bool) -> np.ndarray:
    """Python's numbers as those of the processor, where they fit."""
    if floats:
        return values.astype(np.float64)
    fits = values.min() > -ROOM and values.max() < ROOM
    return values.astype(np.int64) if fits else values


def each_of(function: Callable[..., Any], *arrays: Any) -> np.ndarray:
    """Python's own function of each of the numbers."""
    objects = [each.astype(object) if isinstance(each, np.ndarray) else each for each in arrays]
    found: np.ndarray = np.frompyfunc(function, len(objects), 1)(*objects)
    return found


def fits(sign: str, sizes: tuple[Any, Any], whole: tuple[bool, bool]) -> bool:
    """Whether the processor's arithmetic gives what Python's does.

    Args:
        sign: the operation.
        sizes: the greatest absolute value on the left and on the right.
        whole: whether these are integers.
    """
    if all(whole) and sign != "/":
        if max(sizes) >= ROOM:
            return False
        return sign != "*" or sizes[0] * sizes[1] < ROOM
    if sign in ("//", "%"):
        return False
    return all(size <= EXACT for size, each in zip(sizes, whole, strict=True) if each)
