"""What is different between two networks: layers, their arguments, and what they cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from archspec.analysis.alignment import Pair, align, arguments_of
from archspec.model.graph import Graph, Node
from archspec.resolution import Flat
from archspec.schema.initialization import DEFAULT, Distribution

Kind = Literal["same", "changed", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing about a layer that is not as it was: an argument, what it takes, how it starts."""

    what: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class LayerDiff:
    """A layer of the first network, of the second, or of both.

    ``changes`` is empty unless the layer is in both.
    """

    kind: Kind
    before: Node | None
    after: Node | None
    changes: tuple[Change, ...] = ()

    @property
    def node(self) -> Node:
        """The layer where it is, in the second network if in both."""
        node = self.after or self.before
        assert node is not None
        return node


@dataclass(frozen=True, slots=True)
class Figures:
    """What a network, or a part of it, comes to."""

    layers: int
    parameters: int
    multiply_adds: int


@dataclass(frozen=True)
class Difference:
    """Two networks side by side.

    Args:
        before, after: the networks.
        settings: the inputs, parameters and outputs of the networks that are not the same.
        layers: all layers of both in order, paired where they correspond.
    """

    before: Flat
    after: Flat
    settings: tuple[Change, ...]
    layers: tuple[LayerDiff, ...]

    @property
    def different(self) -> bool:
        """Whether anything about what is computed, or how it starts, is different."""
        changed = any(each.kind != "same" for each in self.layers)
        return changed or any(not each.what.startswith("parameter ") for each in self.settings)

    @property
    def totals(self) -> tuple[Figures, Figures]:
        """What both come to."""
        return figures(self.before.graph), figures(self.after.graph)


def figures(graph: Graph) -> Figures:
    """What a whole network comes to."""
    return Figures(len(graph.nodes), graph.parameters, graph.multiply_adds)


def diff(before: Flat, after: Flat) -> Difference:
    """What became of one network in another.

    Layers correspond where they come in the same order and are alike; what they are called and
    how they are nested makes no difference.
    """
    pairs = align(before.graph.nodes, after.graph.nodes)
    sources = _Sources(before.graph, after.graph, pairs)
    layers = tuple(_layer(pair, sources) for pair in pairs)
    return Difference(before, after, tuple(_settings(before, after)), layers)


def _layer(pair: Pair, sources: _Sources) -> LayerDiff:
    one, other = pair
    if one is None or other is None:
        return LayerDiff("added" if one is None else "removed", one, other)
    changes = tuple(_changes(one, other, sources))
    return LayerDiff("changed" if changes else "same", one, other, changes)


def _changes(one: Node, other: Node, sources: _Sources) -> Iterator[Change]:
    names = one.operator.name(), other.operator.name()
    if names[0] != names[1]:
        yield Change("operator", *names)
    given, others = arguments_of(one), arguments_of(other)
    for name, value in given.items():
        if name in others and value != others[name]:
            yield Change(name, value, others[name])
    channels = one.input_shapes[0].channels, other.input_shapes[0].channels
    if channels[0] != channels[1] and sources.of_network(one, other):
        # Elsewhere it follows from a change of the layer that makes them.
        yield Change("input channels", *channels)
    if type(one.operator).has_kernel() and type(other.operator).has_kernel():
        starts = zip(_starts(one), _starts(other), strict=True)
        for name, (start, other_start) in zip(("kernel", "bias"), starts, strict=True):
            if start and other_start and start != other_start:
                yield Change(f"init {name}", start, other_start)
    shared = (one.owner != one.path, other.owner != other.path)
    if shared[0] != shared[1]:
        yield Change("shared weights", *shared)
    if sources.moved(one, other):
        yield Change("takes", ", ".join(one.inputs), ", ".join(other.inputs))


def _starts(node: Node) -> tuple[str, str]:
    """How the kernel and the bias start, in words; nothing for a bias that is not there."""
    kernel = _distribution(node.init.kernel, DEFAULT["kernel"])
    biased = getattr(node.operator, "bias", False)
    return kernel, _distribution(node.init.bias, DEFAULT["bias"]) if biased else ""


def _distribution(given: Distribution | None, otherwise: str) -> str:
    if given is None:
        return otherwise
    numbers = (given.std, given.bound, given.value)
    scheme = f"{given.scheme} by {given.fan}" if given.by_outputs else given.scheme
    return " ".join([scheme, *(f"{each:g}" for each in numbers if each is not None)])


class _Sources:
    """Whether two layers that correspond take what corresponds."""

    def __init__(self, before: Graph, after: Graph, pairs: Sequence[Pair]) -> None:
        self._before, self._after = before.by_path, after.by_path
        both = [(one.path, other.path) for one, other in pairs if one and other]
        self._partner = dict(both) | dict(zip(before.inputs, after.inputs, strict=False))
        self._paired_after = {*self._partner.values(), *after.inputs}

    def of_network(self, one: Node, other: Node) -> bool:
        """Whether both take an input of the network."""
        return one.inputs[0] not in self._before and other.inputs[0] not in self._after

    def moved(self, one: Node, other: Node) -> bool:
        """Whether it takes something else now, layers in between that are new or gone aside."""
        if len(one.inputs) != len(other.inputs):
            return True
        ours = [self._origin(path, self._before, self._partner) for path in one.inputs]
        theirs = [self._origin(path, self._after, self._paired_after) for path in other.inputs]
        if None in ours or None in theirs:
            # Behind a merge that is new or gone, which says enough.
            return False
        return [self._partner[path] for path in ours if path] != theirs

    @staticmethod
    def _origin(path: str, nodes: Mapping[str, Node], known: Any) -> str | None:
        while path not in known:
            node = nodes.get(path)
            if node is None or len(node.inputs) != 1:
                return None
            path = node.inputs[0]
        return path


def _settings(before: Flat, after: Flat) -> Iterator[Change]:
    inputs = [{k: str(v) for k, v in each.graph.inputs.items()} for each in (before, after)]
    yield from _entries("input", *inputs)
    yield from _entries("parameter", before.values, after.values)
    outputs = [
        {name: str(each.graph.shape(path)) for name, path in each.graph.outputs.items()}
        for each in (before, after)
    ]
    yield from _entries("output", *outputs)


def _entries(what: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in [*before, *(each for each in after if each not in before)]:
        if before.get(name) != after.get(name) or (name in before) != (name in after):
            yield Change(f"{what} {name}", before.get(name), after.get(name))
