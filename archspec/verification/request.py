"""What a backend is asked to compute, written where its runner reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from archspec.backends import Backend
from archspec.generation import class_arguments
from archspec.model.graph import Graph
from archspec.operators.normalization import BatchNorm, GroupNorm, LayerNorm
from archspec.resolution import Model
from archspec.verification import gates
from archspec.verification.compare import Array
from archspec.verification.source import Source
from archspec.weights.layout import to_backend, to_layout

PROTOCOL = 1

# Names of the tasks; those that a network does not need are left out.
EVALUATION = "evaluation"
SINGLE = "single"
GRADIENTS = "gradients"
# In the place of gradients, of a backend that has none: the same pass, forwards only.
TRAINING = "training"
STEPS = "steps"
SHIFTED = "shifted"

NORMS = (BatchNorm, LayerNorm, GroupNorm)


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to compute; the fields are those of ``archspec_runner.protocol.Task``."""

    name: str
    kind: str
    dtype: str
    training: bool
    steps: int = 0
    relative: float = 0.0
    after: tuple[int, ...] = ()
    shift: int = 0


@dataclass(frozen=True)
class Question:
    """The numbers that every participant gets, in canonical names and layouts, in float64.

    ``leveled`` says that each channel of an input is noise about a level of its own.
    """

    tensors: Mapping[str, Array]
    inputs: Mapping[str, Array]
    cotangents: Mapping[str, Array]
    leveled: bool = False


def trains(graph: Graph) -> bool:
    """Whether a network behaves otherwise in training than in evaluation."""
    return any(node.operator.trains for node in graph.nodes)


def tasks(graph: Graph, dtypes: Sequence[str], steps: int) -> list[Task]:
    """What to compute for a network.

    Gradients are taken in training mode if the network has one: a BatchNorm's gradient through the
    batch's statistics is the harder one, and that through fixed ones is a part of it.
    """
    training = trains(graph)
    wanted = [Task(EVALUATION, "forward", "float64", False)]
    if "float32" in dtypes:
        wanted.append(Task(SINGLE, "forward", "float32", False))
    if "float64" in dtypes:
        wanted.append(Task(GRADIENTS, "gradients", "float64", training))
        if steps and graph.parameters:
            after = (1, steps) if steps > 1 else (1,)
            step = Task(STEPS, "steps", "float64", training, steps, gates.STEP, after)
            wanted.append(step)
        if any(isinstance(node.operator, NORMS) for node in graph.nodes):
            wanted.append(Task(SHIFTED, "shifted", "float64", True, shift=gates.SHIFT))
    return wanted


def answerable(backend: Backend, wanted: Sequence[Task]) -> list[Task]:
    """Those tasks that a backend can do: without gradients, a pass in training in their place."""
    if backend.manifest.gradients:
        return list(wanted)
    possible = []
    for each in wanted:
        if each.name == GRADIENTS and each.training:
            possible.append(Task(TRAINING, "forward", each.dtype, True))
        elif each.kind in ("forward", "shifted"):
            possible.append(each)
    return possible


def cotangents(graph: Graph, batch: int, seed: int) -> dict[str, Array]:
    """A standard normal factor for each element of each output."""
    factors = {}
    for name, path in graph.outputs.items():
        digest = sha256(f"{seed} cotangent {name}".encode()).digest()
        stream = np.random.Generator(np.random.Philox(int.from_bytes(digest, "little")))
        factors[name] = stream.standard_normal((batch, *graph.shape(path).sizes))
    return factors


def write_request(
    folder: Path,
    model: Model,
    backend: Backend,
    source: Source,
    question: Question,
    wanted: Sequence[Task],
    device: str,
) -> None:
    """Write ``request.json`` and ``tensors.safetensors`` into a folder.

    Args:
        folder: made by this.
        model: the network.
        backend: whose names and layouts the tensors get.
        source: the module.
        question: the numbers.
        wanted: the tasks.
        device: ``cpu`` or ``cuda``.
    """
    folder.mkdir(parents=True)
    file = source.file
    if file is None:
        file = folder / "module" / Path(source.shown).name
        file.parent.mkdir()
        file.write_text(source.text, "utf-8")
    # Outputs whose condition is false are not there; a tuple of them has no names.
    present = [each for each in model.root.outputs if each.name in model.graph.outputs]
    order = [each.name for each in present if not each.training]
    order += [each.name for each in present if each.training]
    request = {
        "protocol": PROTOCOL,
        "file": str(file.resolve()),
        "class": source.name,
        "arguments": class_arguments(model),
        "inputs": list(model.graph.inputs),
        "outputs": order,
        "device": device,
        "tasks": [asdict(each) for each in answerable(backend, wanted)],
    }
    (folder / "request.json").write_text(json.dumps(request), "utf-8")
    weights = to_backend(model.graph, backend, question.tensors)
    arrays = {f"weight:{name}": each for name, each in weights.items()}
    graph = model.graph
    axes = {name: shape.axes for name, shape in graph.inputs.items()}
    for name, each in question.inputs.items():
        arrays[f"input:{name}"] = np.ascontiguousarray(to_layout(each, axes[name], backend))
    axes = {name: graph.shape(path).axes for name, path in graph.outputs.items()}
    for name, each in question.cotangents.items():
        arrays[f"cotangent:{name}"] = np.ascontiguousarray(to_layout(each, axes[name], backend))
    save_file(arrays, folder / "tensors.safetensors")
