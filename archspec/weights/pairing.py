"""Which foreign layer is which layer of a network: from shapes, order and names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import permutations
from typing import Any

import numpy.typing as npt

from archspec.model.graph import Graph, Node
from archspec.operators import Tensor
from archspec.weights.layouts import kind_of, letters
from archspec.weights.neighbours import by_neighbours
from archspec.weights.rules import DEPTHWISE

Array = npt.NDArray[Any]
Shape = tuple[int, ...]
Signature = frozenset[tuple[str, Shape]]

# What frameworks call the tensors of a layer, beside the canonical names.
SYNONYMS = {
    **dict.fromkeys(("kernel", "gamma", "scale", "depthwise_kernel", "w", "weights"), "weight"),
    **dict.fromkeys(("beta", "b", "biases", "offset"), "bias"),
    **dict.fromkeys(("moving_mean", "mean"), "running_mean"),
    **dict.fromkeys(("moving_variance", "moving_var", "var", "variance"), "running_var"),
}
# How frameworks lay kernels out; none where they do as PyTorch does.
CONVENTIONS: tuple[Mapping[str, str], ...] = (
    {},
    {"conv": "*IO", DEPTHWISE: "*CM", "conv_transpose": "*OI", "dense": "IO"},
    {"conv": "*IO", "conv_transpose": "*IO", "dense": "IO"},
)
# Layers up to which sequences are compared in full; the time grows with the square.
MOST_COMPARED = 400
# Layers of one shape are held against so many that follow, to see which stand side by side.
WINDOW = 64
MOST_PERMUTED = 5


@dataclass(frozen=True, slots=True)
class Layer:
    """Tensors that share all of their name but the last part.

    Args:
        name: what they share, with the joint that follows.
        tensors: the last part of each name.
        signature: what they are called in canonical words, and their shapes.
    """

    name: str
    tensors: tuple[str, ...]
    signature: Signature


@dataclass(frozen=True, slots=True)
class Pair:
    """A foreign layer and the layer of the network that it is."""

    foreign: Layer
    own: Layer

    def tensors(self) -> Iterator[tuple[str, str]]:
        """The last parts of the names, the foreign one and the own."""
        own = {canonical(each): each for each in self.own.tensors}
        return ((each, own[canonical(each)]) for each in self.foreign.tensors)


@dataclass(frozen=True, slots=True)
class Choice:
    """Layers that could as well be paired in another way.

    Args:
        pairs: as they were paired.
        by: what spoke for that: ``order``, ``names`` or both.
    """

    pairs: tuple[Pair, ...]
    by: str


@dataclass(frozen=True, slots=True)
class Pairing:
    """Layers that belong together.

    Args:
        pairs: them.
        layouts: how the foreign kernels lie.
        choices: where it might be otherwise.
        told_apart: whether the shapes say how the kernels lie.
    """

    pairs: tuple[Pair, ...]
    layouts: Mapping[str, str]
    choices: tuple[Choice, ...]
    told_apart: bool


def canonical(last: str) -> str:
    """The canonical word for the last part of a tensor's name."""
    bare = re.sub(r":[0-9]+$", "", last)
    return SYNONYMS.get(bare, bare)


def pair(graph: Graph, found: Mapping[str, Array], ordered: bool) -> Pairing:
    """Pair the layers of a checkpoint with those of a network.

    Args:
        graph: the network.
        found: arrays of floating-point numbers by name.
        ordered: whether they are in the order of the foreign layers.
    """
    foreign = list(_layers({name: array.shape for name, array in found.items()}))
    kernels = [each for layer in foreign for each in layer.tensors if "kernel" in each]
    conventions = [*CONVENTIONS[1:], CONVENTIONS[0]] if kernels else CONVENTIONS
    best: tuple[list[Pair], Mapping[str, str]] = ([], {})
    told_apart = True
    for layouts in conventions:
        own = list(_layers(_foreign_shapes(graph, layouts)))
        pairs = [Pair(foreign[i], own[j]) for i, j in _align(foreign, own, ordered)]
        most = sum(len(each.own.tensors) for each in best[0])
        count = sum(len(each.own.tensors) for each in pairs)
        if count > most:
            best, told_apart = (pairs, _present(graph, layouts)), True
        elif count == most and pairs and _present(graph, layouts) != best[1]:
            told_apart = False
    pairs, choices = _choose(graph, best[0])
    return Pairing(tuple(pairs), best[1], tuple(choices), told_apart)


