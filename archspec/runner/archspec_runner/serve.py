"""The loop of a runner: read the request, do each task, write what came out."""

from __future__ import annotations

import json
import math
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from safetensors.numpy import save_file

from .protocol import PROTOCOL, Array, Mismatch, Request, Task

_MOST_TEXT = 20_000


@dataclass
class Computed:
    """What a pass gave, as NumPy arrays in the backend's names and layouts.

    Args:
        outputs: by name.
        gradients: of the trained tensors.
        input_gradients: of the inputs.
        statistics: running statistics after a pass in training.
        arrays: values of layers, by the number that ``records`` give.
        records: where each was seen; see :class:`archspec_runner.recorder.Recorder`.
        dropouts: each dropout's path, rate and whether it would have dropped.
        stopped: the exception that ended the pass, when values up to there were kept.
    """

    outputs: dict[str, Array] = field(default_factory=dict)
    gradients: dict[str, Array] = field(default_factory=dict)
    input_gradients: dict[str, Array] = field(default_factory=dict)
    statistics: dict[str, Array] = field(default_factory=dict)
    arrays: list[Array] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    dropouts: list[dict[str, Any]] = field(default_factory=list)
    stopped: BaseException | None = None


class Session(Protocol):
    """What a backend's runner provides.

    ``weights``, ``inputs`` and ``cotangents`` are NumPy arrays of one precision; their type is
    the precision to compute in.
    """

    def versions(self) -> dict[str, str]:
        """The packages that the result depends on, and the device."""
        ...

    def expect(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        """Raise :class:`Mismatch` if the module's tensors have other names or shapes."""
        ...

    def forward(
        self,
        weights: Mapping[str, Array],
        inputs: Mapping[str, Array],
        training: bool,
        shift: int | None = None,
    ) -> Computed:
        """The outputs and layers; with ``shift`` the outputs of shifted normalisations alone."""
        ...

    def gradients(
        self,
        weights: Mapping[str, Array],
        inputs: Mapping[str, Array],
        cotangents: Mapping[str, Array],
        training: bool,
    ) -> Computed:
        """The same as ``forward``, with the gradients."""
        ...


def serve(open_session: Callable[[Request], Session]) -> None:
    """Do what the folder named on the command line asks for; ``-`` for one after another.

    With ``-`` folders are read from standard input, one on a line, and a line ``idle`` is printed
    after each. Imports are paid for once then; nothing else is kept from one to the next.
    """
    if sys.argv[1] != "-":
        sys.exit(0 if _answer(Path(sys.argv[1]), open_session) else 1)
    for line in sys.stdin:
        _answer(Path(line.rstrip("\n")), open_session)
        _tell(task="", state="idle")


def _answer(folder: Path, open_session: Callable[[Request], Session]) -> bool:
    """Answer the request in a folder; False if something stopped it as a whole."""
    response: dict[str, Any] = {"protocol": PROTOCOL, "versions": {}, "tasks": [], "error": None}
    try:
        _tell(task="start", state="begins")
        request = Request.read(folder)
        session = open_session(request)
        response["versions"] = session.versions()
        weights = request.part("weight", "float64")
        session.expect({name: each.shape for name, each in weights.items()})
        _tell(task="start", state="ends")
        for task in request.tasks:
            _tell(task=task.name, state="begins")
            response["tasks"].append(_do(task, session, request))
            _tell(task=task.name, state="ends")
    except BaseException as error:
        response["error"] = _described(error, None)
    finally:
        (folder / "response.json").write_text(json.dumps(response), "utf-8")
    return response["error"] is None


def _tell(**event: Any) -> None:
    print(json.dumps({"archspec": 1, **event}), flush=True)


def _do(task: Task, session: Session, request: Request) -> dict[str, Any]:
    begun = time.perf_counter()
    report: dict[str, Any] = {"name": task.name, "error": None, "records": [], "dropouts": []}
    tensors: dict[str, Array] = {}
    try:
        weights, inputs = (request.part(kind, task.dtype) for kind in ("weight", "input"))
        cotangents = request.part("cotangent", task.dtype)
        if task.kind == "steps":
            tensors, report["rate"] = _steps(task, session, weights, inputs, cotangents)
        else:
            if task.kind == "gradients":
                computed = session.gradients(weights, inputs, cotangents, task.training)
            else:
                shift = task.shift if task.kind == "shifted" else None
                computed = session.forward(weights, inputs, task.training, shift)
            tensors = _tensors(computed)
            report |= {"records": computed.records, "dropouts": computed.dropouts}
            if computed.stopped is not None:
                report["error"] = _described(computed.stopped, request.file)
    except Exception as error:
        report["error"] = _described(error, request.file)
    path = request.folder / f"{task.name}.safetensors"
    save_file({name: np.asarray(each, order="C") for name, each in tensors.items()}, path)
    report["seconds"] = time.perf_counter() - begun
    return report


def _tensors(computed: Computed) -> dict[str, Array]:
    groups = {
        "output": computed.outputs,
        "gradient": computed.gradients,
        "input_gradient": computed.input_gradients,
        "statistic": computed.statistics,
        "array": {str(number): each for number, each in enumerate(computed.arrays)},
    }
    return {f"{kind}:{name}": each for kind, by in groups.items() for name, each in by.items()}


def _steps(
    task: Task,
    session: Session,
    weights: Mapping[str, Array],
    inputs: Mapping[str, Array],
    cotangents: Mapping[str, Array],
) -> tuple[dict[str, Array], float]:
    """Gradient descent by hand: each step is one subtraction, the same in every backend."""
    current = dict(weights)
    rate = 0.0
    tensors: dict[str, Array] = {}
    for step in range(1, task.steps + 1):
        computed = session.gradients(current, inputs, cotangents, task.training)
        if computed.stopped is not None:
            raise computed.stopped
        if step == 1:
            rate = _rate(task.relative, current, computed, cotangents)
        for name, gradient in computed.gradients.items():
            current[name] = current[name] - rate * gradient
        current |= computed.statistics
        tensors |= {f"statistic{step}:{name}": each for name, each in computed.statistics.items()}
        if step in task.after:
            tensors |= {f"after{step}:{name}": each for name, each in current.items()}
    return tensors, rate


def _rate(
    relative: float,
    weights: Mapping[str, Array],
    computed: Computed,
    cotangents: Mapping[str, Array],
) -> float:
    """The power of two nearest to a step in which nothing moves further than asked for."""
    gradients = computed.gradients
    speeds = [
        _norm(gradient) / _norm(weights[name])
        for name, gradient in gradients.items()
        if np.any(weights[name])
    ]
    # How fast the weighted sum of the outputs moves, relative to how large it could be: a small
    # step of every layer of a deep network together is a large one.
    rise = sum(float(np.sum(np.square(each))) for each in gradients.values())
    outputs = computed.outputs.items()
    size = sum(_norm(cotangents[name]) * _norm(each) for name, each in outputs)
    speeds.append(rise / size if size else 0.0)
    fastest = max(speeds, default=0.0)
    if not fastest or not math.isfinite(fastest):
        return 0.0
    return float(2.0 ** round(math.log2(relative / fastest)))


def _norm(array: Array) -> float:
    return float(np.linalg.norm(array))


def _described(error: BaseException, file: Path | None) -> dict[str, Any]:
    text = "".join(traceback.format_exception(error))[-_MOST_TEXT:]
    described: dict[str, Any] = {
        "kind": type(error).__name__,
        "message": str(error)[:_MOST_TEXT],
        "traceback": text,
    }
    frames = traceback.extract_tb(error.__traceback__)
    lines = [each.lineno for each in frames if each.filename == str(file)]
    if lines:
        described["line"] = lines[-1]
    if isinstance(error, Mismatch):
        described |= {
            "missing": error.missing,
            "unexpected": error.unexpected,
            "shapes": error.shapes,
        }
    return described
