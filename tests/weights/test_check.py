from __future__ import annotations

import numpy as np
import pytest

from archspec.errors import WeightsError
from archspec.weights.check import MOST_PROBLEMS, check

EXPECTED = {"a.weight": (2, 3), "a.bias": (2,)}


def arrays(**changed: object) -> dict[str, np.ndarray]:
    found = {name: np.ones(shape) for name, shape in EXPECTED.items()}
    return found | {name.replace("_", "."): value for name, value in changed.items()}  # type: ignore[dict-item]


def problems(found: dict[str, np.ndarray]) -> list[str]:
    with pytest.raises(WeightsError) as caught:
        check(EXPECTED, found, "model.pt")
    return [str(each) for each in caught.value.problems]


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_a_set_that_fits(kind: type) -> None:
    check(EXPECTED, {name: np.ones(shape, kind) for name, shape in EXPECTED.items()})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"a_weight": np.ones((3, 2))}, "`a.weight`: expected the shape (2, 3), found (3, 2)"),
        ({"a_bias": np.ones(())}, "`a.bias`: expected the shape (2,), found ()"),
        ({"a_bias": np.ones((1, 2))}, "`a.bias`: expected the shape (2,), found (1, 2)"),
        (
            {"a_weight": np.array([[1, np.nan, np.inf], [-np.inf, 0, 1]])},
            "`a.weight`: 3 of 6 numbers are not finite (1 NaN, 2 infinite)",
        ),
        (
            {"a_bias": np.array([np.nan, 1], np.float16)},
            "`a.bias`: 1 of 2 numbers are not finite (1 NaN)",
        ),
        (
            {"a_bias": np.ones(2, int)},
            "`a.bias`: expected floating-point numbers, found int64",
        ),
        (
            {"a_bias": np.ones(2, complex)},
            "`a.bias`: expected floating-point numbers, found complex128",
        ),
        ({"a_bias": np.ones(2, bool)}, "`a.bias`: expected floating-point numbers, found bool"),
        ({"c_bias": np.ones(2)}, "`c.bias` is not a tensor of this network (shape (2,))"),
    ],
)
def test_each_way_of_not_fitting(changed: dict[str, object], message: str) -> None:
    assert problems(arrays(**changed)) == [f"model.pt: {message}"]


def test_a_missing_tensor_with_the_nearest_name() -> None:
    found = arrays()
    found["a.wieght"] = found.pop("a.weight")
    with pytest.raises(WeightsError) as caught:
        check(EXPECTED, found, "model.pt")
    missing, extra = caught.value.problems
    assert str(missing) == "model.pt: `a.weight` is missing (shape (2, 3))"
    assert missing.hint == "there is `a.wieght`: is that it?"
    assert "`a.wieght` is not a tensor" in str(extra)


def test_the_canonical_name_stands_beside_a_backend_s() -> None:
    with pytest.raises(WeightsError, match=r"`a/kernel` is missing \(.*, which is `a\.weight`\)"):
        check({"a/kernel": (2,)}, {}, canonical={"a/kernel": "a.weight"})


def test_all_problems_at_once_but_not_too_many() -> None:
    assert len(problems({"x": np.ones(1)})) == 3
    expected = {f"layer{i}.weight": (1,) for i in range(500)}
    with pytest.raises(WeightsError) as caught:
        check(expected, {f"other{i}.weight": np.ones(1) for i in range(3000)})
    assert len(caught.value.problems) == MOST_PROBLEMS + 1
    assert str(caught.value.problems[-1]) == f"and {3500 - MOST_PROBLEMS} more"


@pytest.mark.parametrize("name", ["x\ny", "\x1b[31mred", "x" * 100_000, "‮abc", "\ud800"])
def test_names_from_files_are_printed_safely(name: str) -> None:
    (message,) = problems(arrays(**{name: np.ones(1)}))
    assert message.isprintable()
    assert len(message) < 300
    message.encode()
