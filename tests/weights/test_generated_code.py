"""What the names and layouts are for: generated code takes converted weights."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from archspec.backends import find_backend
from archspec.render import render
from archspec.resolution import resolve
from archspec.schema import load
from archspec.weights.naming import backend_tensors, extra_tensors

pytestmark = pytest.mark.parity

ROOT = Path(__file__).parents[2]
SPECS = sorted(path.stem for path in (ROOT / "specs").glob("*.yaml"))

TORCH_SHAPES = """
import torch
with torch.device("meta"):
    model = Network()
shapes = {name: list(tensor.shape) for name, tensor in model.state_dict().items()}
"""
FLAX_SHAPES = """
import jax
from flax.traverse_util import flatten_dict
inputs = [jax.ShapeDtypeStruct(shape, "float32") for shape in SHAPES]
variables = jax.eval_shape(Network().init, jax.random.key(0), *inputs)
shapes = {name: list(array.shape) for name, array in flatten_dict(variables, sep="/").items()}
"""


def run(folder: Path, code: str) -> str:
    """What a program prints that runs beside generated code."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("backend", ["torch", "flax"])
@pytest.mark.parametrize(
    "spec", [pytest.param(n, marks=() if n == "lenet" else pytest.mark.slow) for n in SPECS]
)
def test_generated_code_has_these_tensors(
    backend: str, spec: str, tmp_path: Path, require_backend: Callable[[str], None]
) -> None:
    require_backend(backend)
    model = resolve(load(ROOT / "specs" / f"{spec}.yaml"))
    (tmp_path / "network.py").write_text(render(model, backend).text)
    inputs = [(1, *shape.spatial, shape.channels) for shape in model.graph.inputs.values()]
    code = f"SHAPES = {inputs}\n" + {"torch": TORCH_SHAPES, "flax": FLAX_SHAPES}[backend]
    head = f"import json\nfrom network import {model.spec.name} as Network\n"
    found = json.loads(run(tmp_path, f"{head}{code}\nprint(json.dumps(shapes))"))
    there = find_backend(backend)
    placed = backend_tensors(model.graph, there).values()
    expected = {each.name: list(each.shape) for each in placed}
    expected |= {name: [] for name in extra_tensors(model.graph, there)}
    assert found == expected
