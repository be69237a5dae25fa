"""What the names and layouts are for: generated code takes converted weights."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import indent

import numpy as np
import pytest

from archspec.backends import find_backend
from archspec.render import render
from archspec.resolution import Model, resolve
from archspec.schema import load
from archspec.weights.convert import convert
from archspec.weights.files import read_safetensors, write_safetensors
from archspec.weights.generator import seeded, seeded_inputs
from archspec.weights.naming import backend_tensors, extra_tensors

pytestmark = pytest.mark.parity

ROOT = Path(__file__).parents[2]

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
@pytest.mark.parametrize("spec", sorted(path.stem for path in (ROOT / "specs").glob("*.yaml")))
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


def snippets(kind: str) -> list[str]:
    text = (ROOT / "docs" / "weights.md").read_text("utf-8")
    return re.findall(rf"<!-- test: {kind} -->\n```python\n(.*?)```", text, re.DOTALL)


OUTPUTS = {
    "torch": """
with torch.no_grad():
    y = model.eval()(torch.from_numpy(load_numpy("x.safetensors")["x"])).numpy()
""",
    "flax": """
x = load_numpy("x.safetensors")["x"].transpose(0, 2, 3, 1)
y = np.asarray(model.apply(variables, x))
""",
}


def test_the_documented_ways_to_load_agree(
    googlenet: Model, tmp_path: Path, require_backend: Callable[[str], None]
) -> None:
    """Each snippet of docs/weights.md is run, and all their models give the same outputs."""
    canonical = tmp_path / "canonical.safetensors"
    weights = seeded(googlenet.graph, 0)
    write_safetensors(
        canonical, {name: array.astype(np.float32) for name, array in weights.items()}
    )
    outputs = {}
    for kind, checkpoint in (("torch", "model.pt"), ("flax", "model.msgpack")):
        require_backend(kind)
        folder = tmp_path / kind
        folder.mkdir()
        (folder / "googlenet.py").write_text(render(googlenet, kind).text)
        inputs = seeded_inputs(googlenet.graph, 2, 0)
        write_safetensors(folder / "x.safetensors", {"x": inputs["x"].astype(np.float32)})
        for name in (f"{kind}.safetensors", checkpoint):
            convert(googlenet, "safetensors", canonical, kind, folder / name)
        parts = snippets(kind)
        assert len(parts) == 2
        code = (
            "import numpy as np\nfrom safetensors.numpy import load_file as load_numpy, save_file\n"
        )
        for number, part in enumerate(parts):
            code += f"{part}\n{OUTPUTS[kind]}\nsave_file({{'y': y}}, 'y{number}.safetensors')\n"
        run(folder, f"def main():\n{indent(code, '    ')}\nmain()")
        for number in range(2):
            outputs[kind, number] = read_safetensors(folder / f"y{number}.safetensors").tensors["y"]
    reference = outputs["torch", 0]
    assert reference.shape == (2, 10)
    for output in outputs.values():
        np.testing.assert_allclose(output, reference, atol=1e-5 * np.abs(reference).max())
