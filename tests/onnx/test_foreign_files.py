"""Files of other authors: verified where they can be, refused where they are not to be trusted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archspec import generate, load, loads, resolve, verify
from archspec.resolution import Model
from archspec.verification.result import BackendResult
from archspec.weights.generator import seeded

SPEC = Path(__file__).parents[2] / "specs/lenet.yaml"
TWO = """
archspec: 1
name: Net
input: [3, 6, 6]
stages:
  s:
    - conv: {out: 4, kernel: 1}
    - batch_norm: {eps: 1e-3, decay: 0.8}
    - conv: {out: 4, kernel: 1}
    - leaky_relu: 0.2
    - dropout: 0.25
"""

pytestmark = pytest.mark.parity


def _verified(model: Model, file: Path) -> BackendResult:
    (part,) = verify(model, ["onnx"], {"onnx": str(file)}).backends
    return part


def _foreign(own: Any, model: Model) -> Any:
    """What another exporter makes of it: other names, weights inside, equal tensors once."""
    weights = {name: each.astype(np.float32) for name, each in seeded(model.graph, 1).items()}
    proto = own.graphs.with_weights(own.assemble.assembled(generate(model, "onnx")), weights)
    graph = proto.graph
    for node in graph.node:
        node.name = f"/{node.op_type}_{node.output[0]}"
        node.input[:] = ["image" if each == "x" else each for each in node.input]
    graph.input[0].name = "image"
    names = [each.name for each in graph.initializer]
    del graph.initializer[names.index("s.conv2.bias")]
    copy = graph.node.add(op_type="Identity", input=["s.conv1.bias"], output=["s.conv2.bias"])
    graph.node.insert(0, copy)
    del graph.node[-1]
    del graph.value_info[:]
    return proto


def test_a_file_is_verified_in_both_precisions(own: Any, tmp_path: Path) -> None:
    model = resolve(loads(TWO))
    file = tmp_path / "net.onnx"
    file.write_bytes(own.assemble.serialized(_foreign(own, model)))
    part = _verified(model, file)
    assert part.status == "agrees", (part.problem, part.divergences, part.log)
    rows = {(each.quantity, each.dtype): each for each in part.checks}
    assert rows["outputs", "float64"].error is not None
    assert rows["outputs", "float64"].error < 1e-14
    # Nodes have no names that say anything: layers are told by their weights.
    assert rows["layers", "float64"].compared == 3
    assert rows["statistics", "float64"].compared == 2
    assert ("outputs", "float32") in rows


def test_a_wrong_number_in_a_file_is_found(own: Any, tmp_path: Path) -> None:
    model = resolve(loads(TWO))
    proto = _foreign(own, model)
    (norm,) = (each for each in proto.graph.node if each.op_type == "BatchNormalization")
    next(each for each in norm.attribute if each.name == "epsilon").f = 1.1e-3
    file = tmp_path / "net.onnx"
    file.write_bytes(own.assemble.serialized(proto))
    part = _verified(model, file)
    assert part.status == "disagrees"
    assert part.divergences[0].path == "s.batch_norm1"
    assert part.divergences[0].generated == str(file)


def test_a_number_that_could_be_several_is_said(own: Any, tmp_path: Path) -> None:
    model = resolve(loads(TWO))
    proto = _foreign(own, model)
    (leaky,) = (each for each in proto.graph.node if each.op_type == "LeakyRelu")
    leaky.attribute[0].f = 0.2000001
    file = tmp_path / "net.onnx"
    file.write_bytes(own.assemble.serialized(proto))
    part = _verified(model, file)
    assert part.status == "failed"
    assert "can stand for more than one number" in part.problem


def test_the_instance_is_named(own: Any, tmp_path: Path) -> None:
    text = (
        "archspec: 1\nname: Net\ninput: [3, 6, 6]\n"
        "blocks: {B: {layers: [{conv: {out: 3, kernel: 1}}, tanh]}}\nstages: {s: [B, B]}\n"
    )
    model = resolve(loads(text))
    wrong = generate(model, "onnx").replace('Tanh ("s.b2.conv1")', 'Relu ("s.b2.conv1")')
    file = tmp_path / "net.onnx"
    file.write_text(wrong, "utf-8")
    (found,) = _verified(model, file).divergences
    assert found.path == "s.b2.tanh1"
    assert found.line == '["s.b2.tanh1"] "output" = Relu ("s.b2.conv1")'


def _hostile(proto: Any, kind: str) -> bytes:
    from onnx import TensorProto, numpy_helper

    tensor = proto.graph.initializer[0]
    if kind == "external":
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="../../etc/passwd")
    elif kind == "external attribute":
        held = numpy_helper.from_array(np.zeros(2, np.float32))
        held.external_data.add(key="location", value="/etc/passwd")
        constant = proto.graph.node.add(op_type="Constant", output=["c"])
        constant.attribute.add(name="value", type=4).t.CopyFrom(held)
    elif kind == "claims":
        tensor.dims[:] = [10**12]
    elif kind == "negative":
        tensor.dims[:] = [-1]
    elif kind == "sparse":
        proto.graph.sparse_initializer.add()
    elif kind == "huge value":
        proto.graph.input[0].type.tensor_type.shape.dim[2].dim_value = 2**40
    elif kind == "training":
        proto.training_info.add()
    elif kind == "nothing":
        del proto.graph.node[:]
    data: bytes = proto.SerializeToString()
    return data[: len(data) // 2] if kind == "half" else data


@pytest.mark.parametrize(
    "kind",
    [
        "external",
        "external attribute",
        "claims",
        "negative",
        "sparse",
        "huge value",
        "training",
        "nothing",
        "half",
    ],
)
def test_files_that_are_not_to_be_trusted_are_refused(own: Any, kind: str) -> None:
    model = resolve(load(SPEC))
    weights = {name: each.astype(np.float32) for name, each in seeded(model.graph, 0).items()}
    proto = own.graphs.with_weights(own.assemble.assembled(generate(model, "onnx")), weights)
    assert own.files.parsed(proto.SerializeToString())
    with pytest.raises(own.files.Refused):
        own.files.parsed(_hostile(proto, kind))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x08\x08", b"\xff" * 100])
def test_what_is_no_model_is_refused(own: Any, data: bytes) -> None:
    with pytest.raises(own.files.Refused):
        own.files.parsed(data)


def test_a_text_is_told_from_a_file(own: Any) -> None:
    text = generate(resolve(load(SPEC)), "onnx")
    assert not own.files.is_binary(text.encode())
    assert own.files.is_binary(own.assemble.serialized(own.assemble.assembled(text)))
