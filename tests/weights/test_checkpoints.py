"""Checkpoints of the frameworks themselves; the frameworks run in processes of their own."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest

from archspec.errors import BackendError, WeightsError
from archspec.resolution import Model
from archspec.weights.convert import convert
from archspec.weights.files import read_safetensors, write_safetensors
from archspec.weights.generator import seeded

pytestmark = pytest.mark.parity


def python(folder: Path, code: str) -> str:
    """What a program prints that runs in a folder."""
    command = [sys.executable, "-c", dedent(code)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def torch(require_backend: Callable[[str], None]) -> Any:
    require_backend("torch")
    return import_module("torch")


@pytest.fixture
def flax(require_backend: Callable[[str], None]) -> None:
    require_backend("flax")


@pytest.fixture
def canonical(tiny: Model, tmp_path: Path) -> Path:
    path = tmp_path / "canonical.safetensors"
    weights = seeded(tiny.graph, 0)
    write_safetensors(path, {name: array.astype(np.float32) for name, array in weights.items()})
    return path


@pytest.fixture(scope="module")
def written(tiny: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of PyTorch, to be copied."""
    folder = tmp_path_factory.mktemp("written")
    weights = {name: each.astype(np.float32) for name, each in seeded(tiny.graph, 0).items()}
    write_safetensors(folder / "canonical.safetensors", weights)
    path = folder / "model.pt"
    convert(tiny, "safetensors", folder / "canonical.safetensors", "torch", path)
    return path


