"""A network's outputs, computed by the generated code of a backend in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from archspec.backends import Backend, find_backend
from archspec.errors import BackendError, UsageError
from archspec.model.graph import Graph
from archspec.resolution import Model
from archspec.scripts import require_installed
from archspec.verification import request
from archspec.verification.answer import Answer
from archspec.verification.participant import Participant
from archspec.verification.process import Runs
from archspec.verification.source import read_source
from archspec.weights.files import read_safetensors
from archspec.weights.layout import from_backend

Array = npt.NDArray[Any]
DTYPES = ("float32", "float64")
TIMEOUT = 1800.0


def run(
    model: Model,
    weights: str | Path | Mapping[str, Array],
    inputs: Array | Mapping[str, Array],
    backend: str = "torch",
    *,
    dtype: str = "float32",
    device: str = "cpu",
    timeout: float = TIMEOUT,
) -> dict[str, Array]:
    """What a network computes in evaluation mode, by the code that is generated for a backend.

    Args:
        model: the resolved network.
        weights: a ``.safetensors`` file in the canonical form, or arrays by canonical name.
        inputs: a batch (N, C, *spatial), whatever the backend's own layout; by name where the
            network has several inputs.
        backend: a backend's name, or the path of its folder.
        dtype: the precision to compute in, ``float32`` or ``float64``.
        device: ``cpu`` or ``cuda``.
        timeout: in seconds, after which the backend is stopped.

    Returns:
        The outputs (N, ...) by name, channels first; ``output`` where the network names none.

    Raises:
        UsageError: if an input is missing or has another shape than the network's.
        WeightsError: if the weights do not fit the network.
        BackendError: if the backend is unknown, not installed, or fails.
    """
    chosen = find_backend(backend)
    if dtype not in DTYPES:
        raise UsageError(f"unknown precision {dtype!r}", hint="float32 or float64")
    if device.partition(":")[0] not in ("cpu", "cuda"):
        raise UsageError(f"unknown device {device!r}", hint="cpu, cuda or cuda:1")
    batch = _checked(model.graph, inputs)
    tensors = _weights(model.graph, weights)
    require_installed(chosen)
    source = read_source(model, chosen, None)
    question = request.Question(tensors, batch, {})
    task = request.Task(request.EVALUATION, "forward", dtype, False)
    with TemporaryDirectory(prefix="archspec-run-") as name:
        folder = Path(name, chosen.name)
        request.write_request(folder, model, chosen, source, question, [task], device)
        answer = Runs().run(chosen, folder, device, timeout, lambda what, state: None)
        _refuse_failure(answer, chosen)
        return Participant(chosen, model.graph, source, answer).outputs(request.EVALUATION)


def _checked(graph: Graph, inputs: Array | Mapping[str, Array]) -> dict[str, Array]:
    """The inputs by name, once they are found to be what the network takes."""
    if not isinstance(inputs, Mapping):
        if len(graph.inputs) > 1:
            names = ", ".join(graph.inputs)
            raise UsageError(f"expected inputs by name ({names}), received one array")
        inputs = dict.fromkeys(graph.inputs, inputs)
    if set(inputs) != set(graph.inputs):
        names, given = ", ".join(graph.inputs), ", ".join(map(str, inputs))
        raise UsageError(f"expected the inputs {names}, received {given or 'none'}")
    batch = {name: np.asarray(inputs[name]) for name in graph.inputs}
    for name, shape in graph.inputs.items():
        found = batch[name]
        if found.shape[1:] != tuple(shape.sizes) or found.ndim < 1 or not len(found):
            expected = ", ".join(map(str, ("N", *shape.sizes)))
            raise UsageError(f"`{name}`: expected the shape ({expected}), received {found.shape}")
        if found.dtype.kind not in "fiub":
            raise UsageError(f"`{name}`: expected numbers, received {found.dtype}")
    if len({len(each) for each in batch.values()}) > 1:
        raise UsageError("the inputs have different numbers of examples")
    return {name: each.astype(np.float64) for name, each in batch.items()}


def _weights(graph: Graph, weights: str | Path | Mapping[str, Array]) -> dict[str, Array]:
    if isinstance(weights, Mapping):
        return from_backend(graph, None, weights)
    return from_backend(graph, None, read_safetensors(Path(weights)).tensors, str(weights))


def _refuse_failure(answer: Answer, backend: Backend) -> None:
    report = answer.tasks.get(request.EVALUATION)
    error = answer.error or (report and report["error"])
    if error:
        said = str(error["message"]).splitlines()
        problem = f"{backend.title}: {error['kind']}: {said[0] if said else 'no reason given'}"
        raise BackendError(problem, hint=answer.log.splitlines()[-1] if answer.log else None)
