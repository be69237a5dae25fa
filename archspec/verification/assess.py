"""From the answers of all backends to each one's verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from archspec.backends import Backend
from archspec.resolution import Model
from archspec.verification import request
from archspec.verification.answer import Answer
from archspec.verification.checks import Comparison
from archspec.verification.locate import divergences
from archspec.verification.participant import Participant, gradients
from archspec.verification.reference import Reference
from archspec.verification.request import Question
from archspec.verification.result import BackendResult
from archspec.verification.source import Source

_MOST_NAMES = 5


def assess(
    model: Model,
    question: Question,
    reference: Reference,
    backends: Sequence[Backend],
    sources: Mapping[str, Source],
    answers: Mapping[str, Answer],
    steps: int,
) -> tuple[list[BackendResult], float | None]:
    """Every backend's part of the result, and the rate of the steps.

    Args:
        model, question, reference: the network, the numbers, the oracle's results.
        backends: those that ran.
        sources, answers: by the backend's name.
        steps: of gradient descent.
    """
    participants = {
        each.name: Participant(each, model.graph, sources[each.name], answers[each.name])
        for each in backends
        if request.EVALUATION in answers[each.name].tasks
    }
    base = _base(participants, reference)
    comparison = Comparison(model, question, reference, participants, base, steps)
    parts = []
    for each in backends:
        source, answer = sources[each.name], answers[each.name]
        part = BackendResult(
            each.name,
            each.title,
            "failed",
            source.shown,
            source.sha256,
            source.unchanged,
            answer.versions,
            {name: report["seconds"] for name, report in answer.tasks.items()},
            elapsed=answer.seconds,
            stand_in=answer.stand_in,
        )
        if each.name in participants:
            part = _compared(comparison, participants[each.name], part)
        parts.append(_explained(part, model, each, answer))
    return parts, _rate(answers)


def _base(participants: Mapping[str, Participant], reference: Reference) -> str:
    """The first backend whose gradients finite differences confirm; else the first."""
    # What stands in for a framework is a measure only where there is no other.
    ordered = dict(sorted(participants.items(), key=lambda pair: bool(pair[1].answer.stand_in)))
    for name, one in ordered.items():
        if one.done(request.GRADIENTS) and reference.slope is not None:
            error, gate = reference.slope.compare(gradients(one, request.GRADIENTS))
            if error <= gate:
                return name
    return next(iter(ordered), "")


def _compared(comparison: Comparison, one: Participant, part: BackendResult) -> BackendResult:
    findings = list(comparison.findings(one.backend.name))
    passed = all(each.check.passed for each in findings)
    whole = all(report["error"] is None for report in one.answer.tasks.values())
    agrees = passed and whole and one.answer.error is None
    return replace(
        part,
        status=("stand-in" if part.stand_in else "agrees") if agrees else "disagrees",
        checks=tuple(each.check for each in findings),
        divergences=divergences(comparison, one, findings),
    )


def _explained(
    part: BackendResult, model: Model, backend: Backend, answer: Answer
) -> BackendResult:
    """With what stopped a backend, if something did, and how to see it again."""
    error, task = answer.error, "start"
    if error is None:
        broken = [(name, each["error"]) for name, each in answer.tasks.items() if each["error"]]
        if not broken:
            return part
        task, error = broken[0]
    if error["kind"] == "Mismatch":
        hint = "the path of a tensor is what frameworks have in common: keep the generated names"
        return replace(part, status="failed", problem=_mismatch(error, model, backend), hint=hint)
    if error["kind"] == "Missing":
        problem = str(error["message"]).strip()
        return replace(part, status="missing", problem=problem, hint=backend.manifest.install)
    where = f" in the task `{task}`" if task != "start" else ""
    lines = str(error["message"]).strip().splitlines() or [""]
    problem = f"{error['kind']}{where}: {lines[0]}"
    log = "\n".join(filter(None, [error.get("traceback", ""), answer.log]))
    again = f"run it again by hand: {answer.command}"
    return replace(part, status="failed", problem=problem, hint=again, log=log)


def _mismatch(error: Mapping[str, Any], model: Model, backend: Backend) -> str:
    """How the module's tensors differ from those of the network."""
    from archspec.weights.naming import backend_tensors

    owners = {
        each.name: model.graph.tensors[name][0]
        for name, each in backend_tensors(model.graph, backend).items()
    }
    parts = []
    for title, names in (("missing", error["missing"]), ("unexpected", error["unexpected"])):
        if names:
            more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
            parts.append(f"{title}: {', '.join(names[:_MOST_NAMES])}{more}")
    for name, (wanted, found) in list(error["shapes"].items())[:_MOST_NAMES]:
        shapes = ("x".join(map(str, each)) for each in (wanted, found))
        place = f" ({owners[name].path}, {owners[name].where})" if name in owners else ""
        parts.append("{} should be {}, not {}{}".format(name, *shapes, place))
    return "its tensors are not those of the network; " + "; ".join(parts)


def _rate(answers: Mapping[str, Answer]) -> float | None:
    for answer in answers.values():
        report = answer.tasks.get(request.STEPS)
        if report is not None and "rate" in report:
            return float(report["rate"])
    return None
