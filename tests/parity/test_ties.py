"""Max pools of inputs with equal elements: which of a window's greatest has the gradient.

The random numbers of a verification are never equal; what has passed a saturating function is.

Global pools are left out, where frameworks differ of themselves: `keras.layers.GlobalMaxPooling2D`
and `jnp.max` divide the gradient among equal elements, PyTorch and Gluon do not.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archspec import Model, loads, resolve
from archspec.backends import find_backend
from archspec.operators.pooling import MaxPool
from archspec.verification import request
from archspec.verification.participant import Participant
from archspec.verification.source import read_source
from archspec.verification.warm import WarmRuns
from tests.parity.variants import refusal

# What is pooled of inputs of a shape, each from an input of its own.
POOLS: dict[str, tuple[list[int], list[dict[str, Any]]]] = {
    "line": (
        [3, 9],
        [
            {"kernel": 3, "stride": 2, "padding": 1},
            {"kernel": 2, "stride": 1, "dilation": 3},
        ],
    ),
    "image": (
        [2, 7, 6],
        [
            {"kernel": 2, "stride": 2},
            {"kernel": 3, "stride": 2, "padding": 1},
            {"kernel": 3, "stride": 1, "padding": [[0, 2], [1, 0]]},
            {"kernel": 3, "stride": 1, "padding": 1},
            {"kernel": 2, "stride": 1, "dilation": 2},
            {"kernel": [3, 2], "stride": [1, 2], "padding": 1, "dilation": [2, 3]},
        ],
    ),
    "volume": (
        [1, 5, 4, 4],
        [{"kernel": 2, "stride": 2}, {"kernel": 2, "stride": 1, "dilation": 2}],
    ),
}
INPUTS: dict[str, Callable[..., Any]] = {
    # All elements of every window are equal; then some of most.
    "constant": lambda shape: np.full(shape, 6.0),
    "saturated": lambda shape: np.clip(np.random.default_rng(0).normal(3, 6, shape), 0, 6),
}


def _model(name: str) -> Model:
    shape, pools = POOLS[name]
    numbers = range(len(pools))
    document = {
        "archspec": 1,
        "name": "Ties",
        "input": {f"x{i}": shape for i in numbers},
        "stages": {f"s{i}": [{"max_pool": pools[i], "from": f"x{i}"}] for i in numbers},
        "outputs": {f"y{i}": f"s{i}" for i in numbers},
    }
    return resolve(loads(json.dumps(document)))


def _expected(pool: MaxPool, x: Any, cotangent: Any) -> Any:
    """The gradient of the input where the first of the greatest, row by row, has all of it."""
    x = np.pad(x, [(0, 0), (0, 0), *pool.padding], constant_values=-np.inf)
    slope = np.zeros_like(x)
    for n, c, *place in np.ndindex(cotangent.shape):
        starts = [i * s for i, s in zip(place, pool.stride, strict=True)]
        taps = [
            (n, c, *(start + i * d for start, i, d in zip(starts, tap, pool.dilation, strict=True)))
            for tap in product(*map(range, pool.kernel))
        ]
        slope[max(taps, key=lambda tap: x[tap])] += cotangent[n, c, *place]
    ends = zip(pool.padding, x.shape[2:], strict=True)
    return slope[:, :, *(slice(low, size - high) for (low, high), size in ends)]


@pytest.mark.parity
@pytest.mark.parametrize("values", INPUTS)
@pytest.mark.parametrize("pools", POOLS)
def test_the_first_of_equal_elements_has_the_gradient(
    pools: str, values: str, python_backends: list[str], warm_runs: WarmRuns, tmp_path: Path
) -> None:
    model = _model(pools)
    graph = model.graph
    inputs = {name: INPUTS[values]((2, *each.sizes)) for name, each in graph.inputs.items()}
    question = request.Question({}, inputs, request.cotangents(graph, 2, 0))
    tasks = [each for each in request.tasks(graph, ["float64"], 0) if each.kind == "gradients"]
    expected = {}
    for node in graph.nodes:
        assert isinstance(node.operator, MaxPool)
        name = f"x{node.path[1]}"
        cotangent = question.cotangents[f"y{node.path[1]}"]
        expected[name] = _expected(node.operator, inputs[name], cotangent)
    asked, wrong = [], {}
    for backend in map(find_backend, python_backends):
        if not backend.manifest.gradients or refusal(model, backend.name):
            continue
        asked.append(backend.name)
        folder = tmp_path / backend.name
        source = read_source(model, backend, None)
        request.write_request(folder, model, backend, source, question, tasks, "cpu")
        answer = warm_runs.run(backend, folder, "cpu", 300, lambda task, state: None)
        assert answer.done == {request.GRADIENTS}, (backend.name, answer.error, answer.log)
        found = Participant(backend, graph, source, answer).input_gradients(request.GRADIENTS)
        for name, gradient in expected.items():
            if not np.allclose(found[name], gradient, rtol=0, atol=1e-12):
                wrong[backend.name, name] = np.abs(found[name] - gradient).max()
    assert asked
    assert wrong == {}
