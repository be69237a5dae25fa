"""Whether a set of arrays is what a network expects, and every way in which it is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from archspec.errors import Problem, WeightsError
from archspec.names import nearest

MOST_PROBLEMS = 20
# Nearness of names is quadratic; among more names than this nobody looks for a typing error.
MOST_CANDIDATES = 500
LONGEST_NAME = 120

Array = npt.NDArray[Any]
Shapes = Mapping[str, tuple[int, ...]]


def check(
    expected: Shapes,
    found: Mapping[str, Array],
    source: str = "",
    canonical: Mapping[str, str] | None = None,
) -> None:
    """Refuse arrays that are not exactly what a network expects.

    Args:
        expected: the shape of each tensor by name.
        found: the arrays by name.
        source: what they were read from, for the messages.
        canonical: the canonical name of each expected one, where it differs.

    Raises:
        WeightsError: naming each tensor that is missing, unexpected, of another shape, not of
            real floating-point numbers, or not finite; at most 20 of them, then their count.
    """
    problems = [
        *_missing(expected, found, canonical or {}),
        *_extra(expected, found),
        *_wrong(expected, found),
    ]
    if problems:
        raise WeightsError(_listed(problems, source))


def shown(name: str) -> str:
    """A name from a file as it can stand in a message: on one line, and not too long."""
    printable = name if name.isprintable() else ascii(name)[1:-1]
    if len(printable) > LONGEST_NAME:
        printable = printable[: LONGEST_NAME - 1] + "…"
    return f"`{printable}`"


def _missing(
    expected: Shapes, found: Mapping[str, Array], canonical: Mapping[str, str]
) -> Iterator[Problem]:
    extra = list(islice((name for name in found if name not in expected), MOST_CANDIDATES))
    for count, name in enumerate(name for name in expected if name not in found):
        own = canonical.get(name, name)
        also = "" if own == name else f", which is {shown(own)}"
        near = nearest(name, extra) if count < MOST_PROBLEMS else None
        hint = f"there is {shown(near)}: is that it?" if near else None
        yield Problem(f"{shown(name)} is missing (shape {expected[name]}{also})", hint=hint)


def _extra(expected: Shapes, found: Mapping[str, Array]) -> Iterator[Problem]:
    for name, array in found.items():
        if name not in expected:
            yield Problem(f"{shown(name)} is not a tensor of this network (shape {array.shape})")


def _wrong(expected: Shapes, found: Mapping[str, Array]) -> Iterator[Problem]:
    for name, shape in expected.items():
        if name not in found:
            continue
        array = found[name]
        if array.shape != shape:
            yield Problem(f"{shown(name)}: expected the shape {shape}, found {array.shape}")
        elif array.dtype.kind != "f":
            yield Problem(f"{shown(name)}: expected floating-point numbers, found {array.dtype}")
        elif not np.isfinite(array).all():
            yield Problem(f"{shown(name)}: {_not_finite(array)}")


def _not_finite(array: Array) -> str:
    nans = int(np.isnan(array).sum())
    infinities = int(np.isinf(array).sum())
    kinds = [f"{nans} NaN"] * bool(nans) + [f"{infinities} infinite"] * bool(infinities)
    return f"{nans + infinities} of {array.size} numbers are not finite ({', '.join(kinds)})"


def _listed(problems: list[Problem], source: str) -> list[Problem]:
    listed = [Problem(each.problem, path=source, hint=each.hint) for each in problems]
    more = len(listed) - MOST_PROBLEMS
    if more > 0:
        return [*listed[:MOST_PROBLEMS], Problem(f"and {more} more", path=source)]
    return listed
