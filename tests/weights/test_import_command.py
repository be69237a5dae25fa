from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_BZIP2, ZipFile

import numpy as np
import pytest

from archspec.resolution import Model
from archspec.weights.files import read_safetensors, write_safetensors
from archspec.weights.generator import seeded

SPEC = str(Path(__file__).with_name("tiny.yaml"))
ROOT = Path(__file__).parents[2]


def archspec(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "archspec", "weights", "import", SPEC, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder(tiny: Model, tmp_path: Path) -> Path:
    weights = {f"net.{name}": array for name, array in seeded(tiny.graph, 0).items()}
    write_safetensors(tmp_path / "a.safetensors", weights)
    np.savez(tmp_path / "a.npz", **weights)
    (tmp_path / "rules.yaml").write_text('archspec: 1\nrename: {net.**: "**"}\n', "utf-8")
    return tmp_path


def test_weights_come_in_by_rules(folder: Path, tiny: Model) -> None:
    for source in ("a.safetensors", "a.npz"):
        done = archspec(folder, source, "--map", "rules.yaml", "-o", "b.safetensors")
        assert (done.returncode, done.stderr) == (0, "")
        said = "Tiny: 25 tensors, 11,364 parameters written to b.safetensors (safetensors)\n"
        assert done.stdout == said
        found = read_safetensors(folder / "b.safetensors")
        assert (found.form, found.spec) == ("safetensors", "Tiny")
        for name, array in seeded(tiny.graph, 0).items():
            np.testing.assert_array_equal(found.tensors[name], array)


def test_the_form_can_be_that_of_a_framework(folder: Path) -> None:
    to = ("-o", "b.safetensors", "--to", "flax", "--json")
    done = archspec(folder, "a.npz", "--map", "rules.yaml", *to)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "network": "Tiny",
        "tensors": 25,
        "parameters": 11364,
        "form": "flax",
        "path": "b.safetensors",
        "notes": [],
    }
    assert "params/head_dense1/kernel" in read_safetensors(folder / "b.safetensors").tensors


