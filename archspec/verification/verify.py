"""Verification from end to end: ask every backend the same question and compare the answers."""

from __future__ import annotations

import platform
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import partial
from hashlib import sha256
from importlib import metadata
from pathlib import Path

import numpy as np

from archspec.backends import Backend, built_in, find_backend
from archspec.errors import BackendError, RefusedError, UsageError
from archspec.model.graph import Graph
from archspec.resolution import Model
from archspec.verification import disk, gates, memory, reference, request, side_by_side
from archspec.verification.assess import assess
from archspec.verification.compare import Array
from archspec.verification.process import Runs
from archspec.verification.result import BackendResult, Result, Status
from archspec.verification.side_by_side import Progress
from archspec.verification.source import Source, read_source
from archspec.weights.generator import seeded, seeded_inputs

DTYPES = ("float64", "float32")
TIMEOUT = 1800.0
MOST_EXAMPLES = 1_000_000


def verify(
    model: Model,
    backends: Sequence[str] | None = None,
    modules: Mapping[str, str] | None = None,
    *,
    batch: int | None = None,
    seed: int = 0,
    dtypes: Sequence[str] = DTYPES,
    device: str = "cpu",
    steps: int = 5,
    max_memory: int | None = None,
    jobs: int | None = None,
    timeout: float = TIMEOUT,
    runs: Runs | None = None,
    progress: Progress | None = None,
) -> Result:
    """Show that a network's code computes what its spec says, in every backend.

    Args:
        model: the resolved network.
        backends: names, or paths of folders; all that come with archspec if None.
        modules: for some backends a file to run in place of the generated one, as ``FILE`` or
            ``FILE:CLASS``. Whatever it holds is executed.
        batch: examples; by default the least number from 2 with which every BatchNorm sees at
            least 8 values per channel.
        seed: of weights, inputs and cotangents.
        dtypes: ``float64``, ``float32`` or both.
        device: ``cpu`` or ``cuda``; the oracle runs on the CPU always.
        steps: of gradient descent, in training mode; 0 for none.
        max_memory: in bytes; by default 80 % of what is available.
        jobs: how many backends run at once; by default as many as there are cores and memory for.
        timeout: in seconds, for each backend.
        runs: what runs the backends; by default a process for each, which ends with it.
        progress: told what goes on.

    Raises:
        UsageError: an argument makes no sense.
        BackendError: a backend is unknown.
        VerificationError: it will not fit into memory or on the disk, or agreement would mean
            nothing.
    """
    begun = time.perf_counter()
    tell = progress or (lambda who, what, state: None)
    batch = _checked(model.graph, batch, dtypes, device, steps)
    modules = {find_backend(name).name: file for name, file in (modules or {}).items()}
    chosen, missing = choose(backends, modules)
    chosen, sources, refused = _sources(model, chosen, modules)
    single = "float32" in dtypes
    estimate = partial(memory.estimate, model.graph, batch, len(chosen), single=single)
    jobs = side_by_side.how_many(jobs, len(chosen), estimate, max_memory)
    wanted = request.tasks(model.graph, dtypes, steps)
    folder = Path(tempfile.gettempdir())
    disk.refuse_too_large(disk.estimate(model.graph, batch, len(chosen), wanted), folder)
    root = Path(tempfile.mkdtemp(prefix="archspec-verify-", dir=folder))
    keep = False
    try:
        question, basis = asked(
            model.graph, seeded(model.graph, seed), batch, seed, dtypes, partial(tell, "Oracle")
        )
        folders = {each.name: root / each.name for each in chosen}
        for each in chosen:
            own, source = folders[each.name], sources[each.name]
            request.write_request(own, model, each, source, question, wanted, device)

        def slope() -> reference.Slope | None:
            if not any(each.kind == "gradients" for each in wanted) or not chosen:
                return None
            return reference.slope(model.graph, question, seed, partial(tell, "Oracle"))

        oracle = time.perf_counter() - begun
        answers, basis.slope = side_by_side.run_all(
            folders, chosen, device, timeout, jobs, tell, runs or Runs(), slope
        )
        parts, rate = assess(model, question, basis, chosen, sources, answers, steps)
        keep = any(str(root) in each.hint for each in parts)
    finally:
        if not keep:
            shutil.rmtree(root, ignore_errors=True)
    return Result(
        network=model.spec.name,
        spec=model.spec.file,
        spec_sha256=_digest(model.spec.file),
        values=dict(model.values),
        batch=batch,
        seed=seed,
        steps=steps,
        dtypes=tuple(dtypes),
        device=device,
        rate=rate,
        layers=len(model.graph.nodes),
        sensitivity=basis.sensitivity,
        conditioning={n: max(each.outputs.values()) for n, each in basis.conditioning.items()},
        warnings=_warnings(model.graph, batch, question, basis),
        versions=_versions(),
        memory=estimate(jobs),
        seconds=time.perf_counter() - begun,
        backends=tuple(_in_order([*parts, *refused, *missing], backends)),
        required=tuple(find_backend(each).name for each in backends or ()),
        oracle_seconds=oracle,
        jobs=jobs,
    )


