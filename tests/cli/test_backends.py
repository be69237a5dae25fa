"""`archspec backends`: the list, the environments it makes, and the doctor."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from archspec import environments, installation
from archspec.backends import find_backend
from archspec.cli import main
from archspec.errors import BackendError

ROOT = Path(__file__).parents[2]
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run the command line in an empty folder, with a cache of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(environments.CACHE, str(tmp_path / "cache"))

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["archspec", "backends", *arguments])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err + captured.out
        return code, captured.out, captured.err

    return command


def _wheel(folder: Path) -> Path:
    """A package that can be installed without an index."""
    path = folder / "archspec_tiny-1.0-py3-none-any.whl"
    info = "archspec_tiny-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("archspec_tiny.py", "")
        wheel.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: archspec-tiny\nVersion: 1.0\n"
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        names = ["archspec_tiny.py", f"{info}/METADATA", f"{info}/WHEEL", f"{info}/RECORD"]
        wheel.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in names))
    return path


def _backend(folder: Path, python: str, *requirements: str) -> str:
    """The path of a backend with an environment of its own."""
    made = folder / "tiny"
    made.mkdir(exist_ok=True)
    text = (ROOT / "backends/torch/backend.toml").read_text("utf-8")
    text = text.replace('name = "torch"', 'name = "tiny"').replace(
        'title = "PyTorch"', 'title = "Tiny"'
    )
    text = text.replace('{ torch = "2.5" }', '{ archspec-tiny = "1.0" }')
    text = text.replace("pip install 'archspec-nn[torch]'", "archspec backends install ./tiny")
    text += f'\n[environment]\npython = "{python}"\nrequirements = {json.dumps(requirements)}\n'
    (made / "backend.toml").write_text(text, "utf-8")
    return str(made)


def test_the_list_says_what_runs_where(run: Run) -> None:
    code, out, _ = run()
    assert code == 0
    assert "PyTorch" in out
    rows = {row["name"]: row for row in json.loads(run("--json")[1])}
    assert rows["torch"]["runs"] == "beside archspec"
    assert "cache" in rows["mxnet"]["runs"]
    # In the cache of this test nothing has been made.
    assert rows["mxnet"]["packages"] == {"mxnet": None, "numpy": None}
    assert "missing: mxnet, numpy; archspec backends install mxnet" in out


@pytest.mark.slow
def test_an_environment_is_made_once_and_again_by_force(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = _backend(tmp_path, VERSION, str(_wheel(tmp_path)))
    backend = find_backend(name)
    assert not backend.available
    with monkeypatch.context() as patch:

        def interrupted(line: str) -> str | None:
            if "archspec_tiny" in line:
                raise KeyboardInterrupt
            return None

        patch.setattr(installation, "_news", interrupted)
        assert run("install", name)[0] == 130
    assert not backend.available

    code, out, err = run("install", name)
    assert code == 0, err
    assert out.startswith("tiny: made in ")
    assert f"Python {VERSION}, archspec-tiny 1.0; " in out
    assert backend.installed() == {"archspec-tiny": "1.0"}
    (command,) = backend.command()
    assert Path(command).is_relative_to(tmp_path / "cache")
    subprocess.run([command, "-c", "import archspec_tiny"], check=True)

    left = Path(command).parents[1] / "left"
    left.touch()
    code, out, _ = run("install", name)
    assert (code, out.startswith("tiny: installed: ")) == (0, True)
    assert left.exists()
    assert run("install", name, "--force", "--quiet") == (0, "", "")
    assert not left.exists()
    assert backend.available
    # An environment whose interpreter has gone is none.
    Path(command).unlink()
    assert not backend.available


@pytest.mark.slow
def test_a_failure_says_what_pip_said(run: Run, tmp_path: Path) -> None:
    name = _backend(tmp_path, VERSION, str(tmp_path / "absent-1.0-py3-none-any.whl"))
    code, out, err = run("install", name)
    assert (code, out) == (1, "")
    assert "`-I -m pip` failed with exit status 1" in err
    assert "absent-1.0-py3-none-any.whl" in err
    log = next((tmp_path / "cache/environments").glob("*.log"))
    assert str(log) in err
    assert not find_backend(name).available


def test_a_missing_python_is_explained(run: Run, tmp_path: Path) -> None:
    code, out, err = run("install", _backend(tmp_path, "3.99"))
    assert (code, out) == (1, "")
    assert "there is no Python 3.99 here that can make environments" in err
    assert "uv python install 3.99" in err


def test_a_python_on_path_is_tried_before_it_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sys.platform == "win32":
        pytest.skip("the programs of this test are shell scripts")
    for folder, answer in (("shims", "echo no such version >&2; exit 127"), ("real", "echo 3.98")):
        program = tmp_path / folder / "python3.98"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\n{answer}\n", "utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'shims'}:{tmp_path / 'real'}")
    assert installation.find_python("3.98") == [str(tmp_path / "real/python3.98")]
    with pytest.raises(BackendError, match=r"no Python 3\.97"):
        installation.find_python("3.97")


def test_one_process_makes_it_at_a_time(run: Run, tmp_path: Path) -> None:
    name = _backend(tmp_path, VERSION, str(_wheel(tmp_path)))
    environment = find_backend(name).manifest.environment
    assert environment is not None
    folder = environments.environment_folder("tiny", environment)
    folder.parent.mkdir(parents=True)
    with installation._alone(folder):
        code, _, err = run("install", name)
    assert code == 1
    assert "another process is making" in err


def test_what_lives_beside_archspec_is_left_to_its_user(run: Run, tmp_path: Path) -> None:
    copy = tmp_path / "other"
    copy.mkdir()
    text = (ROOT / "backends/torch/backend.toml").read_text("utf-8")
    text = text.replace("torch = ", "archspec-absent = ")
    (copy / "backend.toml").write_text(text, "utf-8")
    code, out, _ = run("install", str(copy))
    assert code == 1
    assert out == "torch: missing; install it yourself: pip install 'archspec-nn[torch]'\n"
    assert not (tmp_path / "cache").exists()


def test_wrong_usage(run: Run) -> None:
    assert run("install")[0] == 2
    code, _, err = run("install", "mxnett")
    assert code == 2
    assert "did you mean `mxnet`" in err
    assert run("doctor", "mxnett")[0] == 2


@pytest.mark.slow
@pytest.mark.parity
def test_the_doctor(run: Run, require_backend: Callable[[str], None], tmp_path: Path) -> None:
    require_backend("torch")
    code, out, _ = run("doctor", "torch")
    assert code == 0
    assert out.startswith("torch  PyTorch  ok  torch ")
    # Nothing has been made in the cache of this test: missing, which matters where it is asked for.
    rows = json.loads(run("doctor", "torch", "mxnet", "--json")[1])
    assert [(row["name"], row["state"]) for row in rows] == [("torch", "ok"), ("mxnet", "missing")]
    assert rows[1]["hint"] == "archspec backends install mxnet"
    assert rows[0]["seconds"] > 0
    code, out, _ = run("doctor", "torch", "mxnet")
    assert code == 1
    assert "  archspec backends install mxnet\n" in out


@pytest.mark.slow
@pytest.mark.parity
def test_the_doctor_finds_what_is_broken(
    run: Run, require_backend: Callable[[str], None], tmp_path: Path
) -> None:
    require_backend("torch")
    for name, broken in (
        ("crashes", "import os\nos.kill(os.getpid(), 11)\n"),
        ("differs", None),
    ):
        shutil.copytree(ROOT / "backends/torch", tmp_path / name)
        manifest = tmp_path / name / "backend.toml"
        text = manifest.read_text("utf-8").replace('name = "torch"', f'name = "{name}"')
        manifest.write_text(text, "utf-8")
        if broken is not None:
            (tmp_path / name / "runner.py").write_text(broken, "utf-8")
    operators = tmp_path / "differs/operators.jinja"
    text = operators.read_text("utf-8")
    assert "nn.Flatten()" in text
    operators.write_text(
        text.replace(
            "{% macro flatten(l) %}\nnn.Flatten()", "{% macro flatten(l) %}\nnn.Flatten(2)"
        )
    )
    code, out, _ = run("doctor", "torch", "./crashes", "./differs")
    assert code == 1
    lines = out.splitlines()
    assert lines[0].startswith("torch    PyTorch  ok      torch ")
    assert any(line.startswith("crashes  PyTorch  failed") for line in lines)
    assert "SIGSEGV" in out
    assert any(line.startswith("differs  PyTorch  failed") for line in lines)
