"""Gates that follow how far rounding alone moves a value."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from archspec.model.graph import Graph
from archspec.oracle import run
from archspec.resolution import Model, resolve
from archspec.schema import loads
from archspec.verification import gates
from archspec.verification.conditioning import conditioning
from archspec.verification.result import BackendResult, Check
from archspec.verification.verify import verify
from archspec.weights.generator import seeded, seeded_inputs

FAKE = Path(__file__).parent / "fake_backend"
# The sum is x again, but for what two products of 20,000 times its size have lost.
SPEC = """\
archspec: 1
name: Cancelling
input: [6]
stages:
  body:
    - dense: 8
    - branches: {large: [rescale: 20001], minus: [rescale: -20000]}
      merge: add
"""
NETWORK = """\
import numpy as np


class Cancelling:
    shapes = {"body.dense1.kernel": (6, 8), "body.dense1.bias": (8,)}

    def run(self, weights, inputs, recorder):
        x = inputs["x"]
        x = x @ weights["body.dense1.kernel"] + weights["body.dense1.bias"]
        recorder.module("body.dense1", "Dense", x)
        large = 20000 * x + x
        recorder.module("body.large.rescale1", "Rescale", large)
        minus = -20000 * x
        recorder.module("body.minus.rescale1", "Rescale", minus)
        x = large + minus
        recorder.module("body.add1", "Add", x)
        return {"output": x}

    def gradients(self, weights, inputs, cotangents):
        back = cotangents["output"]
        return {
            "body.dense1.kernel": inputs["x"].T @ back,
            "body.dense1.bias": back.sum(0),
            "x": back @ weights["body.dense1.kernel"].T,
        }
"""


@pytest.fixture(scope="module")
def model() -> Model:
    return resolve(loads(SPEC))


def verified(model: Model, folder: Path, old: str = "", new: str = "") -> BackendResult:
    file = folder / "network.py"
    assert old in NETWORK
    file.write_text(NETWORK.replace(old, new) if old else NETWORK, "utf-8")
    modules = {str(FAKE): str(file)}
    (part,) = verify(model, [str(FAKE)], modules, dtypes=("float64",), batch=9).backends
    return part


def layers(part: BackendResult) -> Check:
    return next(each for each in part.checks if each.quantity == "layers")


def test_what_rounds_otherwise_agrees_where_rounding_shows(model: Model, tmp_path: Path) -> None:
    part = verified(model, tmp_path)
    check = layers(part)
    assert part.status == "agrees", (part.problem, part.log, part.checks)
    assert check.worst == "body.add1"
    assert gates.FLOAT64 < (check.error or 0) < check.gate < gates.FLOAT64_MOST
    assert check.note == "the gate of 1 is 30 times what rounding moves it by"


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        # Where rounding hardly shows, the gate is what it always was.
        ("20000 * x + x\n", "20000 * x + (1 + 1e-7) * x\n", "body.large.rescale1"),
        ("x = large + minus", "x = (large + minus) * (1 + 1e-9)", "body.add1"),
    ],
)
def test_a_mistake_is_found_all_the_same(
    model: Model, tmp_path: Path, old: str, new: str, path: str
) -> None:
    part = verified(model, tmp_path, old, new)
    assert part.status == "disagrees"
    assert part.divergences[0].path == path


def _conditioning(graph: Graph) -> dict[str, float]:
    tensors, inputs = seeded(graph, 0), seeded_inputs(graph, 5, 0)
    result = run(graph, tensors, inputs)
    return dict(conditioning(graph, tensors, inputs, result, training=False).layers)


def test_each_layer_has_its_own(model: Model) -> None:
    moved = _conditioning(model.graph)
    assert list(moved) == [node.path for node in model.graph.nodes]
    eps = np.finfo(np.float64).eps
    assert 0.5 * eps < moved["body.dense1"] <= 2 * eps
    assert 1e4 * eps < moved["body.add1"] < 2e5 * eps


def test_no_gate_lets_a_mistake_through() -> None:
    assert gates.float64(0.0) == gates.float64(gates.FLOAT64 / 40) == gates.FLOAT64
    assert gates.float64(gates.FLOAT64) == gates.FLOAT64_FACTOR * gates.FLOAT64
    assert gates.float64(1.0) == gates.FLOAT64_MOST < 1e-9