def test_rules_are_proposed_and_then_used(folder: Path) -> None:
    done = archspec(folder, "a.npz", "-o", "proposed.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Tiny: 25 of 25 tensors have their place, written to proposed.yaml" in done.stdout
    assert "a.block1.left.conv1" not in done.stdout
    done = archspec(folder, "a.npz", "--map", "proposed.yaml", "-o", "b.safetensors", "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    given = archspec(folder, "a.npz", "--map", "rules.yaml", "-o", "c.safetensors", "-q")
    assert given.returncode == 0
    assert (folder / "b.safetensors").read_bytes() == (folder / "c.safetensors").read_bytes()


def test_a_proposal_on_the_screen_is_a_file_of_rules(folder: Path) -> None:
    done = archspec(folder, "a.safetensors", "--propose")
    assert done.returncode == 0
    rules, _, rest = done.stdout.partition("\n\n")
    assert rules.startswith("archspec: 1\n")
    assert "note: the file does not keep the order of its layers" in rest
    found = json.loads(archspec(folder, "a.safetensors", "--propose", "--json").stdout)
    assert found["rules"] == rules + "\n"
    assert found["complete"] is True
    assert len(found["assigned"]) == 25


def test_an_incomplete_proposal_is_no_success(folder: Path, tiny: Model) -> None:
    weights = {f"net.{name}": array for name, array in seeded(tiny.graph, 0).items()}
    weights["net.\x1b[31m"] = weights.pop("net.head.dense1.weight")[:, :7]
    write_safetensors(folder / "a.safetensors", weights)
    done = archspec(folder, "a.safetensors", "-o", "proposed.yaml")
    assert done.returncode == 1
    assert "nothing was found for 1 tensor:\n  head.dense1.weight" in done.stdout
    assert "no place was found for 1 tensor:\n  net.\\x1b[31m" in done.stdout
    assert "\x1b" not in done.stdout
    assert (folder / "proposed.yaml").exists()


def test_mistakes_have_their_place(folder: Path) -> None:
    (folder / "rules.yaml").write_text(
        "archspec: 1\nrename:\n  net.head.**: head.**\n  net.a.**: b.**\n", "utf-8"
    )
    done = archspec(folder, "a.npz", "--map", "rules.yaml", "-o", "b.safetensors")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "rules.yaml:4:3: `net.a.block1.0.left.conv1.weight` shall be" in done.stderr
    assert "    4 |   net.a.**: b.**" in done.stderr
    assert not (folder / "b.safetensors").exists()


def test_a_rule_without_effect_is_noted(folder: Path) -> None:
    text = 'archspec: 1\nrename:\n  net.**: "**"\n  old.{i}: a.{i}\n'
    (folder / "rules.yaml").write_text(text, "utf-8")
    done = archspec(folder, "a.npz", "--map", "rules.yaml", "-o", "b.safetensors")
    assert done.returncode == 0
    assert done.stderr == "note: line 4 of rules.yaml: no tensor is called `old.{i}`\n"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("a.npz", "-o", "b.safetensors"), 2, "without --map rules are proposed"),
        (("a.npz", "--map", "rules.yaml"), 2, "where to write the weights is missing"),
        (("a.npz", "--map", "rules.yaml", "--propose", "-o", "b.safetensors"), 2, "either"),
        (("a.npz", "--map", "rules.yaml", "-o", "b.safetensors", "--to", "caffe"), 2, "unknown"),
        (("a.npz", "--map", "none.yaml", "-o", "b.safetensors"), 1, "none.yaml"),
        (("none.npz", "--map", "rules.yaml", "-o", "b.safetensors"), 1, "no such file"),
        (("rules.yaml", "--map", "rules.yaml", "-o", "b.safetensors"), 1, "known: .h5"),
        (("a.npz", "--map", "rules.yaml", "-o", "x/b.safetensors"), 1, "no folder"),
        (("a.safetensors", "--map", "rules.yaml", "-o", "a.safetensors"), 1, "the same file"),
        (("broken.npz", "--propose"), 1, "not a .npz file"),
        (("pickled.npz", "--propose"), 1, "not a .npz file"),
        (("bomb.npz", "--propose"), 1, "far more than it is"),
    ],
)
def test_wrong_usage(folder: Path, arguments: tuple[str, ...], status: int, said: str) -> None:
    (folder / "broken.npz").write_bytes(b"PK\x03\x04 no more")
    np.savez(folder / "pickled.npz", a=np.array([{}], dtype=object))
    # Each of them passes for a small one.
    with ZipFile(folder / "bomb.npz", "w", ZIP_BZIP2) as bomb:
        for number in range(4):
            with bomb.open(f"a{number}.npy", "w") as member:
                np.lib.format.write_array(member, np.zeros(2**23, "u1"))
                for _ in range(5):
                    member.write(bytes(2**23))
    done = archspec(folder, *arguments)
    assert done.returncode == status
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parity
@pytest.mark.parametrize(
    ("name", "backend"), [("a.pt", "torch"), ("a.keras", "keras"), ("a.msgpack", "flax")]
)
def test_a_framework_reads_its_files(
    folder: Path, tiny: Model, name: str, backend: str, require_backend: Callable[[str], None]
) -> None:
    """Names and layouts are the framework's: rules are found for them."""
    require_backend(backend)
    from archspec.weights.convert import convert

    write_safetensors(folder / "own.safetensors", seeded(tiny.graph, 0))
    convert(tiny, "safetensors", folder / "own.safetensors", backend, folder / name)
    done = archspec(folder, name, "-o", "proposed.yaml")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    done = archspec(folder, name, "--map", "proposed.yaml", "-o", "b.safetensors")
    assert (done.returncode, done.stderr) == (0, "")
    found = read_safetensors(folder / "b.safetensors").tensors
    for own, array in seeded(tiny.graph, 0).items():
        np.testing.assert_array_equal(found[own], array, own)


def test_rules_that_are_there_are_not_written_over(folder: Path) -> None:
    before = (folder / "rules.yaml").read_text("utf-8")
    done = archspec(folder, "a.npz", "-o", "rules.yaml")
    assert done.returncode == 1
    assert done.stderr.startswith("error: rules.yaml exists\n")
    assert (folder / "rules.yaml").read_text("utf-8") == before
