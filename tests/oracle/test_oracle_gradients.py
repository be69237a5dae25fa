import numpy as np
import pytest

from archspec.errors import UsageError
from archspec.oracle import directional_derivative, run
from tests.oracle.networks import Builder, make, random_tensors, window


def perceptron(activation, **arguments):
    return (
        Builder(x=(6,))
        .add("first", make("dense", out=20, bias=True))
        .add("act", make(activation, **arguments))
        .add("last", make("dense", out=3, bias=True))
        .graph()
    )


def by_hand(tensors, x, cotangent, slope):
    """The gradients of the perceptron by the chain rule."""
    before = x @ tensors["first.weight"].T + tensors["first.bias"]
    after = slope(before)[0]
    back = cotangent @ tensors["last.weight"] * slope(before)[1]
    return {
        "last.weight": cotangent.T @ after,
        "last.bias": cotangent.sum(axis=0),
        "first.weight": back.T @ x,
        "first.bias": back.sum(axis=0),
        "x": back @ tensors["first.weight"],
    }


SLOPES = {
    "tanh": lambda v: (np.tanh(v), 1 - np.tanh(v) ** 2),
    "relu": lambda v: (np.maximum(v, 0), (v > 0).astype(float)),
}


@pytest.mark.parametrize("activation", SLOPES)
@pytest.mark.parametrize("seed", range(8))
def test_the_chain_rule_agrees_within_the_error(activation, seed):
    rng = np.random.default_rng(seed)
    graph = perceptron(activation)
    tensors, x = random_tensors(graph, rng), rng.normal(size=(5, 6))
    cotangent = rng.normal(size=(5, 3))
    expected = by_hand(tensors, x, cotangent, SLOPES[activation])
    direction = {name: rng.normal(size=each.shape) for name, each in expected.items()}
    value, error = directional_derivative(
        graph, tensors, {"x": x}, {"y": cotangent}, direction, False
    )
    exact = sum(np.sum(expected[name] * each) for name, each in direction.items())
    size = sum(np.linalg.norm(expected[name]) for name in direction)
    assert abs(value - exact) <= error < 1e-6 * size


def test_a_kink_at_the_point_itself_is_admitted():
    graph = Builder(x=(2,)).add("relu", make("relu")).graph()
    x = np.array([[0.0, 1.0]])
    value, error = directional_derivative(
        graph, {}, {"x": x}, {"y": np.ones((1, 2))}, {"x": np.ones((1, 2))}, False
    )
    # One-sided slopes are 1 and 2; a framework says 1.
    assert 1 <= value <= 2
    assert error >= 0.5


@pytest.mark.parametrize("distance", 10.0 ** -np.arange(2, 12))
def test_kinks_nearby_are_stepped_over_or_admitted(distance):
    graph = Builder(x=(1,)).add("leaky", make("leaky_relu", slope=0.25)).graph()
    x, one = np.array([[distance], [-distance * 0.7], [1.0]]), np.ones((3, 1))
    value, error = directional_derivative(graph, {}, {"x": x}, {"y": one}, {"x": one}, False)
    assert abs(value - 2.25) <= error


@pytest.mark.parametrize("training", [False, True])
def test_batch_norm_differentiates_through_the_statistics_in_training_only(training):
    rng = np.random.default_rng(0)
    norm = make("batch_norm", eps=1e-3, decay=0.9, running_variance="framework")
    graph = Builder(x=(2,)).add("norm", norm).graph()
    tensors, x, cotangent = random_tensors(graph, rng), rng.normal(size=(6, 2)), np.ones((6, 2))
    value, error = directional_derivative(
        graph, tensors, {"x": x}, {"y": cotangent}, {"x": rng.normal(size=(6, 2))}, training
    )
    # The sum over the batch does not depend on the input once its mean is taken off.
    assert (abs(value) <= error) == training
    assert error < 1e-8


def test_several_outputs_and_inputs_through_a_convolution():
    rng = np.random.default_rng(1)
    graph = (
        Builder(a=(1, 5, 5), b=(1, 5, 5))
        .add("sum", make("add"), "a", "b")
        .add("conv", window("conv", 2, kernel=3, out=2, groups=1, bias=False))
        .add("square", make("mul"), "conv", "conv")
        .graph(conv="conv", square="square")
    )
    tensors = random_tensors(graph, rng)
    inputs = {name: rng.normal(size=(2, 1, 5, 5)) for name in "ab"}
    direction = {name: rng.normal(size=(2, 1, 5, 5)) for name in "ab"}
    cotangents = {name: rng.normal(size=(2, 2, 3, 3)) for name in graph.outputs}
    conv = run(graph, tensors, inputs).outputs["conv"]
    moved = run(graph, tensors, direction).outputs["conv"]
    exact = np.sum(cotangents["conv"] * moved) + np.sum(cotangents["square"] * 2 * conv * moved)
    value, error = directional_derivative(graph, tensors, inputs, cotangents, direction, True)
    assert abs(value - exact) <= error < 1e-8


@pytest.mark.parametrize("name", ["nothing", "first.weight"])
def test_a_direction_that_fits_nothing(name):
    graph = perceptron("tanh")
    tensors = random_tensors(graph, np.random.default_rng(0))
    arguments = graph, tensors, {"x": np.ones((1, 6))}, {"y": np.ones((1, 3))}
    with pytest.raises(UsageError, match=f"{name}: a direction fits no"):
        directional_derivative(*arguments, {name: np.ones(7)}, False)
    with pytest.raises(UsageError, match="at least 4 steps"):
        directional_derivative(*arguments, {}, False, steps=3)


@pytest.mark.parametrize("cotangents", [{"z": np.ones((1, 3))}, {"y": np.ones((1, 2))}])
def test_a_cotangent_that_fits_nothing(cotangents):
    graph = perceptron("tanh")
    tensors = random_tensors(graph, np.random.default_rng(0))
    with pytest.raises(UsageError, match="a cotangent fits no"):
        directional_derivative(graph, tensors, {"x": np.ones((1, 6))}, cotangents, {}, False)
