"""What docs/weights.md says of rules holds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from archspec.oracle.interpreter import run
from archspec.reading import read_yaml
from archspec.resolution import Model, resolve
from archspec.schema import load
from archspec.weights.files import write_safetensors
from archspec.weights.generator import seeded, seeded_inputs
from archspec.weights.proposal import propose
from archspec.weights.rules_reading import KEYS, LAID_OUT, rules_of
from tests.weights.conftest import SPECS
from tests.weights.test_proposal import as_torchvision, renamed

ROOT = SPECS.parent
PAGE = (ROOT / "docs" / "weights.md").read_text("utf-8")
PROPOSED, EXAMPLE = re.findall(r"<!-- test: rules -->\n```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_the_proposal_shown_is_the_one_made(resnet18: Model) -> None:
    found = renamed(seeded(resnet18.graph, 0), as_torchvision)
    found["bn1.num_batches_tracked"] = np.array(1)
    proposal = propose(resnet18.graph, found, True)
    assert proposal.text == PROPOSED
    first = proposal.doubts[0]
    assert first.by == "order"
    for theirs, ours in first.tensors:
        assert re.search(rf"{re.escape(theirs)} +{re.escape(ours)}\n", PAGE)


def test_the_example_can_be_read() -> None:
    rules = rules_of(read_yaml(EXAMPLE, "rules.yaml"), "rules.yaml")
    assert len(rules.rules) == 6


def test_every_key_is_explained() -> None:
    for key in (*KEYS, "layout", "reverse", "flattened", "squeeze", "axis", "stack"):
        assert f"\n| `{key}` |" in PAGE
    (header,) = [line for line in PAGE.splitlines() if line.startswith("| | `conv`")]
    assert set(re.findall(r"`(\w+)`", header)) == set(LAID_OUT)


@pytest.mark.parity
def test_the_code_runs(tmp_path: Path, require_backend: Callable[[str], None]) -> None:
    require_backend("torch")
    model = resolve(load(SPECS / "lenet.yaml"))
    weights, images = seeded(model.graph, 0), seeded_inputs(model.graph, 2, 0)
    np.savez(tmp_path / "lenet.npz", **{f"net.{name}": each for name, each in weights.items()})
    (tmp_path / "rules.yaml").write_text('archspec: 1\nrename: {net.**: "**"}\n', "utf-8")
    (tmp_path / "specs").symlink_to(SPECS)
    write_safetensors(tmp_path / "images.safetensors", images)
    (code,) = re.findall(r"<!-- test: api -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    before = "from safetensors.numpy import load_file\n"
    before += 'images = load_file("images.safetensors")["x"]\n'
    after = 'import numpy\nnumpy.save("y.npy", outputs["output"])\n'
    done = subprocess.run(
        [sys.executable, "-c", before + code + after],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (expected,) = run(model.graph, weights, images).outputs.values()
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), expected, atol=1e-4)
