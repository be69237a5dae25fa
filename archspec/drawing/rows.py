"""A row for each stage that is a plain sequence: its layers from left to right, stages below.

ELK lays out the rows first. Then each is a node of a fixed size in the network of stages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from archspec.drawing.engine import laid_out
from archspec.drawing.graph import ALIGNMENT, BARE, LAYERED, STRAIGHT, Graph, Making, Node, port
from archspec.drawing.levels import Level, level_of
from archspec.drawing.picture import Box, Frame, Part
from archspec.drawing.sizes import TITLE
from archspec.drawing.text import width

# A row that is longer than this many boxes is broken into several.
LONGEST_ROW = 8
_SIDE, _TOP, _GAP = 12.0, 9.0, 14.0
# A line that would bend less than this goes straight into its box.
_TINY = 24.0
_ROW = {
    **LAYERED,
    **BARE,
    "elk.direction": "RIGHT",
    "elk.layered.edgeLabels.sideSelection": "ALWAYS_UP",
    "elk.layered.spacing.nodeNodeBetweenLayers": "8",
    "elk.layered.spacing.edgeNodeBetweenLayers": "4",
}
# Rows begin at the left, held there by edges that nobody sees: those are the leftmost of each.
_STAGES = {**LAYERED, **BARE, **STRAIGHT, ALIGNMENT: "RIGHTDOWN"}


def is_tabular(parts: Sequence[Part]) -> bool:
    """Whether a picture of rows shows all of it: every stage is plain, and nothing passes by."""
    frames = [part for part in parts if isinstance(part, Frame)]
    return bool(frames) and all(map(_is_row, frames)) and not Level(parts).has_bypass()


def _is_row(part: Part) -> bool:
    return isinstance(part, Frame) and part.stage and level_of(part).is_plain()


def rows_of(parts: Sequence[Part], shapes: Mapping[str, str]) -> tuple[Graph, Node]:
    """A picture in rows, and the same laid out.

    Args:
        parts: what is in it; what is no plain stage runs down, as elsewhere.
        shapes: the shape of each value.
    """
    level = Level([each for part in parts for each in _broken(part)])
    making = _Rows(level, shapes, {part.path: part for part in parts})
    nodes, edges = making.level(level, {}, {})
    root = {**making.graph.root, "layoutOptions": _STAGES, "children": nodes}
    root = laid_out({**root, "edges": [*making.holding(), *edges]})
    for node in root["children"]:
        node.update(making.inside.get(node["id"], {}))
    return making.graph, root


def _broken(part: Part) -> Iterator[Part]:
    """A row that is too long as several of about the same length, with the same frame."""
    if not isinstance(part, Frame) or not _is_row(part):
        yield part
        return
    count = -(-len(part.parts) // LONGEST_ROW)
    longest = -(-len(part.parts) // count)
    for start in range(0, len(part.parts), longest):
        several = part.parts[start : start + longest]
        yield replace(part, parts=several, takes=several[0].takes, results=several[-1].results)


class _Rows(Making):
    """Makes a node of a fixed size of each row.

    Args:
        level: the network, in which each row is a frame.
        shapes: the shape of each value.
        whole: by its path what was broken into several rows.
    """

    def __init__(self, level: Level, shapes: Mapping[str, str], whole: Mapping[str, Part]) -> None:
        super().__init__(shapes)
        self._whole = whole
        self.inside: dict[str, Node] = {}
        self._main: list[str] = []
        # How far to the right each row gives its value.
        self._above: dict[str, float] = {}
        rows = [part for part in level.parts if isinstance(part, Frame) and _is_row(part)]
        sheet = {"layoutOptions": _STAGES, "children": [self._boxes(row) for row in rows]}
        placed = laid_out({"id": "rows", **sheet})["children"] if rows else []
        # By the value that it gives: what is in each row.
        self._rows = {row.results[0]: node for row, node in zip(rows, placed, strict=True)}
        titles = (width(row.title, TITLE, bold=True) for row in rows)
        self._left = _SIDE + max(titles, default=0.0) + _GAP
        on = {
            v for p, main in zip(level.parts, level.main(), strict=True) if main for v in p.results
        }
        self._on = on & {*self._rows}
        self._widest = max((self._rows[value]["width"] for value in self._on), default=0.0)

    def holding(self) -> list[Node]:
        """Edges that keep rows below each other."""
        return [
            {
                "id": f"{after}h",
                "sources": [f"{before}b"],
                "targets": [f"{after}a"],
            }
            for before, after in pairwise(self._main)
        ]

    def frame(self, frame: Frame) -> tuple[Node, dict[str, str], dict[str, str]]:
        """A frame; if it is a row, as a node of a fixed size."""
        if not _is_row(frame):
            return super().frame(frame)
        (taken,), (given,) = frame.takes, frame.results
        row = self._rows[given]
        key, entries, exits = self.ports(frame)
        self.graph.parts[key] = self._whole[frame.path]
        self._main += [key] if given in self._on else []
        high = row["height"] + 2 * _TOP
        wide = self._widest if given in self._on else row["width"]
        first, last = row["children"][0], row["children"][-1]
        start = self._left + first["x"] + first["width"] / 2
        end = self._left + last["x"] + last["width"] / 2
        before = self._above.get(taken, start)
        if given in self._on and abs(before - start) <= min(_TINY, first["width"] / 2 - 8):
            start = before
        self._above[given] = end
        boxes = {**row, "x": self._left, "y": _TOP}
        enter = self._line(taken, frame.parts[0].path, start, 0, _TOP + first["y"])
        leave = self._line(given, None, end, _TOP + last["y"] + last["height"], high)
        self.inside[key] = {"children": [boxes], "edges": [enter, leave]}
        ports = [
            port(entries[taken], "NORTH", start),
            port(exits[given], "SOUTH", end, high),
            port(f"{key}a", "NORTH"),
            port(f"{key}b", "SOUTH", 0, high),
        ]
        options = {"elk.portConstraints": "FIXED_POS"}
        size = {"width": self._left + wide + _SIDE, "height": high}
        return {"id": key, **size, "ports": ports, "layoutOptions": options}, entries, exits

    def _boxes(self, row: Frame) -> Node:
        nodes: list[Node] = []
        edges: list[Node] = []
        for part in row.parts:
            assert isinstance(part, Box)
            nodes.append(self.box(part)[0])
            if len(nodes) > 1:
                before, after = (each["id"] for each in nodes[-2:])
                edges.append(self.edge(before, after, part.takes[0], part, set(part.takes)))
                edges[-1]["labels"] = [self.label(part.takes[0], "CENTER")]
        key = f"{nodes[0]['id']}r"
        return {"id": key, "layoutOptions": _ROW, "children": nodes, "edges": edges}

    def _line(self, value: str, box: str | None, x: float, top: float, bottom: float) -> Node:
        """The line through the room between a row's border and a box in it."""
        key = self._key()
        self.graph.links[key] = (value, box)
        ends = {"startPoint": {"x": x, "y": top}, "endPoint": {"x": x, "y": bottom}}
        return {"id": key, "sections": [ends]}
