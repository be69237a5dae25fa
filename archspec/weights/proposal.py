"""Rules for a foreign checkpoint, worked out from shapes, order and names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from archspec.errors import ArchspecError
from archspec.model.graph import Graph
from archspec.reading import read_yaml
from archspec.weights.choices import Pair
from archspec.weights.folding import Folded, Names, escaped, fold
from archspec.weights.leftovers import fused, last_part, left_over
from archspec.weights.mapping import apply
from archspec.weights.pairing import Pairing, pair
from archspec.weights.rules import Rules
from archspec.weights.rules_reading import rules_of
from archspec.weights.writing import rules_text

Array = npt.NDArray[Any]
COUNTED = "num_batches_tracked"
# Under which Flax keeps weights and running statistics.
COLLECTIONS = ("params", "batch_stats")
# Stands between the names of several targets while they are folded; no name of a layer has it.
_BETWEEN = "|"


@dataclass(frozen=True, slots=True)
class Doubt:
    """A place where the shapes alone would allow another assignment.

    Args:
        tensors: foreign names and own ones, as they were paired.
        by: what spoke for that: ``order``, ``names``, or ``order and names``.
    """

    tensors: tuple[Names, ...]
    by: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """Rules, and how far they can be trusted.

    Args:
        text: the rules as a file.
        assigned: foreign and own names of tensors that were paired.
        doubts: where it might be otherwise.
        unused: foreign tensors that no place was found for.
        missing: tensors of the network that nothing was found for.
        ignored: foreign tensors that are no weights.
        notes: what else the reader should know, a sentence each.
    """

    text: str
    assigned: tuple[Names, ...]
    doubts: tuple[Doubt, ...]
    unused: tuple[str, ...]
    missing: tuple[str, ...]
    ignored: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether each tensor on both sides has its place."""
        return not self.unused and not self.missing

    @property
    def doubtful(self) -> tuple[Doubt, ...]:
        """The places where nothing but the order decided."""
        return tuple(each for each in self.doubts if each.by == "order")

    def to_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "complete": self.complete,
            "rules": self.text,
            "assigned": [{"from": theirs, "to": ours} for theirs, ours in self.assigned],
            "doubts": [
                {"by": each.by, "tensors": [{"from": a, "to": b} for a, b in each.tensors]}
                for each in self.doubts
            ],
            "unused": list(self.unused),
            "missing": list(self.missing),
            "ignored": list(self.ignored),
            "notes": list(self.notes),
        }


def propose(graph: Graph, found: Mapping[str, Array], ordered: bool) -> Proposal:
    """Work out which tensor of a checkpoint is which of a network.

    Layers are paired by the shapes of their tensors and by their order; where layers of one shape
    stand side by side, so that neither shapes nor the computation say which is which, their names
    are asked too, and the place is reported.

    Args:
        graph: the network.
        found: arrays by name.
        ordered: whether they are in the order of the foreign layers; else they are in that of
            their names.
    """
    names = _inside([each for each in found if _is_weight(each, found[each])])
    kept = set(names.values())
    ignored = [name for name in found if name not in kept]
    weights = {name: found[whole] for name, whole in names.items()}
    paired = pair(graph, weights, ordered)
    assigned = [
        (each.foreign.name + theirs, each.own.name + ours)
        for each in paired.pairs
        for theirs, ours in each.tensors()
    ]
    single = left_over(graph, weights, paired.layouts, assigned)
    assigned += [names for group in single for names in group]
    splits = list(fused(graph, weights, paired.layouts, assigned))
    parts = [(theirs, ours) for theirs, several in splits for ours in several]
    order = {name: place for place, name in enumerate(graph.tensors)}
    doubted = [
        *((list(_shown(each.pairs)), each.by) for each in paired.choices),
        *((group, "order") for group in single if len(group) > 1),
        *(([(theirs, each) for each in own], "order") for theirs, own in splits),
    ]
    doubts = [
        Doubt(tuple((names[theirs], ours) for theirs, ours in group), by) for group, by in doubted
    ]
    text = _text(graph, found, ignored, names, paired, single, splits)
    everything = [(names[theirs], ours) for theirs, ours in [*assigned, *parts]]
    everything.sort(key=lambda each: order[each[1]])
    used, made = {each for each, _ in everything}, {each for _, each in everything}
    return Proposal(
        text,
        tuple(everything),
        tuple(doubts),
        tuple(name for name in names.values() if name not in used),
        tuple(name for name in graph.tensors if name not in made),
        tuple(ignored),
        tuple(_notes(paired, ordered)),
    )


def _is_weight(name: str, array: Array) -> bool:
    return array.dtype.kind == "f" and last_part(name) != COUNTED


def _inside(names: Sequence[str]) -> dict[str, str]:
    """Names by what they are inside of collections, in which parts of one layer may stand."""
    inside = {re.sub(f"^({'|'.join(COLLECTIONS)})[./]", "", name): name for name in names}
    all_inside = all(name != whole for name, whole in inside.items())
    return inside if all_inside and len(inside) == len(names) else {each: each for each in names}


