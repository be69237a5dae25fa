"""Layers of one shape that stand side by side: which is which the shapes cannot tell."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from archspec.model.graph import Graph

Signature = frozenset[tuple[str, tuple[int, ...]]]

# What frameworks call the tensors of a layer, beside the canonical names.
SYNONYMS = {
    **dict.fromkeys(("kernel", "gamma", "scale", "depthwise_kernel", "w", "weights"), "weight"),
    **dict.fromkeys(("beta", "b", "biases", "offset"), "bias"),
    **dict.fromkeys(("moving_mean", "mean"), "running_mean"),
    **dict.fromkeys(("moving_variance", "moving_var", "var", "variance"), "running_var"),
}
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


def canonical(last: str) -> str:
    """The canonical word for the last part of a tensor's name."""
    bare = re.sub(r":[0-9]+$", "", last)
    return SYNONYMS.get(bare, bare)


def choose(graph: Graph, pairs: list[Pair]) -> tuple[list[Pair], list[Choice]]:
    """Settle by names, as far as possible, where layers of one shape stand side by side."""
    by_own = {each.own.name: each for each in pairs}
    choices = []
    for names in _side_by_side(graph, pairs):
        before = [by_own[name] for name in names]
        chosen, by = _by_names(before)
        by_own |= {one.own.name: one for one in chosen}
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
    for pair in pairs:
        like[pair.own.signature].append(pair.own.name)
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
    """The words of each layer's name that not all of them have.

    Numbers are none: some count from 0, others from 1.
    """
    words = [set(re.findall(r"[a-z]+", each.name.lower())) for each in layers]
    return [each - set.intersection(*words) for each in words]


def _alike(one: set[str], other: set[str]) -> float:
    """How alike two sets of words are, from 0 to 1; a letter stands for a word it begins."""
    if not one or not other:
        return 0.0
    same = sum(any(a == b or (a[0] == b[0] and 1 in (len(a), len(b))) for b in other) for a in one)
    return same / max(len(one), len(other))
