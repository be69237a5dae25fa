"""What is asked for: ranges, lists and sizes, and what makes no sense at once."""

from __future__ import annotations

import time
from typing import Any

import pytest

from archspec.errors import UsageError
from archspec.schema import Spec, loads
from archspec.sweeping.asking import space_of
from archspec.sweeping.space import BATCH, Space


@pytest.fixture(scope="module")
def spec() -> Spec:
    return loads(
        "{archspec: 1, name: Net, params: {width: {type: float, min: 0.1, default: 1.0}, n: 4,"
        " deep: true, act: {type: activation, default: relu}, sizes: {type: list, of: int,"
        " default: [1]}, extra: {type: 'int?', default: null}, plain: 2.5},"
        " input: [n, 8, 8], stages: {s: [{conv: {out: n, kernel: 1}}, act]}}"
    )


def values(space: Space) -> dict[str, list[Any]]:
    return dict(zip(space.names, space.columns(0), strict=True))


@pytest.mark.parametrize(
    "text, expected",
    [
        ("0.25:1:0.25", [0.25, 0.5, 0.75, 1.0]),
        ("0.1:0.5:0.1", [0.1, 0.2, 0.3, 0.4, 0.5]),
        ("1:2.2:0.5", [1.0, 1.5, 2.0]),
        ("1:3:1", [1, 2, 3]),
        ("1,1.5,2", [1, 1.5, 2]),
        ("0.5:1:0.5,2", [0.5, 1.0, 2]),
        ("1e0:1e1:3e0", [1.0, 4.0, 7.0, 10.0]),
        ("1 / 2, 2 * 3", [0.5, 6]),
    ],
)
def test_ranges(spec: Spec, text: str, expected: list[float]) -> None:
    found = values(space_of(spec, {"width": text}))["width"]
    assert [(type(each), each) for each in found] == [(type(each), each) for each in expected]


def test_lists_of_other_kinds(spec: Spec) -> None:
    asked = {"deep": "true,false", "act": "relu, silu", "sizes": "[1, 2],[3]", "extra": "none,3"}
    space = space_of(spec, {**asked, "n": "7", "plain": [1, 2.5]})
    assert space.count == 32 and space.fixed == {"n": 7}
    columns = values(space)
    assert columns["sizes"][:8] == [(1, 2)] * 4 + [(3,)] * 4
    assert columns["extra"][:4] == [None, None, 3, 3]
    assert columns["plain"][:4] == [1, 2.5, 1, 2.5]
    # The last one changes quickest, and no variant is there twice.
    assert len(set(zip(*columns.values(), strict=True))) == 32


def test_sizes_of_inputs(spec: Spec) -> None:
    space = space_of(spec, {}, {"x": "4x8:16:4"})
    assert values(space) == {"x": [(4, 8, 8), (4, 12, 12), (4, 16, 16)]}
    space = space_of(spec, {}, {"x": "4x8:9x3,1x1x2"})
    assert values(space) == {"x": [(4, 8, 3), (4, 9, 3), (1, 1, 2)]}
    assert values(space_of(spec, {}, {"x": [[1, 2, 3], (1, 5, 5)]})) == {
        "x": [(1, 2, 3), (1, 5, 5)]
    }


def test_draws_can_be_repeated_and_continued(spec: Spec) -> None:
    asked = {"width": "0.5:2", "n": "1:1000000000000", "deep": "true,false"}
    many = space_of(spec, asked, draws=3 * BATCH, seed=5)
    few = space_of(spec, asked, draws=BATCH + 7, seed=5)
    other = space_of(spec, asked, draws=BATCH, seed=6)
    assert many.columns(1)[0][:7] == few.columns(1)[0]
    assert many.columns(0) == few.columns(0) != other.columns(0)
    assert many.columns(0)[0] != many.columns(1)[0]
    width, n, deep = many.columns(2)
    assert all(0.5 <= each <= 2 for each in width) and len(set(width)) == BATCH
    assert all(type(each) is int and 1 <= each <= 10**12 for each in n) and len(set(n)) > 1000
    assert set(deep) == {True, False}


def test_a_range_is_drawn_evenly_with_both_ends(spec: Spec) -> None:
    found = [v for b in range(3) for v in space_of(spec, {"n": "1:4"}, draws=3072).columns(b)[0]]
    assert all(0.22 < found.count(each) / 3072 < 0.28 for each in (1, 2, 3, 4))


