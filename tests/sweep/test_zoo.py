"""Variants of the networks that come along cost what each costs by itself."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from test_measure import check

from archspec.resolution import resolve
from archspec.schema import load
from archspec.schema.kinds import check_value
from archspec.schema.spec import Parameter

ROOT = Path(__file__).resolve().parents[2]
COUNT = 6


def near(parameter: Parameter, draw: random.Random) -> Any:
    """The default of a parameter, or a value like it."""
    value = parameter.default
    if type(value) is int:
        value = max(1, value + draw.choice([0, 0, -1, 1, value]))
    elif type(value) is float:
        value = value * draw.uniform(0.5, 1.5)
    elif isinstance(value, tuple) and all(type(each) is int for each in value):
        value = tuple(each + (draw.choice([0, 8]) if each > 20 else 0) for each in value)
    return value if check_value(parameter.kind, value, ()) is None else parameter.default


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(ROOT.glob("specs/*.yaml")), ids=lambda path: path.stem)
def test_networks(path: Path) -> None:
    spec = load(path)
    draw = random.Random(path.stem)
    columns = {
        name: [near(each, draw) for _ in range(COUNT)] for name, each in spec.parameters.items()
    }
    inputs = resolve(spec).graph.inputs
    for name, shape in inputs.items():
        # The same as often as not, so that most networks are whole.
        more = [draw.choice([0, 0, 32, 7]) for _ in range(COUNT)]
        columns[name] = [
            (shape.channels, *(size + each for size in shape.spatial)) for each in more
        ]
    check(spec, columns, set(inputs))
