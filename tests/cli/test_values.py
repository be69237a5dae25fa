"""Values of a spec as people read them."""

from __future__ import annotations

from typing import Any

import pytest

from archspec.cli.values import alike


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (3, 3),
        ((3,), 3),
        (((1, 1),), 1),
        (((0, 1),), ((0, 1),)),
        ((3, 3), 3),
        (((1, 1), (1, 1)), 1),
        ((1, 2), (1, 2)),
        ((), ()),
    ],
)
def test_one_number_stands_for_all_axes(value: Any, said: Any) -> None:
    assert alike(value) == said
