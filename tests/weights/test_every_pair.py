"""Weights move between any two forms, in every kind of file, and come back bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from archspec.backends import built_in
from archspec.model.graph import Graph
from archspec.resolution import Model
from archspec.weights.convert import convert
from archspec.weights.files import read_safetensors, write_safetensors
from archspec.weights.forms import Form
from archspec.weights.generator import seeded

FORMS = [
    (form.name, suffix)
    for form in (Form(None), *(Form(backend) for backend in built_in()))
    for suffix in form.suffixes
]


def _needs(form: str, suffix: str, require: Callable[[str], None]) -> None:
    if suffix != ".safetensors":
        require(form)


def _file(name: str, suffix: str) -> str:
    # Keras wants `.weights` before `.h5`.
    return f"{name}.weights{suffix}" if suffix == ".h5" else f"{name}{suffix}"


def _write(graph: Graph, path: Path) -> dict[str, np.ndarray]:
    weights = {name: each.astype(np.float32) for name, each in seeded(graph, 0).items()}
    write_safetensors(path, weights)
    return weights


@pytest.mark.parametrize(("form", "suffix"), FORMS)
def test_there_and_back(
    form: str, suffix: str, tiny: Model, require_backend: Callable[[str], None], tmp_path: Path
) -> None:
    _needs(form, suffix, require_backend)
    start, there, back = (
        tmp_path / n for n in ("a.safetensors", _file("b", suffix), "c.safetensors")
    )
    weights = _write(tiny.graph, start)
    convert(tiny, "safetensors", start, form, there)
    convert(tiny, form, there, "safetensors", back)
    found = read_safetensors(back).tensors
    assert set(found) == set(weights)
    for name, each in weights.items():
        assert found[name].dtype == np.float32, name
        assert found[name].tobytes() == each.tobytes(), name


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize(("first", "second"), list(product(FORMS, FORMS)), ids=str)
def test_every_pair(
    first: tuple[str, str],
    second: tuple[str, str],
    tiny: Model,
    require_backend: Callable[[str], None],
    tmp_path: Path,
) -> None:
    for form, suffix in (first, second):
        _needs(form, suffix, require_backend)
    start, back = tmp_path / "a.safetensors", tmp_path / "d.safetensors"
    one, two = tmp_path / _file("b", first[1]), tmp_path / _file("c", second[1])
    weights = _write(tiny.graph, start)
    convert(tiny, "safetensors", start, first[0], one)
    convert(tiny, first[0], one, second[0], two)
    convert(tiny, second[0], two, "safetensors", back)
    found = read_safetensors(back).tensors
    assert {name: each.tobytes() for name, each in found.items()} == {
        name: each.tobytes() for name, each in weights.items()
    }
