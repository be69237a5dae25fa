"""Every bundled network against every gate: reduced here, at full size among the slow tests.

``reduced/NAME.yaml`` is a variant of ``specs/NAME.yaml`` with a smaller input, fewer classes, and
fewer or narrower layers, in which each kind of block still stands with its options.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from variants import refusal

from archspec import Model, load, loads, resolve, verify
from archspec.verification.memory import allowed, estimate, shown
from archspec.verification.verify import DTYPES, least_batch
from archspec.verification.warm import WarmRuns

SPECS = Path(__file__).parents[2] / "specs"
NAMES = sorted(path.stem for path in SPECS.glob("*.yaml"))
REDUCED = Path(__file__).parent / "reduced"
# These are small as they are. LeNet alone runs each time: the others have many layers, and JAX
# compiles each.
WHOLE = {"lenet"}
DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]


def _reduced(name: str) -> Model:
    if name in WHOLE:
        return resolve(load(SPECS / f"{name}.yaml"))
    # As if it lay among the specs, where `extends` finds what it is a variant of.
    text = (REDUCED / f"{name}.yaml").read_text("utf-8")
    return resolve(loads(text, f"reduced_{name}.yaml", SPECS))


def _whole(name: str) -> Model:
    """The network at full size, with what is switched on (auxiliary heads) in the reduced one."""
    switches = {}
    if name not in WHOLE:
        switches = {key: value for key, value in _reduced(name).values.items() if value is True}
    return resolve(load(SPECS / f"{name}.yaml"), **switches)


def test_every_network_is_reduced_or_small_as_it_is() -> None:
    assert sorted([*(path.stem for path in REDUCED.glob("*.yaml")), *WHOLE]) == NAMES


@pytest.mark.parametrize("name", sorted(set(NAMES) - WHOLE))
def test_a_reduced_network_has_what_the_whole_one_has(name: str) -> None:
    whole, reduced = _whole(name), _reduced(name)
    assert _kinds(whole) == _kinds(reduced)
    assert len(whole.graph.outputs) == len(reduced.graph.outputs)
    cost = [(len(each.graph.nodes), each.graph.multiply_adds) for each in (whole, reduced)]
    assert cost[1][0] <= cost[0][0] and cost[1][1] < cost[0][1]


def _kinds(model: Model) -> set[str]:
    """The operators and blocks that a network consists of."""
    operators = {node.operator.name() for node in model.graph.nodes}
    return operators | {module.name for module in model.modules if module is not model.root}


def _check(
    model: Model,
    device: str,
    backends: list[str],
    runs: WarmRuns | None = None,
    dtypes: tuple[str, ...] = DTYPES,
) -> None:
    able = [each for each in backends if refusal(model, each) is None]
    result = verify(model, backends=able, device=device, runs=runs, dtypes=dtypes)
    for row in result.backends:
        wrong = [check for check in row.checks if not check.passed]
        assert row.status == "agrees", (row.name, row.problem, row.log, wrong, row.divergences)
        layers = next(check for check in row.checks if check.quantity == "layers")
        # An activation that is the identity gives the value that it takes: it need not be seen.
        names = [node.operator.name() for node in model.graph.nodes]
        least = len(names) - names.count("identity")
        assert least <= layers.compared <= layers.of == len(names), (row.name, layers)


@pytest.mark.parity
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=() if n in WHOLE else pytest.mark.slow) for n in NAMES]
)
def test_small(
    name: str,
    device: str,
    python_backends: list[str],
    require_device: Callable[[str], None],
    warm_runs: WarmRuns,
) -> None:
    require_device(device)
    _check(_reduced(name), device, python_backends, warm_runs)


@pytest.mark.parity
@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", NAMES)
def test_full_size(
    name: str,
    device: str,
    python_backends: list[str],
    require_device: Callable[[str], None],
) -> None:
    require_device(device)
    model = _whole(name)
    able = [each for each in python_backends if refusal(model, each) is None]
    groups = _groups(model, able)
    if groups:
        for group in groups:
            _check(model, device, group)
        return
    # U-Net at 512x512 wants more than many machines have even so.
    needed = _needed(model, len(able), single=False)
    if needed > allowed(None):
        pytest.skip(f"it needs about {shown(needed)} of memory, more than there is")
    _check(model, device, able, dtypes=("float64",))


def _needed(model: Model, backends: int, single: bool = True) -> int:
    return estimate(model.graph, least_batch(model.graph), backends, single=single)


def _groups(model: Model, backends: list[str]) -> list[list[str]]:
    """Backends by as many as fit into memory at once, the first of them in each group.

    Empty where not even two do; in float64 alone all of them may.
    """
    first, *others = backends
    for size in range(len(others), 0, -1):
        if _needed(model, 1 + size) <= allowed(None):
            return [[first, *others[at : at + size]] for at in range(0, len(others), size)]
    return []
