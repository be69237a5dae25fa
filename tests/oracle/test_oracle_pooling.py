import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archspec.model.shape import Shape
from tests.oracle import naive_loops
from tests.oracle.networks import compute, make, window

UNEVEN = {1: ((2, 1),), 2: ((1, 2), (0, 1)), 3: ((1, 0), (0, 2), (1, 1))}
SHAPES = {1: (2, 3, 9), 2: (2, 3, 7, 6), 3: (1, 2, 5, 4, 6)}


def greatest(seen, taps):
    return max(seen)


def mean_inside(seen, taps):
    return sum(seen) / len(seen)


def mean_of_all(seen, taps):
    return sum(seen) / taps


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize(
    ("kernel", "stride", "dilation"), [(3, 2, 1), (3, 3, 1), (2, 1, 2), (3, 1, 1)]
)
def test_max_pool_equals_loops(rank, kernel, stride, dilation):
    op = window(
        "max_pool", rank, kernel=kernel, stride=stride, dilation=dilation, padding=UNEVEN[rank]
    )
    # Negative values only: a pad of zeros would win.
    x = -1 - np.random.default_rng(rank).random(SHAPES[rank])
    np.testing.assert_array_equal(compute(op, x), naive_loops.pool(op, x, greatest))


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize(("kernel", "stride"), [(3, 2), (3, 1), (3, 3), (4, 2)])
@pytest.mark.parametrize(("counted", "mean"), [(True, mean_of_all), (False, mean_inside)])
def test_avg_pool_equals_loops(rank, kernel, stride, counted, mean):
    op = window(
        "avg_pool",
        rank,
        kernel=kernel,
        stride=stride,
        padding=UNEVEN[rank],
        count_include_pad=counted,
    )
    x = np.random.default_rng(rank).normal(size=SHAPES[rank])
    expected = naive_loops.pool(op, x, mean)
    np.testing.assert_allclose(compute(op, x), expected, rtol=0, atol=1e-14)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_pools_equal_loops_at_any_arguments(data):
    draw = data.draw
    numbers = st.integers(1, 3)
    kernel, stride = draw(st.tuples(numbers, numbers)), draw(st.tuples(numbers, numbers))
    pads = tuple((draw(st.integers(0, k - 1)), draw(st.integers(0, k - 1))) for k in kernel)
    sizes = [draw(st.integers(k, k + 5)) for k in kernel]
    x = np.random.default_rng(0).normal(size=(1, 2, *sizes))
    arguments = {"kernel": kernel, "stride": stride, "padding": pads}
    op = window("max_pool", 2, **arguments)
    np.testing.assert_array_equal(compute(op, x), naive_loops.pool(op, x, greatest))
    for counted, mean in ((True, mean_of_all), (False, mean_inside)):
        op = window("avg_pool", 2, count_include_pad=counted, **arguments)
        expected = naive_loops.pool(op, x, mean)
        np.testing.assert_allclose(compute(op, x), expected, rtol=0, atol=1e-14)


def test_the_pads_of_ceil_never_count():
    # Width 4, window 3, stride 2: the last window of a ceil pool sees elements 2 and 3 only.
    op = window("avg_pool", 1, kernel=3, stride=2, ceil=True, count_include_pad=False)
    op = op.fixed(op.pinned([Shape.of(1, 4)]))
    assert op.padding == ((0, 1),)
    y = compute(op, np.array([[[1.0, 2.0, 6.0, 10.0]]]))
    np.testing.assert_array_equal(y, [[[3.0, 8.0]]])


def test_without_pads_nothing_need_be_said_about_them():
    op = window("avg_pool", 1, kernel=2, stride=2)
    np.testing.assert_array_equal(compute(op, np.array([[[1.0, 3.0, 5.0, 9.0]]])), [[[2.0, 7.0]]])


@pytest.mark.parametrize("keep_axes", [False, True])
def test_global_pools(keep_axes):
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    shape = (2, 3, 1, 1) if keep_axes else (2, 3)
    mean = [[sum(x[n, c].ravel()) / 20 for c in range(3)] for n in range(2)]
    most = [[max(x[n, c].ravel()) for c in range(3)] for n in range(2)]
    y = compute(make("global_avg_pool", keep_axes=keep_axes), x)
    np.testing.assert_allclose(y, np.reshape(mean, shape), rtol=0, atol=1e-15)
    y = compute(make("global_max_pool", keep_axes=keep_axes), x)
    np.testing.assert_array_equal(y, np.reshape(most, shape))
