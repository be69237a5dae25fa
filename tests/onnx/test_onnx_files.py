"""The .onnx file itself: what is in it, that it is whole, and that it is always the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archspec import BackendError, WeightsError, generate, load, loads, resolve, verify
from archspec.backends import find_backend
from archspec.generation import Target, assembled, stale, write
from archspec.model.graph import Graph
from archspec.oracle.interpreter import run
from archspec.render import render
from archspec.weights.convert import convert
from archspec.weights.files import read_safetensors, write_safetensors
from archspec.weights.generator import seeded, seeded_inputs
from tests.parity.variants import PATHS as OPERATORS
from tests.parity.variants import honoured_part

ROOT = Path(__file__).parents[2]
SPECS = sorted((ROOT / "specs").glob("*.yaml"))
CASES = sorted((ROOT / "tests/render/cases").glob("*/spec.yaml"))
HEAD = "archspec: 1\nname: Net\ninput: [4, 8, 8]\n"

pytestmark = pytest.mark.parity


def _sizes(value: Any) -> tuple[Any, ...]:
    return tuple(each.dim_value or each.dim_param for each in value.type.tensor_type.shape.dim)


def _single(graph: Graph) -> dict[str, Any]:
    return {name: each.astype(np.float32) for name, each in seeded(graph, 0).items()}


@pytest.mark.parametrize("path", [*SPECS, *CASES, *OPERATORS], ids=lambda path: str(path)[-40:])
def test_the_shapes_that_onnx_infers_are_those_of_the_model(own: Any, path: Path) -> None:
    resolved = honoured_part(path, "onnx") if path in OPERATORS else resolve(load(path))
    graph = resolved.graph
    model = own.assemble.assembled(generate(resolved, "onnx"))
    found = {each.name: _sizes(each) for each in (*model.graph.value_info, *model.graph.output)}
    values = {node.name: node.output[0] for node in model.graph.node}
    for node in graph.nodes:
        assert found[values[node.path]] == ("N", *node.shape.sizes), node.path
    taken = {each.name: _sizes(each) for each in model.graph.input}
    assert list(taken) == [*graph.inputs, *graph.tensors]
    for name, (_, tensor) in graph.tensors.items():
        assert taken[name] == tensor.shape
    assert [each.name for each in model.graph.output] == list(graph.outputs)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_committed_file_is_current_and_small(own: Any, path: Path) -> None:
    file = ROOT / "generated/onnx" / f"{path.stem}.onnx"
    assert stale(Target.of(resolve(load(path)), "onnx", (file, False))) == ""
    # Without weights, a layer takes some hundred bytes; attention is written out in twenty nodes.
    layers = [node.operator.name() for node in resolve(load(path)).graph.nodes]
    assert file.stat().st_size < 1000 * (len(layers) + 10 * layers.count("attention"))


def test_it_says_what_it_is(own: Any) -> None:
    model = own.assemble.assembled(
        generate(resolve(load(ROOT / "specs/googlenet.yaml"), num_classes=7), "onnx")
    )
    told = {each.key: each.value for each in model.metadata_props}
    assert told == {
        "spec": "GoogLeNet",
        "spec_file": "googlenet.yaml",
        "parameter.in_channels": "1",
        "parameter.num_classes": "7",
    }
    assert "https://arxiv.org/abs/1409.4842" in model.doc_string
    assert "Input (NxCxHxW): N x 1 x 96 x 96\n" in model.doc_string
    assert (model.ir_version, model.opset_import[0].version) == (8, 17)


def test_texts_of_a_spec_stay_texts(own: Any) -> None:
    doc = r'A "quoted" \\ text > with, "] { a brace" and # a hash'
    spec = HEAD + f"doc: '{doc}'\nstages: {{s: [{{leaky_relu: 0.25}}]}}\n"
    text = generate(resolve(loads(spec)), "onnx")
    assert own.assemble.assembled(text).doc_string.startswith(doc)
    exact = own.exact.exact_text(text)
    assert exact.doc_string.startswith(doc)
    assert len(exact.graph.node) == 1


def test_a_text_whose_shapes_do_not_follow_is_refused(own: Any) -> None:
    text = generate(resolve(load(ROOT / "specs/lenet.yaml")), "onnx")
    wrong = text.replace("float[N, 10]", "float[N, 11]")
    with pytest.raises(ValueError, match=r"head\.dense3"):
        own.assemble.assembled(wrong)
    with pytest.raises(BackendError, match=r"head\.dense3") as caught:
        assembled(wrong, find_backend("onnx"), "lenet.onnx")
    assert "\n" not in str(caught.value)


def test_outputs_are_called_as_the_spec_calls_them(own: Any) -> None:
    text = HEAD + (
        "stages: {s: [relu]}\noutputs:\n  first: s\n  second: s\n  third: {layers: [tanh]}\n"
    )
    model = own.assemble.assembled(generate(resolve(loads(text)), "onnx"))
    makers = {node.output[0]: (node.name, node.op_type) for node in model.graph.node}
    assert makers["first"] == ("s.relu1", "Relu")
    assert makers["second"] == ("second/output", "Identity")
    assert makers["third"][1] == "Tanh"


def test_an_output_called_as_an_input_is_refused() -> None:
    text = HEAD + "stages: {s: [relu]}\noutputs: {x: s, y: s}\n"
    with pytest.raises(BackendError, match="cannot call an output `x`"):
        generate(resolve(loads(text)), "onnx")


def test_an_unbiased_running_variance_is_refused() -> None:
    norm = "batch_norm: {eps: 1e-5, decay: 0.9, running_variance: unbiased}"
    with pytest.raises(BackendError, match="biased running variance"):
        generate(resolve(loads(HEAD + f"stages: {{s: [{{{norm}}}]}}\n")), "onnx")


def test_weights_inside_give_a_file_that_runs_alone(own: Any, tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    model = resolve(load(ROOT / "specs/lenet.yaml"))
    weights, file = tmp_path / "w.safetensors", tmp_path / "net.onnx"
    write_safetensors(weights, _single(model.graph))
    target = Target.of(model, "onnx", (file, False), weights)
    assert write([target]) == [True]
    assert write([target]) == [False]
    session = onnxruntime.InferenceSession(file)
    assert [each.name for each in session.get_inputs()] == ["x"]
    inputs = seeded_inputs(model.graph, 3, 0)
    (found,) = session.run(None, {"x": inputs["x"].astype(np.float32)})
    expected = run(model.graph, seeded(model.graph, 0), inputs).outputs["output"]
    assert np.abs(found - expected).max() < 1e-5 * np.abs(expected).max()


def test_weights_that_float32_cannot_hold_are_refused(own: Any, tmp_path: Path) -> None:
    model = resolve(load(ROOT / "specs/lenet.yaml"))
    weights, file = tmp_path / "w.safetensors", tmp_path / "net.onnx"
    write_safetensors(weights, seeded(model.graph, 0))
    with pytest.raises(WeightsError, match="float32 has not"):
        convert(model, "safetensors", weights, "onnx", file)
    assert not file.exists()
    halves = {n: each.astype(np.float16) for n, each in seeded(model.graph, 0).items()}
    write_safetensors(weights, halves)
    convert(model, "safetensors", weights, "onnx", file)
    convert(model, "onnx", file, "safetensors", weights)
    found = read_safetensors(weights).tensors
    assert all(np.array_equal(found[name], each) for name, each in halves.items())


def test_a_file_without_weights_says_so(own: Any, tmp_path: Path) -> None:
    model = resolve(load(ROOT / "specs/lenet.yaml"))
    file = ROOT / "generated/onnx/lenet.onnx"
    with pytest.raises(WeightsError, match="no weights"):
        convert(model, "onnx", file, "safetensors", tmp_path / "w.safetensors")


def _command(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "archspec", "generate", str(ROOT / "specs/lenet.yaml")]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)


def test_code_has_no_room_for_weights() -> None:
    done = _command("-b", "torch", "--weights", "w.safetensors")
    assert done.returncode == 1
    assert "has no weights in it" in done.stderr
    assert _command("-b", "onnx", "--stdout", "--weights", "w.safetensors").returncode == 2


def test_the_text_can_be_printed() -> None:
    done = _command("-b", "onnx", "--stdout")
    assert done.stdout == render(resolve(load(ROOT / "specs/lenet.yaml")), "onnx").text


@pytest.mark.parametrize(
    "layers",
    [
        # onnxruntime's own optimisation would make the zeros part of the pool, as minus infinity.
        "[{zero_pad: 1}, {max_pool: {kernel: 3, stride: 1}}]",
        "[{zero_pad: 2}, {avg_pool: {kernel: 2, stride: 1, padding: 1, count_include_pad: true}}]",
        # It refuses pads as wide as the kernel, and output padding as large as the stride.
        "[{max_pool: {kernel: 2, stride: 1, padding: 3, dilation: 3}}]",
        "[{conv_transpose: {out: 3, kernel: 3, padding: 2, dilation: 3, output_padding: 2}}]",
    ],
)
def test_what_onnxruntime_refuses_or_mistakes_is_written_otherwise(own: Any, layers: str) -> None:
    text = HEAD + f"stages: {{s: [{{conv: {{out: 4, kernel: 1}}}}, {layers.strip('[]')}]}}\n"
    (part,) = verify(resolve(loads(text)), ["onnx"]).backends
    assert part.status == "agrees", (part.problem, part.divergences, part.log)


def test_an_output_padding_that_nothing_can_stand_for_is_refused() -> None:
    layer = "conv_transpose: {out: 3, kernel: 3, dilation: 3, output_padding: 2}"
    with pytest.raises(BackendError, match="output padding as large as the stride"):
        generate(resolve(loads(HEAD + f"stages: {{s: [{{{layer}}}]}}\n")), "onnx")
