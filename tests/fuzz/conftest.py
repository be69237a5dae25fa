"""Options of the random networks, and a summary of what was run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archspec.backends import built_in, find_backend
from tests.fuzz.checking import Tally

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
    """The backends that can run here; what stands in for a framework is none."""
    asked = request.config.getoption("--fuzz-backends", None)
    if asked:
        missing = [each for each in asked.split(",") if not find_backend(each).available]
        assert not missing, f"not installed: {missing}"
        return [str(each) for each in asked.split(",")]
    return [
        each.name for each in built_in() if each.available and each.manifest.interpreter is None
    ]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    tally = Tally()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, ()):
            found = dict(getattr(report, "user_properties", ())).get("fuzz")
            if found is not None and report.when == "call":
                tally.add(found)
    if not tally.networks:
        return
    write = terminalreporter.write_line
    terminalreporter.section("random networks")
    mean = tally.layers / tally.networks
    write(f"{tally.networks} networks of {mean:.1f} layers; each operator in so many of them:")
    counts = [f"{name} {count}" for name, count in tally.operators.most_common()]
    for start in range(0, len(counts), 8):
        write("  " + ", ".join(counts[start : start + 8]))
    for name, rows in sorted(tally.rows.items()):
        shown = ", ".join(f"{count} {status}" for status, count in rows.most_common())
        write(f"  {name:<8} {shown}; {tally.seconds[name]:.0f} s")
    without = ", ".join(f"{count} {reason}" for reason, count in tally.meaningless.items())
    write(f"  set aside, as agreement would mean nothing: {without or 'none'}")
