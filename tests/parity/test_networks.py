"""Every bundled network against every gate: small here, at full size among the slow tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from variants import refusal

from archspec import Model, load, loads, resolve, verify
from archspec.verification.warm import WarmRuns

SPECS = Path(__file__).parents[2] / "specs"
NAMES = sorted(path.stem for path in SPECS.glob("*.yaml"))
# Inputs small enough for the default run; a network that is not here is small as it is.
SMALL = {
    "alexnet": 64,
    "googlenet": 64,
    "googlenet_bn": 96,
    "googlenet_paper": 96,
    "resnet18": 64,
}
DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]
# The others have many layers, and JAX compiles each: LeNet alone runs each time.
SLOW = {"alexnet", "googlenet", "googlenet_bn", "googlenet_paper", "resnet18"}
SETTINGS: dict[str, dict[str, Any]] = {
    "alexnet": {"num_classes": 10},
    "googlenet_paper": {"num_classes": 10, "aux_heads": True},
    "googlenet_bn": {"num_classes": 10},
    "resnet18": {"num_classes": 10},
}


def _reduced(name: str) -> Model:
    full = load(SPECS / f"{name}.yaml")
    if name not in SMALL:
        return resolve(full, **SETTINGS.get(name, {}))
    size = SMALL[name]
    text = (
        f"archspec: 1\nname: {full.name}\nextends: {name}.yaml\n"
        f"input: [in_channels, {size}, {size}]\n"
    )
    return resolve(loads(text, f"small_{name}.yaml", SPECS), **SETTINGS.get(name, {}))


def _check(model: Model, device: str, backends: list[str], runs: WarmRuns | None = None) -> None:
    able = [each for each in backends if refusal(model, each) is None]
    result = verify(model, backends=able, device=device, runs=runs)
    for row in result.backends:
        wrong = [check for check in row.checks if not check.passed]
        assert row.status == "agrees", (row.name, row.problem, row.log, wrong, row.divergences)
        layers = next(check for check in row.checks if check.quantity == "layers")
        assert layers.compared == layers.of == len(model.graph.nodes)


@pytest.mark.parity
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] if n in SLOW else []) for n in NAMES]
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
    aux = {"aux_heads": True} if name == "googlenet_paper" else {}
    _check(resolve(load(SPECS / f"{name}.yaml"), **aux), device, python_backends)
