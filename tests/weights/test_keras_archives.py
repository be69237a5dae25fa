"""Keras's ZIP archives that are damaged, or that lie about what they hold."""

from __future__ import annotations

import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from archspec.backends import find_backend
from archspec.errors import WeightsError
from archspec.resolution import Model
from archspec.weights import checkpoints
from archspec.weights.checkpoints import read_checkpoint

pytestmark = pytest.mark.parity
MEMBER = "model.weights.h5"
CONFIG = "config.json"


@pytest.fixture(autouse=True)
def keras(require_backend: Callable[[str], None]) -> None:
    require_backend("keras")


def archive(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def refusal(model: Model, path: Path) -> str:
    with pytest.raises(WeightsError) as caught:
        read_checkpoint(find_backend("keras"), path, model)
    return str(caught.value)


def state(path: Path, place: int, size: int) -> None:
    """Change a size that the archive's directory states of its first file."""
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\1\2")
    data[entry + place : entry + place + 4] = struct.pack("<I", size)
    path.write_bytes(data)


def test_a_bomb_that_lies_about_its_compressed_size(tiny: Model, tmp_path: Path) -> None:
    path = archive(tmp_path / "bomb.keras", {MEMBER: bytes(2**27)})
    state(path, 20, 2**27)
    assert "would grow" in refusal(tiny, path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_unpacks_in_steps_of_any_size(tiny: Model, tmp_path: Path, method: int) -> None:
    path = archive(tmp_path / "odd.keras", {MEMBER: bytes(1000)}, method)
    assert "another way than by deflate" in refusal(tiny, path)


@pytest.mark.parametrize("config", [b'{"config": []}', b'{"config": null}', b"[" * 10**6])
def test_configurations_that_are_none(tiny: Model, tmp_path: Path, config: bytes) -> None:
    path = archive(tmp_path / "odd.keras", {CONFIG: config, MEMBER: b""})
    assert "not a Keras file" in refusal(tiny, path)


def test_damaged_compressed_data(tiny: Model, tmp_path: Path) -> None:
    path = archive(tmp_path / "bad.keras", {MEMBER: bytes(range(256)) * 40})
    data = bytearray(path.read_bytes())
    data[60:76] = b"\xaa" * 16
    path.write_bytes(data)
    assert "not a Keras file" in refusal(tiny, path)


def run(folder: Path, program: str) -> subprocess.CompletedProcess[str]:
    start = f"import sys; sys.path.insert(0, {str(find_backend('keras').folder)!r})"
    command = [sys.executable, "-c", f"{start}; import checkpoint; {program}"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_reading_that_never_ends(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "_PATIENCE", 0.01)
    path = archive(tmp_path / "slow.keras", {MEMBER: b""})
    assert "came to no end" in refusal(tiny, path)


def test_a_configuration_that_is_a_bomb(tmp_path: Path) -> None:
    path = archive(tmp_path / "bomb.keras", {CONFIG: b"[" * 2**27, MEMBER: b""})
    state(path, 24, 1000)
    measured = "import atexit, tracemalloc as t; t.start()"
    told = "atexit.register(lambda: print(t.get_traced_memory()[1]))"
    done = run(tmp_path, f"{measured}; {told}; checkpoint.read('bomb.keras', 'out.safetensors')")
    assert done.returncode == 3
    assert int(done.stdout.splitlines()[-1]) < 2**25
