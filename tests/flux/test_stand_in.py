"""The stand-in itself, held against the examples of Flux's documentation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

STAND_IN = Path(__file__).parent / "stand_in"


@pytest.mark.slow
@pytest.mark.parity
@pytest.mark.parametrize(("version", "sets"), [("", 7), ("0.12", 6)])
def test_documented_examples(
    version: str, sets: int, run_julia: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JULIA_LOAD_PATH", f"{STAND_IN}:@stdlib")
    monkeypatch.setenv("FLUX_STAND_IN", version)
    printed = run_julia(STAND_IN / "examples.jl")
    assert printed.count("Test Summary") == sets
    assert "Fail" not in printed and "Error" not in printed
