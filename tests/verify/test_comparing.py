"""Distances, gates, the matching of lines, and the estimate of memory."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from archspec.errors import UsageError, VerificationError
from archspec.oracle.interpreter import run
from archspec.resolution import Model, resolve
from archspec.schema import load, loads
from archspec.verification import disk, gates, memory, request
from archspec.verification.alignment import Alignment
from archspec.verification.compare import (
    Precisions,
    norm,
    relative_error,
    tensor_errors,
    worst,
)
from archspec.verification.locate import nearest
from archspec.verification.reference import corrected, values_per_channel
from archspec.verification.verify import least_batch
from archspec.weights.generator import seeded, seeded_inputs

TRAPS = Path(__file__).parent / "traps"


def test_relative_to_the_largest_value() -> None:
    expected = np.array([[1.0, -4.0], [0.5, 0.0]])
    assert relative_error(expected, expected) == 0
    assert relative_error(expected + np.array([[0, 0], [0.1, 0]]), expected) == pytest.approx(0.025)
    assert relative_error(np.zeros(3), np.zeros(3)) == 0
    assert relative_error(np.full(3, 1e-3), np.zeros(3)) == 1e-3
    assert relative_error(np.zeros((0, 3)), np.zeros((0, 3))) == 0


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_infinitely_wrong(value: float) -> None:
    one, other = np.ones(3), np.array([1.0, value, 1.0])
    assert relative_error(one, other) == math.inf
    assert relative_error(other, one) == math.inf
    assert relative_error(other, other) == math.inf
    assert tensor_errors({"a": other}, {"a": other})["a"][0] == math.inf


def test_other_shapes_are_infinitely_wrong() -> None:
    assert relative_error(np.ones((2, 3)), np.ones((3, 2))) == math.inf
    # Not even where NumPy would stretch one to the other.
    assert relative_error(np.ones((1, 3)), np.ones((2, 3))) == math.inf
    assert tensor_errors({"a": np.ones(1)}, {"a": np.ones(3)})["a"][0] == math.inf


def test_tensor_missing_on_either_side_is_infinitely_wrong() -> None:
    one = np.ones(3)
    errors = tensor_errors({"a": one, "c": one}, {"a": one, "b": one})
    assert {name: error for name, (error, _) in errors.items()} == {
        "a": 0,
        "b": math.inf,
        "c": math.inf,
    }


def test_tiny_tensors_are_measured_by_the_norm_of_all() -> None:
    # The gradient of a bias before a BatchNorm: noise, whose ratio to other noise means nothing.
    expected = {"weight": np.full(100, 1.0), "bias": np.array([1e-17])}
    found = {"weight": np.full(100, 1.0), "bias": np.array([-3e-17])}
    errors = tensor_errors(found, expected)
    assert worst(errors).passed
    found["bias"] = np.array([2e-12])
    error, gate = tensor_errors(found, expected)["bias"]
    assert error > gate == gates.GRADIENT
    assert error == pytest.approx(2e-12 / (gates.GRADIENT_LEAST * 10), rel=1e-3)


def test_norm_of_several() -> None:
    assert norm([np.array([3.0]), np.array([[4.0]])]) == 5
    assert norm([]) == 0


def test_worst_is_by_ratio_and_never_empty() -> None:
    top = worst({"a": (1e-13, 1e-12), "b": (2e-6, 1e-5), "c": (5e-10, 1e-12)})
    assert (top.name, top.failed, top.compared, top.passed) == ("c", ("c",), 3, False)
    assert worst({"a": (1e-12, 1e-12)}).passed
    assert worst({"a": (0.0, 0.0)}).passed
    assert not worst({"a": (math.nan, 1.0)}).passed
    assert not worst({}).passed


def test_float32_blames_whoever_is_less_accurate() -> None:
    rng = np.random.default_rng(0)
    exact = rng.standard_normal(100)
    honest = exact.astype(np.float32)
    sloppy = exact.astype(np.float16).astype(np.float32)
    double = {name: {"y": exact} for name in ("a", "b", "oracle")}
    single = {
        "a": {"y": honest},
        "b": {"y": sloppy},
        "oracle": {"y": honest * np.float32(1 + 1e-7)},
    }
    passed = {name: worst(Precisions.of(single, double).errors(name)).passed for name in single}
    assert passed == {"a": True, "b": False, "oracle": True}


def test_gate_of_differences_follows_their_error() -> None:
    assert gates.differences(0.0, 1.0) == gates.DIFFERENCES_FLOOR
    assert gates.differences(1e-3, 10.0) == pytest.approx(1e-3)
    assert gates.differences(1e-3, 0.0) == math.inf


@pytest.mark.parametrize(
    ("edited", "generated", "pairs"),
    [
        ("a\nb\nc", "a\nb\nc", {1: 1, 2: 2, 3: 3}),
        ("a\nc", "a\nb\nc", {1: 1, 2: 3}),
        ("a\nnew\nb", "a\nb", {1: 1, 3: 2}),
        ("a\nx = relu(x, 1)\nc", "a\nx = relu(x)\nc", {1: 1, 2: 2, 3: 3}),
        (
            "a\nz = 12345\nx = conv(64, 3)(x)\nc",
            "a\nx = conv(32, 3)(x)\nc",
            {1: 1, 3: 2, 4: 3},
        ),
        ("", "a", {}),
    ],
)
def test_lines_are_matched(edited: str, generated: str, pairs: dict[int, int]) -> None:
    alignment = Alignment(edited, generated)
    assert alignment.to_generated == pairs
    assert alignment.to_edited == {its: mine for mine, its in pairs.items()}


@pytest.fixture(scope="module")
def network() -> Model:
    return resolve(load(TRAPS / "normalisations.yaml"))


def test_nearest_layers_that_were_compared(network: Model) -> None:
    graph = network.graph
    seen = {"stem.conv1", "stem.conv2"}
    node = graph.by_path["stem.gelu1"]
    assert nearest(graph, node, seen) == (("stem.conv2",), ("stem.layer_norm1",))
    node = graph.by_path["stem.conv1"]
    assert nearest(graph, node, seen) == (("x",), ())


def test_batch_gives_every_batch_norm_eight_values(network: Model) -> None:
    assert least_batch(network.graph) == 2
    layer = "{batch_norm: {eps: 1, decay: 0.9}}"
    text = f"{{archspec: 1, name: N, doc: d, input: [3, 1, 3], stages: {{a: [{layer}]}}}}"
    small = resolve(loads(text))
    assert least_batch(small.graph) == 3
    assert values_per_channel(small.graph, 3) == {"a.batch_norm1": [9]}


@pytest.mark.parametrize("steps", [1, 3])
def test_running_variance_is_corrected_exactly(network: Model, steps: int) -> None:
    """Against the oracle, told to count by n - 1."""
    graph, batch = network.graph, 2
    text = (TRAPS / "normalisations.yaml").read_text("utf-8")
    for decay in ("0.9}", "0.99}"):
        text = text.replace(f"decay: {decay}", f"decay: {decay[:-1]}, running_variance: unbiased}}")
    unbiased = resolve(loads(text)).graph
    before, inputs = seeded(graph, 0), seeded_inputs(graph, batch, 0)
    results = []
    for each in (graph, unbiased):
        tensors = dict(before)
        for _ in range(steps):
            tensors |= run(each, tensors, inputs, training=True).statistics
        results.append({name: tensors[name] for name in tensors if "running" in name})
    found, expected = results
    fixed = corrected(graph, before, found, batch, steps)
    for name, each in expected.items():
        assert relative_error(fixed[name], each) < 1e-15
    variance = "stem.batch_norm1.running_var"
    assert relative_error(found[variance], expected[variance]) > 1e-5


def test_memory_grows_with_what_is_held(network: Model) -> None:
    graph = network.graph
    least = memory.estimate(graph, 2, 1)
    assert least > 0.5 * memory.GIB
    assert memory.estimate(graph, 2000, 1) > 1.2 * least
    assert memory.estimate(graph, 2000, 4) > memory.estimate(graph, 2000, 1)
    # In float64 alone backends are compared one after the other.
    without = memory.estimate(graph, 2000, 4, single=False)
    assert without == memory.estimate(graph, 2000, 9, single=False)
    assert without < memory.estimate(graph, 2000, 4)
    assert memory.available() > 0


def test_refusal_names_both_figures() -> None:
    memory.refuse_too_large(10, 10)
    with pytest.raises(VerificationError, match=r"needs about 3\.0 GiB, more than 2\.0 GiB"):
        memory.refuse_too_large(3 * memory.GIB, 2 * memory.GIB)
    with pytest.raises(VerificationError, match="80% of the available memory"):
        memory.refuse_too_large(2**60, None)


def test_what_is_written_grows_with_what_is_asked(network: Model, tmp_path: Path) -> None:
    graph = network.graph
    tensors, inputs = seeded(graph, 0), seeded_inputs(graph, 3, 0)
    size = sum(each.nbytes for each in tensors.values())
    values = sum(each.nbytes for each in run(graph, tensors, inputs).values.values())
    one = disk.estimate(graph, 3, 1, request.tasks(graph, ["float64"], 0))
    assert 2 * size + 2 * values < one < 2 * size + 3 * values
    more = disk.estimate(graph, 3, 2, request.tasks(graph, ["float64", "float32"], 5))
    assert more == 2 * (one + 2 * size + values // 2)
    disk.refuse_too_large(0, tmp_path)
    with pytest.raises(VerificationError, match=r"1048576\.0 GiB of temporary files, and .* room"):
        disk.refuse_too_large(2**50, tmp_path)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("4GiB", 4 * 2**30),
        ("1.5 GB", 1_500_000_000),
        ("500MB", 500_000_000),
        ("2G", 2_000_000_000),
        ("512Ki", 2**19),
        ("100", 100),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert memory.parse_size(text) == size


@pytest.mark.parametrize("text", ["", "GiB", "4 apples", "-4GiB", "4IB"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(UsageError):
        memory.parse_size(text)