def _shown(pairs: Sequence[Any]) -> Iterator[Names]:
    """The first tensor of each layer stands for the layer."""
    for each in pairs:
        theirs, ours = next(each.tensors())
        yield each.foreign.name + theirs, each.own.name + ours


def _notes(paired: Pairing, ordered: bool) -> Iterator[str]:
    if not ordered:
        yield "the file does not keep the order of its layers: the order of their names was taken"
    if not paired.told_apart:
        yield "the shapes do not tell how the axes of kernels lie: see `layouts`"


def _text(
    graph: Graph,
    found: Mapping[str, Array],
    ignored: Sequence[str],
    whole: Mapping[str, str],
    paired: Pairing,
    single: Sequence[Sequence[Names]],
    splits: Sequence[tuple[str, tuple[str, ...]]],
) -> str:
    """The rules as a file: in patterns if these do the same, else name by name."""
    names = [(whole[theirs], ours) for group in single for theirs, ours in group]
    splits = [(whole[theirs], ours) for theirs, ours in splits]
    tables, layers, spelled = _layers(paired)
    several = fold([(theirs, _BETWEEN.join(ours)) for theirs, ours in splits], found)
    spelled = [(whole[theirs], ours) for theirs, ours in spelled]
    rest = [(escaped(theirs), escaped(ours)) for theirs, ours in [*spelled, *names]]
    # In whichever collection a tensor of a layer stands.
    joints = (full[-len(name) - 1] for name, full in whole.items() if name != full)
    outer = "".join(f"*{joint}" for joint in list(joints)[:1])
    rules = [(outer + theirs, ours) for theirs, ours in layers.rules]
    split = [(theirs, ours.split(_BETWEEN)) for theirs, ours in several.rules]
    if layers.table:
        tables = {"block": layers.table, **tables}
    folded = rules_text(tables, _patterns(ignored), paired.layouts, [*rules, *rest], split)
    pairs = [
        (whole[p.foreign.name + a], p.own.name + b) for p in paired.pairs for a, b in p.tensors()
    ]
    plain = rules_text(
        {},
        [escaped(each) for each in ignored],
        paired.layouts,
        [(escaped(theirs), escaped(ours)) for theirs, ours in [*pairs, *names]],
        [(escaped(theirs), [*map(escaped, ours)]) for theirs, ours in splits],
    )
    wanted = {ours: theirs for theirs, ours in [*pairs, *names]}
    wanted |= {each: theirs for theirs, ours in splits for each in ours}
    return folded if _gives(folded, graph, found, wanted) else plain


def _layers(paired: Pairing) -> tuple[dict[str, Any], Folded, list[Names]]:
    """Tables, patterns for whole layers, and names of tensors that no pattern covers."""
    words: dict[str, str] = {}
    for each in paired.pairs:
        for theirs, ours in each.tensors():
            words.setdefault(theirs, ours)
    regular: list[Pair] = []
    spelled: list[Names] = []
    for each in paired.pairs:
        if all(words[theirs] == ours for theirs, ours in each.tensors()):
            regular.append(each)
        else:
            spelled += [(each.foreign.name + a, each.own.name + b) for a, b in each.tensors()]
    others = {name for name, _ in spelled}
    folded = fold([(p.foreign.name, p.own.name) for p in regular], others)
    renamed = any(theirs != ours for theirs, ours in words.items())
    last = "{tensor}" if renamed else "*"
    rules = tuple((theirs + last, ours + last) for theirs, ours in folded.rules)
    tables: dict[str, Any] = {"tensor": words} if renamed else {}
    return tables, Folded(rules, folded.table), spelled


def _patterns(names: Sequence[str]) -> list[str]:
    """What is ignored, by the last part where that is the usual one."""
    counted = [name for name in names if last_part(name) == COUNTED and name != COUNTED]
    rest = [escaped(name) for name in names if name not in set(counted)]
    return [f"**.{COUNTED}"] * bool(counted) + rest


def _gives(text: str, graph: Graph, found: Mapping[str, Array], wanted: Mapping[str, str]) -> bool:
    """Whether rules assign what they shall; tensors that have no place yet are no matter."""
    try:
        rules: Rules = rules_of(read_yaml(text, "rules"), "rules")
    except ArchspecError:
        return False
    if len(wanted) < len(graph.tensors):
        return _names_fit(rules, found, wanted)
    try:
        mapped = apply(graph, rules, found)
    except ArchspecError:
        return False
    return {ours: move.sources[0] for move in mapped.moves for ours in move.targets} == wanted


def _names_fit(rules: Rules, found: Mapping[str, Array], wanted: Mapping[str, str]) -> bool:
    given: dict[str, str] = {}
    for name in found:
        if any(each.match(name) for each in rules.ignore):
            continue
        for rule in rules.rules:
            match = rule.sources[0].match(name)
            if match is not None:
                given |= {each.fill(match): name for each in rule.targets}
    return given == wanted
