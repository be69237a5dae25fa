"""Each snippet of docs/weights.md that loads a file is run, and gives the oracle's outputs."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from textwrap import indent

import numpy as np
import pytest

from archspec.backends import find_backend
from archspec.generation import Target, write
from archspec.oracle.interpreter import run
from archspec.resolution import Model
from archspec.weights.convert import convert
from archspec.weights.files import write_safetensors
from archspec.weights.generator import seeded, seeded_inputs

PAGE = Path(__file__).parents[2] / "docs" / "weights.md"
# The page's snippets for each backend: the files they load, and how the model is then called.
FILES = {
    "torch": ("torch.safetensors", "model.pt"),
    "flax": ("flax.safetensors", "model.msgpack"),
    "nnx": ("nnx.safetensors", "model.msgpack"),
    "keras": ("keras.safetensors", "model.weights.h5", "model.keras"),
    "mxnet": ("model.params",),
    "onnx": ("model.onnx", "onnx.safetensors"),
}
CALLS = {
    "torch": "y = model.eval()(torch.from_numpy(images)).detach()",
    "flax": "y = model.apply(variables, images.transpose(0, 2, 3, 1))",
    "nnx": "model.eval()\ny = model(images.transpose(0, 2, 3, 1))",
    "keras": "y = model(images.transpose(0, 2, 3, 1), training=False)",
    "mxnet": "import mxnet\ny = model(mxnet.np.array(images)).asnumpy()",
    # Run by the snippets themselves.
    "onnx": "",
}
PLACEHOLDER = "np.zeros((1, 1, 96, 96), np.float32)"


def snippets(kind: str) -> list[str]:
    """The code blocks of the page that need a backend."""
    text = PAGE.read_text("utf-8")
    return re.findall(rf"<!-- test: {kind} -->\n```python\n(.*?)```", text, re.DOTALL)


@pytest.mark.slow
@pytest.mark.parity
@pytest.mark.parametrize("kind", FILES)
def test_a_documented_way_to_load_agrees(
    kind: str, googlenet: Model, tmp_path: Path, require_backend: Callable[[str], None]
) -> None:
    require_backend(kind)
    weights = {name: each.astype(np.float32) for name, each in seeded(googlenet.graph, 0).items()}
    images = seeded_inputs(googlenet.graph, 2, 0)["x"].astype(np.float32)
    write_safetensors(tmp_path / "canonical.safetensors", weights)
    for name in FILES[kind]:
        convert(googlenet, "safetensors", tmp_path / "canonical.safetensors", kind, tmp_path / name)
    extension = find_backend(kind).manifest.extension
    write([Target.of(googlenet, kind, (tmp_path / f"googlenet.{extension}", False))])
    np.save(tmp_path / "images.npy", images)

    parts = snippets(kind)
    assert len(parts) == len(FILES[kind])
    code = 'import numpy as np\nimages = np.load("images.npy")\n'
    for number, part in enumerate(parts):
        code += f"{part.replace(PLACEHOLDER, 'images')}\n{CALLS[kind]}\n"
        code += f'np.save("y{number}.npy", np.asarray(y))\n'
    done = subprocess.run(
        [*find_backend(kind).command(), "-c", f"def main():\n{indent(code, '    ')}\nmain()"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr

    (expected,) = run(googlenet.graph, weights, {"x": images}).outputs.values()
    assert expected.shape == (2, 10)
    for number in range(len(parts)):
        found = np.load(tmp_path / f"y{number}.npy")
        np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())
