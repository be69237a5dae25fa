"""Each backend's own initialisation against what the spec states, tensor by tensor."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archspec.backends import find_backend
from archspec.model.graph import Node
from archspec.operators import Tensor
from archspec.render import render
from archspec.resolution import Model, resolve
from archspec.schema import load
from archspec.schema.initialization import Distribution
from archspec.weights.files import read_safetensors
from archspec.weights.layout import backend_tensors, from_backend

HERE = Path(__file__).parent
SPECS = HERE.parents[1] / "specs"
CASES: list[Any] = [
    *sorted(HERE.glob("initial/*.yaml")),
    pytest.param(HERE.parent / "render/cases/init/spec.yaml", marks=pytest.mark.slow),
]
CASES += [pytest.param(SPECS / "lenet.yaml", marks=pytest.mark.slow)]
# AlexNet and the networks at 224x224 differ from these in size, not in what is initialised.
CASES += [
    pytest.param(SPECS / f"{name}.yaml", marks=[pytest.mark.slow, pytest.mark.exhaustive])
    for name in ("googlenet", "resnet18")
]


def _initial(model: Model, backend: str, folder: Path) -> dict[str, Any]:
    """The tensors of a network as its own code starts them, in canonical names and layouts."""
    kind, out = find_backend(backend), folder / "initial.safetensors"
    module = folder / f"generated_module.{kind.manifest.extension}"
    module.write_text(render(model, backend).text, "utf-8")
    shapes = [[2, *shape.sizes] for shape in model.graph.inputs.values()]
    names = [placed.name for placed in backend_tensors(model.graph, kind).values()]
    request = {"class": model.spec.name, "shapes": shapes, "out": str(out), "names": names}
    program = [*kind.command(), str(PROGRAMS[backend])]
    done = subprocess.run(
        [*program, json.dumps(request)],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return from_backend(model.graph, kind, read_safetensors(out).tensors)


def _expected(node: Node, tensor: Tensor) -> Distribution:
    if tensor.role == "kernel":
        assert node.init.kernel is not None
        return node.init.kernel
    if tensor.role == "bias":
        assert node.init.bias is not None
        return node.init.bias
    if tensor.role == "scale":
        value = float(getattr(node.operator, "value", 1.0))
        return Distribution(scheme="constant", value=value)
    return Distribution(scheme="ones" if tensor.role == "variance" else "zeros")


# Those that start tensors at all: there is a program for each that lets them.
PROGRAMS = {
    path.stem.removeprefix("initial_"): path
    for ending in ("py", "jl")
    for path in HERE.glob(f"initial_*.{ending}")
}
BACKENDS = sorted(PROGRAMS)


def check_distribution(values: Any, expected: Distribution, tensor: Tensor) -> str | None:
    """What is wrong with a tensor as a sample of a distribution; None if nothing.

    Bounds are hard; mean and variance may be 6 standard errors off.
    """
    flat = np.asarray(values, dtype=float).ravel()
    if expected.scheme in ("zeros", "ones", "constant"):
        return None if np.allclose(flat, expected.mean, rtol=1e-6, atol=0) else "not constant"
    std = expected.deviation(*(tensor.fans if tensor.role == "kernel" else (1, 1)))
    if expected.uniform and abs(flat).max() > std * np.sqrt(3) * (1 + 1e-6):
        return f"beyond its bound: {abs(flat).max()}"
    if expected.scheme == "truncated_normal":
        if abs(flat).max() > expected.highest * (1 + 1e-6):
            return f"beyond its cut: {abs(flat).max()}"
        std *= 0.8796256610342398  # of a normal cut at two standard deviations
    if abs(flat.mean()) > 6 * std / np.sqrt(flat.size):
        return f"mean {flat.mean()}"
    # Of the variance of a sample: a normal's kurtosis is 3, a uniform's 1.8.
    spread = np.sqrt((0.8 if expected.uniform else 2.0) / flat.size)
    ratio = flat.var() / std**2
    if flat.size >= 100 and abs(ratio - 1) > 6 * spread:
        return f"variance {ratio:.3f} times what it should be"
    if not expected.uniform and expected.scheme != "truncated_normal" and flat.size > 2000:
        # A normal that is cut at two standard deviations is not a normal.
        beyond = float((abs(flat) > 2 * std).mean())
        if not 0.02 < beyond < 0.08:
            return f"{beyond:.1%} beyond two standard deviations"
    return None


@pytest.mark.parity
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_tensor_starts_as_stated(
    path: Path, backend: str, require_backend: Callable[[str], None], tmp_path: Path
) -> None:
    require_backend(backend)
    model = resolve(load(path))
    found = _initial(model, backend, tmp_path)
    wrong = {}
    for name, (node, tensor) in model.graph.tensors.items():
        problem = check_distribution(found[name], _expected(node, tensor), tensor)
        if problem:
            wrong[name] = problem
    assert not wrong
    assert alike(found) == []


def alike(tensors: dict[str, Any]) -> list[tuple[str, str]]:
    """Pairs of random tensors that are the same draw, be it at another scale."""
    drawn = {n: each / each.std() for n, each in tensors.items() if each.size > 9 and each.std()}
    return [
        (one, two)
        for one, two in combinations(drawn, 2)
        if drawn[one].shape == drawn[two].shape and np.allclose(drawn[one], drawn[two], atol=1e-3)
    ]


def test_the_check_can_fail() -> None:
    draw = np.random.default_rng(0)
    tensor = Tensor("weight", (64, 32, 3, 3), "kernel", "OI*")
    fan_in = 32 * 9
    he = Distribution(scheme="he_normal")
    right = draw.normal(0, np.sqrt(2 / fan_in), tensor.shape)
    assert check_distribution(right, he, tensor) is None
    assert check_distribution(right * 1.1, he, tensor)
    assert check_distribution(np.clip(right, -0.1, 0.1), he, tensor)
    assert check_distribution(right, Distribution(scheme="xavier_uniform"), tensor)
    assert check_distribution(right + 0.01, he, tensor)
    assert check_distribution(right, Distribution(scheme="zeros"), tensor)
    assert alike({"a": right, "b": 2 * right, "c": right[::-1]}) == [("a", "b")]