@pytest.mark.parametrize(
    "asked, problem",
    [
        ({"width": "0:1e9:1e-9"}, "width: expected a number of at least 0.1, received"),
        ({"plain": "0:1e9:1e-9"}, "the grid has more than 10**17 variants"),
        ({"plain": "0:1:1e-320"}, "the grid has more than 10**"),
        ({"n": "1:1000000000000"}, "the grid has 1,000,000,000,000 variants"),
        ({"n": "1:10000", "plain": "0:1:1e-4"}, "the grid has 100,010,000 variants"),
        ({"n": "5:1"}, "n: the range 5:1 runs backwards"),
        ({"n": "1:5:0"}, "n: a step is above 0, received 0"),
        ({"n": "1:5:-1"}, "n: a step is above 0, received -1"),
        ({"n": "1:2:0.5"}, "n: expected integers, received the range 1:2:0.5"),
        ({"n": "1:2:3:4"}, "n: expected start:stop:step, received '1:2:3:4'"),
        ({"n": "1:9007199254740993"}, "n: the range 1:9007199254740993 goes beyond 2**53 in size"),
        ({"n": "x:5"}, "n: expected a number, received 'x'"),
        ({"n": "nan:5"}, "n: expected a number, received 'nan'"),
        ({"n": "\u0661:5"}, "n: expected a number, received '\u0661'"),
        ({"plain": "0:inf:1"}, "plain: expected a number, received 'inf'"),
        ({"plain": "0:1e999:1"}, "plain: the number 1e999 is too large"),
        ({"plain": "0:1e9999999:1"}, "plain: expected a number, received '1e9999999'"),
        ({"plain": "1:2"}, "plain: a range without a step has no end of values"),
        ({"plain": "1:2,3"}, "plain: a range without a step stands alone"),
        ({"plain": "0:1:1e-6,3"}, "plain: a list of ranges has at most 100000 values"),
        ({"deep": "1,0"}, "deep: expected true or false, received the integer 1"),
        ({"deep": "0:1:1"}, "deep: expected true or false, received the range 0:1:1"),
        ({"act": "relu,rleu"}, "act: expected one of relu, relu6,"),
        ({"n": "1,2.5"}, "n: expected an integer, received the number 2.5"),
        ({"n": "1,1"}, "n: 1 is given twice"),
        ({"n": "1:20000,1:1"}, "n: 1 is given twice"),
        ({"n": ""}, "n: expected a value, received nothing"),
        ({"n": "1,,2"}, "n: expected a value, received nothing"),
        ({"n": []}, "n: expected values, received an empty list"),
        ({"wdth": "1"}, "`Net` has no parameter `wdth`"),
        ({"sizes": "[1,2"}, "sizes: "),
    ],
)
def test_what_makes_no_sense(spec: Spec, asked: dict[str, Any], problem: str) -> None:
    begun = time.perf_counter()
    with pytest.raises(UsageError) as caught:
        space_of(spec, asked)
    assert str(caught.value).startswith(problem)
    assert time.perf_counter() - begun < 1


@pytest.mark.parametrize(
    "sizes, problem",
    [
        ("3", "the input `x` has 3 axes, received 1 sizes in '3'"),
        ("1x2x3x4", "the input `x` has 3 axes, received 4 sizes"),
        ("4x0:8", "the input `x`: expected whole sizes from 1 to 2147483648"),
        ("4x8:4", "x: the range 8:4 runs backwards"),
        ("4x1:99999999999", "the input `x`: expected whole sizes from 1"),
        ("4x1:2000000x1:2000000", "the grid has 4,000,000,000,000 variants"),
        ("axb", "x: expected a number, received 'a'"),
        ("4x1.5:3:0.5", "x: expected integers"),
    ],
)
def test_sizes_that_make_no_sense(spec: Spec, sizes: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        space_of(spec, {}, {"x": sizes})
    assert str(caught.value).startswith(problem)


def test_draws_that_make_no_sense(spec: Spec) -> None:
    for draws in (0, -1, 10**12):
        with pytest.raises(UsageError, match="draws: expected 1 to 10,000,000"):
            space_of(spec, {"n": "1:5"}, draws=draws)
    with pytest.raises(UsageError, match="no input `y`"):
        space_of(spec, {}, {"y": "1x2x3"})
