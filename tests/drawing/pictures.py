"""Pictures for tests, and what must hold of where things stand in them."""

from __future__ import annotations

from collections.abc import Sequence

from archspec.backends import specs_folder
from archspec.drawing.arrange import Beside, Chain, Framed, Item, Lane, arranged
from archspec.drawing.folding import folded
from archspec.drawing.picture import Box, Frame, Part, Picture
from archspec.drawing.place import placed
from archspec.drawing.routes import LABEL
from archspec.drawing.scene import Rect, Scene
from archspec.drawing.text import width
from archspec.resolution import Model, resolve
from archspec.schema import load, loads

EXAMPLES = specs_folder().parent / "examples"
HEAD = "archspec: 1\nname: Net\ninput: [4, 16, 16]\n"


def bundled(name: str, **values: object) -> Model:
    return resolve(load(specs_folder() / f"{name}.yaml"), **values)


def example(name: str) -> Model:
    return resolve(load(EXAMPLES / f"{name}.yaml"))


def network(text: str) -> Model:
    return resolve(loads(HEAD + text, file="net.yaml"))


def box(path: str, takes: Sequence[str]) -> Box:
    return Box(path, "convolution", path, (), tuple(takes), path)


def scene_of(picture: Picture, across: bool = False) -> Scene:
    shown = folded(picture)
    return placed(arranged(shown.parts, across), shown.shapes)


def outline(item: Item) -> object:
    """An arrangement in short: a list for a chain, a tuple for what stands side by side."""
    match item:
        case Box():
            return item.path
        case Lane():
            return "|" if not item.port else "."
        case Beside():
            return tuple(outline(each) for each in item.cells)
        case Chain():
            return [outline(each) for each in item.rows]
        case Framed():
            return {item.frame.path: outline(item.body)}


def carried(chain: Chain) -> set[tuple[str, str]]:
    """Which box each value reaches by links from row to row: pairs of value and box."""
    links = {}
    ports = set()

    def visit(item: Item) -> None:
        match item:
            case Chain():
                for several in item.links:
                    for link in several:
                        links.setdefault((link.start, link.value), []).append(link.end)
                for row in item.rows:
                    visit(row)
            case Beside():
                for cell in item.cells:
                    visit(cell)
            case Framed():
                visit(item.body)
            case Lane():
                ports.add(item.key)
            case Box():
                pass

    visit(chain)
    reached = set()

    def follow(key: str, value: str) -> None:
        for end in links.get((key, value), ()):
            if end in ports:
                follow(end, value)
            else:
                reached.add((value, end))

    for start, value in list(links):
        if start not in ports:
            follow(start, value)
    return reached


def wanted(parts: Sequence[Part]) -> set[tuple[str, str]]:
    """The pairs that there must be."""
    found: set[tuple[str, str]] = set()
    for part in parts:
        if isinstance(part, Frame):
            found |= wanted(part.parts)
        else:
            found |= {(value, part.path) for value in part.takes}
    return found


def check_places(scene: Scene) -> None:
    """No box over another, no line through a box, nothing outside; lines upright or level."""
    places = [(each.path, place) for each, place in scene.boxes]
    for i, (name, one) in enumerate(places):
        for other_name, other in places[i + 1 :]:
            assert not _overlap(one, other), (name, other_name)
    for line in scene.lines:
        (a, b), (c, d) = line.start, line.end
        assert abs(a - c) < 0.01 or abs(b - d) < 0.01, line
        stretch = Rect(min(a, c), min(b, d), abs(a - c), abs(b - d))
        for name, place in places:
            inner = Rect(place.x + 1, place.y + 1, place.width - 2, place.height - 2)
            assert not _overlap(stretch, inner), (name, line)
    for _, place in (*places, *((f.path, place) for f, place in scene.frames)):
        assert place.x >= -0.01 and place.y >= -0.01
        assert place.right <= scene.width + 0.01 and place.bottom <= scene.height + 0.01
    for line in scene.lines:
        for x, y in (line.start, line.end):
            assert -0.01 <= x <= scene.width + 0.01 and -0.01 <= y <= scene.height + 0.01


def check_values(scene: Scene) -> None:
    """No two lines run along each other that have no value in common."""
    for i, one in enumerate(scene.lines):
        for other in scene.lines[i + 1 :]:
            if one.values & other.values:
                continue
            for along, across in ((0, 1), (1, 0)):
                places = [
                    one.start[across],
                    one.end[across],
                    other.start[across],
                    other.end[across],
                ]
                if max(places) - min(places) > 1:
                    continue
                low, high = sorted((one.start[along], one.end[along]))
                other_low, other_high = sorted((other.start[along], other.end[along]))
                assert min(high, other_high) - max(low, other_low) < 1, (one, other)


def check_labels(scene: Scene) -> None:
    """No shape is written over a box, or over another shape."""
    texts = []
    for label in scene.labels:
        wide = width(label.text, LABEL)
        x, y = label.at
        left = x - {"start": 0.0, "middle": wide / 2, "end": wide}[label.anchor]
        texts.append((label.text, Rect(left, y - 7, wide, 7)))
    for i, (text, place) in enumerate(texts):
        for box_, other in scene.boxes:
            assert not _overlap(place, other), (text, box_.path)
        for other_text, other in texts[i + 1 :]:
            assert not _overlap(place, other), (text, other_text, place)


def _overlap(one: Rect, other: Rect) -> bool:
    return (
        one.x < other.right - 0.01
        and other.x < one.right - 0.01
        and one.y < other.bottom - 0.01
        and other.y < one.bottom - 0.01
    )
