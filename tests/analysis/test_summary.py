"""Costs against figures that are known, against sums of their parts, and against other counts."""

from __future__ import annotations

import gc
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

import archspec
from archspec.analysis.compare import depth, entry
from archspec.analysis.memory import DTYPES
from archspec.analysis.summary import Summary
from archspec.backends import specs_folder
from archspec.errors import SpecError, UsageError
from archspec.model.graph import Graph, Node
from archspec.resolution import Flat, resolve_flat
from tests.fuzz.networks import networks

HEAD = "archspec: 1\nname: Net\n"


def flat(name: str, inputs: dict[str, tuple[int, ...]] | None = None, **values: Any) -> Flat:
    return resolve_flat(archspec.load(specs_folder() / f"{name}.yaml"), inputs, **values)


def of(text: str) -> Flat:
    return resolve_flat(archspec.loads(HEAD + text))


def test_googlenet_has_its_figures() -> None:
    found = archspec.summarize(flat("googlenet"))
    assert (found.parameters, found.multiply_adds) == (5_977_530, 276_066_304)
    assert found.statistics == 0
    assert found.parameter_bytes == 4 * 5_977_530


def test_nothing_of_a_summary_waits_for_the_collector() -> None:
    model = flat("googlenet")
    archspec.summarize(model)
    gc.collect()
    gc.disable()
    try:
        archspec.summarize(model)
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_a_layer_of_lenet_by_hand() -> None:
    found = archspec.summarize(flat("lenet"), batch=2, dtype="float64")
    rows = {part.path: part for part in found.rows()}
    first = rows["features.conv1"]
    assert first.parameters == 6 * 1 * 5 * 5 + 6
    assert first.multiply_adds == 6 * 28 * 28 * 25
    assert first.activations == 6 * 28 * 28
    assert rows["features.flatten1"].activations == 0
    # The input, and twice the largest map: the convolution's value and the sigmoid's.
    assert found.peak_bytes == 2 * 8 * (2 * 6 * 28 * 28)


@pytest.mark.parametrize(
    ("name", "layers"), [("lenet", 5), ("alexnet", 8), ("resnet18", 18), ("googlenet_paper", 22)]
)
def test_depths_are_those_in_the_names(name: str, layers: int) -> None:
    assert depth(flat(name).graph) == layers


def test_an_auxiliary_head_is_no_part_of_the_longest_way_unless_it_is_there() -> None:
    text = """
input: [1, 8, 8]
params: {aux: false}
stages: {s: [{conv: {out: 4, kernel: 1}}]}
outputs:
  y: s
  z: {from: s, when: aux, layers: [{conv: {out: 4, kernel: 1}}, {conv: {out: 4, kernel: 1}}]}
"""
    spec = archspec.loads(HEAD + text)
    assert depth(resolve_flat(spec).graph) == 1
    assert depth(resolve_flat(spec, aux=True).graph) == 3


def test_what_is_not_there_need_not_fit() -> None:
    with pytest.raises(SpecError, match="would not fit"):
        archspec.resolve(archspec.load(specs_folder() / "googlenet_paper.yaml"), {"x": (3, 64, 64)})
    assert archspec.summarize(flat("googlenet_paper", {"x": (3, 64, 64)})).parameters == 6_998_552


def test_shared_layers_count_once_and_work_twice() -> None:
    model = of("""
input: [4, 8, 8]
stages:
  s: [{conv: {out: 4, kernel: 1, bias: false}, as: one}, {share: one}]
""")
    found = archspec.summarize(model)
    assert (found.parameters, found.multiply_adds) == (16, 2 * 16 * 64)
    assert [found.record(part)["shares"] for part in found.rows()] == [None, None, "s.one"]


@pytest.mark.parametrize(
    ("layers", "elements"),
    [
        # The input and the output of one layer.
        ("[relu]", 2 * 16),
        # The input is gone when the third value comes.
        ("[relu, tanh, sigmoid]", 2 * 16),
        # The way around keeps it.
        ("[relu, tanh, {add: {}, from: [previous, x]}]", 3 * 16),
        # A view is its input; and what it is a view of stays while the view is used.
        ("[relu, flatten, identity]", 2 * 16),
        ("[{identity: {}, as: v}, relu, tanh, {add: {}, from: [previous, v]}]", 3 * 16),
        # In evaluation nothing is dropped.
        ("[{dropout: 0.5}, relu]", 2 * 16),
        # Three branches, then what joins them: 3 * 16 and 48.
        ("[{branches: {a: [relu], b: [tanh], c: [sigmoid]}}]", 3 * 16 + 48),
    ],
)
def test_the_peak_by_hand(layers: str, elements: int) -> None:
    model = of(f"input: [1, 4, 4]\nstages: {{s: {layers}}}\n")
    assert archspec.summarize(model).alive == elements


def test_what_training_keeps_by_hand() -> None:
    model = of("input: [1, 4, 4]\nstages: {s: [relu, {dropout: 0.5}, identity, flatten]}\n")
    assert archspec.summarize(model).whole.activations == 2 * 16


