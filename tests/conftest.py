"""What several folders of tests share."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from archspec.backends import built_in, find_backend
from archspec.verification.warm import WarmRuns
from tests.fuzz.summary import print_networks
from tests.verify.summary import print_traps


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What the tests found besides whether they passed."""
    # Here and not in the folders of these tests: side by side, the process that prints collects
    # no tests, and so reads no `conftest.py` but this one.
    print_networks(terminalreporter)
    print_traps(terminalreporter)


@pytest.fixture
def require_backend(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Skip where a backend is not installed; fail where ARCHSPEC_REQUIRE_BACKENDS names it."""

    def require(name: str) -> None:
        if name == "flux":
            use_stand_in_for_flux(monkeypatch)
        missing = [each for each, version in find_backend(name).installed().items() if not version]
        if not missing:
            return
        reason = f"{name} is not installed (missing: {', '.join(missing)})"
        if name in _required():
            pytest.fail(reason)
        pytest.skip(reason)

    return require


@pytest.fixture(scope="session")
def python_backends() -> list[str]:
    """The backends that run in Python and are installed; those that CI asks for must be.

    Others, written in another language, have tests of their own.
    """
    every = [each for each in built_in() if each.manifest.interpreter is None]
    absent = [each.name for each in every if not each.available]
    if required := sorted(set(absent) & _required()):
        pytest.fail(f"not installed: {', '.join(required)}")
    found = [each.name for each in every if each.available]
    if not found:
        pytest.skip("no backend is installed")
    return found


@pytest.fixture
def run_julia(require_backend: Callable[[str], None], tmp_path: Path) -> Callable[..., str]:
    """Run a program in Julia, with the stand-in for Flux at hand; what it prints."""
    require_backend("flux")

    def run(program: str | Path, *arguments: str) -> str:
        if isinstance(program, str):
            file = tmp_path / "program.jl"
            file.write_text(program, "utf-8")
            program = file
        done = subprocess.run(
            [*find_backend("flux").command(), str(program), *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout

    return run


def use_stand_in_for_flux(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Julia that `.ci/julia` fetches, and in it `tests/flux/stand_in` in place of Flux.

    To run the tests with Flux itself, set both variables: ARCHSPEC_JULIA to a program and
    JULIA_LOAD_PATH to where its packages are (``@:@v#.#:@stdlib``).
    """
    root = Path(__file__).resolve().parents[1]
    program = Path(os.environ.get("ARCHSPEC_CACHE") or root / ".cache") / "julia/bin/julia"
    for name, value in {
        "ARCHSPEC_JULIA": str(program),
        "JULIA_LOAD_PATH": f"{root / 'tests/flux/stand_in'}{os.pathsep}@stdlib",
    }.items():
        if name not in os.environ:
            monkeypatch.setenv(name, value)


def _required() -> set[str]:
    names = os.environ.get("ARCHSPEC_REQUIRE_BACKENDS", "").split(",")
    return {each.strip() for each in names if each.strip()}


@pytest.fixture(scope="session")
def warm_runs() -> Iterator[WarmRuns]:
    """Runners that all tests of a process share, so that frameworks are imported once."""
    runs = WarmRuns()
    yield runs
    runs.end()


@pytest.fixture
def require_device() -> Callable[[str], None]:
    """Skip where a device is not there for both PyTorch and JAX."""

    def require(device: str) -> None:
        if device != "cpu" and not _found_by_both():
            pytest.skip("no GPU that both PyTorch and JAX can use")

    return require


@cache
def _found_by_both() -> bool:
    script = (
        "import torch, jax; found = {each.platform for each in jax.devices()};"
        " raise SystemExit(not (torch.cuda.is_available() and found & {'gpu', 'cuda'}))"
    )
    if shutil.which("nvidia-smi") is None:
        return False
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    return done.returncode == 0


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-goldens", action="store_true", help="record what comes out as what is expected"
    )


@pytest.fixture
def update_goldens(request: pytest.FixtureRequest) -> bool:
    """Whether this run records goldens instead of comparing with them."""
    return bool(request.config.getoption("--update-goldens"))
