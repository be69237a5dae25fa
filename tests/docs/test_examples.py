"""The examples run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import archspec
from archspec.verification.warm import WarmRuns
from tests.docs.excerpts import ROOT

# Shallower than they are, to spare the time that compiling takes.
SMALL = {"dense_net": {"depth": 2}, "squeeze_excite": {"depth": 1}}
SPECS = [path for path in sorted(ROOT.glob("examples/*.yaml")) if path.stem != "blocks"]


@pytest.mark.parametrize("backend", ["torch", "flax"])
@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_code_comes_out(path: Path, backend: str) -> None:
    model = archspec.resolve(archspec.load(path))
    assert f"class {model.spec.name}(" in archspec.generate(model, backend)


@pytest.mark.slow
@pytest.mark.parity
@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_it_agrees(path: Path, require_backend: Callable[[str], None], warm_runs: WarmRuns) -> None:
    require_backend("torch")
    require_backend("flax")
    model = archspec.resolve(archspec.load(path), **SMALL.get(path.stem, {}))
    result = archspec.verify(model, ["torch", "flax"], steps=1, runs=warm_runs)
    assert result.agrees, result.to_json()


@pytest.mark.slow
@pytest.mark.parity
def test_both_frameworks_train_alike(require_backend: Callable[[str], None]) -> None:
    require_backend("torch")
    require_backend("flax")
    done = subprocess.run(
        [sys.executable, "examples/train_both.py", "specs/lenet.yaml", "10"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()[1:]]
    assert [row[0] for row in rows] == ["1", "10"]
    assert all(float(row[3]) < 1e-4 for row in rows), done.stdout
