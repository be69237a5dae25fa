"""Gluon networks as they are used: hybridized, and with parameters from a file."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from archspec.backends import find_backend
from archspec.operators.reshaping import Dropout
from archspec.render import render
from archspec.resolution import resolve
from archspec.schema import load
from tests.parity.variants import PATHS as OPERATORS
from tests.parity.variants import honoured_part

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PATHS = [
    *sorted(HERE.parent.glob("render/cases/*/spec.yaml")),
    *OPERATORS,
    ROOT / "specs/googlenet.yaml",
    ROOT / "specs/lenet.yaml",
]


@pytest.mark.slow
@pytest.mark.parity
def test_hybridized_networks_compute_the_same(
    require_backend: Callable[[str], None], tmp_path: Path
) -> None:
    require_backend("mxnet")
    backend = find_backend("mxnet")
    requests = []
    for path in PATHS:
        model = honoured_part(path, "mxnet") if path in OPERATORS else resolve(load(path))
        module = f"generated_{path.parent.name}_{path.stem}"
        (tmp_path / f"{module}.py").write_text(render(model, backend).text, "utf-8")
        shapes = [[2, *shape.sizes] for shape in model.graph.inputs.values()]
        drops = any(isinstance(node.operator, Dropout) for node in model.graph.nodes)
        request = {"module": module, "class": model.spec.name, "shapes": shapes, "drops": drops}
        requests.append(request)
    done = subprocess.run(
        [*backend.command(), str(HERE / "hybridized_mxnet.py"), json.dumps(requests)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    far = json.loads(done.stdout.splitlines()[-1])
    assert len(far) == len(PATHS)
    assert {name: each for name, each in far.items() if not each <= 1e-12} == {}
