import math

import numpy as np
import pytest

from tests.oracle.networks import compute, make

POINTS = [-800.0, -40.0, -6.5, -3.0, -1.5, -0.3, -1e-9, 0.0, 1e-9, 0.2, 1.0, 2.9, 3.0, 7.0, 800.0]


def logistic(x):
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


FORMULAS = {
    "relu": ({}, lambda x: max(x, 0.0)),
    "relu6": ({}, lambda x: min(max(x, 0.0), 6.0)),
    "leaky_relu": ({"slope": 0.2}, lambda x: x if x > 0 else 0.2 * x),
    "elu": ({"alpha": 1.5}, lambda x: x if x > 0 else 1.5 * math.expm1(x)),
    "gelu": ({"approximate": "none"}, lambda x: x * math.erfc(-x / math.sqrt(2)) / 2),
    "silu": ({}, lambda x: x * logistic(x)),
    "hard_swish": ({}, lambda x: x * max(0.0, min(1.0, x / 6 + 0.5))),
    "hard_sigmoid": ({"slope": 0.2}, lambda x: max(0.0, min(1.0, 0.2 * x + 0.5))),
    "sigmoid": ({}, logistic),
    "tanh": ({}, math.tanh),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_against_the_formula(name):
    arguments, formula = FORMULAS[name]
    x = np.array(POINTS).reshape(1, 3, 5)
    y = compute(make(name, **arguments), x)
    expected = np.array([formula(v) for v in POINTS]).reshape(x.shape)
    np.testing.assert_allclose(y, expected, rtol=1e-14, atol=0)


@pytest.mark.parametrize("name", [*FORMULAS, "softmax"])
def test_float32_stays_float32(name):
    arguments = {"axis": "C"} if name == "softmax" else FORMULAS[name][0]
    assert compute(make(name, **arguments), np.ones((2, 3), np.float32)).dtype == np.float32


def test_gelu_by_tanh_is_another_function():
    x = np.linspace(-4, 4, 101).reshape(1, -1)
    exact = compute(make("gelu", approximate="none"), x)
    by_tanh = compute(make("gelu", approximate="tanh"), x)
    expected = [
        0.5 * v * (1 + math.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v**3))) for v in x[0]
    ]
    np.testing.assert_allclose(by_tanh[0], expected, rtol=0, atol=1e-15)
    assert 4e-4 < np.max(np.abs(exact - by_tanh)) < 5e-4


@pytest.mark.parametrize("axis", "CDHW")
def test_softmax_along_a_named_axis(axis):
    x = np.random.default_rng(0).normal(0, 5, size=(2, 3, 2, 4, 3))
    y = np.moveaxis(compute(make("softmax", axis=axis), x), " CDHW".index(axis), -1)
    rows = np.moveaxis(x, " CDHW".index(axis), -1)
    for place in np.ndindex(*rows.shape[:-1]):
        powers = [math.exp(v) for v in rows[place]]
        expected = [p / sum(powers) for p in powers]
        np.testing.assert_allclose(y[place], expected, rtol=1e-14)


def test_softmax_names_the_axes_of_a_sequence():
    x = np.array([[[0.0, 0.0], [0.0, math.log(3)]]])
    y = compute(make("softmax", axis="W"), x)
    np.testing.assert_allclose(y, [[[0.5, 0.5], [0.25, 0.75]]], rtol=1e-15)


def test_softmax_of_large_numbers():
    y = compute(make("softmax", axis="C"), np.array([[1e4, 1e4 + math.log(3)]]))
    np.testing.assert_allclose(y, [[0.25, 0.75]], rtol=1e-11)
