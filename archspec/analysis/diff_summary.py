"""A difference said briefly: the same change once, however many layers or blocks it is of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from archspec.analysis.diff import Change, Difference, Kind, LayerDiff
from archspec.analysis.diff_units import Place, Units, nodes_of
from archspec.analysis.wording import arguments_of
from archspec.model.graph import Graph

# A change of so many layers, in more than one place, is said once for the whole network.
_OFTEN = 3

Values = tuple[tuple[Any, Any], ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One line: layers that are new, gone, or changed in the same way.

    Args:
        kind: ``changed``, ``added`` or ``removed``.
        operator: of the layers; for a block or stage that is new or gone, its name.
        changes: for each thing that is different, the values before and after: one pair, or
            several where they differ between the layers.
        layers: the paths before and after; None on a side where there is none.
        words: the arguments of layers on one side only.
        after: the operator that layers on one side only follow.
        count: how many layers a block or stage holds.
        of: of how many layers it might be, where it is said for the whole network.
    """

    kind: Kind
    operator: str
    changes: tuple[tuple[str, Values], ...]
    layers: tuple[tuple[str | None, str | None], ...]
    words: str = ""
    after: str = ""
    count: int = 1
    of: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """What is different in one pair of stages, or in several pairs of blocks alike.

    Args:
        kind: ``throughout`` (in all the network), ``stage`` or ``block``.
        uses: the paths before and after.
        names: of blocks, what they are called.
        parameters, multiply_adds: how many more there are, in all uses together.
    """

    kind: Literal["throughout", "stage", "block"]
    uses: tuple[tuple[str | None, str | None], ...]
    names: tuple[str | None, str | None]
    items: tuple[Item, ...]
    parameters: int = 0
    multiply_adds: int = 0


@dataclass(frozen=True, slots=True)
class _Fact:
    """One change of one layer; facts of one ``key`` are one change."""

    key: tuple[Any, ...]
    layer: LayerDiff
    change: Change | None = None

    @property
    def paths(self) -> tuple[str | None, str | None]:
        """Of the layer, on both sides."""
        one, other = self.layer.before, self.layer.after
        return one.path if one else None, other.path if other else None


def summarize_diff(difference: Difference) -> list[Section]:
    """The differences in the order of the layers, what is everywhere alike first."""
    units = Units(difference)
    graphs = difference.before.graph, difference.after.graph
    places: dict[Place, list[LayerDiff]] = {}
    for layer in difference.layers:
        places.setdefault(units.place(layer), []).append(layer)
    facts = {
        place: [fact for layer in layers for fact in _facts(layer, graphs)]
        for place, layers in places.items()
        if not place.whole
    }
    general = _general(facts, difference, units)
    found: dict[Any, Section] = {}
    if general:
        held = [fact for several in facts.values() for fact in several if fact.key in general]
        found["throughout"] = Section("throughout", (), (None, None), _items(held, general))
    for place, layers in places.items():
        if place.whole:
            section = _whole(place, units, graphs)
            key: Any = _outer(place, units)
        else:
            own = _items([fact for fact in facts[place] if fact.key not in general])
            section = _section(place, layers, own, units)
            key = (section.names, _structure(own)) if place.blocks else place
        if section.items:
            found[key] = _joined(found[key], section) if key in found else section
    return list(found.values())


def _facts(layer: LayerDiff, graphs: tuple[Graph, Graph]) -> Iterator[_Fact]:
    operator = layer.node.operator.name()
    for change in layer.changes:
        what = (change.what, _frozen(change.before), _frozen(change.after))
        yield _Fact(("changed", operator, *what), layer, change)
    if layer.before is None or layer.after is None:
        graph = graphs[layer.before is None]
        source = graph.by_path.get(layer.node.inputs[0])
        follows = source.operator.name() if source else "input"
        yield _Fact((layer.kind, operator, arguments_of(layer.node.operator), follows), layer)


def _general(
    facts: dict[Place, list[_Fact]], difference: Difference, units: Units
) -> dict[tuple[Any, ...], int]:
    """The changes to say once for the whole network, with how many layers they might be of.

    They are of all layers of their kind in more than one block or stage, or are in many of them.
    """
    counts: Counter[tuple[Any, ...]] = Counter()
    where: dict[tuple[Any, ...], set[Any]] = {}
    for place, several in facts.items():
        names = _names(place, units) if place.blocks else place
        for fact in several:
            counts[fact.key] += 1
            where.setdefault(fact.key, set()).add(names)
    paired = Counter(
        each.node.operator.name() for each in difference.layers if each.before and each.after
    )
    graphs = difference.before.graph, difference.after.graph
    every = [Counter(node.operator.name() for node in graph.nodes) for graph in graphs]
    general = {}
    for key, count in counts.items():
        all_of = paired[key[1]] if key[0] == "changed" else every[key[0] == "added"][key[3]]
        many = len(where[key]) >= _OFTEN and key[0] == "changed"
        if count >= _OFTEN and (many or (len(where[key]) > 1 and count == all_of)):
            general[key] = all_of
    return general