def test_an_output_stays_to_the_end() -> None:
    model = of("""
input: [1, 4, 4]
stages: {s: [relu], t: [tanh, sigmoid, relu]}
outputs: {early: s, late: t}
""")
    assert archspec.summarize(model).alive == 3 * 16


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("batch", [1, 7])
def test_batches_and_kinds_of_numbers_only_multiply(batch: int, dtype: str) -> None:
    model = flat("resnet18", {"x": (3, 64, 64)})
    one, several = archspec.summarize(model), archspec.summarize(model, batch, dtype)
    bytes_each = DTYPES[dtype]
    assert several.multiply_adds == batch * one.multiply_adds
    assert several.parameters == one.parameters
    assert several.parameter_bytes * 4 == one.parameter_bytes * bytes_each
    assert several.activation_bytes * 4 == one.activation_bytes * batch * bytes_each
    assert several.peak_bytes * 4 == one.peak_bytes * batch * bytes_each


def test_wrong_batches_and_kinds_are_wrong_usage() -> None:
    model = flat("lenet")
    for wrong in ({"batch": 0}, {"dtype": "float8"}):
        with pytest.raises(UsageError):
            archspec.summarize(model, **wrong)  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(networks())
def test_any_network_is_the_sum_of_its_parts(network: dict[str, object]) -> None:
    check(archspec.summarize(resolve_flat(archspec.loads(json.dumps(network)))))


def check(found: Summary) -> None:
    """Sums agree at every depth, with the graph's own counts, and with a plain simulation."""
    graph = found.model.graph
    tensors = [tensor for _, tensor in graph.tensors.values()]
    assert found.parameters == sum(each.elements for each in tensors if each.trainable)
    assert found.statistics == sum(each.elements for each in tensors if not each.trainable)
    assert found.multiply_adds == sum(
        node.operator.multiply_adds(node.input_shapes, node.shape) for node in graph.nodes
    )
    assert found.alive == naive_peak(graph)
    layers = [part for part in found.rows() if isinstance(part, Node)]
    assert [part.path for part in layers] == [node.path for node in graph.nodes]
    deepest = max(part.depth for part in layers)
    for level in range(1, deepest + 1):
        rows = list(found.rows(level))
        shown = [part for part in rows if part.depth == level or isinstance(part, Node)]
        for figure in ("parameters", "statistics", "multiply_adds", "activations"):
            assert sum(getattr(part, figure) for part in shown) == getattr(found.whole, figure)
    for part in found.rows():
        if part.path in graph.scopes:
            assert part.shape == graph.shape(graph.scopes[part.path])
    Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(found.to_json())))


def naive_peak(graph: Graph) -> int:
    """The same by looking, at each layer, at every value: is it made, is it still to be taken?"""
    views: dict[str, str] = {}
    for node in graph.nodes:
        if node.operator.name() in ("flatten", "identity", "dropout"):
            views[node.path] = views.get(node.inputs[0], node.inputs[0])
    kept = {views.get(path, path) for path in graph.outputs.values()}
    most = sum(shape.elements for shape in graph.inputs.values())
    for place, node in enumerate(graph.nodes):
        made = {*graph.inputs, *(each.path for each in graph.nodes[: place + 1])}
        later = {
            views.get(source, source) for each in graph.nodes[place:] for source in each.inputs
        }
        alive = (made & (kept | later | {node.path})) - views.keys()
        if place == 0:
            alive |= set(graph.inputs)
        most = max(most, sum(graph.shape(path).elements for path in alive))
    return most


FIGURE = {"type": "integer", "minimum": 0}
SIZES = {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1}
WORD = {"type": ["string", "null"]}
LAYER = {
    "path": {"type": "string", "pattern": r"^[a-z0-9_.]+$"},
    "depth": {"type": "integer", "minimum": 1},
    "operator": WORD,
    "arguments": WORD,
    "block": WORD,
    "shares": WORD,
    "output": SIZES,
    "axes": {"type": "array", "items": {"type": "string"}},
    "parameters": FIGURE,
    "statistics": FIGURE,
    "multiply_adds": FIGURE,
    "activation_bytes": FIGURE,
}
TOTALS = dict.fromkeys(
    (
        "layers",
        "parameters",
        "statistics",
        "parameter_bytes",
        "multiply_adds",
        "activation_bytes",
        "peak_bytes",
    ),
    FIGURE,
)


def exactly(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


SCHEMA = exactly(
    {
        "network": {"type": "string"},
        "spec": {"type": "string"},
        "values": {"type": "object"},
        "input": {"type": "object", "additionalProperties": SIZES},
        "batch": {"type": "integer", "minimum": 1},
        "dtype": {"enum": list(DTYPES)},
        "totals": exactly(TOTALS),
        "layers": {"type": "array", "items": exactly(LAYER)},
        "conventions": {"type": "object", "additionalProperties": {"type": "string"}},
    }
)


def test_a_comparison_has_what_its_summary_has() -> None:
    found = entry(flat("googlenet", {"x": (1, 64, 64)}), batch=3)
    data = found.to_json()
    totals = found.summary.to_json()["totals"]
    assert {name: data[name] for name in totals} == totals
    assert data["depth"] == 22
    assert data["input"] == {"x": [1, 64, 64]}
