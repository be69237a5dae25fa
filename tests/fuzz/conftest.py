"""Options of the random networks, and a summary of what was run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from archspec.backends import find_backend

ROOT = Path(__file__).parents[2]

# XLA optimises for longer than these networks run. Level 0 is quicker still but wrong: see
# docs/upstream.md.
QUICK = "--xla_backend_optimization_level=1 --xla_llvm_disable_expensive_passes=true"
SETTINGS = {
    "XLA_FLAGS": QUICK,
    "JAX_COMPILATION_CACHE_DIR": str(ROOT / ".cache" / "jax"),
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fuzz-examples", type=int, help="how many random networks (30)")
    parser.addoption("--fuzz-seed", type=int, help="where the random networks start from (0)")
    parser.addoption("--fuzz-backends", help="comma-separated; all that run in Python")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "fuzz: random networks; any number by `make fuzz`")


@pytest.fixture(scope="session")
def quick_compilation() -> Iterator[None]:
    """Settings for runners that start while this lasts, unless the user has others."""
    before = dict(os.environ)
    os.environ.update({name: value for name, value in SETTINGS.items() if name not in before})
    yield
    for name in SETTINGS:
        if name not in before:
            del os.environ[name]


@pytest.fixture(scope="session")
def fuzzed_backends(request: pytest.FixtureRequest) -> list[str]:
    """The backends that are asked for, or all that run in Python; those that CI wants must be."""
    asked = request.config.getoption("--fuzz-backends", None)
    if not asked:
        return list(request.getfixturevalue("python_backends"))
    missing = [each for each in asked.split(",") if not find_backend(each).available]
    assert not missing, f"not installed: {missing}"
    return [str(each) for each in asked.split(",")]
