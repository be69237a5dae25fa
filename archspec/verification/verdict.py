"""Who is wrong, as far as it can be told: by a third opinion on the same value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from archspec.verification import gates, request
from archspec.verification.checks import Comparison
from archspec.verification.compare import relative_error
from archspec.verification.finding import Finding, first_failed
from archspec.verification.participant import Participant, gradients
from archspec.verification.reference import along


def judged_by_oracle(comparison: Comparison, one: Participant, task: str, path: str) -> str:
    """What the oracle and the other backends say about a layer's value."""
    expected = comparison.expected(task).values[path]
    gate = comparison.layer_gate(task, path)
    mine = one.layers(task)[path][0][1]
    right, like_me = [], []
    for each in comparison.participants.values():
        seen = each.layers(task).get(path)
        if each is one or not seen:
            continue
        if relative_error(seen[0][1], expected) <= gate:
            right.append(each.backend.title)
        elif relative_error(seen[0][1], mine) <= gate:
            like_me.append(each.backend.title)
    title = one.backend.title
    if right:
        verb = "agrees" if len(right) == 1 else "agree"
        return f"{title} is wrong: {' and '.join(right)} {verb} with the oracle here"
    if like_me:
        others = " and ".join([title, *like_me])
        return f"{others} agree with each other and not with the oracle: it may be the oracle"
    return f"{title} differs from the oracle; no other backend has a say on this layer"


def judged_by_differences(
    comparison: Comparison, one: Participant, finding: Finding, order: Sequence[str]
) -> str:
    """Which of two gradients finite differences of the oracle confirm.

    The derivative is taken along the difference of the two gradients, the direction in which they
    contradict each other most.
    """
    name = first_failed(finding.errors, order)
    if name is None or comparison.base == one.backend.name:
        return ""
    base = comparison.participants[comparison.base]
    pair = [gradients(each, request.GRADIENTS) for each in (one, base)]
    if name not in pair[0] or name not in pair[1]:
        return ""
    if not np.isfinite(pair[0][name]).all():
        return f"{one.backend.title} is wrong: its gradient is not finite"
    direction = pair[0][name] - pair[1][name]
    slope = along(comparison.graph, comparison.question, {name: direction})
    off = [abs(float((each[name] * direction).sum()) - slope.value) for each in pair]
    titles = [each.backend.title for each in (one, base)]
    if max(off) <= gates.DIFFERENCES_FACTOR * slope.error or min(off) > 0.5 * max(off):
        return "finite differences cannot tell which of the two is right"
    wrong, right = titles if off[0] > off[1] else titles[::-1]
    return f"{wrong} is wrong: finite differences of the oracle confirm {right}"


def first_contradicted(comparison: Comparison, one: Participant, order: Sequence[str]) -> str:
    """The first tensor in an order whose gradient finite differences contradict; by bisection.

    A derivative along several tensors at once is right if the gradients of all of them are.
    """
    slope = comparison.reference.slope
    mine = gradients(one, request.GRADIENTS)
    assert slope is not None
    names = [name for name in order if name in slope.direction and name in mine]
    right, wrong = 0, len(names)
    while wrong - right > 1:
        middle = (right + wrong) // 2
        part = {name: slope.direction[name] for name in names[right:middle]}
        error, gate = along(comparison.graph, comparison.question, part).compare(mine)
        right, wrong = (right, middle) if error > gate else (middle, wrong)
    return names[right]
