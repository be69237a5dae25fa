"""What variants cost is what each costs resolved by itself, and the reason where it does not."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from archspec.errors import ArchspecError
from archspec.resolution import resolve
from archspec.schema import Spec, load, loads
from archspec.sweeping.measure import COSTS, Effort, Meter, figures, reason
from tests.fuzz.networks import networks

ROOT = Path(__file__).resolve().parents[2]
NUMBERS = {"out", "kernel", "stride", "groups", "repeat", "dilation", "padding", "scale", "rate"}


def alone(spec: Spec, names: Sequence[str], values: Sequence[Any], inputs: set[str]) -> Any:
    """The figures of one variant, or why it is invalid."""
    given = dict(zip(names, values, strict=True))
    sizes = {name: given.pop(name) for name in inputs}
    try:
        return figures(resolve(spec, sizes, **given).graph)
    except ArchspecError as error:
        return reason(error.problems)


def check(spec: Spec, columns: dict[str, list[Any]], inputs: set[str] | None = None) -> Meter:
    """Hold all variants against each by itself."""
    names, values = tuple(columns), list(columns.values())
    meter = Meter(spec, names, frozenset(inputs or ()))
    count = len(values[0])
    outcome = meter.measure(values, count)
    for variant in range(count):
        found: Any = tuple(outcome.costs[name][variant] for name in COSTS)
        if outcome.reasons[variant] is not None:
            assert found == (None, None, None)
            found = outcome.reasons[variant]
        wanted = alone(spec, names, [each[variant] for each in values], inputs or set())
        assert found == wanted, (variant, [each[variant] for each in values])
        assert all(type(each) is int for each in found if isinstance(found, tuple))
    assert meter.effort.mismatches == 0
    return meter


def varied(network: dict[str, Any], draw: random.Random) -> dict[str, list[Any]]:
    """Make parameters of numbers in the network's stages; what these run through."""
    columns: dict[str, list[Any]] = {}

    def walk(node: Any) -> None:
        for key, value in list(node.items()) if isinstance(node, dict) else enumerate(node):
            if key in NUMBERS and type(value) is int and len(columns) < 6 and draw.random() < 0.6:
                name = f"swept{len(columns)}"
                node[key] = f"{value} + {name}" if draw.random() < 0.7 else f"{value} * {name}"
                columns[name] = [0, 1, 1, 2, 3, -1]
            elif isinstance(value, dict | list):
                walk(value)

    walk(network["stages"])
    if columns:
        network["params"] = {**network.get("params", {}), **dict.fromkeys(columns, 1)}
    return columns


@st.composite
def complete(draw: Any) -> dict[str, Any]:
    """A random network; those that are begun but cannot be completed are of no interest here."""
    try:
        network: dict[str, Any] = draw(networks())
    except ArchspecError:
        assume(False)
        raise
    return network


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(complete(), st.randoms(use_true_random=False))
def test_random_networks(network: dict[str, Any], draw: random.Random) -> None:
    network = json.loads(json.dumps(network))
    columns = varied(network, draw)
    spec = loads(json.dumps(network))
    sizes = network["input"] if isinstance(network["input"], dict) else {"x": network["input"]}
    sizes = {spec.inputs[place].name: each for place, each in enumerate(sizes.values())}
    count = 24
    inputs = set()
    chosen = {
        name: [draw.choice(several) for _ in range(count)] for name, several in columns.items()
    }
    for name, each in sizes.items():
        if draw.random() < 0.5:
            inputs.add(name)
            near = [
                tuple(max(1, n + draw.choice([-1, 0, 0, 1, 2])) for n in each) for _ in range(4)
            ]
            chosen[name] = [draw.choice(near) for _ in range(count)]
    for parameter in spec.parameters.values():
        if type(parameter.default) is bool and draw.random() < 0.7:
            chosen[parameter.name] = [draw.random() < 0.5 for _ in range(count)]
    if chosen:
        check(spec, chosen, inputs)


CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_cases(path: Path) -> None:
    """Networks with what they run through, and how often they may be elaborated for it."""
    spec = load(path)
    first = path.read_text().splitlines()[0].removeprefix("# sweep: ")
    asked = json.loads(first)
    columns = {
        name: [tuple(each) if isinstance(each, list) else each for each in values]
        for name, values in asked["columns"].items()
    }
    meter = check(spec, columns, set(asked.get("inputs", [])))
    assert meter.effort.together <= asked["together"], meter.effort
    assert meter.effort.alone <= asked.get("alone", 0), meter.effort


def test_figures_too_large_for_a_column() -> None:
    spec = loads(
        "{archspec: 1, name: Net, params: {n: 1}, input: [2147483648],"
        " stages: {s: [{dense: {out: n, bias: false}}, {dense: {out: 2147483648, bias: false}}]}}"
    )
    outcome = Meter(spec, ("n",)).measure([[1, 2, 2147483648]], 3)
    assert outcome.costs["parameters"] == [2**32, 2**33, None]
    assert outcome.reasons[2] == "parameters: more than a column of 64 bits holds"


@given(st.lists(st.sampled_from([1, 2, 3, 4, 6, 8]), min_size=30, max_size=30))
@settings(max_examples=5, deadline=None, derandomize=True)
def test_variants_with_little_in_common_are_taken_one_by_one(values: list[int]) -> None:
    spec = loads(
        "{archspec: 1, name: Net, params: {a: 1, b: 1}, input: [8, 9, 9], stages: {s: ["
        "{conv: {out: 8, kernel: 1}, repeat: a}, {conv: {out: 8, kernel: 1}, repeat: b}]}}"
    )
    meter = check(spec, {"a": list(range(30)), "b": values})
    assert meter.effort.together <= 16 + 30 / 8 + 1


def test_large_networks_are_taken_with_fewer_variants_at_once() -> None:
    spec = loads(
        "{archspec: 1, name: Net, params: {n: 1}, input: [1, 4, 4],"
        " stages: {s: [{conv: {out: n, kernel: 1}, repeat: 2000}]}}"
    )
    meter = Meter(spec, ("n",))
    outcome = meter.measure([list(range(1, 1025))], 1024)
    assert meter.effort == Effort(together=3, alone=0, mismatches=0)
    wanted = [2 * n + 1999 * (n * n + n) for n in range(1, 1025)]
    assert outcome.costs["parameters"] == wanted
