"""From a picture to a graph for ELK: nodes with sizes, ports on frames, shapes as labels.

The same graph is laid out here for SVG and PNG, and on an HTML page by the reader's browser. An
edge stays on one level: what goes into a frame ends at a port of it, and from there another edge
goes on. So to fold a frame is to leave out its ``children`` and ``edges``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from archspec.drawing.engine import too_large
from archspec.drawing.levels import Level, level_of
from archspec.drawing.picture import Box, Frame, Part
from archspec.drawing.sizes import LABEL, SIGN, heading, size_of, size_of_folded
from archspec.drawing.text import width

Node = dict[str, Any]
# What a title keeps clear to its left and to its right, where a border is, or a line.
TITLE_GAPS = (8.0, 5.0)
LAYERED = {
    "elk.algorithm": "layered",
    "elk.direction": "DOWN",
    "elk.edgeRouting": "ORTHOGONAL",
    "elk.separateConnectedComponents": "false",
    "elk.layered.layering.strategy": "LONGEST_PATH_SOURCE",
    # Parts stand in the order in which the spec has them, unless lines would cross.
    "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
    "elk.layered.considerModelOrder.crossingCounterNodeInfluence": "0.01",
    "elk.layered.mergeEdges": "true",
    "elk.layered.nodePlacement.strategy": "BRANDES_KOEPF",
    "elk.layered.edgeLabels.sideSelection": "ALWAYS_DOWN",
    "elk.portConstraints": "FIXED_SIDE",
    "elk.spacing.nodeNode": "16",
    "elk.spacing.edgeNode": "12",
    "elk.spacing.edgeEdge": "9",
    "elk.spacing.edgeLabel": "4",
    "elk.layered.spacing.nodeNodeBetweenLayers": "18",
    "elk.layered.spacing.edgeNodeBetweenLayers": "9",
}
ALIGNMENT = "elk.layered.nodePlacement.bk.fixedAlignment"
_BUSES = "elk.layered.spacing.edgeEdgeBetweenLayers"
# Where a value passes by, or another end leaves the way, the main path stays straight.
STRAIGHT = {ALIGNMENT: "LEFTDOWN", _BUSES: "7"}
# Elsewhere a fork is centred above its branches, and so is what joins them.
_CENTRED = {ALIGNMENT: "BALANCED", _BUSES: "7"}
# If no two lines can run along each other but those that join, these may do so.
_NEAT = {ALIGNMENT: "BALANCED", _BUSES: "0"}
# In a mesh of many lines there is no good order to be found, and looking for one takes long.
_MANY, _TOO_MANY = 800, 40_000
_MESH = {
    "elk.layered.considerModelOrder.strategy": "NONE",
    "elk.layered.considerModelOrder.crossingCounterNodeInfluence": "0",
    "elk.layered.thoroughness": "1",
}
_FRAME = {
    "elk.padding": "[top=20,left=12,bottom=8,right=12]",
    "elk.nodeSize.constraints": "MINIMUM_SIZE",
    "elk.contentAlignment": "V_TOP H_CENTER",
}
BARE = {"elk.padding": "[top=0,left=0,bottom=0,right=0]"}


@dataclass(slots=True)
class Graph:
    """A graph for ELK, and what its parts stand for.

    Args:
        root: in ELK's JSON.
        parts: boxes and frames by the ``id`` of their nodes.
        links: for each edge by its ``id`` the value, and the ``path`` of the box that it leads to;
            None if it leads to a frame or out of one.
    """

    root: Node
    parts: dict[str, Part] = field(default_factory=dict)
    links: dict[str, tuple[str, str | None]] = field(default_factory=dict)


def graph_of(parts: tuple[Part, ...], shapes: Mapping[str, str], folding: bool = False) -> Graph:
    """The graph of a picture that runs from top to bottom.

    Args:
        parts: what is in it.
        shapes: the shape of each value.
        folding: whether titles have a sign that says that they fold.
    """
    making = Making(shapes, SIGN if folding else 0.0)
    level = Level(parts)
    children, edges = making.level(level, {}, {})
    options = {**LAYERED, **_form(level), **BARE}
    making.graph.root |= {"layoutOptions": options, "children": children, "edges": edges}
    return making.graph


def _form(level: Level) -> dict[str, str]:
    passing = level.passing()
    if passing > _TOO_MANY:
        raise too_large()
    if level.has_bypass() or level.has_ends():
        return STRAIGHT if passing <= _MANY else {**STRAIGHT, **_MESH}
    return _NEAT if level.is_neat() else _CENTRED


class Making:
    """Makes nodes and edges, with an ``id`` for each."""

    def __init__(self, shapes: Mapping[str, str], sign: float = 0.0) -> None:
        self._sign = sign
        self.graph = Graph({"id": "root"})
        self._shapes = shapes
        self._count = 0

    def level(
        self, level: Level, entries: Mapping[str, str], exits: Mapping[str, str]
    ) -> tuple[list[Node], list[Node]]:
        """The nodes and edges of one level.

        Args:
            level: what is on it.
            entries, exits: the ports of its frame by the values that come in and go out there.
        """
        nodes, edges = [], []
        sources = dict(entries)
        said = {*entries}
        mixed = level.mixed()
        neat = _form(level) == _NEAT
        for part in level.parts:
            if isinstance(part, Box):
                node, targets, results = self.box(part, neat, part.path in mixed)
            else:
                node, targets, results = self.frame(part)
                said |= results.keys() if len(results) > 1 else set()
            nodes.append(node)
            for value in part.takes:
                edges.append(self.edge(sources[value], targets[value], value, part, said))
            sources |= results
        for value, key in exits.items():
            # Outside there is room for one shape.
            inside = said if len(exits) > 1 else said | {value}
            edges.append(self.edge(sources[value], key, value, None, inside))
        for node in nodes:
            node["layoutOptions"] = {**node.get("layoutOptions", {}), "elk.alignment": "TOP"}
        # What is on the main way stands to the left of what ends beside it.
        main = level.main() if level.has_ends() else [True] * len(nodes)
        order = sorted(range(len(nodes)), key=lambda place: not main[place])
        return [nodes[place] for place in order], edges

    def box(
        self, box: Box, neat: bool = False, mixed: bool = False
    ) -> tuple[Node, dict[str, str], dict[str, str]]:
        """A box, and where values come in and go out.

        Args:
            box: the box.
            neat: whether each value has a port of its own, all in one place, so that lines stay
                apart until they are there; otherwise they share one.
            mixed: whether they have ports beside each other.
        """
        key = self._key()
        self.graph.parts[key] = box
        wide, high = size_of(box)
        node: Node = {"id": key, "width": wide, "height": high}
        if len(box.takes) < 2 or not (neat or mixed):
            return node, dict.fromkeys(box.takes, key), dict.fromkeys(box.results, key)
        targets = {value: f"{key}i{i}" for i, value in enumerate(box.takes)}
        results = dict.fromkeys(box.results, f"{key}o")
        # ELK reads the ports around a box clockwise.
        ports = [port(each, "NORTH", wide / 2) for each in reversed(targets.values())]
        ports += [port(each, "SOUTH", wide / 2, high) for each in results.values()]
        if neat:
            node["layoutOptions"] = {"elk.portConstraints": "FIXED_POS"}
        return {**node, "ports": ports}, targets, results

    def frame(self, frame: Frame) -> tuple[Node, dict[str, str], dict[str, str]]:
        """A frame with what is in it; its size is the one that it has when it is folded."""
        key, entries, exits = self.ports(frame)
        wide, high = size_of_folded(frame.title, frame.details)
        level = level_of(frame)
        inner, edges = self.level(level, entries, exits)
        # However lines that come in divide its width, its title fits between two of them.
        title = heading(frame.title, frame.details) + self._sign + sum(TITLE_GAPS)
        least = (len(entries) + 1) * title
        options = {**LAYERED, **_form(level), **_FRAME, "elk.nodeSize.minimum": f"({least},0)"}
        return (
            {
                "id": key,
                "width": wide,
                "height": high,
                "ports": [
                    *(port(each, "NORTH") for each in entries.values()),
                    *(port(each, "SOUTH") for each in exits.values()),
                ],
                "children": inner,
                "edges": edges,
                "layoutOptions": options,
            },
            entries,
            exits,
        )

    def ports(self, frame: Frame) -> tuple[str, dict[str, str], dict[str, str]]:
        """The ``id`` of a frame, and those of its ports."""
        key = self._key()
        self.graph.parts[key] = frame
        entries = {value: f"{key}i{i}" for i, value in enumerate(frame.takes)}
        return key, entries, {value: f"{key}o{i}" for i, value in enumerate(frame.results)}

    def edge(self, source: str, target: str, value: str, part: Part | None, said: set[str]) -> Node:
        """An edge; the first of a value says its shape."""
        key = self._key()
        self.graph.links[key] = (value, part.path if isinstance(part, Box) else None)
        edge: Node = {"id": key, "sources": [source], "targets": [target]}
        if value not in said:
            said.add(value)
            edge["labels"] = [self.label(value, "TAIL")]
        return edge

    def label(self, value: str, place: str) -> Node:
        """The shape of a value."""
        text = self._shapes[value]
        options = {"elk.edgeLabels.placement": place}
        return {"text": text, "width": width(text, LABEL), "height": 9, "layoutOptions": options}

    def _key(self) -> str:
        self._count += 1
        return f"n{self._count}"


def title_at(node: Node, wide: float) -> float:
    """Where the title of a frame that is laid out begins: at the left, or right of a line."""
    lines: list[float] = sorted(each["x"] for each in node.get("ports", ()) if each["y"] <= 0)
    starts = [0.0, *lines]
    gaps = zip(starts, [*lines, node["width"]], strict=True)
    found = [start for start, end in gaps if end - start >= wide + sum(TITLE_GAPS) - 0.1]
    return (found or starts)[0] + TITLE_GAPS[0]


def walk(node: Node, x: float = 0, y: float = 0) -> Iterator[tuple[Node, float, float]]:
    """Every node of a graph that is laid out, with its place on the sheet."""
    x, y = x + node.get("x", 0.0), y + node.get("y", 0.0)
    yield node, x, y
    for child in node.get("children", ()):
        yield from walk(child, x, y)


def port(key: str, side: str, x: float = 0, y: float = 0) -> Node:
    """A port; its place counts where the node says that it is fixed."""
    options = {"elk.port.side": side}
    return {"id": key, "x": x, "y": y, "width": 0, "height": 0, "layoutOptions": options}
