"""Where a backend goes wrong first: which layer, on which line, and who says so."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from archspec.model.graph import Graph, Node
from archspec.render.source_map import Span
from archspec.verification.checks import Comparison
from archspec.verification.compare import Array, relative_error
from archspec.verification.finding import Finding, first_failed
from archspec.verification.participant import Participant
from archspec.verification.result import Divergence
from archspec.verification.source import Source
from archspec.verification.verdict import (
    first_contradicted,
    judged_by_differences,
    judged_by_oracle,
)


@dataclass(frozen=True)
class _Fault:
    """A layer at fault and what is known about it."""

    finding: Finding
    node: Node
    error: float
    gate: float
    line: int | None = None
    after: tuple[str, ...] = ()
    between: tuple[str, ...] = ()
    found: str = ""
    verdict: str = ""


def divergences(
    comparison: Comparison, one: Participant, findings: Sequence[Finding]
) -> tuple[Divergence, ...]:
    """The first layer at fault for each kind of disagreement that has a cause of its own.

    A gradient or a statistic that differs because a layer before it does is no cause of its own.
    """
    faults = list(_faults(comparison, one, [each for each in findings if not each.check.passed]))
    return tuple(_divergence(one.source, each) for each in faults)


def _faults(
    comparison: Comparison, one: Participant, failed: Sequence[Finding]
) -> Iterator[_Fault]:
    single = [each for each in failed if each.check.dtype == "float32"]
    labels = {each.check.quantity: each for each in failed if each not in single}
    if "dropout" in labels:
        finding = labels["dropout"]
        text = "its rate, or when it drops, is not what the spec says"
        yield from _named(comparison, finding, list(comparison.graph.by_path), text)
    for mode in ("", ", training"):
        several = [labels[each] for each in (f"layers{mode}", f"outputs{mode}") if each in labels]
        fault = _forward(comparison, one, several) if several else None
        if fault is not None:
            yield fault
            return
    if "shifted norms" in labels:
        text = "its variance loses its digits when the mean is large"
        order = list(comparison.graph.by_path)
        yield from _named(comparison, labels["shifted norms"], order, text)
    forwards = list(comparison.graph.tensors)
    if "statistics" in labels:
        yield from _named(comparison, labels["statistics"], forwards)
    # Gradients flow backwards: the last tensor that is wrong is the first to have become so.
    backwards = [*comparison.graph.inputs, *forwards][::-1]
    against = {each.check.against: each for each in failed if each.check.quantity == "gradients"}
    pairwise = [each for name, each in against.items() if name in comparison.participants]
    if pairwise:
        verdict = judged_by_differences(comparison, one, pairwise[0], backwards)
        for fault in _named(comparison, pairwise[0], backwards):
            yield replace(fault, verdict=verdict)
    elif against:
        yield from _by_differences(comparison, one, next(iter(against.values())), backwards)
    elif "statistics" not in labels:
        late = [each for each in labels.values() if " after " in each.check.quantity]
        if late:
            yield from _named(comparison, late[0], backwards)
        elif single and not labels:
            text = "in float32 it loses more digits here than others do"
            yield from _named(comparison, single[-1], list(comparison.graph.by_path), text)


def _by_differences(
    comparison: Comparison, one: Participant, finding: Finding, order: Sequence[str]
) -> Iterator[_Fault]:
    """The layer of the first tensor in an order whose gradient finite differences contradict."""
    if not one.done(finding.task):
        return
    name = first_contradicted(comparison, one, order)
    error, gate = next(iter(finding.errors.values()))
    graph = comparison.graph
    node = graph.tensors[name][0] if name in graph.tensors else graph.nodes[0]
    yield _Fault(finding, node, error, gate, found=f"`{name}`, by finite differences")


def _named(
    comparison: Comparison, finding: Finding, order: Sequence[str], text: str = ""
) -> Iterator[_Fault]:
    """The layer of the first tensor (or the layer itself) that fails, in an order of names."""
    graph = comparison.graph
    name = first_failed(finding.errors, order)
    if name is None:
        # Nothing was compared: the task broke off, which is told elsewhere.
        return
    error, gate = finding.errors[name]
    if name in graph.tensors:
        node = graph.tensors[name][0]
    elif name in graph.by_path:
        node = graph.by_path[name]
    else:
        node = next((each for each in graph.nodes if name in each.inputs), graph.nodes[0])
    yield _Fault(finding, node, error, gate, found=text or f"`{name}`")


def _forward(comparison: Comparison, one: Participant, failed: Sequence[Finding]) -> _Fault | None:
    """The first layer of a pass whose value is wrong, or where the pass broke off."""
    finding = failed[0]
    expected = comparison.expected(finding.task).values
    seen = one.layers(finding.task)
    errors = comparison.layer_errors(one, finding.task)
    graph = comparison.graph
    path = first_failed(errors, list(graph.by_path))
    if path is not None:
        node = graph.by_path[path]
        sighting, array = max(seen[path], key=lambda pair: relative_error(pair[1], expected[path]))
        after, between = nearest(graph, node, errors)
        text = _about(node, array, expected[path])
        if not text and sighting.source == "scope" and len(seen[path]) > 1:
            text = f"right itself, but not what comes out of `{sighting.scope}`"
        gone = [line for each in between for line in _gone(one.source, graph.by_path[each])]
        if gone and not text:
            text = f"missing before it: {' '.join(gone)}"
        verdict = judged_by_oracle(comparison, one, finding.task, path)
        error, gate = errors[path]
        return _Fault(finding, node, error, gate, sighting.line, after, between, text, verdict)
    broken = one.error(finding.task)
    if broken is not None:
        first = next((each for each in graph.nodes if each.path not in errors), graph.nodes[-1])
        after, between = nearest(graph, first, errors)
        message = (broken["message"] or broken["kind"]).splitlines()[0][:300]
        text = f"it breaks off: {message}"
        place = (broken.get("line"), after, between)
        return _Fault(finding, first, math.inf, finding.check.gate, *place, text)
    return _output(comparison, one, failed[-1])


def _output(comparison: Comparison, one: Participant, finding: Finding) -> _Fault | None:
    """A wrong output where all layers that were seen are right."""
    name = first_failed(finding.errors, list(finding.errors))
    node = comparison.graph.by_path.get(comparison.graph.outputs.get(name or "", ""))
    if name is None or node is None:
        return None
    error, gate = finding.errors[name]
    outputs = one.outputs(finding.task)
    seen = comparison.layer_errors(one, finding.task)
    after, between = nearest(comparison.graph, node, seen)
    text = f"the output `{name}` is not the value of this layer"
    if name not in outputs:
        text = f"there is no output `{name}`; the module gives {', '.join(outputs) or 'none'}"
    elif node.path not in seen:
        text = f"seen as the output `{name}`"
    return _Fault(finding, node, error, gate, None, after, between, text)


def _about(node: Node, array: Array, expected: Array) -> str:
    if array.shape == expected.shape:
        return ""
    shapes = ("x".join(map(str, each)) for each in (array.shape, expected.shape))
    return "its value has the shape {}, the spec says {}".format(*shapes)


def nearest(
    graph: Graph, node: Node, compared: Collection[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The nearest layers before a layer that were compared, and those in between that were not."""
    after: dict[str, None] = {}
    between: dict[str, None] = {}
    waiting = list(node.inputs)
    while waiting:
        path = waiting.pop(0)
        if path in graph.inputs or path in compared:
            after[path] = None
        elif path not in between:
            between[path] = None
            waiting.extend(graph.by_path[path].inputs)
    return tuple(after), tuple(between)


