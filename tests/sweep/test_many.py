"""One value for many numbers has the arithmetic of Python's numbers."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.expressions import ExpressionError, evaluate, parse
from archspec.resolution.evaluation import value_of
from archspec.sweeping.many import Many, SplitError, filled, many, numbers_in

INTEGERS = st.one_of(
    st.integers(-5, 5),
    st.integers(-(2**53), 2**53),
    st.sampled_from([2**31, 2**62 - 1, 2**63, -(2**63), 2**90]),
)
FLOATS = st.one_of(
    st.sampled_from([0.0, 0.1, 0.25, 1.0, -1.5, 3.0, 1e300, 2.0**53]),
    st.floats(-1e6, 1e6, allow_nan=False, allow_subnormal=False),
)
COLUMN = st.one_of(
    st.lists(INTEGERS, min_size=4, max_size=4), st.lists(FLOATS, min_size=4, max_size=4)
)
OPERATORS = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.mod,
]
COMPARISONS = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]


def column(values: list[Any], shown: list[Many] | None = None) -> Any:
    if isinstance(values[0], float):
        array = np.array(values, dtype=np.float64)
    elif max(map(abs, values)) < 2**62:
        array = np.array(values, dtype=np.int64)
    else:
        array = np.array(values, dtype=object)
    return many(array, [] if shown is None else shown)


def agrees(work: Callable[..., Any], *columns: list[Any]) -> None:
    """Hold what is done at once against what is done to one number after the other."""
    wanted = []
    for values in zip(*columns, strict=True):
        try:
            wanted.append(work(*values))
        except (ZeroDivisionError, OverflowError) as error:
            wanted.append(type(error))
    try:
        found = work(*map(column, columns))
    except SplitError as split:
        assert len(split.parts()) > 1
        # What is done to each part by itself must again be right; parts get smaller.
        for part in split.parts():
            agrees(work, *([values[place] for place in part] for values in columns))
        return
    except (ZeroDivisionError, OverflowError) as error:
        assert wanted == [type(error)] * len(wanted) or type(error) in wanted
        return
    several = numbers_in(found, len(wanted))
    # Adding 0 takes the sign of a zero away, which no rule asks for.
    assert [(type(each), repr(each + 0)) for each in several] == [
        (type(each), repr(each + 0)) for each in wanted
    ]


@pytest.mark.parametrize("work", [*OPERATORS, *COMPARISONS])
@given(left=COLUMN, right=COLUMN)
def test_two_columns(work: Callable[..., Any], left: list[Any], right: list[Any]) -> None:
    agrees(work, left, right)


@pytest.mark.parametrize("work", [*OPERATORS, *COMPARISONS])
@given(left=COLUMN, right=st.one_of(INTEGERS, FLOATS, st.booleans()))
def test_a_column_and_a_number(work: Callable[..., Any], left: list[Any], right: Any) -> None:
    agrees(lambda each: work(each, right), left)
    agrees(lambda each: work(right, each), left)


@pytest.mark.parametrize(
    "work", [operator.neg, operator.pos, abs, math.floor, math.ceil, bool, max]
)
@given(values=COLUMN)
def test_one_column(work: Callable[..., Any], values: list[Any]) -> None:
    agrees((lambda each: max(each, 3)) if work is max else work, values)


def test_it_passes_for_a_number_and_is_none() -> None:
    whole, real = column([1, 2]), column([0.5, 2.0])
    assert isinstance(whole, int) and not isinstance(whole, bool | float)
    assert isinstance(real, float) and not isinstance(real, int)
    assert column([7, 7]) == 7 and type(column([7, 7])) is int
    for take in (int, float, hash, repr, range, [0, 1, 2].__getitem__, round, lambda x: {x: 1}):
        with pytest.raises(SplitError):
            take(whole)  # type: ignore[operator]
    with pytest.raises(SplitError):
        whole.bit_length()
    with pytest.raises(SplitError):
        f"{real:.3f}"


def test_messages_name_the_number_of_each_variant() -> None:
    shown: list[Many] = []
    a, b = column([3, 4], shown), column([0.5, 2.5], shown)
    text = f"{a} channels, {b}, {7}, {a}"
    assert [filled(text, shown, place) for place in (0, 1)] == [
        "3 channels, 0.5, 7, 3",
        "4 channels, 2.5, 7, 4",
    ]


VALUES = {
    "a": [1, 2, 3, 40, 0, -7],
    "b": [0.5, 1.0, 1.5, 2.0, 0.0, -0.25],
    "c": [3, 3, 0, 1, 2, 5],
}
EXPRESSIONS = [
    "max(8, floor((a * b + 4) / 8) * 8)",
    "(a if a > 2 else a + 1) * 2",
    "min(a, c) + abs(a - c)",
    "a // c if c != 0 else 0",
    "a / c if not (c == 0) and b > 0 else b",
    "[a, c][a % 2]",
    "(1 if a > 2 else 2) if b < 1 else c",
    "a % 3 == 0 or c > 2",
    "1 if a > 100 else a",
    "floor(b * 64) // 3",
    "max([a, c, 2])",
    "sum([a, 2, c])",
]


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_expressions(text: str) -> None:
    expression = parse(text)
    environment = {name: column(values) for name, values in VALUES.items()}
    wanted = [
        evaluate(expression, {name: values[place] for name, values in VALUES.items()})
        for place in range(6)
    ]
    try:
        found = value_of(expression, environment)
    except SplitError as split:
        # Kinds differ, or the values are no numbers: the network is split.
        assert len({type(each) for each in wanted}) > 1 or type(wanted[0]) is bool
        assert all(len({str(wanted[p]) for p in part}) >= 1 for part in split.parts())
        return
    assert numbers_in(found, 6) == wanted
    assert {type(each) for each in numbers_in(found, 6)} == {type(each) for each in wanted}


def test_an_error_of_some_variants_splits_them() -> None:
    environment = {name: column(values) for name, values in VALUES.items()}
    with pytest.raises(SplitError) as caught:
        value_of(parse("a // c"), environment)
    assert [len(part) for part in caught.value.parts()] == [5, 1]
    with pytest.raises(ExpressionError, match="`7 // 0` divides by zero"):
        value_of(parse("7 // (c - c)"), environment)
