"""Initialisers of ``.onnx`` files that are damaged, doubled, or no real numbers."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archspec.backends import find_backend
from archspec.errors import WeightsError
from archspec.resolution import Model
from archspec.weights.checkpoints import read_checkpoint, write_checkpoint
from archspec.weights.generator import seeded

pytestmark = pytest.mark.parity
NAME = "head.dense1.bias"


@pytest.fixture
def onnx(require_backend: Callable[[str], None]) -> Any:
    require_backend("onnx")
    return import_module("onnx")


def refusal(onnx: Any, model: Model, folder: Path, edit: Callable[[Any, Any], None]) -> str:
    path = folder / "model.onnx"
    weights = {name: each.astype(np.float32) for name, each in seeded(model.graph, 0).items()}
    write_checkpoint(find_backend("onnx"), path, weights, model)
    whole = onnx.ModelProto()
    whole.ParseFromString(path.read_bytes())
    edit(whole.graph, next(each for each in whole.graph.initializer if each.name == NAME))
    path.write_bytes(whole.SerializeToString())
    with pytest.raises(WeightsError) as caught:
        read_checkpoint(find_backend("onnx"), path, model)
    return str(caught.value)


@pytest.mark.parametrize(
    ("array", "kind"),
    [
        (np.array([1 + 2j] * 4, np.complex64), "COMPLEX64"),
        (np.array(["1"] * 4, object), "STRING"),
    ],
)
def test_what_is_no_real_number(
    onnx: Any, tiny: Model, tmp_path: Path, array: Any, kind: str
) -> None:
    def edit(_: Any, tensor: Any) -> None:
        tensor.CopyFrom(onnx.numpy_helper.from_array(array, NAME))

    message = refusal(onnx, tiny, tmp_path, edit)
    assert f"{NAME!r}: expected floating-point numbers, found {kind}" in message


def _copied(graph: Any, _: Any) -> None:
    graph.node.add(op_type="Identity", input=["head.layer_norm1.bias"], output=[NAME])


@pytest.mark.parametrize(
    "edit", [_copied, lambda graph, tensor: graph.initializer.add().CopyFrom(tensor)]
)
def test_two_tensors_of_one_name(
    onnx: Any, tiny: Model, tmp_path: Path, edit: Callable[[Any, Any], None]
) -> None:
    assert f"two tensors have the name {NAME!r}" in refusal(onnx, tiny, tmp_path, edit)


@pytest.mark.parametrize(
    ("field", "value"), [("data_type", 0), ("data_type", 99), ("raw_data", bytes(17))]
)
def test_damaged_tensors(onnx: Any, tiny: Model, tmp_path: Path, field: str, value: object) -> None:
    message = refusal(onnx, tiny, tmp_path, lambda _, tensor: setattr(tensor, field, value))
    assert "damaged" in message


@pytest.mark.parametrize("sizes", [[3], [8], [1] * 100 + [4], [0, 2**62, 8]])
def test_shapes_that_the_numbers_do_not_have(
    onnx: Any, tiny: Model, tmp_path: Path, sizes: list[int]
) -> None:
    def edit(_: Any, tensor: Any) -> None:
        del tensor.dims[:]
        tensor.dims.extend(sizes)

    assert f"{NAME!r} is damaged" in refusal(onnx, tiny, tmp_path, edit)
