"""The specs in ``operators/``, taken apart: each output of theirs is one variant of an operator."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from archspec import Model, loads, resolve
from archspec.backends import find_backend
from archspec.errors import RefusedError
from archspec.render import render

FOLDER = Path(__file__).parent / "operators"
PATHS = sorted(FOLDER.glob("*.yaml"))
# What stands before all operators; no variant of any.
COMMON = "stem_values"


@cache
def _document(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return loaded


def variants(path: Path) -> list[str]:
    """The names of a spec's outputs, each a variant of an operator."""
    return [name for name in _document(path)["outputs"] if name != COMMON]


@cache
def only(path: Path, names: tuple[str, ...]) -> Model:
    """The network with some of its variants alone."""
    document = _document(path)
    kept = {name: each for name, each in document["outputs"].items() if name in (COMMON, *names)}
    return resolve(loads(json.dumps({**document, "outputs": kept}), path.name, path.parent))


def operator_of(path: Path, variant: str) -> str:
    """The operator that a variant is about: that of its last layer."""
    graph = only(path, (variant,)).graph
    return graph.by_path[graph.outputs[variant]].operator.name()


def refusal(model: Model, backend: str) -> str | None:
    """Why a backend refuses a network; None if it does not."""
    try:
        render(model, find_backend(backend))
    except RefusedError as error:
        return error.problems[0].problem
    return None


@cache
def honoured(path: Path, backend: str) -> tuple[str, ...]:
    """The variants of a spec that a backend does not refuse."""
    every = tuple(variants(path))
    if refusal(only(path, every), backend) is None:
        return every
    return tuple(name for name in every if reason(path, name, backend) is None)


@cache
def reason(path: Path, variant: str, backend: str) -> str | None:
    """Why a backend refuses a variant; None if it does not."""
    return refusal(only(path, (variant,)), backend)


def honoured_part(path: Path, backend: str) -> Model:
    """The variants of operators that a backend honours; `docs/operators.md` lists the others."""
    return only(path, honoured(path, backend))
