"""What random networks have found, one small network for each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from archspec import SpecError, load, loads, resolve, verify
from archspec.verification.result import NOT_RUN
from archspec.verification.warm import WarmRuns

CASES = sorted(Path(__file__).parent.glob("cases/*.yaml"))


@pytest.mark.parity
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_it_stays_mended(
    path: Path, fuzzed_backends: list[str], quick_compilation: None, warm_runs: WarmRuns
) -> None:
    model = resolve(load(path))
    result = verify(model, fuzzed_backends, dtypes=("float64",), steps=1, runs=warm_runs)
    for row in result.backends:
        wrong = [each for each in row.checks if not each.passed]
        assert row.status in ("agrees", *NOT_RUN), (row.name, row.problem, wrong)


def _network(*layers: str) -> str:
    stage = "\n".join(f"    - {each}" for each in layers)
    return f"archspec: 1\nname: Net\ninput: [4, 8]\nstages:\n  s:\n{stage}\n"


def test_a_layer_after_a_wrong_branch_is_no_crash() -> None:
    wrong = "{branches: {p1: [{conv: {out: 3, kernel: 99}}], p2: [{add: , from: [p1, previous]}]}}"
    with pytest.raises(SpecError, match="the window spans 99"):
        resolve(loads(_network(wrong)))


def test_pads_that_follow_from_the_size_are_shared_at_that_size_only() -> None:
    conv = "{conv: {out: 4, kernel: 4, stride: 2, padding: same_upper}, as: one}"
    with pytest.raises(SpecError, match="its padding would be another"):
        resolve(loads(_network(conv, "{conv: {out: 4, kernel: 2}}", "{share: one}")))
