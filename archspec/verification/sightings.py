"""Which value seen inside a running module is which layer's.

A runner reports what submodules took and gave, and what statements bound, by the backend's own
paths and the lines of the file. Here they are matched with the layers of the network.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from archspec.backends import Backend
from archspec.model.graph import Graph, Groups, Node
from archspec.operators.reshaping import Identity
from archspec.render.source_map import Span
from archspec.weights.naming import module_paths

Source = Literal["module", "line", "input", "scope"]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A layer's value as it was seen.

    Args:
        array: its number in the task's file.
        source: the output of the layer's own ``module``, what a ``line`` bound, the ``input`` of
            the next layer, or the output of a ``scope`` (a stage, a branch, a block) it ends.
        line: for a line its number, in the file that was run.
        scope: for a scope its path.
    """

    array: int
    source: Source
    line: int | None = None
    scope: str = ""


def sightings(
    graph: Graph,
    backend: Backend,
    records: Sequence[Mapping[str, Any]],
    spans: Iterable[Span],
    to_generated: Mapping[int, int],
) -> dict[str, list[Sighting]]:
    """For each layer by its path where its value was seen, the most direct first.

    Args:
        graph: the network.
        backend: whose runner reported.
        records: what it reported; see ``archspec_runner.recorder``.
        spans: which lines of the generated file hold which layer.
        to_generated: the line of the generated file that a line of the file run stands for.
    """
    found: dict[str, list[Sighting]] = defaultdict(list)
    paths = {"": "", **module_paths(graph, backend)}
    uses = _uses(graph, apart=backend.manifest.containers == "graph")
    taken = _modules(graph, records, paths, uses, found)
    _lines(graph, records, paths, Places(graph, spans, to_generated), taken, found)
    _inputs(graph, records, paths, uses, taken, found)
    for each in records:
        node = graph.scopes.get(paths.get(each["path"], ""))
        if each["source"] == "module" and each["turn"] == 0 and node in graph.by_path:
            scope = paths[each["path"]]
            found[node].append(Sighting(each["array"], "scope", scope=scope))
    for layer in graph.nodes:
        # An identity that leaves no trace is the very array that it takes.
        if isinstance(layer.operator, Identity) and layer.inputs[0] in found:
            found.setdefault(layer.path, found[layer.inputs[0]][:1])
    return dict(found)


def _elements(
    graph: Graph,
    records: Sequence[Mapping[str, Any]],
    paths: Mapping[str, str],
    source: str,
) -> dict[str, dict[str, list[Mapping[str, Any]]]]:
    """For each layer that owns modules, the records of each, in the order they first ran.

    A layer may be several modules: a padding before it or a flattening after it, called as the
    layer with an ending (``conv1_pad``).
    """
    found: dict[str, dict[str, list[Mapping[str, Any]]]] = defaultdict(dict)
    for each in records:
        if each["source"] != source:
            continue
        path = each["path"]
        layer = _layer(path, paths)
        if layer in graph.by_path:
            found[layer].setdefault(path, []).append(each)
    return found


def _layer(path: str, paths: Mapping[str, str]) -> str:
    return paths.get(path) or paths.get(path.rpartition("_")[0], "")


def _uses(graph: Graph, apart: bool) -> dict[str, list[Node]]:
    """The layers that use each layer's modules, in order; ``apart``, each has one of its own."""
    uses: dict[str, list[Node]] = defaultdict(list)
    for node in graph.nodes:
        uses[node.path if apart else node.owner].append(node)
    return uses


def _modules(
    graph: Graph,
    records: Sequence[Mapping[str, Any]],
    paths: Mapping[str, str],
    uses: Mapping[str, list[Node]],
    found: dict[str, list[Sighting]],
) -> set[int]:
    known = graph.by_path.keys() | graph.scopes.keys()
    taken = {
        each["array"]
        for each in records
        if each["source"] == "module" and _layer(each["path"], paths) in known
    }
    for layer, elements in _elements(graph, records, paths, "module").items():
        last = list(elements.values())[-1]
        for node, record in zip(uses[layer], last, strict=False):
            found[node.path].append(Sighting(record["array"], "module"))
    return taken


def _inputs(
    graph: Graph,
    records: Sequence[Mapping[str, Any]],
    paths: Mapping[str, str],
    uses: Mapping[str, list[Node]],
    taken: set[int],
    found: dict[str, list[Sighting]],
) -> None:
    for layer, elements in _elements(graph, records, paths, "input").items():
        first = next(iter(elements.values()))
        for node, record in zip(uses[layer], first, strict=False):
            source = node.inputs[0]
            if record["array"] not in taken and source in graph.by_path and source not in found:
                found[source].append(Sighting(record["array"], "input"))


class Places:
    """The layers at a statement of an instance.

    Args:
        graph, spans, to_generated: as for :func:`sightings`.
    """

    def __init__(
        self, graph: Graph, spans: Iterable[Span], to_generated: Mapping[int, int]
    ) -> None:
        self.to_generated = to_generated
        self.order = {node.path: place for place, node in enumerate(graph.nodes)}
        self.by_line: dict[int, list[Span]] = defaultdict(list)
        for span in spans:
            for line in range(span.first, span.last + 1):
                self.by_line[line].append(span)
        self.by_key: dict[tuple[str, str], list[Node]] = defaultdict(list)
        for node in graph.nodes:
            self.by_key[node.module, node.key].append(node)

    def layers(self, instance: str, first: int, last: int) -> list[Node]:
        """What a statement's value may be: all turns of the last layer on its lines."""
        lines = {self.to_generated.get(line) for line in range(first, last + 1)}
        keys = {(s.module, s.key) for line in lines if line for s in self.by_line.get(line, ())}
        groups = [
            [node for node in self.by_key.get(key, ()) if _inside(node.groups, instance)]
            for key in keys
        ]
        filled = [each for each in groups if each]
        return max(filled, key=lambda nodes: self.order[nodes[-1].path], default=[])


def _inside(groups: Groups, instance: str) -> bool:
    """Whether a layer stands in the class whose instance (or a container of it) has a path."""
    outer = ".".join(part for group in groups[:-1] for part in group)
    whole = ".".join(part for group in groups for part in group)
    if not instance:
        return not outer
    contained = instance == outer or not outer or instance.startswith(f"{outer}.")
    return contained and whole.startswith(f"{instance}.")


def _lines(
    graph: Graph,
    records: Sequence[Mapping[str, Any]],
    paths: Mapping[str, str],
    places: Places,
    taken: set[int],
    found: dict[str, list[Sighting]],
) -> None:
    """What statements bound, where no module gave it: each array belongs where it was new."""
    statements: dict[tuple[str, int, int], list[Mapping[str, Any]]] = defaultdict(list)
    for each in records:
        if each["source"] == "line" and each["array"] not in taken and each["path"] in paths:
            taken.add(each["array"])
            statements[paths[each["path"]], each["first"], each["last"]].append(each)
    for (instance, first, last), several in statements.items():
        layers = places.layers(instance, first, last)
        if len(layers) == 1:
            pairs = [(layers[0], several[-1])]
        elif len(layers) == len(several):
            pairs = list(zip(layers, several, strict=True))
        else:
            continue
        for node, record in pairs:
            # A layer of several statements is what the last of them bound.
            others = [each for each in found[node.path] if each.source != "line"]
            found[node.path] = [*others, Sighting(record["array"], "line", line=first)]