def foreign_shape(node: Node, tensor: Tensor, layouts: Mapping[str, str]) -> Shape:
    """The shape that a tensor of the network has where kernels lie otherwise."""
    layout = layouts.get(kind_of(node)) or layouts.get(type(node.operator).name(), "")
    own = letters(tensor)
    if not layout or tensor.role != "kernel":
        return tensor.shape
    sizes = dict(zip(own, tensor.shape, strict=True))
    if kind_of(node) == DEPTHWISE:
        channels = node.input_shapes[0].channels
        sizes |= {"C": channels, "M": tensor.shape[0] // channels}
    layout = layout.replace("*", "".join(each for each in own if each in "DHW"))
    return tuple(sizes[axis] for axis in layout)


def _foreign_shapes(graph: Graph, layouts: Mapping[str, str]) -> dict[str, Shape]:
    return {
        name: foreign_shape(node, tensor, layouts) for name, (node, tensor) in graph.tensors.items()
    }


def _present(graph: Graph, layouts: Mapping[str, str]) -> dict[str, str]:
    """Those layouts that the kernels of a network have need of."""
    nodes = [node for node, tensor in graph.tensors.values() if tensor.role == "kernel"]
    kinds = {kind_of(node) for node in nodes}
    if DEPTHWISE in kinds and DEPTHWISE not in layouts:
        kinds.add("conv")
    return {kind: layout for kind, layout in layouts.items() if kind in kinds}


def _layers(shapes: Mapping[str, Shape]) -> Iterator[Layer]:
    grouped: dict[str, list[str]] = defaultdict(list)
    for name in shapes:
        at = max(name.rfind("."), name.rfind("/")) + 1
        grouped[name[:at]].append(name[at:])
    for name, lasts in grouped.items():
        signature = frozenset((canonical(last), shapes[name + last]) for last in lasts)
        yield Layer(name, tuple(lasts), signature)


def _align(
    foreign: Sequence[Layer], own: Sequence[Layer], ordered: bool
) -> Iterator[tuple[int, int]]:
    """Numbers of layers that belong together, in no order."""
    theirs, ours = ([each.signature for each in side] for side in (foreign, own))
    if ordered and theirs == ours:
        yield from ((number, number) for number in range(len(ours)))
        return
    taken: set[int] = set()
    given: set[int] = set()
    if ordered and len(ours) <= MOST_COMPARED and len(theirs) <= MOST_COMPARED:
        # What is in step on both sides.
        for block in SequenceMatcher(None, theirs, ours, autojunk=False).get_matching_blocks():
            for number in range(block.size):
                taken.add(block.a + number)
                given.add(block.b + number)
                yield block.a + number, block.b + number
    # What is left: its like, if there are as many on both sides.
    like: dict[Signature, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for place, each in enumerate(theirs):
        if place not in taken:
            like[each][0].append(place)
    for place, each in enumerate(ours):
        if place not in given:
            like[each][1].append(place)
    even = [group for group in like.values() if len(group[0]) == len(group[1])]
    if ordered:
        for one, other in even:
            yield from zip(one, other, strict=True)
        return
    known = [(one[0], other[0]) for one, other in even if len(one) == 1]
    yield from known
    alike = [group for group in even if len(group[0]) > 1]
    names = [each.name for each in foreign], [each.name for each in own]
    yield from by_neighbours(*names, known, alike)


def _choose(graph: Graph, pairs: list[Pair]) -> tuple[list[Pair], list[Choice]]:
    """Settle by names, as far as possible, where layers of one shape stand side by side."""
    by_own = {each.own.name: each for each in pairs}
    choices = []
    for names in _side_by_side(graph, pairs):
        before = [by_own[name] for name in names]
        chosen, by = _by_names(before)
        by_own |= {each.own.name: each for each in chosen}
        choices.append(Choice(tuple(chosen), by))
    return list(by_own.values()), choices


def _side_by_side(graph: Graph, pairs: Sequence[Pair]) -> list[list[str]]:
    """Groups of layers of one shape of which none is computed from another."""
    place = {node.path: number for number, node in enumerate(graph.nodes)}
    before: list[int] = []
    for node in graph.nodes:
        mask = 0
        for each in node.inputs:
            if each in place:
                mask |= before[place[each]] | 1 << place[each]
        before.append(mask)
    like: dict[Signature, list[str]] = defaultdict(list)
    for each in pairs:
        like[each.own.signature].append(each.own.name)
    groups = []
    for names in like.values():
        names = sorted((name for name in names if name[:-1] in place), key=lambda n: place[n[:-1]])
        groups += _parallel(names, [place[name[:-1]] for name in names], before)
    return groups


def _parallel(names: list[str], places: list[int], before: list[int]) -> list[list[str]]:
    groups: dict[int, set[int]] = {}
    for one, place in enumerate(places):
        for other in range(one + 1, min(len(places), one + WINDOW)):
            if not before[places[other]] >> place & 1:
                group = groups.get(one, {one}) | groups.get(other, {other})
                groups |= dict.fromkeys(group, group)
    unique = {min(group): sorted(group) for group in groups.values()}
    return [[names[each] for each in group] for group in unique.values()]


def _by_names(pairs: list[Pair]) -> tuple[list[Pair], str]:
    if len(pairs) > MOST_PERMUTED:
        return pairs, "order"
    foreign, own = [each.foreign for each in pairs], [each.own for each in pairs]
    theirs, ours = _apart(foreign), _apart(own)
    scores = {
        order: sum(_alike(theirs[one], ours[place]) for place, one in enumerate(order))
        for order in permutations(range(len(pairs)))
    }
    ranked = sorted(scores, key=lambda order: -scores[order])
    best = ranked[0]
    if scores[best] <= scores[ranked[1]]:
        return pairs, "order"
    chosen = [Pair(foreign[one], own[place]) for place, one in enumerate(best)]
    return chosen, "order and names" if best == tuple(range(len(pairs))) else "names"


def _apart(layers: list[Layer]) -> list[set[str]]:
    """The words of each layer's name that not all of them have."""
    words = [set(re.findall(r"[a-z]+|[0-9]+", each.name.lower())) for each in layers]
    return [each - set.intersection(*words) for each in words]


def _alike(one: set[str], other: set[str]) -> float:
    """How alike two sets of words are, from 0 to 1; a letter stands for a word it begins."""
    if not one or not other:
        return 0.0
    same = sum(
        any(a == b or (a[0] == b[0] and 1 in (len(a), len(b)) and a.isalpha()) for b in other)
        for a in one
    )
    return same / max(len(one), len(other))
