"""Generated Flux code against the oracle, run in the stand-in for Flux.

That shows what the code means where Flux does what its documentation says. It is no proof that
Flux does: so the status is `stand-in`, and `agrees` only where the tests find Flux itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from archspec import Model, load, loads, resolve, verify
from archspec.backends import find_backend
from archspec.verification.result import BackendResult
from archspec.verification.warm import WarmRuns
from tests.parity.variants import honoured_part

TESTS = Path(__file__).parents[1]
SPECS = TESTS.parent / "specs"
OPERATORS = sorted(TESTS.glob("parity/operators/*.yaml"))
# Of one long chain of activations nothing follows; see `tests/parity/test_agreement.py`.
CASES = sorted(
    path for path in TESTS.glob("render/cases/*/spec.yaml") if path.parent.name != "operators_2d"
)
# Small variants of the networks in `specs`; LeNet is small as it is.
REDUCED = TESTS / "parity" / "reduced"
NETWORKS = ["lenet", *sorted(path.stem for path in REDUCED.glob("*.yaml"))]
# Julia compiles for seconds before it computes for milliseconds: these few run each time.
QUICK = {"lenet", "pooling", "shared"}
# Of the others in each family one is in CI; all of them run with those that take an hour.
FAMILIES = {
    "alexnet_paper",
    "googlenet_paper",
    "mixer_b16",
    "resnet18",
    "shufflenet_v2",
    "squeezenet1_1",
    "vit_b16",
}
# What differs between versions of Flux stands in these.
OLD = ["cases/conditions", "cases/references", "operators/normalization"]


def marked(items: Iterable[Any], name: Callable[[Any], str]) -> list[Any]:
    """Parameters of tests, those that take long marked so."""
    slow: dict[bool, Any] = {True: (), False: pytest.mark.slow}
    return [pytest.param(each, marks=slow[name(each) in QUICK], id=name(each)) for each in items]


def check(row: BackendResult, model: Model) -> None:
    """Fail unless everything was compared, and is as it should be."""
    wrong = [check for check in row.checks if not check.passed]
    expected = "stand-in" if row.stand_in else "agrees"
    assert row.status == expected, (row.problem, row.log, wrong, row.divergences)
    done = {(check.quantity, check.dtype) for check in row.checks}
    assert {("outputs", "float64"), ("layers", "float64"), ("gradients", "float64")} <= done
    for each in row.checks:
        if each.quantity.startswith("layers"):
            assert each.compared == each.of == len(model.graph.nodes)


def run(model: Model, runs: WarmRuns, dtypes: tuple[str, ...] = ("float64",)) -> None:
    """Verify a network in Flux alone; of the steps nothing follows, so there are none."""
    (row,) = verify(model, ["flux"], dtypes=dtypes, steps=0, runs=runs).backends
    check(row, model)


def reduced(name: str) -> Model:
    """A network at a small size."""
    if name == "lenet":
        return resolve(load(SPECS / "lenet.yaml"))
    # As if it lay among the specs, where `extends` finds what it is a variant of.
    text = (REDUCED / f"{name}.yaml").read_text("utf-8")
    return resolve(loads(text, f"reduced_{name}.yaml", SPECS))


@pytest.mark.parity
@pytest.mark.parametrize("path", marked(OPERATORS, lambda path: str(path.stem)))
def test_operators(path: Path, require_backend: Callable[[str], None], warm_runs: WarmRuns) -> None:
    require_backend("flux")
    run(honoured_part(path, "flux"), warm_runs)


@pytest.mark.parity
@pytest.mark.parametrize("path", marked(CASES, lambda path: str(path.parent.name)))
def test_cases(path: Path, require_backend: Callable[[str], None], warm_runs: WarmRuns) -> None:
    require_backend("flux")
    run(resolve(load(path)), warm_runs, ("float64", "float32"))


@pytest.mark.parity
@pytest.mark.parametrize(
    "name",
    [
        *marked([each for each in NETWORKS if each in QUICK | FAMILIES], str),
        *(
            pytest.param(each, marks=[pytest.mark.slow, pytest.mark.exhaustive])
            for each in NETWORKS
            if each not in QUICK | FAMILIES
        ),
    ],
)
def test_networks(name: str, require_backend: Callable[[str], None], warm_runs: WarmRuns) -> None:
    require_backend("flux")
    run(reduced(name), warm_runs)


@pytest.fixture(scope="module")
def old_runs() -> Iterator[WarmRuns]:
    """Runners of their own, for another version of what stands in for Flux."""
    runs = WarmRuns()
    yield runs
    runs.end()


@pytest.mark.slow
@pytest.mark.parity
@pytest.mark.parametrize("name", OLD)
def test_as_in_an_old_version(
    name: str,
    require_backend: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    old_runs: WarmRuns,
) -> None:
    require_backend("flux")
    monkeypatch.setenv("FLUX_STAND_IN", "0.12")
    if name.startswith("operators"):
        run(honoured_part(TESTS / f"parity/{name}.yaml", "flux"), old_runs)
    else:
        run(resolve(load(TESTS / f"render/{name}/spec.yaml")), old_runs)


@pytest.mark.parity
def test_training_agrees_with_another_framework(
    require_backend: Callable[[str], None], warm_runs: WarmRuns
) -> None:
    for name in ("torch", "flux"):
        require_backend(name)
    model = reduced("lenet")
    result = verify(model, ["torch", "flux"], steps=2, runs=warm_runs)
    row = next(each for each in result.backends if each.name == "flux")
    check(row, model)
    compared = {check.quantity for check in row.checks if check.against == "torch"}
    assert "gradients" in compared
    assert any("parameters" in each for each in compared), compared


@pytest.mark.parity
def test_a_stand_in_never_agrees(
    require_backend: Callable[[str], None], warm_runs: WarmRuns
) -> None:
    require_backend("flux")
    result = verify(reduced("lenet"), ["flux"], dtypes=("float64",), steps=0, runs=warm_runs)
    (row,) = result.backends
    if row.versions["flux"] != "stand-in":
        pytest.skip("Flux itself runs here, so there is no stand-in to be called one")
    assert row.status == "stand-in"
    assert "not in Flux itself" in row.stand_in
    assert find_backend("flux").manifest.title == "Flux"
