"""Tensors of layers that found no partner as a whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy.typing as npt

from archspec.model.graph import Graph
from archspec.weights.choices import canonical
from archspec.weights.folding import Names
from archspec.weights.pairing import foreign_shape

Array = npt.NDArray[Any]
MOST_PARTS = 4


def last_part(name: str) -> str:
    """What follows the last joint of a name."""
    return name[max(name.rfind("."), name.rfind("/")) + 1 :]


def left_over(
    graph: Graph,
    weights: Mapping[str, Array],
    layouts: Mapping[str, str],
    assigned: Sequence[Names],
) -> list[list[Names]]:
    """Single tensors of layers that found no partner, grouped by what they look like.

    First those whose last parts mean the same, then by shape alone.
    """
    taken, made = {each for each, _ in assigned}, {each for _, each in assigned}
    shapes = {name: foreign_shape(*each, layouts) for name, each in graph.tensors.items()}
    groups: list[list[Names]] = []
    for by_name in (True, False):
        like: dict[Any, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
        for name, array in weights.items():
            if name not in taken:
                word = canonical(last_part(name)) if by_name else ""
                like[word, array.shape][0].append(name)
        for name, shape in shapes.items():
            if name not in made:
                word = canonical(last_part(name)) if by_name else ""
                like[word, shape][1].append(name)
        for theirs, ours in like.values():
            if ours and len(theirs) == len(ours):
                groups.append(list(zip(theirs, ours, strict=True)))
                taken |= set(theirs)
                made |= set(ours)
    return groups


def fused(
    graph: Graph,
    weights: Mapping[str, Array],
    layouts: Mapping[str, str],
    assigned: Sequence[Names],
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Tensors that are several of the network's, one after the other along the outputs."""
    taken, made = {each for each, _ in assigned}, {each for _, each in assigned}
    runs: dict[tuple[str, tuple[int, ...]], list[tuple[str, ...]]] = defaultdict(list)
    for word in ("weight", "bias"):
        left = [each for each in graph.tensors if each not in made and last_part(each) == word]
        for start in range(len(left)):
            for count in range(2, MOST_PARTS + 1):
                parts = tuple(left[start : start + count])
                shapes = [graph.tensors[each][1].shape for each in parts]
                if len(parts) == count and len({each[1:] for each in shapes}) == 1:
                    whole = (sum(each[0] for each in shapes), *shapes[0][1:])
                    turned = _is_turned(graph, parts[0], layouts)
                    runs[word, whole[:: -1 if turned else 1]].append(parts)
    for name, array in weights.items():
        if name in taken:
            continue
        word = "bias" if "bias" in last_part(name) else "weight"
        fitting = (each for each in runs[word, array.shape] if made.isdisjoint(each))
        found = next(fitting, None)
        if found:
            made |= set(found)
            yield name, found


def _is_turned(graph: Graph, name: str, layouts: Mapping[str, str]) -> bool:
    """Whether a kernel of two axes lies the other way round."""
    node, tensor = graph.tensors[name]
    return len(tensor.shape) == 2 and layouts.get(type(node.operator).name()) == "IO"
