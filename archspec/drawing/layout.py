"""From a picture to a scene: ELK says where everything stands."""

from __future__ import annotations

from itertools import pairwise

from archspec.drawing.engine import laid_out
from archspec.drawing.graph import Graph, Node, graph_of, title_at, walk
from archspec.drawing.picture import Box, Frame, Picture
from archspec.drawing.rows import rows_of
from archspec.drawing.scene import Label, Line, Rect, Scene
from archspec.drawing.sizes import heading


def scene_of(picture: Picture, across: bool) -> Scene:
    """Where everything stands.

    Args:
        picture: what is in it; nothing in it is folded any more.
        across: whether each stage that is a plain sequence is a row from left to right.
    """
    if across:
        return _read(*rows_of(picture.parts, picture.shapes))
    graph = graph_of(picture.parts, picture.shapes)
    return _read(graph, laid_out(graph.root))


def _read(graph: Graph, root: Node) -> Scene:
    """A scene from a graph that is laid out."""
    scene = Scene(root["width"], root["height"])
    frames: dict[str, tuple[Frame, Rect]] = {}
    for node, x, y in walk(root):
        part = graph.parts.get(node["id"])
        if part is not None:
            place = Rect(x, y, node["width"], node["height"])
            if isinstance(part, Box):
                scene.boxes.append((part, place))
            elif part.path in frames:
                # A long row stands in several lines.
                frames[part.path] = (part, frames[part.path][1].around(place))
            else:
                frames[part.path] = (part, place)
                start = title_at(node, heading(part.title, part.details))
                scene.titles[part.path] = (x + start, y + 14)
        for edge in node.get("edges", ()):
            _read_edge(scene, graph, edge, x, y)
    scene.frames = list(frames.values())
    return scene


def _read_edge(scene: Scene, graph: Graph, edge: Node, x: float, y: float) -> None:
    if edge["id"] not in graph.links:
        return
    value, box = graph.links[edge["id"]]
    for section in edge.get("sections", ()):
        places = [section["startPoint"], *section.get("bendPoints", ()), section["endPoint"]]
        points = [(x + each["x"], y + each["y"]) for each in places]
        for number, (start, end) in enumerate(pairwise(points), 2):
            arrow = box is not None and number == len(points)
            scene.lines.append(Line(start, end, value, box, arrow))
    for label in edge.get("labels", ()):
        scene.labels.append(Label(label["text"], (x + label["x"], y + label["y"] + 8)))
