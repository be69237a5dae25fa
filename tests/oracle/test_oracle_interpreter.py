import numpy as np
import pytest

from archspec.errors import UsageError, VerificationError, WeightsError
from archspec.oracle import run
from tests.oracle.networks import Builder, make, random_tensors, window


def branches():
    """Two branches of one convolution, added, normalised and pooled; two outputs."""
    return (
        Builder(x=(2, 5, 5))
        .add("conv", window("conv", 2, kernel=3, padding=(1, 1), out=4, groups=1, bias=True))
        .add("relu", make("relu"))
        .add("tanh", make("tanh"), "conv")
        .add("add", make("add"), "relu", "tanh", "relu")
        .add("norm", make("batch_norm", eps=1e-5, decay=0.9, running_variance="framework"))
        .add("drop", make("dropout", rate=0.5))
        .add("pool", make("global_avg_pool", keep_axes=False))
        .add("fc", make("dense", out=3, bias=True))
        .graph(logits="fc", features="relu")
    )


def batch(graph, n=4, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return {
        name: rng.normal(size=(n, *shape.sizes)).astype(dtype)
        for name, shape in graph.inputs.items()
    }


def test_values_outputs_and_their_shapes():
    graph = branches()
    result = run(graph, random_tensors(graph, np.random.default_rng(1)), batch(graph))
    assert list(result.values) == [node.path for node in graph.nodes]
    assert result.outputs["logits"] is result.values["fc"]
    assert result.outputs["features"] is result.values["relu"]
    assert result.statistics == {}
    for node in graph.nodes:
        assert result.values[node.path].shape == (4, *node.shape.sizes)
    relu, tanh = result.values["relu"], result.values["tanh"]
    np.testing.assert_array_equal(result.values["add"], relu + tanh + relu)


@pytest.mark.parametrize("training", [False, True])
def test_dropping_values_early_changes_nothing(training):
    graph = branches()
    tensors, inputs = random_tensors(graph, np.random.default_rng(1)), batch(graph)
    kept = run(graph, tensors, inputs, training=training)
    lean = run(graph, tensors, inputs, training=training, keep=False)
    assert set(lean.values) == {"fc", "relu"}
    for name, value in kept.outputs.items():
        np.testing.assert_array_equal(lean.outputs[name], value)
    assert lean.statistics.keys() == kept.statistics.keys()


def test_training_gives_the_new_running_statistics():
    graph = branches()
    tensors, inputs = random_tensors(graph, np.random.default_rng(1)), batch(graph)
    result = run(graph, tensors, inputs, training=True)
    assert set(result.statistics) == {"norm.running_mean", "norm.running_var"}
    seen = result.values["add"]
    expected = 0.9 * tensors["norm.running_var"] + 0.1 * seen.var(axis=(0, 2, 3))
    np.testing.assert_allclose(result.statistics["norm.running_var"], expected, rtol=1e-14)
    evaluated = run(graph, tensors, inputs)
    assert not np.allclose(result.outputs["logits"], evaluated.outputs["logits"])


def test_a_shared_layer_takes_its_owners_tensors_and_updates_them_twice():
    norm = make("batch_norm", eps=1e-5, decay=0.5, running_variance="biased")
    graph = Builder(x=(2,)).add("a", norm).add("r", make("relu")).add("b", norm, owner="a").graph()
    tensors = random_tensors(graph, np.random.default_rng(2))
    assert set(tensors) == {"a.weight", "a.bias", "a.running_mean", "a.running_var"}
    result = run(graph, tensors, batch(graph), training=True)
    first, second = batch(graph)["x"], result.values["r"]
    once = 0.5 * tensors["a.running_mean"] + 0.5 * first.mean(axis=0)
    twice = 0.5 * once + 0.5 * second.mean(axis=0)
    np.testing.assert_allclose(result.statistics["a.running_mean"], twice, rtol=1e-14)


def test_the_inputs_set_the_precision():
    graph = branches()
    tensors = random_tensors(graph, np.random.default_rng(1))
    result = run(graph, tensors, batch(graph, dtype=np.float32), training=True)
    assert {value.dtype for value in result.values.values()} == {np.dtype(np.float32)}
    assert {value.dtype for value in result.statistics.values()} == {np.dtype(np.float32)}
    exact = run(graph, tensors, batch(graph), training=True)
    np.testing.assert_allclose(result.outputs["logits"], exact.outputs["logits"], atol=1e-5)


def test_an_output_may_be_an_input():
    graph = Builder(x=(3,)).add("relu", make("relu")).graph(y="relu", same="x")
    inputs = batch(graph)
    for keep in (True, False):
        result = run(graph, {}, inputs, keep=keep)
        np.testing.assert_array_equal(result.outputs["same"], inputs["x"])
        assert set(result.values) == {"relu"}


def test_inputs_are_not_written_to():
    graph = branches()
    tensors, inputs = random_tensors(graph, np.random.default_rng(1)), batch(graph)
    for array in (*tensors.values(), *inputs.values()):
        array.flags.writeable = False
    run(graph, tensors, inputs, training=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: {}, "received none"),
        (lambda x: {"x": x, "y": x}, "received x, y"),
        (lambda x: {"x": x[:, :1]}, "expected a batch of 2x5x5"),
        (lambda x: {"x": x.astype(np.int64)}, "floating-point"),
    ],
)
def test_wrong_inputs(change, message):
    graph = branches()
    tensors = random_tensors(graph, np.random.default_rng(1))
    with pytest.raises(UsageError, match=message):
        run(graph, tensors, change(batch(graph)["x"]))


def test_inputs_that_differ():
    graph = Builder(a=(2,), b=(2,)).add("add", make("add"), "a", "b").graph()
    with pytest.raises(UsageError, match="batch size"):
        run(graph, {}, {"a": np.ones((1, 2)), "b": np.ones((3, 2))})
    with pytest.raises(UsageError, match="float32, float64"):
        run(graph, {}, {"a": np.ones((1, 2)), "b": np.ones((1, 2), np.float32)})


def test_wrong_tensors():
    graph = branches()
    tensors = random_tensors(graph, np.random.default_rng(1))
    with pytest.raises(WeightsError, match=r"fc\.bias: the tensor is missing"):
        run(graph, {k: v for k, v in tensors.items() if k != "fc.bias"}, batch(graph))
    with pytest.raises(WeightsError, match=r"fc\.weight: expected the shape \(3, 4\)"):
        run(graph, tensors | {"fc.weight": np.ones((4, 3))}, batch(graph))


def test_a_shape_rule_that_disagrees_is_noticed(monkeypatch):
    pool = window("max_pool", 1, kernel=2, stride=2)
    monkeypatch.setattr(type(pool), "spatial", lambda self, inputs: (3,))
    graph = Builder(x=(1, 5)).add("pool", pool).graph()
    with pytest.raises(VerificationError, match=r"net\.yaml:1:1: pool: .*\(1, 2\).*\(1, 3\)"):
        run(graph, {}, batch(graph))