@pytest.fixture
def checkpoint(torch: Any, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return Path(shutil.copy(request.getfixturevalue("written"), tmp_path / "model.pt"))


def refusal(model: Model, form: str, source: Path) -> str:
    target = source.with_name("never.safetensors")
    with pytest.raises(WeightsError) as caught:
        convert(model, form, source, "safetensors", target)
    assert not target.exists()
    assert not list(source.parent.glob(".archspec-*"))
    return str(caught.value)


def test_round_trip(
    torch: Any, flax: None, tiny: Model, checkpoint: Path, canonical: Path, tmp_path: Path
) -> None:
    steps = [
        ("torch", "model.pt"),
        ("flax", "flax.safetensors"),
        ("flax", "flax.msgpack"),
        ("safetensors", "again.safetensors"),
        ("torch", "back.pth"),
    ]
    for (form, source), (next_form, target) in pairwise(steps):
        convert(tiny, form, tmp_path / source, next_form, tmp_path / target)
    paths = (checkpoint, tmp_path / "back.pth")
    states = [torch.load(path, weights_only=True) for path in paths]
    assert states[0].keys() == states[1].keys()
    for name, tensor in states[0].items():
        assert tensor.dtype == states[1][name].dtype
        assert torch.equal(tensor, states[1][name])
    before, after = (
        read_safetensors(tmp_path / f"{name}.safetensors").tensors
        for name in ("canonical", "again")
    )
    assert all(array.tobytes() == after[name].tobytes() for name, array in before.items())


def test_checkpoints_are_the_same_bytes_each_time(
    flax: None, tiny: Model, checkpoint: Path, canonical: Path, tmp_path: Path
) -> None:
    for form, ending in (("torch", "pt"), ("flax", "msgpack")):
        paths = [tmp_path / f"{name}.{ending}" for name in ("one", "two")]
        for path in paths:
            convert(tiny, "safetensors", canonical, form, path)
        assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(
    "wrapping",
    [
        "{'state_dict': state, 'epoch': 3}",
        "{'model': state, 'optimizer': {}}",
        "{'module.' + name: tensor for name, tensor in state.items()}",
        "{'state_dict': {'_orig_mod.' + name: tensor for name, tensor in state.items()}}",
        "{n: torch.nn.Parameter(t) if t.is_floating_point() else t for n, t in state.items()}",
        "{name: t for name, t in state.items() if 'num_batches' not in name}",
    ],
)
def test_usual_torch_checkpoints(
    torch: Any, tiny: Model, checkpoint: Path, canonical: Path, tmp_path: Path, wrapping: str
) -> None:
    state = torch.load(checkpoint, weights_only=True)
    torch.save(eval(wrapping, {"torch": torch, "state": state}), tmp_path / "wrapped.pt")
    convert(tiny, "torch", tmp_path / "wrapped.pt", "safetensors", tmp_path / "out.safetensors")
    before, after = (
        read_safetensors(tmp_path / name).tensors for name in (canonical.name, "out.safetensors")
    )
    assert all(array.tobytes() == after[name].tobytes() for name, array in before.items())


def test_half_precision(torch: Any, tiny: Model, checkpoint: Path, tmp_path: Path) -> None:
    state = torch.load(checkpoint, weights_only=True)
    for kind, found in (("float16", "float16"), ("bfloat16", "float32"), ("float64", "float64")):
        dtype = getattr(torch, kind)
        cast = {n: t.to(dtype) if t.is_floating_point() else t for n, t in state.items()}
        torch.save(cast, tmp_path / "cast.pt")
        out = tmp_path / f"{kind}.safetensors"
        done = convert(tiny, "torch", tmp_path / "cast.pt", "safetensors", out)
        assert {str(array.dtype) for array in read_safetensors(out).tensors.values()} == {found}
        assert bool(done.notes) == (kind == "bfloat16")


class Attack:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, (f"touch {self.path}",)


def test_a_malicious_pickle_is_not_executed(torch: Any, tiny: Model, tmp_path: Path) -> None:
    attack = {"a": Attack(tmp_path / "executed")}
    torch.save(attack, tmp_path / "zip.pt")
    torch.save(attack, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    (tmp_path / "bare.pt").write_bytes(pickle.dumps(attack, 2))
    for name in ("zip.pt", "old.pt", "bare.pt"):
        message = refusal(tiny, "torch", tmp_path / name)
        assert "holds more than tensors (posix.system)" in message
    assert not (tmp_path / "executed").exists()
    # The attack is a real one.
    torch.load(tmp_path / "zip.pt", weights_only=False)
    assert (tmp_path / "executed").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("saved", "message"),
    [
        ("torch.nn.Linear(2, 2)", "holds more than tensors (torch.nn.modules.linear.Linear)"),
        ("[torch.zeros(2)]", "expected a state dict, found an object of the type list"),
        ("torch.zeros(2)", "expected a state dict, found an object of the type Tensor"),
        ("{'state_dict': {}, 'model': {}}", "holds both `state_dict` and `model`"),
        ("{'a': 3}", "'a' is no tensor but an object of the type int"),
        ("{3: torch.zeros(2)}", "expected names of tensors, found 3"),
        ("{'a\\ud800': torch.zeros(2)}", r"expected names of tensors, found 'a\ud800'"),
        ("{'a': torch.zeros(2).to_sparse()}", "'a' is a sparse"),
        ("{'a': torch.zeros(2, dtype=torch.complex128)}", "found torch.complex128"),
        ("{'a': torch.zeros(1).expand(10**12)}", "its tensors claim 4000000000000 bytes"),
        ("{'a\\n\\x1b[31m': 3}", r"'a\n\x1b[31m' is no tensor"),
        ("{'head.dense1.bias': torch.tensor(float('nan'))}", "`a.block1.0.left.conv1.weight` is"),
    ],
)
def test_torch_files_that_are_no_checkpoints(
    torch: Any, tiny: Model, tmp_path: Path, saved: str, message: str
) -> None:
    torch.save(eval(saved, {"torch": torch}), tmp_path / "bad.pt")
    assert message in refusal(tiny, "torch", tmp_path / "bad.pt")


@pytest.mark.parametrize("data", [b"", b"nothing", b"\x80\x02", b"PK\x03\x04broken", b"\0" * 1000])
def test_damaged_torch_files(torch: Any, tiny: Model, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "bad.pt").write_bytes(data)
    assert "not a PyTorch checkpoint" in refusal(tiny, "torch", tmp_path / "bad.pt")


def test_a_compressed_torch_file_is_not_unpacked(
    torch: Any, tiny: Model, checkpoint: Path, tmp_path: Path
) -> None:
    path = tmp_path / "bomb.pt"
    with ZipFile(checkpoint) as stored, ZipFile(path, "w", ZIP_DEFLATED) as packed:
        for each in stored.infolist():
            packed.writestr(each.filename, stored.read(each))
    # PyTorch itself would read it.
    assert torch.load(path, weights_only=True)
    assert "is compressed, which PyTorch does not do" in refusal(tiny, "torch", path)


def test_a_cut_off_torch_file(tiny: Model, checkpoint: Path) -> None:
    data = checkpoint.read_bytes()
    for length in (100, len(data) // 2, len(data) - 1):
        checkpoint.write_bytes(data[:length])
        assert "not a PyTorch checkpoint" in refusal(tiny, "torch", checkpoint)


def test_nothing_in_the_current_folder_passes_for_a_framework(
    tiny: Model, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch.py").write_text("open('executed', 'w')")
    monkeypatch.chdir(tmp_path)
    convert(tiny, "torch", "model.pt", "safetensors", "out.safetensors")
    assert not (tmp_path / "executed").exists()


def test_usual_flax_files(flax: None, tiny: Model, canonical: Path, tmp_path: Path) -> None:
    convert(tiny, "safetensors", canonical, "flax", tmp_path / "model.msgpack")
    python(
        tmp_path,
        """
        from flax import serialization
        with open("model.msgpack", "rb") as file:
            variables = serialization.msgpack_restore(file.read())
        assert set(variables) == {"params", "batch_stats"}
        assert variables["params"]["head_dense1"]["kernel"].shape == (1800, 4)
        state = {"step": 3, "opt_state": {"0": None}, **variables}
        with open("state.msgpack", "wb") as file:
            file.write(serialization.msgpack_serialize(state))
        """,
    )
    out = tmp_path / "out.safetensors"
    convert(tiny, "flax", tmp_path / "state.msgpack", "safetensors", out)
    before, after = (read_safetensors(path).tensors for path in (canonical, out))
    assert all(array.tobytes() == after[name].tobytes() for name, array in before.items())


def test_flax_parameters_alone(flax: None, googlenet: Model, tmp_path: Path) -> None:
    source, out = tmp_path / "a.safetensors", tmp_path / "out.safetensors"
    write_safetensors(source, seeded(googlenet.graph, 0))
    convert(googlenet, "safetensors", source, "flax", tmp_path / "model.msgpack")
    python(
        tmp_path,
        """
        from flax import serialization
        with open("model.msgpack", "rb") as file:
            variables = serialization.msgpack_restore(file.read())
        with open("params.msgpack", "wb") as file:
            file.write(serialization.msgpack_serialize(variables["params"]))
        """,
    )
    convert(googlenet, "flax", tmp_path / "params.msgpack", "safetensors", out)
    before, after = (read_safetensors(path).tensors for path in (source, out))
    assert all(array.tobytes() == after[name].tobytes() for name, array in before.items())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a Flax msgpack file"),
        (b"nothing", "not a Flax msgpack file"),
        (b"\x93\x01\x02\x03", "expected variables, found an object of the type list"),
        (b"\x81\xa1a\x01", "'a' is no tensor but an object of the type int"),
        (b"\x82\xa1a\x01\xa1a\x01", "has a name twice"),
        (b"\x81\x01\x01", "not a Flax msgpack file"),
        (b"\x81\xa1a\xc7\x1d\x01\x93\x90\xa8float128\xc4\x10" + bytes(16), "found float128"),
        (b"\x81\xa1a" * 5000 + b"\x01", "not a Flax msgpack file"),
        (b"\x82\xa3a/b\x80\xa1a\x81\xa1b\x01", "'a/b' is no tensor"),
        (b"\xdf\xff\xff\xff\xff", "not a Flax msgpack file"),
        (b"\x80", "`params/a_block1_0/left_conv1/kernel` is missing"),
    ],
)
def test_damaged_flax_files(
    flax: None, tiny: Model, tmp_path: Path, data: bytes, message: str
) -> None:
    (tmp_path / "bad.msgpack").write_bytes(data)
    assert message in refusal(tiny, "flax", tmp_path / "bad.msgpack")


def test_two_flax_paths_of_one_name(flax: None, tiny: Model, tmp_path: Path) -> None:
    python(
        tmp_path,
        """
        import numpy as np
        from flax import serialization
        one = np.ones(2)
        with open("bad.msgpack", "wb") as file:
            file.write(serialization.msgpack_serialize({"a/b": one, "a": {"b": one}}))
        """,
    )
    assert "two tensors have the name 'a/b'" in refusal(tiny, "flax", tmp_path / "bad.msgpack")


def test_a_script_that_fails(
    tiny: Model, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(BackendError, match=r"checkpoint\.py failed: exit status 1"):
        convert(tiny, "torch", checkpoint, "safetensors", tmp_path / "out.safetensors")
