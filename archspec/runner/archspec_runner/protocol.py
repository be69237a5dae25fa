"""What a request holds.

``request.json``::

    {"protocol": 1, "file": "…/net.py", "class": "Net", "arguments": {"num_classes": 10},
     "inputs": ["x"], "outputs": ["output"], "device": "cpu", "tasks": [{"name": …}, …]}

``tensors.safetensors`` holds float64 arrays in the backend's names and layouts: ``weight:<name>``
for parameters and statistics, ``input:<name>`` and ``cotangent:<output>``.

A task has a ``name``, a ``kind``, a ``dtype`` and ``training`` (a boolean). Kinds:

``forward``
    the outputs, and the value of every layer.
``gradients``
    the same, and the gradient of the sum over outputs of ``<cotangent, output>`` with respect to
    each trained tensor and each input; in training also the running statistics after the pass.
``steps``
    ``steps`` steps of gradient descent along those gradients. The rate is the power of two that is
    nearest to that with which the first step moves no tensor by more than ``relative`` of its
    norm, nor the weighted sum of the outputs by more than that part of what it could at most be:
    a power of two, so that every backend arrives at the same number.
``shifted``
    what normalisation layers would give if ``2 ** shift`` times the spread of their input were
    added to it (the standard deviation of a channel for BatchNorm; of everything, as one number,
    for others), which changes nothing but the rounding. The pass itself goes on without.

The file of a task holds ``output:<name>``, ``array:<number>`` (a layer's value),
``gradient:<name>``, ``input_gradient:<name>``, ``statistic:<name>`` and, for steps,
``after<step>:<name>`` and, for each of them, ``statistic<step>:<name>``.
"""

from __future__ import annotations

import importlib.util
import inspect
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file

PROTOCOL = 1
Array = npt.NDArray[Any]


class Mismatch(Exception):
    """The module's tensors are not those of the network.

    Args:
        missing: names that the network has and the module has not.
        unexpected: names that the module has and the network has not.
        shapes: for a name the network's shape and the module's.
    """

    def __init__(
        self,
        missing: list[str],
        unexpected: list[str],
        shapes: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]],
    ) -> None:
        self.missing = sorted(missing)
        self.unexpected = sorted(unexpected)
        self.shapes = dict(shapes)
        super().__init__("the module's tensors are not those of the network")

    @classmethod
    def check(
        cls, expected: Mapping[str, tuple[int, ...]], found: Mapping[str, tuple[int, ...]]
    ) -> None:
        """Raise if the names or shapes differ."""
        missing = [name for name in expected if name not in found]
        unexpected = [name for name in found if name not in expected]
        shapes = {
            name: (tuple(shape), tuple(found[name]))
            for name, shape in expected.items()
            if name in found and tuple(shape) != tuple(found[name])
        }
        if missing or unexpected or shapes:
            raise cls(missing, unexpected, shapes)


@dataclass(frozen=True)
class Task:
    """One thing to compute; see the module's docstring."""

    name: str
    kind: str
    dtype: str
    training: bool
    steps: int = 0
    relative: float = 0.0
    after: tuple[int, ...] = ()
    shift: int = 0


@dataclass(frozen=True)
class Request:
    """What to run and what to compute."""

    folder: Path
    file: Path
    name: str
    arguments: dict[str, Any]
    inputs: list[str]
    outputs: list[str]
    device: str
    tasks: list[Task]
    tensors: dict[str, Array]

    @classmethod
    def read(cls, folder: Path) -> Request:
        """The request in a folder."""
        raw = json.loads((folder / "request.json").read_text("utf-8"))
        if raw["protocol"] != PROTOCOL:
            raise SystemExit(f"this runner speaks protocol {PROTOCOL}, not {raw['protocol']}")
        tasks = [Task(**{**each, "after": tuple(each.get("after", ()))}) for each in raw["tasks"]]
        return cls(
            folder,
            Path(raw["file"]),
            raw["class"],
            raw["arguments"],
            raw["inputs"],
            raw["outputs"],
            raw["device"],
            tasks,
            load_file(folder / "tensors.safetensors"),
        )

    def part(self, kind: str, dtype: str) -> dict[str, Array]:
        """The arrays of one kind (``weight``, ``input``, ``cotangent``) by name, in a precision."""
        prefix = f"{kind}:"
        return {
            name.removeprefix(prefix): _cast(array, dtype)
            for name, array in self.tensors.items()
            if name.startswith(prefix)
        }

    def named(self, result: Any) -> dict[str, Any]:
        """The outputs by name, whether a module gives one value, several, or a mapping."""
        if isinstance(result, Mapping):
            return dict(result)
        if isinstance(result, tuple | list):
            if len(result) > len(self.outputs):
                raise ValueError(f"expected {len(self.outputs)} outputs, received {len(result)}")
            return dict(zip(self.outputs, result, strict=False))
        return {self.outputs[0]: result}


def _cast(array: Array, dtype: str) -> Array:
    return array.astype(dtype) if np.issubdtype(array.dtype, np.floating) else array


def load_class(
    request: Request, base: type, also: Callable[[Any], bool] = lambda each: False
) -> tuple[Any, ModuleType]:
    """The class to run, and the module it is in.

    One of the network's name is taken, else the last that stands in the file.

    Args:
        request: with the file.
        base: what a network's class derives from.
        also: what else may stand for one, such as a function that makes a model.

    Raises:
        LookupError: if there is none.
    """
    file = request.file
    sys.path.insert(0, str(file.parent))
    spec = importlib.util.spec_from_file_location(f"_archspec_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise LookupError(f"{file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    found = getattr(module, request.name, None)
    if found is None:
        own = [
            each
            for each in vars(module).values()
            if (inspect.isclass(each) and issubclass(each, base)) or also(each)
            if each.__module__ == spec.name
        ]
        if not own:
            raise LookupError(f"{file.name} has no class `{request.name}`")
        found = own[-1]
    return found, module


def accepted(function: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Those of some arguments that a function takes."""
    parameters = inspect.signature(function).parameters
    if any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
        return dict(arguments)
    return {name: value for name, value in arguments.items() if name in parameters}
