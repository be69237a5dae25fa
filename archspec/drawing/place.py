"""From rows and columns to places: sizes from the inside out, gaps as wide as their links need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archspec.drawing import routes
from archspec.drawing.arrange import Beside, Chain, Framed, Item, Lane, Link
from archspec.drawing.nets import Net, nets
from archspec.drawing.picture import Box
from archspec.drawing.routes import LABEL
from archspec.drawing.scene import Rect, Scene
from archspec.drawing.text import width

TITLE, DETAIL = 11.0, 9.0
LINE = 12.5
_PADDING = 8.0
_COLUMN_GAP = 16.0
_LANE = 18.0
_FRAME = 12.0
_FRAME_TOP, _FRAME_BOTTOM = 12.0, 8.0
_ROW = 9.0


def placed(chain: Chain, shapes: Mapping[str, str]) -> Scene:
    """Where everything stands.

    Args:
        chain: the rows and columns.
        shapes: the shape of each value.
    """
    scene = _Placement(shapes, _widest_title(chain)).chain(chain)
    return levelled(scene) if chain.level else scene


def _widest_title(item: Item) -> float:
    """The width of the longest name of a stage, for which all rows have room."""
    match item:
        case Framed():
            own = width(item.frame.title, TITLE, bold=True) if item.across else 0.0
            return max(own, _widest_title(item.body))
        case Chain():
            return max(map(_widest_title, item.rows), default=0.0)
        case Beside():
            return max(map(_widest_title, item.cells), default=0.0)
    return 0.0


def levelled(scene: Scene) -> Scene:
    """Rows that begin below each other end with the longest, where nothing is in their way."""
    ends: dict[float, float] = {}
    for frame, place in scene.frames:
        if frame.stage:
            ends[place.x] = max(ends.get(place.x, 0), place.right)
    things = [place for _, place in (*scene.boxes, *scene.frames)]
    things += [
        Rect(each.start[0], min(each.start[1], each.end[1]), 0, abs(each.end[1] - each.start[1]))
        for each in scene.lines
        if each.start[0] == each.end[0]
    ]
    frames = []
    for frame, place in scene.frames:
        if frame.stage:
            right = min(
                [ends[place.x]]
                + [
                    each.x - _COLUMN_GAP
                    for each in things
                    if each.x > place.right and each.y < place.bottom and place.y < each.bottom
                ]
            )
            place = Rect(place.x, place.y, max(place.width, right - place.x), place.height)
        frames.append((frame, place))
    scene.frames = frames
    return scene


def size_of(box: Box) -> tuple[float, float]:
    """The width and height of a box that holds its text."""
    if box.kind == "merging" and box.title in "+×" and not box.details:
        return 20, 20
    if box.kind in ("input", "output"):
        least, padding = 0.0, 4.0
    else:
        least, padding = 76.0, _PADDING
    title = width(titled(box), TITLE, bold=True)
    widest = max([title, *(width(each, DETAIL) for each in box.details)])
    height = LINE * (1 + len(box.details)) + (5 if least == 0 else 9)
    return max(least, widest + 2 * padding), height


def titled(box: Box) -> str:
    """The first line of a box."""
    return f"{box.title} ×{box.times}" if box.times > 1 else box.title


class _Placement:
    def __init__(self, shapes: Mapping[str, str], title: float) -> None:
        self._shapes = shapes
        self._title = title

    def chain(self, chain: Chain) -> Scene:
        scenes = [self._item(row, chain.across) for row in chain.rows]
        if chain.across:
            return self._rightwards(chain, scenes)
        for place, row in enumerate(chain.rows):
            if _several_ports(row):
                self._put_ports(chain, place, scenes)
        return self._downwards(chain, scenes)

    def _put_ports(self, chain: Chain, place: int, scenes: list[Scene]) -> None:
        """Ports of a frame straight above what they lead to, or below what leads to them."""
        first = place == 0
        other = scenes[1 if first else place - 1]
        links = chain.links[0 if first else place - 1]
        ports = Scene(0, 0, 0)
        taken: list[float] = []
        for link in links:
            key, to = (link.start, link.end) if first else (link.end, link.start)
            at = other.anchors[to]
            x = at.x + at.width / 2
            while any(abs(x - each) < _LANE for each in taken):
                x += _LANE
            if key not in ports.anchors:
                taken.append(x)
                ports.anchors[key] = Rect(x, 0, 0, 0)
        ports.width = max([other.width, *taken])
        ports.spine = other.spine
        scenes[place] = ports

    def _item(self, item: Item, across: bool) -> Scene:
        match item:
            case Box():
                return self._box(item, across)
            case Lane():
                side = 0.0 if item.port else _LANE
                return Scene(side, 0, side / 2, {item.key: Rect(side / 2, 0, 0, 0)})
            case Beside():
                return self._columns(item)
            case Chain():
                return self.chain(item)
            case Framed():
                return self._row(item) if item.across else self._framed(item)

    def _box(self, box: Box, across: bool) -> Scene:
        w, h = size_of(box)
        place = Rect(0, 0, w, h)
        scene = Scene(w, h, w / 2, {box.path: place}, [(box, place)])
        if not across and box.gives is not None:
            # Its shape stands to the right of the line that leaves it.
            scene.width = max(w, w / 2 + 8 + width(self._shapes[box.gives], LABEL))
        return scene

    def _columns(self, beside: Beside) -> Scene:
        """Side by side, each centred in the height; what ends here begins at the top."""
        scenes = [self._item(cell, False) for cell in beside.cells]
        height = max(each.height for each in scenes)
        scene = Scene(0, height, 0)
        spines = []
        for cell, each in zip(beside.cells, scenes, strict=True):
            x = scene.width + _COLUMN_GAP if scene.width else 0.0
            goes_on = routes.goes_on(cell)
            scene.put(each, x, (height - each.height) / 2 if goes_on else 0)
            if isinstance(cell, Lane):
                scene.anchors[cell.key] = Rect(x + each.spine, 0, 0, height)
                scene.draw((x + each.spine, 0), (x + each.spine, height), [cell.value])
            elif goes_on:
                spines.append(x + each.spine)
            scene.width = x + each.width
        # The main path stays straight where there is one; a fork is centred below its source.
        scene.spine = (spines[0] + spines[-1]) / 2 if spines else scene.width / 2
        return scene

    def _row(self, framed: Framed) -> Scene:
        """A stage as a row, its name to the left."""
        body = self.chain(framed.body)
        x = _FRAME + self._title + 14
        w, h = x + body.width + _FRAME, body.height + 2 * _ROW
        scene = Scene(w, h, 0, frames=[(framed.frame, Rect(0, 0, w, h))])
        scene.put(body, x, _ROW)
        return scene

    def _framed(self, framed: Framed) -> Scene:
        """A stage or a block with its name in the upper left corner."""
        body = self.chain(framed.body)
        frame = framed.frame
        title = width(frame.title, TITLE, bold=True) + 10
        title += width(", ".join(frame.details), DETAIL)
        # The line that comes in runs beside the title, not through it.
        x = max(_FRAME, title + 14 - body.spine)
        w, h = x + body.width + _FRAME, body.height + _FRAME_TOP + _FRAME_BOTTOM
        scene = Scene(w, h, x + body.spine, frames=[(frame, Rect(0, 0, w, h))])
        scene.put(body, x, _FRAME_TOP)
        for key, place in scene.anchors.items():
            # Ports stand on the frame.
            if key.startswith((f"enter {frame.path} ", f"leave {frame.path} ")):
                y = 0.0 if key.startswith("enter") else h
                scene.draw((place.x, place.y), (place.x, y), [key.rpartition(" ")[2]])
                scene.anchors[key] = Rect(place.x, y, 0, 0)
        return scene

    def _downwards(self, chain: Chain, scenes: Sequence[Scene]) -> Scene:
        left = [0.0 if chain.level else each.spine for each in scenes]
        spine = max(left)
        scene = Scene(0, 0, spine)
        for place, each in enumerate(scenes):
            x = spine - left[place]
            if chain.level and isinstance(chain.rows[place], Box):
                x = max(0.0, self._neighbour(chain, place, scenes, scene) - each.spine)
            found: list[Net] = []
            beside: list[Link] = []
            if place:
                after = {key: rect.moved(x, 0) for key, rect in each.anchors.items()}
                links = list(chain.links[place - 1])
                if isinstance(chain.rows[place], Box):
                    beside = routes.from_beside(links, scene.anchors, after)
                rest = [link for link in links if link not in beside]
                found = nets(rest, scene.anchors, after)
                scene.height += routes.gap_below(found)
            scene.put(each, x, scene.height)
            routes.draw_beside(scene, beside)
            routes.draw_down(scene, found, scene.height, self._shapes, chain.level)
            scene.height += each.height
            scene.width = max(scene.width, x + each.width)
        return scene

    def _neighbour(self, chain: Chain, place: int, scenes: Sequence[Scene], above: Scene) -> float:
        """Where a box that is no row of its own stands: at what it leads to, or comes from."""
        if place + 1 < len(scenes) and chain.links[place]:
            at = scenes[place + 1].anchors[chain.links[place][0].end]
        elif place and chain.links[place - 1]:
            at = above.anchors[chain.links[place - 1][0].start]
        else:
            return 0.0
        return at.x + at.width / 2

    def _rightwards(self, chain: Chain, scenes: Sequence[Scene]) -> Scene:
        height = max(each.height for each in scenes)
        scene = Scene(0, height, 0)
        for place, each in enumerate(scenes):
            links = chain.links[place - 1] if place else ()
            if place:
                scene.width += routes.gap_beside(links, self._shapes)
            scene.put(each, scene.width, (height - each.height) / 2)
            routes.draw_across(scene, links, scene.width, self._shapes)
            scene.width += each.width
        return scene


def _several_ports(item: Item) -> bool:
    return isinstance(item, Beside) and all(
        isinstance(cell, Lane) and cell.port for cell in item.cells
    )