def _divergence(source: Source, fault: _Fault) -> Divergence:
    node, check = fault.node, fault.finding.check
    line = fault.line if fault.line is not None else _line(source, node)
    quantity = f"{check.quantity} {check.dtype}".strip()
    return Divergence(
        quantity,
        node.path,
        node.operator.name(),
        node.where,
        source.shown if line is None or source.compiled else f"{source.shown}:{line}",
        "" if line is None else source.line(line),
        fault.error,
        fault.gate,
        fault.after,
        fault.between,
        fault.found,
        fault.verdict,
    )


def _line(source: Source, node: Node) -> int | None:
    """The line of the file that holds a layer: of the edited file, where it was edited."""
    for span in _spans(source, node):
        for line in range(span.first, span.last + 1):
            if line in source.alignment.to_edited:
                return source.alignment.to_edited[line]
    return None


def _spans(source: Source, node: Node) -> list[Span]:
    """The generated lines of a layer: its own where instances have some, else its class's."""
    layer = (node.module, node.key)
    return [
        each
        for each in source.spans
        if (each.path == node.path if each.path else (each.module, each.key) == layer)
    ]


def _gone(source: Source, node: Node) -> list[str]:
    """The generated lines of a layer, if none of them is left in an edited file."""
    lines = source.generated.splitlines()
    if not source.text:
        return []
    for span in _spans(source, node):
        numbers = range(span.first, span.last + 1)
        if not any(each in source.alignment.to_edited for each in numbers):
            return [lines[each - 1].strip() for each in numbers]
    return []
