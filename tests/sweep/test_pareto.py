"""The front is what no other variant beats."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.errors import UsageError
from archspec.sweeping.measure import COSTS
from archspec.sweeping.pareto import Front, read_objectives

TEXTS = [
    ["parameters"],
    ["parameters", "multiply_adds"],
    ["multiply_adds", "max:parameters"],
    ["multiply_adds", "activation_bytes", "max:width"],
]
ROW = st.one_of(
    st.none(),
    st.tuples(*[st.integers(0, 6)] * 3, st.sampled_from([-1.5, -1, 0, 1, 0.0, 0.25, 1e300])),
    st.tuples(*[st.sampled_from([2**53, 2**53 + 1, 2**63 - 1])] * 3, st.just(0.5)),
)


@pytest.mark.parametrize("texts", TEXTS)
@given(batches=st.lists(st.lists(ROW, max_size=12), max_size=4))
def test_front(texts: list[str], batches: list[list[Any]]) -> None:
    front = Front(read_objectives(texts, ["width"]))
    names = (*COSTS, "width")
    columns = [
        {
            name: [row and row[place] if name != "width" or row else 1.0 for row in batch]
            for place, name in enumerate(names)
        }
        for batch in batches
    ]
    for each in columns:
        front.add(each)
    rows = [
        tuple(
            -row[names.index(o.name)] if o.largest else row[names.index(o.name)]
            for o in front.objectives
        )
        if row is not None
        else None
        for batch in batches
        for row in batch
    ]
    wanted = [
        row is not None
        and not any(
            other is not None
            and other != row
            and all(a <= b for a, b in zip(other, row, strict=True))
            for other in rows
        )
        for row in rows
    ]
    assert [held for each in columns for held in front.holds(each)] == wanted


@pytest.mark.parametrize(
    "texts, problem",
    [
        ([""], "objectives: there is no ``"),
        (["params"], "objectives: there is no `params`"),
        (["best:parameters"], "objectives: expected `min:` or `max:`, received 'best'"),
        (["parameters", "max:parameters"], "objectives: `parameters` stands twice"),
        ([], "objectives: expected at least one"),
    ],
)
def test_objectives_that_make_no_sense(texts: list[str], problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_objectives(texts, ["width"])
    assert str(caught.value).startswith(problem)
