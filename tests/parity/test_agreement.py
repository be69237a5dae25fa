"""Every operator in every backend, forward and backward, and every case of rendering.

In ``operators/`` each operator stands behind a convolution of its own and is an output of its
own, at odd sizes: a wrong gradient shows in that convolution and nowhere else. What a backend
refuses is left out for it; ``docs/operators.md`` lists that, and a test keeps it current.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from variants import PATHS, honoured, only, refusal

from archspec import Model, load, resolve, verify
from archspec.backends import find_backend
from archspec.operators import OPERATORS
from archspec.verification.result import BackendResult
from archspec.verification.warm import WarmRuns

HERE = Path(__file__).parent
# One long chain of activations says nothing about its input any more; the operators in it are
# verified one by one in `operators/`.
CASES = sorted(
    path
    for path in HERE.parent.glob("render/cases/*/spec.yaml")
    if path.parent.name != "operators_2d"
)
DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]


def _check(row: BackendResult) -> None:
    wrong = [check for check in row.checks if not check.passed]
    assert row.status == "agrees", (row.name, row.problem, row.log, wrong, row.divergences)
    done = {(check.quantity.split(",")[0], check.dtype) for check in row.checks}
    needed = {("outputs", "float64"), ("layers", "float64"), ("outputs", "float32")}
    if find_backend(row.name).manifest.gradients:
        needed.add(("gradients", "float64"))
    assert needed <= done
    layers = next(check for check in row.checks if check.quantity == "layers")
    assert layers.compared == layers.of, (row.name, "not every layer was seen")


def test_every_operator_is_covered() -> None:
    models = [resolve(load(path)) for path in PATHS]
    covered = {node.operator.name() for model in models for node in model.graph.nodes}
    assert covered == set(OPERATORS)


@pytest.mark.parity
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_operators_agree(
    path: Path,
    device: str,
    python_backends: list[str],
    require_device: Callable[[str], None],
    warm_runs: WarmRuns,
) -> None:
    require_device(device)
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for backend in python_backends:
        groups[honoured(path, backend)].append(backend)
    for names, backends in groups.items():
        assert names, f"{backends} honour nothing in {path.name}"
        result = verify(only(path, names), backends=backends, device=device, runs=warm_runs)
        assert [each.name for each in result.backends] == backends
        for row in result.backends:
            _check(row)


@pytest.mark.parity
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.parent.name)
def test_cases_agree(
    path: Path,
    device: str,
    python_backends: list[str],
    require_device: Callable[[str], None],
    warm_runs: WarmRuns,
) -> None:
    require_device(device)
    model: Model = resolve(load(path))
    able = [each for each in python_backends if refusal(model, each) is None]
    result = verify(model, backends=able, device=device, runs=warm_runs)
    for row in result.backends:
        _check(row)
