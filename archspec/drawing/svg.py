"""The picture as SVG: plain shapes and text, a style sheet inside, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

from archspec.drawing.folding import folded
from archspec.drawing.layout import scene_of
from archspec.drawing.palette import INKS, css_class, ink
from archspec.drawing.picture import Box, Frame, Picture
from archspec.drawing.scene import Line, Point, Rect, Scene
from archspec.drawing.sizes import DETAIL, LABEL, LINE, TITLE, titled
from archspec.drawing.text import width

FONT = "Helvetica, Arial, 'Liberation Sans', 'Nimbus Sans', Roboto, sans-serif"
_MARGIN = 14.0
_HEADING = 15.0
_SUBTITLE = 10.0


def svg(picture: Picture, across: bool, legend: bool = True) -> str:
    """The text of an SVG file.

    Args:
        picture: what is in it.
        across: whether each stage is a row, in which layers stand from left to right.
        legend: whether it ends with what the colours mean.
    """
    shown = folded(picture)
    return _Page(shown, scene_of(shown, across), legend).text()


class _Page:
    def __init__(self, picture: Picture, scene: Scene, legend: bool) -> None:
        self._picture = picture
        self._scene = scene
        present = {css_class(box.kind): None for box, _ in scene.boxes}
        self._kinds = [kind for kind in INKS if kind in present]
        names = {ink(kind).name: kind for kind in self._kinds if ink(kind).fill != "none"}
        self._legend = names if legend and len(names) > 1 else {}

    def text(self) -> str:
        scene, picture = self._scene, self._picture
        heading = picture.title or picture.subtitle
        widths = [scene.width, width(picture.title, _HEADING, True)]
        widths += [width(picture.subtitle, _SUBTITLE), self._legend_width()]
        page = max(widths) + 2 * _MARGIN
        top = _MARGIN + (0.0 if not heading else _HEADING + _SUBTITLE + 14)
        bottom = 28.0 if self._legend else _MARGIN
        height = top + scene.height + bottom
        # What runs down is centred; rows begin at the left.
        left = max(_MARGIN, (page - scene.width) / 2)
        body = [*self._heading(), f'<g transform="translate({_n(left)} {_n(top)})">']
        body += [_frame(frame, place, scene.titles[frame.path]) for frame, place in scene.frames]
        body += _lines(scene.lines)
        body += [_box(box, place) for box, place in scene.boxes]
        body += [_text(each.text, *each.at, "s", LABEL) for each in scene.labels]
        body += ["</g>", *self._legend_row(height - 13)]
        size = f'width="{_n(page)}" height="{_n(height)}" viewBox="0 0 {_n(page)} {_n(height)}"'
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
                f"<title>{_escaped(picture.title or 'network')}</title>",
                f"<style>{self._style()}</style>",
                '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="6.5"'
                ' markerHeight="6.5" orient="auto"><path class="head" d="M0.5 1L7.5 4L0.5 7z"/>'
                "</marker></defs>",
                f'<rect class="page" width="{_n(page)}" height="{_n(height)}"/>',
                *body,
                "</svg>",
                "",
            ]
        )

    def _style(self) -> str:
        rules = [
            f"text{{font-family:{FONT};fill:#1a1a1a}}",
            ".page{fill:#fff}",
            f".t{{font-size:{TITLE}px;font-weight:bold;text-anchor:middle}}",
            f".d{{font-size:{DETAIL}px;text-anchor:middle}}",
            f".s{{font-size:{LABEL}px;fill:#444}}",
            f".h{{font-size:{_HEADING}px;font-weight:bold}}",
            f".b{{font-size:{_SUBTITLE}px;fill:#444}}",
            f".n{{font-size:{TITLE}px;font-weight:bold;fill:#333}}",
            f".a{{font-size:{DETAIL}px;font-weight:normal;fill:#444}}",
            ".l{fill:none;stroke:#555;stroke-width:1;stroke-linecap:round}",
            ".head{fill:#555}",
            ".frame{fill:#8a8a8a;fill-opacity:.07;stroke:#b5b5b5;stroke-width:.8}",
        ]
        for kind in self._kinds:
            colours = ink(kind)
            if colours.fill != "none":
                rules.append(f".{kind}{{fill:{colours.fill};stroke:{colours.line}}}")
        return "".join(rules)

    def _heading(self) -> list[str]:
        found = []
        if self._picture.title:
            found.append(_text(self._picture.title, _MARGIN, _MARGIN + 12, "h", _HEADING, True))
        if self._picture.subtitle:
            found.append(_text(self._picture.subtitle, _MARGIN, _MARGIN + 27, "b", _SUBTITLE))
        return found

    def _legend_width(self) -> float:
        return sum(width(name, DETAIL) + 26 for name in self._legend)

    def _legend_row(self, y: float) -> list[str]:
        found, x = [], _MARGIN
        for name, kind in self._legend.items():
            found.append(
                f'<rect class="{kind}" x="{_n(x)}" y="{_n(y - 8)}" width="10" height="10" rx="2"/>'
            )
            found.append(_text(name, x + 14, y, "a", DETAIL))
            x += width(name, DETAIL) + 26
        return found


def _box(box: Box, place: Rect) -> str:
    centre, parts = place.x + place.width / 2, [_facts(box.facts)]
    if ink(box.kind).fill != "none":
        round_corner = min(place.width, place.height) / 2 if place.width == place.height else 4
        parts.append(
            f'<rect class="{css_class(box.kind)}" {_place(place)} rx="{_n(round_corner)}"/>'
        )
    y = place.y + (place.height - LINE * (1 + len(box.details))) / 2 + 9.8
    parts.append(_text(titled(box), centre, y, "t", TITLE, True))
    for line, text in enumerate(box.details, 1):
        parts.append(_text(text, centre, y + LINE * line, "d", DETAIL))
    return f"<g>{''.join(parts)}</g>"


def _frame(frame: Frame, place: Rect, title: Point) -> str:
    parts = [_facts(frame.facts), f'<rect class="frame" {_place(place)} rx="5"/>']
    parts.append(_text(frame.title, *title, "n", TITLE, True))
    if frame.details:
        x = title[0] + width(frame.title, TITLE, True) + 6
        parts.append(_text(", ".join(frame.details), x, title[1], "a", DETAIL))
    return f"<g>{''.join(parts)}</g>"


def _lines(lines: Iterable[Line]) -> Iterable[str]:
    drawn = set()
    for line in lines:
        (a, b), (c, d) = ((_n(x), _n(y)) for x, y in (line.start, line.end))
        if (a, b) == (c, d):
            continue
        end = f"V{d}" if a == c else f"H{c}"
        marker = ' marker-end="url(#arrow)"' if line.arrow else ""
        drawn.add(f'<path class="l" d="M{a} {b}{end}"{marker}/>')
    # Where lines run along each other, one is enough.
    return sorted(drawn)


def _text(text: str, x: float, y: float, kind: str, size: float, bold: bool = False) -> str:
    """A line of text, as wide as boxes were made for it, whatever font there is."""
    wide = f' textLength="{_n(width(text, size, bold))}" lengthAdjust="spacingAndGlyphs"'
    return f'<text class="{kind}" x="{_n(x)}" y="{_n(y)}"{wide}>{_escaped(text)}</text>'


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    """What browsers show when a reader points at a box."""
    lines = "\n".join(f"{name}: {value}" for name, value in facts)
    return f"<title>{_escaped(lines)}</title>" if lines else ""


def _place(place: Rect) -> str:
    return (
        f'x="{_n(place.x)}" y="{_n(place.y)}" width="{_n(place.width)}" height="{_n(place.height)}"'
    )


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _escaped(text: str) -> str:
    """Text that XML can hold: markup escaped, what no XML may contain left out."""
    return escape("".join(c for c in text if c.isprintable() or c == "\n"))