def _items(
    facts: Sequence[_Fact], general: Mapping[tuple[Any, ...], int] | None = None
) -> tuple[Item, ...]:
    """Facts as lines: layers of one operator with the same change, or with the same changes.

    What is ``general`` has the same values in all layers of a line.
    """
    rows: dict[tuple[Any, ...], list[_Fact]] = {}
    for fact in facts:
        key = fact.key[:3] if fact.change and general is None else fact.key
        rows.setdefault(key, []).append(fact)
    items: dict[tuple[Any, ...], Item] = {}
    for (kind, operator, *rest), several in rows.items():
        layers = tuple(fact.paths for fact in several)
        of = (general or {}).get(several[0].key, 0)
        item = items.get((kind, operator, layers)) or Item(kind, operator, (), layers, of=of)
        if kind == "changed":
            pairs = [(each.change.before, each.change.after) for each in several if each.change]
            item = replace(item, changes=(*item.changes, (rest[0], _distinct(pairs))))
        else:
            item = replace(item, words=rest[0], after=rest[1])
        items[kind, operator, layers] = item
    return tuple(items.values())


def _section(
    place: Place, layers: Iterable[LayerDiff], items: tuple[Item, ...], units: Units
) -> Section:
    parameters = products = 0
    for layer in layers:
        for node, sign in ((layer.before, -1), (layer.after, 1)):
            if node is not None:
                parameters += sign * node.parameters
                products += sign * node.multiply_adds
    kind: Literal["stage", "block"] = "block" if place.blocks else "stage"
    uses = ((place.before, place.after),)
    return Section(kind, uses, _names(place, units), items, parameters, products)


def _whole(place: Place, units: Units, graphs: tuple[Graph, Graph]) -> Section:
    """A block or a stage that is new or gone as one line of the stage it is in."""
    side = 0 if place.after is None else 1
    path = place.before or place.after or ""
    nodes = nodes_of(graphs[side], path)
    sign = 2 * side - 1
    name = units.block(path, side) or "stage"
    kind: Kind = "added" if side else "removed"
    item = Item(kind, name, (), ((place.before, place.after),), count=len(nodes))
    outer = _outer(place, units)
    parameters = sign * sum(each.parameters for each in nodes)
    products = sign * sum(each.multiply_adds for each in nodes)
    return Section(
        "stage", ((outer.before, outer.after),), (None, None), (item,), parameters, products
    )


def _outer(place: Place, units: Units) -> Place:
    """The stages that a block which is new or gone belongs to."""
    if not place.blocks:
        return place
    side = 0 if place.after is None else 1
    stage = (place.before or place.after or "").split(".")[0]
    return units.stages(stage, side)


def _names(place: Place, units: Units) -> tuple[str | None, str | None]:
    return units.block(place.before, 0), units.block(place.after, 1)


def _structure(items: Iterable[Item]) -> tuple[Any, ...]:
    """What sections must have alike to be said at once; values may differ."""
    return tuple(
        (
            item.kind,
            item.operator,
            tuple(name for name, _ in item.changes),
            item.after,
            len(item.layers),
        )
        for item in items
    )


def _joined(one: Section, other: Section) -> Section:
    """Several uses of a block, or a block more that is new in a stage."""
    if one.kind == "block":
        items = tuple(
            replace(
                mine,
                layers=(*mine.layers, *theirs.layers),
                changes=tuple(
                    (name, _distinct([*values, *others]))
                    for (name, values), (_, others) in zip(
                        mine.changes, theirs.changes, strict=True
                    )
                ),
            )
            for mine, theirs in zip(one.items, other.items, strict=True)
        )
        uses = (*one.uses, *other.uses)
    else:
        items, uses = (*one.items, *other.items), one.uses
    return replace(
        one,
        uses=uses,
        items=items,
        parameters=one.parameters + other.parameters,
        multiply_adds=one.multiply_adds + other.multiply_adds,
    )


def _distinct(pairs: Iterable[tuple[Any, Any]]) -> Values:
    return tuple({_frozen(pair): pair for pair in pairs}.values())


def _frozen(value: Any) -> Hashable:
    return repr(value)
