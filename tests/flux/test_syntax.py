"""Every generated Flux file is Julia, and as wide as Julia's style has it: 92 columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from archspec.backends import specs_folder
from archspec.render import render
from archspec.resolution import Model, resolve
from archspec.schema import load, loads
from tests.flux.syntax import mistakes
from tests.parity.variants import PATHS, honoured, only

ROOT = Path(__file__).parents[2]
GENERATED = sorted(ROOT.glob("generated/flux/*.jl"))
GOLDENS = sorted(ROOT.glob("tests/render/cases/*/flux.jl"))
WRITTEN = sorted(ROOT.glob("backends/flux/**/*.jl")) + sorted(ROOT.glob("tests/flux/**/*.jl"))
SPECS = sorted(ROOT.glob("tests/parity/a*/*.yaml")) + sorted(ROOT.glob("tests/verify/traps/*.yaml"))


def _width(text: str) -> int:
    """That of the widest line, but for addresses, which are not broken."""
    return max(len(line) for line in text.splitlines() if not line.startswith("Source: https:"))


def _name(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}"


def _model(path: Path) -> Model:
    if path in PATHS:
        return only(path, honoured(path, "flux"))
    if path.parent.name == "applications":
        # As if it lay among the specs: some are variants of these.
        return resolve(loads(path.read_text("utf-8"), f"keras_{path.name}", specs_folder()))
    return resolve(load(path))


@pytest.mark.parametrize("path", GENERATED + GOLDENS, ids=_name)
def test_files(path: Path) -> None:
    text = path.read_text("utf-8")
    assert mistakes(text) == []
    assert _width(text) <= 92


@pytest.mark.parametrize("path", [*PATHS, *SPECS], ids=_name)
def test_code(path: Path) -> None:
    text = render(_model(path), "flux").text
    assert mistakes(text) == []
    assert _width(text) <= 92


@pytest.mark.parametrize("path", WRITTEN, ids=_name)
def test_what_is_written_by_hand(path: Path) -> None:
    text = path.read_text("utf-8")
    assert mistakes(text) == []
    assert max(map(len, text.splitlines())) <= 100


def test_there_is_something_to_check() -> None:
    assert len(GENERATED) >= 6
    assert len(GOLDENS) >= 12


@pytest.mark.parametrize(
    "text", ["f(x = 1", "function f(x)\n    x\n", "x = = 1", 'a = "b', "Chain(a = b,, c)"]
)
def test_the_check_can_fail(text: str) -> None:
    assert mistakes(text)