def asked(
    graph: Graph,
    tensors: Mapping[str, Array],
    batch: int,
    seed: int,
    dtypes: Sequence[str],
    tell: reference.Tell,
    leveled: bool = False,
) -> tuple[request.Question, reference.Reference]:
    """The numbers that all are given, and what the oracle makes of them.

    Where noise alone hardly moves an output, inputs have levels as well.
    """
    inputs, others = (
        seeded_inputs(graph, batch, each, leveled=leveled) for each in (seed, seed + 1)
    )
    question = request.Question(tensors, inputs, request.cotangents(graph, batch, seed), leveled)
    try:
        return question, reference.compute(graph, question, others, dtypes, tell)
    except reference.InsensitiveError:
        if leveled:
            raise
    return asked(graph, tensors, batch, seed, dtypes, tell, leveled=True)


def choose(
    names: Sequence[str] | None, modules: Mapping[str, str]
) -> tuple[list[Backend], list[BackendResult]]:
    """The backends that can run here, and for those that cannot what to say.

    Raises:
        BackendError: if there is no backend of a name.
        UsageError: if a module is given for a backend that does not take part.
    """
    found = built_in() if names is None else [find_backend(each) for each in dict.fromkeys(names)]
    by_name = {each.name: each for each in found}
    for name in modules:
        if name not in by_name:
            raise UsageError(f"a module is given for `{name}`, which does not take part")
    missing = [
        BackendResult(
            each.name,
            each.title,
            "missing",
            problem="not installed: " + ", ".join(n for n, v in each.installed().items() if not v),
            hint=each.manifest.install,
        )
        for each in by_name.values()
        if not each.available
    ]
    return [each for each in by_name.values() if each.available], missing


def _sources(
    model: Model, chosen: Sequence[Backend], modules: Mapping[str, str]
) -> tuple[list[Backend], dict[str, Source], list[BackendResult]]:
    """The backends that can honour a network, what each runs, and what to say of the others."""
    sources, refused = {}, []
    for each in chosen:
        try:
            sources[each.name] = read_source(model, each, modules.get(each.name))
        except BackendError as error:
            if each.name in modules:
                raise
            first = error.problems[0]
            place = f"{first.where}: " if first.where else ""
            path = f"{first.path}: " if first.path else ""
            problem = f"{place}{path}{first.problem}"
            status: Status = "refused" if isinstance(error, RefusedError) else "failed"
            hint = first.hint or ""
            refused.append(BackendResult(each.name, each.title, status, problem=problem, hint=hint))
    return [each for each in chosen if each.name in sources], sources, refused


def least_batch(graph: Graph) -> int:
    """The least batch from 2 with which every BatchNorm sees at least 8 values per channel."""
    batch = 2
    while any(each < gates.LEAST_VALUES for each in _least_values(graph, batch)):
        batch += 1
    return batch


def _least_values(graph: Graph, batch: int) -> list[int]:
    return [min(uses) for uses in reference.values_per_channel(graph, batch).values()]


def _checked(
    graph: Graph, batch: int | None, dtypes: Sequence[str], device: str, steps: int
) -> int:
    """The batch, once the arguments have been found to make sense."""
    unknown = [each for each in dtypes if each not in DTYPES]
    if unknown or not dtypes:
        raise UsageError(f"unknown precision `{(*unknown, '')[0]}`", hint="float64 or float32")
    if device.partition(":")[0] not in ("cpu", "cuda"):
        raise UsageError(f"unknown device `{device}`", hint="cpu, cuda or cuda:1")
    if steps < 0:
        raise UsageError(f"expected 0 steps or more, received {steps}")
    if batch is not None and not 1 <= batch <= MOST_EXAMPLES:
        raise UsageError(f"expected a batch from 1 to {MOST_EXAMPLES}, received {str(batch)[:20]}")
    return least_batch(graph) if batch is None else batch


def _warnings(
    graph: Graph, batch: int, question: request.Question, basis: reference.Reference
) -> tuple[str, ...]:
    warnings = []
    if question.leveled:
        warnings.append(
            "noise averages out in this network: each channel of an input has a level as well"
        )
    least = min(_least_values(graph, batch), default=gates.LEAST_VALUES)
    if least < gates.LEAST_VALUES:
        warnings.append(
            f"a BatchNorm sees {least} values per channel, fewer than {gates.LEAST_VALUES}:"
            " rounding may show; use a larger batch or input"
        )
    for mode, each in basis.conditioning.items():
        path, moved = each.worst
        if gates.FLOAT64_FACTOR * moved > gates.FLOAT64_MOST:
            warnings.append(
                f"ill-conditioned in {mode}: rounding alone moves `{path}` by {moved:.0e}, so that"
                " correct code may fail; use a larger batch or input"
            )
    return tuple(warnings)


def _in_order(parts: Sequence[BackendResult], names: Sequence[str] | None) -> list[BackendResult]:
    found = built_in() if names is None else [find_backend(each) for each in names]
    order = [each.name for each in found]
    return sorted(parts, key=lambda each: order.index(each.name))


def _digest(file: str) -> str:
    try:
        return sha256(Path(file).read_bytes()).hexdigest()
    except OSError:
        # A spec that was read from a text has no file.
        return ""


def _versions() -> dict[str, str]:
    return {
        "archspec": metadata.version("archspec-nn"),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "platform": platform.platform(),
    }
