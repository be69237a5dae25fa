from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from archspec.resolution import Model
from archspec.weights.files import read_safetensors, write_safetensors
from archspec.weights.generator import seeded

SPEC = Path(__file__).with_name("tiny.yaml")


def archspec(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); from archspec.cli import main; main()"
    root = str(Path(__file__).parents[2])
    command = [sys.executable, "-c", code, root, "weights", "convert", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tiny: Model, tmp_path: Path) -> Path:
    write_safetensors(tmp_path / "a.safetensors", seeded(tiny.graph, 0))
    return tmp_path


FROM = ("--from", "safetensors", "a.safetensors")


def test_one_line_says_what_was_done(folder: Path) -> None:
    done = archspec(folder, str(SPEC), *FROM, "--to", "flax", "b.safetensors")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Tiny: 25 tensors, 11,364 parameters written to b.safetensors (flax)\n"
    done = archspec(folder, str(SPEC), *FROM, "--to", "flax", "c.safetensors", "--quiet")
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")
    assert (folder / "b.safetensors").read_bytes() == (folder / "c.safetensors").read_bytes()


def test_parameters_of_the_network_count(folder: Path) -> None:
    to = ("--to", "flax", "b.safetensors", "--set", "num_classes=7")
    done = archspec(folder, str(SPEC), *FROM, *to)
    assert done.returncode == 1
    assert "a.safetensors: `head.dense1.weight`: expected the shape (7, 1800)" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "b.safetensors").exists()


def test_an_error_names_the_tensor(folder: Path) -> None:
    tensors = dict(read_safetensors(folder / "a.safetensors").tensors)
    tensors["head.dense1.bias"] = np.full(4, np.nan)
    write_safetensors(folder / "a.safetensors", tensors)
    done = archspec(folder, str(SPEC), *FROM, "--to", "torch", "b.safetensors")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "a.safetensors: `head.dense1.bias`: 4 of 4 numbers are not finite" in done.stderr


def test_wrong_usage(folder: Path) -> None:
    for arguments in (FROM, (*FROM, "--to", "flax"), (*FROM, "--to", "caffe", "b.safetensors")):
        done = archspec(folder, str(SPEC), *arguments)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
