"""Networks held against code that nobody here wrote: those in keras.applications.

All backends share one resolved model, so a mistake in it is the same in all of them. Here a spec
gets the weights of somebody else's network, and has to compute what that computes.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras_names
import numpy as np
import numpy.typing as npt
import pytest
from safetensors.numpy import load_file, save_file

from archspec import Model, loads, resolve
from archspec.backends import find_backend, specs_folder
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
# Keras counts only layers without names of their own.
_UNNAMED = re.compile(r"(conv2d|batch_normalization)(_\d+)?")
NORMALIZATIONS = ("batch_norm", "layer_norm")

NETWORKS: dict[str, tuple[str, dict[str, Any], Callable[[Node, int], str]]] = {
    "mobilenet": ("MobileNet", {"alpha": 0.25}, keras_names.of_mobilenet),
    "mobilenet_v2": ("MobileNetV2", {"alpha": 0.35}, keras_names.of_mobilenet_v2),
    "mobilenet_v3_large": (
        "MobileNetV3Large",
        {"include_preprocessing": False},
        keras_names.of_mobilenet_v3,
    ),
    "resnet50": ("ResNet50", {}, keras_names.of_resnet),
    "inceptionv3": ("InceptionV3", {}, keras_names.of_inception),
    "inception_resnet_v2": ("InceptionResNetV2", {}, keras_names.of_inception_resnet),
    "xception": ("Xception", {}, keras_names.of_xception),
    "densenet121": ("DenseNet121", {}, keras_names.of_densenet),
    "convnext_tiny": ("ConvNeXtTiny", {"include_preprocessing": False}, keras_names.of_convnext),
}


def _converted(
    model: Model, theirs: Mapping[str, Array], called: Callable[[Node, int], str]
) -> dict[str, Array]:
    """Tensors by our names, in our layouts; each of theirs is used."""
    left, counts = dict(theirs), Counter[str]()
    found = {}
    for node in model.graph.nodes:
        if not node.tensors:
            continue
        kind = node.operator.name()
        layer = called(node, counts[kind])
        counts[kind] += bool(_UNNAMED.fullmatch(layer))
        for tensor in node.tensors:
            name = tensor.name
            if kind == "scale":
                # Keras numbers what has no name: variable, variable_1 and so on.
                value = left.pop(next(key for key in left if key.startswith(f"{layer}/")))
            elif kind in NORMALIZATIONS:
                own = f"{layer}/{_TENSORS[name]}"
                value = left.pop(own) if own in left else np.ones(tensor.shape)
            else:
                own = f"{layer}/{'kernel' if name == 'weight' else name}"
                if own not in left:
                    # A separable convolution has two kernels.
                    kernel = "depthwise" if node.operator.groups > 1 else "pointwise"
                    own = f"{layer}/{kernel}_kernel"
                value = left.pop(own)
                if value.ndim == 4:
                    # (H, W, in, out), or (H, W, channels, 1) of each channel alone.
                    out_last = (3, 2, 0, 1) if value.shape[3] > 1 else (2, 3, 0, 1)
                    value = value.transpose(out_last)
                elif value.ndim == 2:
                    value = value.T
                # A dense layer may be a convolution of 1x1 with us, or with them.
                value = value.reshape(tensor.shape)
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
    # As if it lay among the specs: some are variants of these.
    text = (HERE / f"{name}.yaml").read_text("utf-8")
    model = resolve(loads(text, f"keras_{name}.yaml", specs_folder()))
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
