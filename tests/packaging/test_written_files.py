"""Generated files are the same wherever they are made, and a failed run leaves the old ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import archspec
from archspec.generation import Target, write, write_atomically

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "archspec", *arguments]
    path = {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command,
        cwd=folder,
        env=os.environ | path | environment,
        capture_output=True,
        timeout=120,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["torch", "flax"])
@pytest.mark.parametrize("name", ["googlenet_paper", "resnet18"])
def test_the_same_bytes_whatever_the_folder_and_the_hash_seed(
    name: str, backend: str, tmp_path: Path
) -> None:
    spec = f"{name}.yaml"
    elsewhere = tmp_path / "a folder" / "deeper"
    shutil.copytree(ROOT / "specs", elsewhere)
    cases = [
        (f"specs/{spec}", ROOT, "0"),
        (f"{elsewhere}/{spec}", tmp_path, "1"),
        (spec, elsewhere, "20041"),
    ]
    texts = set()
    for path, folder, seed in cases:
        arguments = ("generate", path, "--backend", backend, "--stdout")
        done = run(*arguments, folder=folder, PYTHONHASHSEED=seed, TZ="Asia/Tokyo", LC_ALL="C")
        assert done.returncode == 0, done.stderr.decode()
        texts.add(done.stdout)
    assert len(texts) == 1
    assert texts == {(ROOT / "generated" / backend / f"{name}.py").read_bytes()}


def test_a_users_own_ruff_configuration_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "ruff.toml").write_text("line-length = 40\nindent-width = 2\n")
    shutil.copy(ROOT / "specs" / "lenet.yaml", tmp_path)
    assert run("generate", "lenet.yaml", "--backend", "torch", folder=tmp_path).returncode == 0
    written = (tmp_path / "generated" / "torch" / "lenet.py").read_bytes()
    assert written == (ROOT / "generated" / "torch" / "lenet.py").read_bytes()


def test_one_wrong_spec_and_nothing_is_written(tmp_path: Path) -> None:
    shutil.copy(ROOT / "specs" / "lenet.yaml", tmp_path)
    (tmp_path / "wrong.yaml").write_text("archspec: 1\nname: Wrong\ninput: [1, 8, 8]\nstages: {}\n")
    done = run("generate", "lenet.yaml", "wrong.yaml", "--backend", "all", folder=tmp_path)
    assert done.returncode == 1
    assert b"wrong.yaml" in done.stderr and b"Traceback" not in done.stderr
    assert not (tmp_path / "generated").exists()


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "out" / "net.py"
    path.parent.mkdir()
    path.write_text("old\n")
    path.chmod(0o640)
    return path


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", ["replace", "chmod", "fdopen"])
def test_an_interrupted_write_leaves_the_old_file(
    old: Path, step: str, error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(os, step, interrupted)
    expected = archspec.ArchspecError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        write_atomically(old, "new\n")
    monkeypatch.undo()
    assert old.read_text() == "old\n"
    assert [path.name for path in old.parent.iterdir()] == ["net.py"], "a temporary file is left"


def test_a_write_keeps_the_permissions_and_says_whether_it_changed(old: Path) -> None:
    assert write_atomically(old, "new\n") is True
    assert write_atomically(old, "new\n") is False
    assert old.read_text() == "new\n"
    assert old.stat().st_mode & 0o777 == 0o640


def test_several_files_are_rendered_before_the_first_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = archspec.resolve(archspec.load(ROOT / "specs" / "lenet.yaml"))
    targets = [Target.of(model, name, (tmp_path, True)) for name in ("torch", "flax")]
    assert not list(tmp_path.iterdir())
    assert write(targets) == [True, True]
    assert {path.suffix for path in tmp_path.rglob("lenet*")} == {".py"}


def test_nothing_is_written_through_a_dangling_target(tmp_path: Path) -> None:
    folder = tmp_path / "net.py"
    folder.mkdir()
    with pytest.raises(archspec.ArchspecError, match="cannot write"):
        write_atomically(folder, "new\n")
    assert not list(folder.iterdir())
