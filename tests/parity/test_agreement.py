"""Every operator in every backend, forward and backward, and every case of rendering.

In ``operators/`` each operator stands behind a convolution of its own and is an output of its
own, at odd sizes: a wrong gradient shows in that convolution and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from archspec import Model, load, resolve, verify
from archspec.operators import OPERATORS
from archspec.verification.warm import WarmRuns

HERE = Path(__file__).parent
BACKENDS = ("torch", "flax")
OPERATOR_SPECS = sorted(HERE.glob("operators/*.yaml"))
# One long chain of activations says nothing about its input any more; the operators in it are
# verified one by one in `operators/`.
CASES = sorted(
    path
    for path in HERE.parent.glob("render/cases/*/spec.yaml")
    if path.parent.name != "operators_2d"
)


def _model(path: Path) -> Model:
    return resolve(load(path))


def test_every_operator_is_covered() -> None:
    covered = {node.operator.name() for path in OPERATOR_SPECS for node in _model(path).graph.nodes}
    assert covered == set(OPERATORS)


@pytest.mark.parity
@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
@pytest.mark.parametrize(
    "path", [*OPERATOR_SPECS, *CASES], ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_backends_and_oracle_agree(
    path: Path,
    device: str,
    require_backend: Callable[[str], None],
    require_device: Callable[[str], None],
    warm_runs: WarmRuns,
) -> None:
    for name in BACKENDS:
        require_backend(name)
    require_device(device)
    result = verify(_model(path), backends=list(BACKENDS), device=device, runs=warm_runs)
    rows = {each.name: each for each in result.backends}
    assert set(rows) == set(BACKENDS)
    for row in rows.values():
        wrong = [check for check in row.checks if not check.passed]
        assert row.status == "agrees", (row.problem, row.log, wrong, row.divergences)
        done = {(check.quantity.split(",")[0], check.dtype) for check in row.checks}
        assert {("outputs", "float64"), ("layers", "float64"), ("gradients", "float64")} <= done
