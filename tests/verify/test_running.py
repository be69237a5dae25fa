"""``archspec.run``: outputs of a network, computed by generated code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import archspec
from archspec.oracle import interpreter
from archspec.weights.files import write_safetensors
from archspec.weights.generator import seeded, seeded_inputs

SPEC = """
archspec: 1
name: Two
input: {image: [3, 6, 6], mask: [1, 6, 6]}
stages:
  body:
    - conv: {out: 4, kernel: 3, padding: 1}
      from: image
    - concat:
      from: [previous, mask]
    - batch_norm: {eps: 1e-3, decay: 0.9}
  head:
    - global_avg_pool
    - dense: 2
outputs: {logits: head, map: body}
"""


@pytest.fixture(scope="module")
def model() -> archspec.Model:
    return archspec.resolve(archspec.loads(SPEC))


@pytest.mark.parity
@pytest.mark.parametrize("backend", ["torch", "flax", "onnx"])
def test_outputs_are_the_oracle_s(
    model: archspec.Model, backend: str, tmp_path: Path, require_backend: Callable[[str], None]
) -> None:
    require_backend(backend)
    weights, inputs = seeded(model.graph, 0), seeded_inputs(model.graph, 3, 0)
    write_safetensors(tmp_path / "w.safetensors", weights)
    found = archspec.run(model, tmp_path / "w.safetensors", inputs, backend, dtype="float64")
    expected = interpreter.run(model.graph, weights, inputs).outputs
    assert set(found) == {"logits", "map"}
    assert found["map"].shape == (3, 5, 6, 6)
    for name, each in found.items():
        np.testing.assert_allclose(each, expected[name], rtol=1e-12, atol=1e-12)


def test_what_does_not_fit_is_refused(model: archspec.Model) -> None:
    weights, inputs = seeded(model.graph, 0), seeded_inputs(model.graph, 3, 0)

    def refused(error: type[Exception], match: str, **changes: object) -> None:
        arguments = {"weights": weights, "inputs": inputs, "backend": "torch", **changes}
        with pytest.raises(error, match=match):
            archspec.run(model, **arguments)  # type: ignore[arg-type]

    usage, image = archspec.UsageError, inputs["image"]
    refused(usage, "by name", inputs=image)
    refused(usage, "expected the inputs image, mask, received image", inputs={"image": image})
    refused(
        usage, r"`image`: expected the shape \(N, 3, 6, 6\)", inputs=inputs | {"image": image[0]}
    )
    refused(usage, "different numbers of examples", inputs=inputs | {"image": image[:1]})
    refused(usage, "expected numbers", inputs=inputs | {"image": image.astype("U4")})
    refused(usage, "expected the shape", inputs={name: each[:0] for name, each in inputs.items()})
    refused(usage, "unknown precision", dtype="int8")
    refused(usage, "unknown device", device="moon")
    refused(archspec.BackendError, "unknown backend", backend="caffe")
    refused(archspec.WeightsError, "`head.dense1.bias` is missing", weights={
        name: each for name, each in weights.items() if name != "head.dense1.bias"
    })  # fmt: skip
