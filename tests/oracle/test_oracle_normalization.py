from fractions import Fraction

import numpy as np
import pytest

from archspec.errors import VerificationError
from archspec.oracle.normalization import running_statistics
from tests.oracle import naive_loops
from tests.oracle.networks import compute, make

SHAPES = [(4, 6), (3, 6, 5), (2, 6, 3, 4), (2, 6, 2, 3, 2)]


def tensors_for(shape, rng):
    return {"weight": rng.normal(size=shape), "bias": rng.normal(size=shape)}


def running(channels, rng):
    return {"running_mean": rng.normal(size=channels), "running_var": rng.uniform(1, 2, channels)}


def column(vector, x):
    return vector.reshape(1, -1, *(1,) * (x.ndim - 2))


@pytest.mark.parametrize("shape", SHAPES)
def test_batch_norm_in_training_uses_the_batch(shape):
    rng = np.random.default_rng(0)
    x = rng.normal(2, 3, size=shape)
    tensors = tensors_for(6, rng) | running(6, rng)
    y = compute(make("batch_norm", eps=1e-3, decay=0.9), x, training=True, **tensors)
    for c in range(6):
        values = x[:, c].ravel().tolist()
        expected = np.array(naive_loops.normalize(values, 1e-3))
        expected = expected * tensors["weight"][c] + tensors["bias"][c]
        np.testing.assert_allclose(y[:, c].ravel(), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("shape", SHAPES)
def test_batch_norm_in_evaluation_uses_the_running_statistics(shape):
    rng = np.random.default_rng(1)
    x = rng.normal(size=shape)
    tensors = tensors_for(6, rng) | running(6, rng)
    y = compute(make("batch_norm", eps=1e-2, decay=0.9), x, **tensors)
    mean, variance, weight, bias = (
        column(tensors[name], x) for name in ("running_mean", "running_var", "weight", "bias")
    )
    expected = (x - mean) / np.sqrt(variance + 1e-2) * weight + bias
    np.testing.assert_allclose(y, expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize(
    ("kind", "variance"), [("framework", 8 / 3), ("biased", 8 / 3), ("unbiased", 4.0)]
)
def test_running_statistics(kind, variance):
    x = np.array([[0.0], [2.0], [4.0]])
    op = make("batch_norm", eps=1e-5, decay=0.75, running_variance=kind)
    old = {"running_mean": np.array([10.0]), "running_var": np.array([1.0])}
    new = running_statistics(op, x, old)
    assert new["running_mean"] == pytest.approx(0.75 * 10 + 0.25 * 2, rel=1e-15)
    assert new["running_var"] == pytest.approx(0.75 * 1 + 0.25 * variance, rel=1e-15)


def test_an_unbiased_variance_of_one_value_is_refused():
    op = make("batch_norm", eps=1e-5, decay=0.9, running_variance="unbiased")
    old = {"running_mean": np.zeros(2), "running_var": np.ones(2)}
    with pytest.raises(VerificationError, match="at least 2 values"):
        running_statistics(op, np.ones((1, 2)), old)


@pytest.mark.parametrize("name", ["batch_norm", "layer_norm", "group_norm"])
def test_a_large_mean_does_not_cancel(name):
    rng = np.random.default_rng(3)
    x = 1e6 + rng.normal(size=(1, 1, 40, 50))
    exact = [Fraction(v) for v in x.ravel().tolist()]
    mean = sum(exact) / len(exact)
    variance = sum((v - mean) ** 2 for v in exact) / len(exact)
    expected = np.array([float(v - mean) for v in exact]) / float(variance) ** 0.5
    arguments = {
        "batch_norm": {"decay": 0.9},
        "layer_norm": {"axes": ("C", "H", "W")},
        "group_norm": {"groups": 1},
    }[name]
    shape = x.shape[1:] if name == "layer_norm" else 1
    op = make(name, eps=0.0, **arguments)
    y = compute(
        op,
        x,
        training=True,
        weight=np.ones(shape),
        bias=np.zeros(shape),
        running_mean=np.zeros(1),
        running_var=np.ones(1),
    )
    # The subtraction itself rounds the mean to 1e6 times 1e-16.
    np.testing.assert_allclose(y.ravel(), expected, rtol=0, atol=2e-10)


@pytest.mark.parametrize("shape", SHAPES)
def test_layer_norm_over_channels(shape):
    rng = np.random.default_rng(4)
    x = rng.normal(size=shape)
    tensors = tensors_for(6, rng)
    y = np.moveaxis(compute(make("layer_norm", axes=("C",), eps=1e-2), x, **tensors), 1, -1)
    rows = np.moveaxis(x, 1, -1)
    for place in np.ndindex(*rows.shape[:-1]):
        expected = np.array(naive_loops.normalize(rows[place].tolist(), 1e-2))
        expected = expected * tensors["weight"] + tensors["bias"]
        np.testing.assert_allclose(y[place], expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize(
    ("shape", "axes"), list(zip(SHAPES[1:], ["CW", "CHW", "CDHW"], strict=True))
)
def test_layer_norm_over_everything(shape, axes):
    rng = np.random.default_rng(5)
    x = rng.normal(size=shape)
    tensors = tensors_for(shape[1:], rng)
    y = compute(make("layer_norm", axes=tuple(axes), eps=1e-2), x, **tensors)
    for n in range(len(x)):
        expected = np.array(naive_loops.normalize(x[n].ravel().tolist(), 1e-2)).reshape(shape[1:])
        expected = expected * tensors["weight"] + tensors["bias"]
        np.testing.assert_allclose(y[n], expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("groups", [1, 2, 3, 6])
def test_group_norm(shape, groups):
    rng = np.random.default_rng(6)
    x = rng.normal(size=shape)
    tensors = tensors_for(6, rng)
    y = compute(make("group_norm", groups=groups, eps=1e-2), x, **tensors)
    per = 6 // groups
    for n in range(len(x)):
        for g in range(groups):
            own = slice(g * per, (g + 1) * per)
            expected = np.array(naive_loops.normalize(x[n, own].ravel().tolist(), 1e-2))
            expected = expected.reshape(x[n, own].shape)
            expected = expected * column(tensors["weight"][own], x)[0]
            expected = expected + column(tensors["bias"][own], x)[0]
            np.testing.assert_allclose(y[n, own], expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [1, 3, 5, 13])
def test_local_response_norm(shape, size):
    x = np.random.default_rng(7).normal(size=shape)
    op = make("local_response_norm", size=size, alpha=0.7, beta=0.75, k=2.0)
    expected = naive_loops.local_response_norm(op, x)
    np.testing.assert_allclose(compute(op, x), expected, rtol=0, atol=1e-15)


def test_local_response_norm_divides_alpha_by_the_size():
    op = make("local_response_norm", size=3, alpha=3.0, beta=1.0, k=1.0)
    y = compute(op, np.array([[1.0, 2.0, 3.0]]))
    np.testing.assert_allclose(y, [[1 / 6, 2 / 15, 3 / 14]], rtol=1e-15)


def test_rescale():
    y = compute(make("rescale", factor=-0.5), np.array([[1.0, 4.0], [-2.0, 0.0]]))
    np.testing.assert_array_equal(y, [[-0.5, -2], [1, 0]])


def test_scale():
    y = compute(make("scale"), np.ones((1, 2, 1, 2)), weight=np.array([2.0, 3.0]))
    np.testing.assert_array_equal(y, [[[[2, 2]], [[3, 3]]]])
