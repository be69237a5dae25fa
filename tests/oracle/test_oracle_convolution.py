import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archspec.oracle import convolution
from tests.oracle import naive_loops
from tests.oracle.networks import compute, make, window

SHAPES = {1: (2, 4, 9), 2: (2, 4, 7, 6), 3: (2, 4, 5, 4, 3)}
UNEVEN = {1: ((2, 1),), 2: ((1, 2), (0, 1)), 3: ((1, 0), (0, 2), (1, 1))}


def tensors_for(op, inputs, rng, transposed=False):
    first, second = (inputs, op.out) if transposed else (op.out, inputs)
    return {
        "weight": rng.normal(size=(first, second // op.groups, *op.kernel)),
        "bias": rng.normal(size=op.out),
    }


def test_a_value_worked_out_by_hand():
    op = window("conv", 1, kernel=2, out=1, groups=1, bias=True)
    x, kernel = np.array([[[1.0, 2.0, 4.0]]]), np.array([[[10.0, 1.0]]])
    # The kernel is not flipped: 10 * 1 + 1 * 2.
    y = compute(op, x, weight=kernel, bias=np.array([0.5]))
    np.testing.assert_array_equal(y, [[[12.5, 24.5]]])


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize(
    ("kernel", "stride", "dilation"), [(1, 1, 1), (3, 1, 1), (2, 2, 1), (2, 1, 2), (3, 3, 1)]
)
def test_conv_equals_loops(rank, groups, kernel, stride, dilation):
    rng = np.random.default_rng(rank)
    op = window(
        "conv",
        rank,
        kernel=kernel,
        stride=stride,
        dilation=dilation,
        padding=UNEVEN[rank],
        out=8,
        groups=groups,
        bias=True,
    )
    x = rng.normal(size=SHAPES[rank])
    tensors = tensors_for(op, 4, rng)
    expected = naive_loops.conv(op, x, **tensors)
    np.testing.assert_allclose(compute(op, x, **tensors), expected, rtol=0, atol=1e-13)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_conv_equals_loops_at_any_arguments(data):
    draw = data.draw
    numbers = st.integers(1, 3)
    kernel, stride, dilation = (draw(st.tuples(numbers, numbers)) for _ in range(3))
    pad = st.tuples(st.integers(0, 3), st.integers(0, 3))
    groups = draw(st.sampled_from([1, 2, 3]))
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    sizes = [draw(st.integers(span, span + 4)) for span in spans]
    op = window(
        "conv",
        2,
        kernel=kernel,
        stride=stride,
        dilation=dilation,
        padding=draw(st.tuples(pad, pad)),
        out=groups * draw(st.integers(1, 2)),
        groups=groups,
        bias=False,
    )
    rng = np.random.default_rng(0)
    x = rng.normal(size=(draw(st.integers(1, 2)), groups * draw(st.integers(1, 2)), *sizes))
    weight = tensors_for(op, x.shape[1], rng)["weight"]
    expected = naive_loops.conv(op, x, weight)
    np.testing.assert_allclose(compute(op, x, weight=weight), expected, rtol=0, atol=1e-13)


def test_a_batch_in_parts_equals_the_batch_at_once(monkeypatch):
    rng = np.random.default_rng(5)
    op = window("conv", 2, kernel=3, padding=(1, 1), out=6, groups=2, bias=True)
    x = rng.normal(size=(5, 4, 6, 7))
    tensors = tensors_for(op, 4, rng)
    at_once = compute(op, x, **tensors)
    monkeypatch.setattr(convolution, "_UNFOLDED", 2 * 4 * 9 * 42)
    np.testing.assert_allclose(compute(op, x, **tensors), at_once, rtol=0, atol=1e-13)


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize(
    ("kernel", "stride", "dilation", "extra"),
    [(1, 1, 1, 0), (3, 1, 1, 0), (2, 2, 1, 1), (3, 2, 2, 1), (4, 3, 1, 2)],
)
def test_conv_transpose_equals_loops(rank, groups, kernel, stride, dilation, extra):
    rng = np.random.default_rng(rank)
    shape = {1: (2, 4, 5), 2: (1, 4, 4, 3), 3: (1, 4, 2, 2, 3)}[rank]
    op = window(
        "conv_transpose",
        rank,
        kernel=kernel,
        stride=stride,
        dilation=dilation,
        padding=tuple((min(low, 1), min(high, 1)) for low, high in UNEVEN[rank]),
        output_padding=extra,
        out=4,
        groups=groups,
        bias=True,
    )
    x = rng.normal(size=shape)
    tensors = tensors_for(op, 4, rng, transposed=True)
    expected = naive_loops.conv_transpose(op, x, **tensors)
    np.testing.assert_allclose(compute(op, x, **tensors), expected, rtol=0, atol=1e-13)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_conv_transpose_is_the_adjoint_of_conv(data):
    draw = data.draw
    numbers = st.integers(1, 3)
    kernel, stride, dilation = (draw(st.tuples(numbers, numbers)) for _ in range(3))
    pad = st.tuples(st.integers(0, 2), st.integers(0, 2))
    groups = draw(st.sampled_from([1, 2]))
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    arguments = {"kernel": kernel, "stride": stride, "dilation": dilation, "groups": groups}
    arguments |= {"padding": draw(st.tuples(pad, pad)), "bias": False}
    rng = np.random.default_rng(1)
    x = rng.normal(size=(2, 2 * groups, *(span + draw(st.integers(0, 4)) for span in spans)))
    forward = window("conv", 2, out=3 * groups, **arguments)
    weight = rng.normal(size=(3 * groups, 2, *kernel))
    y = compute(forward, x, weight=weight)
    cotangent = rng.normal(size=y.shape)
    rest = (
        (n + low + high - span) % s
        for n, (low, high), span, s in zip(
            x.shape[2:], arguments["padding"], spans, stride, strict=True
        )
    )
    back = window("conv_transpose", 2, out=2 * groups, output_padding=tuple(rest), **arguments)
    pulled = compute(back, cotangent, weight=weight)
    np.testing.assert_allclose(np.sum(y * cotangent), np.sum(x * pulled), rtol=0, atol=1e-11)


def test_dense():
    tensors = {"weight": np.array([[1.0, 10.0], [3.0, -1.0]]), "bias": np.array([0.5, 0.25])}
    y = compute(make("dense", out=2, bias=True), np.array([[1.0, 2.0]]), **tensors)
    np.testing.assert_array_equal(y, [[21.5, 1.25]])


@pytest.mark.parametrize("name", ["conv", "conv_transpose"])
def test_float32_stays_float32(name):
    op = window(name, 2, kernel=2, out=2, groups=1, bias=True)
    one = np.float32(1)
    y = compute(
        op,
        np.full((1, 2, 3, 3), one),
        weight=np.full((2, 2, 2, 2), one),
        bias=np.ones(2, one.dtype),
    )
    assert y.dtype == np.float32
