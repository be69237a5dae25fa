"""Rows about single kinds of layers: robust variances, and dropouts."""

from __future__ import annotations

import math
from collections.abc import Collection

from archspec.model.graph import Graph
from archspec.operators.reshaping import Dropout
from archspec.oracle.interpreter import Result
from archspec.verification import gates, request
from archspec.verification.compare import relative_error
from archspec.verification.finding import ORACLE, Finding, finding
from archspec.verification.participant import Participant
from archspec.verification.request import NORMS


def shifted(
    graph: Graph, expected: Result, one: Participant, apart: Collection[str]
) -> Finding | None:
    """Whether normalisations keep their digits when the mean of their input is large.

    A shift of all that is normalised together cancels out, so what is expected are the values
    without it. None if the framework itself loses them in every normalisation there is; those
    ``apart``, which are something else in the code of another author, say nothing.
    """
    own = one.backend.manifest.cancelling
    every = [node for node in graph.nodes if isinstance(node.operator, NORMS)]
    norms = [node for node in every if node.path not in apart]
    exempt = [node.path for node in norms if node.operator.name() in own]
    seen = one.layers(request.SHIFTED)
    errors = {
        path: (relative_error(seen[path][0][1], expected.values[path]), gates.SHIFTED)
        for path in (node.path for node in norms)
        if path in seen and path not in exempt
    }
    note = f"inputs of normalisations shifted by 2^{gates.SHIFT} times their spread"
    if exempt:
        note += f"; not {' and '.join(own)}, whose own variance loses digits in {one.backend.title}"
    of = len(norms) - len(exempt)
    if not of:
        return None
    return finding("shifted norms", "float64", ORACLE, errors, of, request.SHIFTED, note)


def dropouts(graph: Graph, one: Participant) -> Finding:
    """Whether each dropout has the rate of the spec, and drops in training only."""
    expected: dict[str, float] = {}
    for node in graph.nodes:
        if isinstance(node.operator, Dropout):
            expected[node.path] = float(str(node.operator.rate))
    errors: dict[str, tuple[float, float]] = {}
    for task, active in ((request.EVALUATION, False), (one.training, True)):
        if task not in one.answer.tasks:
            continue
        found = one.dropouts(task)
        for path, rate in expected.items():
            wrong = math.inf
            if path in found and found[path][1] is active:
                wrong = abs(found[path][0] - rate)
            errors[path] = (max(wrong, errors.get(path, (0.0, 0.0))[0]), 0.0)
    note = "rates, and that it drops in training only; the masks differ by nature"
    return finding("dropout", "", "spec", errors, len(expected), one.training, note)
