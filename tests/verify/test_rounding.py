"""What a layer rounds itself, and what its inputs had lost before."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pytest

from archspec.model.graph import Graph
from archspec.oracle import run, run_layer
from archspec.resolution import resolve
from archspec.schema import loads
from archspec.verification.request import Question
from archspec.verification.rounding import without_inherited
from archspec.weights.generator import seeded, seeded_inputs

Values = dict[str, npt.NDArray[np.float32]]
# The convolution's values reach far beyond the slope of the hard sigmoid, as in MobileNet v3.
SPEC = """\
archspec: 1
name: Gate
input: [3, 5, 7]
stages:
  body:
    - conv: {out: 6, kernel: 3}
    - hard_sigmoid: 1 / 6
    - conv: {out: 4, kernel: 1}
"""
FAR = 1e-9, 1e-12


@pytest.fixture(scope="module")
def graph() -> Graph:
    return resolve(loads(SPEC)).graph


@pytest.fixture(scope="module")
def question(graph: Graph) -> Question:
    return Question(seeded(graph, 0), seeded_inputs(graph, 2, 0), {})


@pytest.fixture
def values(graph: Graph, question: Question) -> Values:
    inputs = {name: each.astype(np.float32) for name, each in question.inputs.items()}
    return {name: each.copy() for name, each in run(graph, question.tensors, inputs).values.items()}


def _continued(graph: Graph, question: Question, values: Values, after: str) -> None:
    """Compute the layers after one anew, in float32, from what it is now."""
    paths = [node.path for node in graph.nodes]
    for node in graph.nodes[paths.index(after) + 1 :]:
        values[node.path] = run_layer(node, question.tensors, [values[p] for p in node.inputs])


def _left(
    graph: Graph, question: Question, values: Mapping[str, npt.NDArray[np.float32]]
) -> list[str]:
    """The layers that fail although what their inputs had lost is left out."""
    errors = {node.path: FAR for node in graph.nodes}
    paths = {path: path for path in errors}
    found, count = without_inherited(graph, question, values, errors, paths)
    failed = [path for path, (error, gate) in found.items() if error > gate]
    assert count == len(errors) - len(failed)
    return failed


def test_honest_layers_pass(graph: Graph, question: Question, values: Values) -> None:
    assert _left(graph, question, values) == []


@pytest.mark.parametrize("layer", ["body.conv1", "body.hard_sigmoid1", "body.conv2"])
def test_only_the_layer_that_rounds_is_left(
    graph: Graph, question: Question, values: Values, layer: str
) -> None:
    # As TF32 does: ten bits of the mantissa are kept. What comes after is computed from that.
    values[layer] = values[layer].astype(np.float16).astype(np.float32)
    _continued(graph, question, values, layer)
    assert _left(graph, question, values) == [layer]


def test_a_layer_whose_input_was_not_seen_stays_as_it_was(
    graph: Graph, question: Question, values: Values
) -> None:
    del values["body.conv1"]
    assert _left(graph, question, values) == ["body.conv1", "body.hard_sigmoid1"]


def test_an_output_is_the_layer_that_it_is(
    graph: Graph, question: Question, values: Values
) -> None:
    far, given = {"output": FAR}, {"output": values["body.conv2"]}
    found, count = without_inherited(graph, question, values, far, graph.outputs, given)
    assert count == 1
    error, gate = found["output"]
    assert 0 < error <= gate


def test_what_is_near_enough_is_left_as_it_is(
    graph: Graph, question: Question, values: Values
) -> None:
    near = {"body.conv2": (1e-7, 1e-6)}
    paths = {"body.conv2": "body.conv2"}
    assert without_inherited(graph, question, values, near, paths) == (near, 0)


def test_terms_may_be_added_one_after_the_other() -> None:
    spec = (
        "archspec: 1\nname: Mean\ninput: [4, 112, 112]\nstages: {body: [relu, global_avg_pool]}\n"
    )
    graph = resolve(loads(spec)).graph
    question = Question({}, seeded_inputs(graph, 2, 0), {})
    inputs = {name: each.astype(np.float32) for name, each in question.inputs.items()}
    values = dict(run(graph, {}, inputs).values)
    rows = values["body.relu1"].reshape(2, 4, -1)
    # NumPy's cumulative sum is in order, its sum is not.
    values["body.global_avg_pool1"] = rows.cumsum(-1)[..., -1] / np.float32(rows.shape[-1])
    assert _left(graph, question, values) == []
    values["body.global_avg_pool1"] *= np.float32(1 + 3e-5)
    assert _left(graph, question, values) == ["body.global_avg_pool1"]


@pytest.mark.parametrize("factor", [np.nan, np.inf, 1 + 1e-4])
def test_what_is_returned_counts_and_not_what_was_seen_of_its_layer(
    graph: Graph, question: Question, values: Values, factor: float
) -> None:
    far = {"output": (1e-4, 1e-6)}
    given = {"output": values["body.conv2"] * np.float32(factor)}
    found, count = without_inherited(graph, question, values, far, graph.outputs, given)
    assert (found, count) == (far, 0)
    given = {"output": values["body.conv2"]}
    assert without_inherited(graph, question, values, far, graph.outputs, given)[1] == 1
