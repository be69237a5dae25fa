"""Pictures for tests, and what must hold of where things stand in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archspec.backends import specs_folder
from archspec.drawing import layout
from archspec.drawing.folding import folded
from archspec.drawing.picture import Box, Frame, Part, Picture
from archspec.drawing.scene import Line, Rect, Scene
from archspec.drawing.sizes import LABEL, heading
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


def picture_with(parts: Sequence[Part]) -> Picture:
    """A picture of boxes that are called after what they give."""
    return Picture("net", "", tuple(parts), {value: "4×16×16" for value, _ in wanted(parts)})


def scene_of(picture: Picture, across: bool = False) -> Scene:
    return layout.scene_of(folded(picture), across)


def wanted(parts: Sequence[Part]) -> set[tuple[str, str]]:
    """Which box each value goes to: pairs of value and box."""
    found: set[tuple[str, str]] = set()
    for part in parts:
        if isinstance(part, Frame):
            found |= wanted(part.parts)
        else:
            found |= {(value, part.path) for value in part.takes}
    return found


def carried(scene: Scene) -> set[tuple[str, str]]:
    """The same as the lines show it: followed from the box that gives a value to arrows."""
    places = {each.path: place for each, place in scene.boxes}
    makers = {each.gives: places[each.path] for each, _ in scene.boxes}
    by_value: dict[str, list[Line]] = {}
    for line in scene.lines:
        by_value.setdefault(line.value, []).append(line)
    found = set()
    for value, lines in by_value.items():
        maker = makers[value]
        reached = [line for line in lines if _on_border(line.start, maker)]
        waiting = [line for line in lines if line not in reached]
        for line in reached:
            next_ones = [each for each in waiting if _touches(each.start, line)]
            reached += next_ones
            waiting = [each for each in waiting if each not in next_ones]
        assert not waiting, f"{value} goes on from nowhere: {waiting}"
        for line in reached:
            if line.arrow:
                assert line.box is not None
                assert _on_border(line.end, places[line.box]), line
                found.add((value, line.box))
    return found


def _on_border(point: tuple[float, float], place: Rect) -> bool:
    x, y = point
    sides = min(abs(x - place.x), abs(x - place.right), abs(y - place.y), abs(y - place.bottom))
    inside = place.x - 0.1 <= x <= place.right + 0.1 and place.y - 0.1 <= y <= place.bottom + 0.1
    return inside and sides <= 0.1


def _touches(point: tuple[float, float], line: Line) -> bool:
    x, y = point
    (a, b), (c, d) = line.start, line.end
    return min(a, c) - 0.1 <= x <= max(a, c) + 0.1 and min(b, d) - 0.1 <= y <= max(b, d) + 0.1


def check_places(scene: Scene) -> None:
    """No box over another, no line through a box, nothing outside; lines upright or level."""
    places = [(each.path, place) for each, place in scene.boxes]
    for i, (name, one) in enumerate(places):
        for other_name, other in places[i + 1 :]:
            assert not _overlap(one, other), (name, other_name)
    for line, stretch in _stretches(scene):
        assert min(stretch.width, stretch.height) < 0.01, line
        for name, place in places:
            inner = Rect(place.x + 1, place.y + 1, place.width - 2, place.height - 2)
            assert not _overlap(stretch, inner), (name, line)
    frames = [(frame.path, place) for frame, place in scene.frames]
    lines = [(line.value, stretch) for line, stretch in _stretches(scene)]
    for name, place in (*places, *frames, *lines):
        assert place.x >= -0.01 and place.y >= -0.01, name
        assert place.right <= scene.width + 0.01 and place.bottom <= scene.height + 0.01, name
    for i, (frame, place) in enumerate(scene.frames):
        inside = {each.path for each in _parts(frame)}
        for name, other in (*places, *frames[i + 1 :]):
            within = _overlap(place, other)
            assert within == (name in inside), (frame.path, name)


def check_values(scene: Scene) -> None:
    """No two lines run along each other that neither carry the same value nor come together."""
    stretches = list(_stretches(scene))
    for i, (one, place) in enumerate(stretches):
        for other, other_place in stretches[i + 1 :]:
            if one.value == other.value or (one.box is not None and one.box == other.box):
                continue
            right = min(place.right, other_place.right) - max(place.x, other_place.x)
            down = min(place.bottom, other_place.bottom) - max(place.y, other_place.y)
            assert min(right, down) < -1 or max(right, down) < 1, (one, other)


def check_texts(scene: Scene) -> None:
    """No shape and no title is written over a box, a line or another text; titles are in frames."""
    texts = []
    for label in scene.labels:
        x, y = label.at
        texts.append((label.text, Rect(x, y - 7, width(label.text, LABEL), 7)))
    for frame, place in scene.frames:
        x, y = scene.titles[frame.path]
        text = Rect(x, y - 9, heading(frame.title, frame.details), 10)
        texts.append((frame.title, text))
        assert place.x < text.x and text.right < place.right and place.y < text.y, frame.title
    for i, (text, place) in enumerate(texts):
        for each, other in scene.boxes:
            assert not _overlap(place, other), (text, each.path)
        for line, other in _stretches(scene):
            assert not _overlap(place, other), (text, line)
        for other_text, other in texts[i + 1 :]:
            assert not _overlap(place, other), (text, other_text, place)


def check(scene: Scene) -> None:
    check_places(scene)
    check_values(scene)
    check_texts(scene)


def _stretches(scene: Scene) -> Iterator[tuple[Line, Rect]]:
    for line in scene.lines:
        (a, b), (c, d) = line.start, line.end
        yield line, Rect(min(a, c), min(b, d), abs(a - c), abs(b - d))


def _parts(frame: Frame) -> Iterator[Part]:
    for part in frame.parts:
        yield part
        if isinstance(part, Frame):
            yield from _parts(part)


def _overlap(one: Rect, other: Rect) -> bool:
    return (
        one.x < other.right - 0.01
        and other.x < one.right - 0.01
        and one.y < other.bottom - 0.01
        and other.y < one.bottom - 0.01
    )
