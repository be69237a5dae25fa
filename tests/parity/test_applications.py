"""Networks held against code that nobody here wrote: those in keras.applications.

All backends share one resolved model, so a mistake in it is the same in all of them. Here a spec
gets the weights of somebody else's network, and has to compute what that computes.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from safetensors.numpy import load_file, save_file

from archspec import Model, load, resolve
from archspec.backends import find_backend
from archspec.model.graph import Node
from archspec.oracle import run
from archspec.verification import gates, request
from archspec.verification.compare import relative_error
from archspec.verification.source import read_source
from archspec.verification.warm import WarmRuns

Array = npt.NDArray[Any]

HERE = Path(__file__).parent / "applications"
BATCH = 2
_TENSORS = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}


def _of_mobilenet(node: Node, number: int) -> str:
    """What keras.applications calls a layer."""
    norm = "_bn" if node.operator.name() == "batch_norm" else ""
    if node.path.startswith("stem"):
        return f"conv1{norm}"
    if node.path.startswith("head"):
        return "conv_preds"
    block, layer = re.findall(r"(\d+)\.\w+?(\d+)$", node.path)[0]
    return f"conv_{'dw' if layer == '1' else 'pw'}_{block}{norm}"


def _of_resnet(node: Node, number: int) -> str:
    kind = "bn" if node.operator.name() == "batch_norm" else "conv"
    if node.path.startswith("conv1"):
        return f"conv1_{kind}"
    if node.path.startswith("head"):
        return "predictions"
    stage, block, branch, layer = re.findall(r"^(\w+)\.\w+?(\d+)\.(\w+)\.\w+?(\d+)$", node.path)[0]
    return f"{stage}_block{block}_{0 if branch == 'shortcut' else layer}_{kind}"


def _of_inception(node: Node, number: int) -> str:
    """Its layers have no names of their own: Keras counts those of each kind."""
    kind = {"conv": "conv2d", "batch_norm": "batch_normalization"}.get(node.operator.name())
    return "predictions" if kind is None else f"{kind}_{number}" if number else kind


NETWORKS: dict[str, tuple[str, dict[str, Any], Callable[[Node, int], str]]] = {
    "mobilenet": ("MobileNet", {"alpha": 0.25}, _of_mobilenet),
    "resnet50": ("ResNet50", {}, _of_resnet),
    "inceptionv3": ("InceptionV3", {}, _of_inception),
}


def _converted(
    model: Model, theirs: Mapping[str, Array], called: Callable[[Node, int], str]
) -> dict[str, Array]:
    """Tensors by our names, in our layouts; each of theirs is used."""
    left, counts = dict(theirs), dict.fromkeys(("conv", "batch_norm", "dense"), 0)
    found = {}
    for node in model.graph.nodes:
        if not node.tensors:
            continue
        kind = node.operator.name()
        layer = called(node, counts[kind])
        counts[kind] += 1
        for tensor in node.tensors:
            name = tensor.name
            if kind == "batch_norm":
                own = f"{layer}/{_TENSORS[name]}"
                value = left.pop(own) if own in left else np.ones(tensor.shape)
            else:
                value = left.pop(f"{layer}/{'kernel' if name == 'weight' else name}")
                if value.ndim == 4:
                    # (H, W, in, out), or (H, W, channels, 1) of each channel alone.
                    out_last = (3, 2, 0, 1) if value.shape[3] > 1 else (2, 3, 0, 1)
                    value = value.transpose(out_last)
                elif value.ndim == 2:
                    value = value.T
            found[f"{node.path}.{name}"] = np.ascontiguousarray(value)
    assert not left, sorted(left)
    return found


@pytest.mark.slow
@pytest.mark.parity
@pytest.mark.parametrize("name", NETWORKS)
def test_a_spec_computes_what_keras_applications_does(
    name: str, require_backend: Callable[[str], None], warm_runs: WarmRuns, tmp_path: Path
) -> None:
    require_backend("keras")
    require_backend("torch")
    network, arguments, called = NETWORKS[name]
    model = resolve(load(HERE / f"{name}.yaml"))
    (shape,) = model.graph.inputs.values()
    inputs = np.random.default_rng(1).standard_normal((BATCH, *shape.sizes))
    save_file({"inputs": np.moveaxis(inputs, 1, -1).copy()}, tmp_path / "inputs.safetensors")
    asked = {
        "network": network,
        "arguments": {"input_shape": [*shape.spatial, shape.channels], "classes": 10} | arguments,
        "inputs": str(tmp_path / "inputs.safetensors"),
        "out": str(tmp_path / "theirs.safetensors"),
    }
    command = [sys.executable, str(HERE / "reference.py"), json.dumps(asked)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    theirs = load_file(tmp_path / "theirs.safetensors")
    expected = theirs.pop("outputs")
    tensors = _converted(model, theirs, called)
    ours = run(model.graph, tensors, {"x": inputs}, keep=False).outputs["output"]
    assert relative_error(ours, expected) <= gates.FLOAT64
    for backend in ("torch", "keras"):
        found = _run_in(backend, model, tensors, inputs, tmp_path / backend, warm_runs)
        assert relative_error(found, expected) <= gates.FLOAT64, backend
    # It says something about each of them: another input gives other outputs.
    other = run(model.graph, tensors, {"x": inputs[::-1]}, keep=False).outputs["output"]
    assert relative_error(other, expected) > gates.SENSITIVITY


def _run_in(
    name: str,
    model: Model,
    tensors: dict[str, Array],
    inputs: Array,
    folder: Path,
    runs: WarmRuns,
) -> Array:
    """The output of the generated code in a backend."""
    backend = find_backend(name)
    question = request.Question(tensors, {"x": inputs}, {})
    wanted = [request.Task(request.EVALUATION, "forward", "float64", False)]
    source = read_source(model, backend, None)
    request.write_request(folder, model, backend, source, question, wanted, "cpu")
    answer = runs.run(backend, folder, "cpu", 600, lambda task, state: None)
    assert request.EVALUATION in answer.done, (answer.error, answer.tasks, answer.log)
    return answer.part(request.EVALUATION, "output")["output"]
