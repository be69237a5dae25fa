"""Which foreign layer is which layer of a network: from shapes, order and names."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import numpy.typing as npt

from archspec.model.graph import Graph, Node
from archspec.operators import Tensor
from archspec.weights.choices import Choice, Layer, Pair, Signature, canonical, choose
from archspec.weights.layouts import kind_of, letters
from archspec.weights.neighbours import by_neighbours
from archspec.weights.rules import DEPTHWISE

Array = npt.NDArray[Any]
Shape = tuple[int, ...]

# How frameworks lay kernels out; none where they do as PyTorch does.
CONVENTIONS: tuple[Mapping[str, str], ...] = (
    {},
    {"conv": "*IO", DEPTHWISE: "*CM", "conv_transpose": "*OI", "dense": "IO", "layer_norm": "*C"},
    {"conv": "*IO", "conv_transpose": "*IO", "dense": "IO", "layer_norm": "*C"},
)
# Layers up to which sequences are compared in full; the time grows with the square.
MOST_COMPARED = 400


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
    own = list(_layers(_foreign_shapes(graph, best[1])))
    pairs, choices = choose(graph, best[0])
    choices += _of_too_many(foreign, own, pairs)
    return Pairing(tuple(pairs), best[1], tuple(choices), told_apart)


def _of_too_many(
    foreign: Sequence[Layer], own: Sequence[Layer], pairs: Sequence[Pair]
) -> Iterator[Choice]:
    """Layers of which there are more like them on one side, so that another may be meant."""
    count = Counter(each.signature for each in foreign)
    count.subtract(each.signature for each in own)
    like: dict[Signature, list[Pair]] = defaultdict(list)
    for each in pairs:
        if count[each.own.signature] and each.foreign.name != each.own.name:
            like[each.own.signature].append(each)
    return (Choice(tuple(group), "order") for group in like.values())


def foreign_shape(node: Node, tensor: Tensor, layouts: Mapping[str, str]) -> Shape:
    """The shape that a tensor of the network has where kernels lie otherwise."""
    layout = layouts.get(kind_of(node)) or layouts.get(type(node.operator).name(), "")
    own = letters(tensor)
    if not layout or len(tensor.shape) < 2:
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
    """Those layouts that a network has need of."""
    nodes = [node for node, tensor in graph.tensors.values() if len(tensor.shape) > 1]
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
    # What has one name on both sides needs no guessing.
    same = {(each.name, each.signature): place for place, each in enumerate(own)}
    known = [
        (place, same[each.name, each.signature])
        for place, each in enumerate(foreign)
        if (each.name, each.signature) in same
    ]
    yield from known
    taken, given = {place for place, _ in known}, {place for _, place in known}
    if ordered and len(ours) <= MOST_COMPARED and len(theirs) <= MOST_COMPARED:
        # What is in step on both sides.
        left = [place for place in range(len(theirs)) if place not in taken]
        open_ = [place for place in range(len(ours)) if place not in given]
        sides = [theirs[place] for place in left], [ours[place] for place in open_]
        for block in SequenceMatcher(None, *sides, autojunk=False).get_matching_blocks():
            for number in range(block.size):
                one, other = left[block.a + number], open_[block.b + number]
                taken.add(one)
                given.add(other)
                yield one, other
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
        for theirs_left, ours_left in even:
            yield from zip(theirs_left, ours_left, strict=True)
        return
    alone = [(one[0], other[0]) for one, other in even if len(one) == 1]
    yield from alone
    alike = [group for group in even if len(group[0]) > 1]
    names = [each.name for each in foreign], [each.name for each in own]
    yield from by_neighbours(*names, [*known, *alone], alike)
