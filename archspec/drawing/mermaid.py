"""The picture as a Mermaid flowchart, which GitHub shows in Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterator

from archspec.drawing.folding import folded
from archspec.drawing.palette import css_class, ink
from archspec.drawing.picture import Box, Frame, Part, Picture, boxes

# Besides markup, what Mermaid itself reads in a text: its entities, and Markdown.
_ENTITIES = {
    "#": "#35;",
    "&": "#amp;",
    "<": "#lt;",
    ">": "#gt;",
    '"': "#quot;",
    "`": "#96;",
    "*": "#42;",
    "_": "#95;",
    "\\": "#92;",
}


def mermaid(picture: Picture) -> str:
    """The text of a Mermaid file."""
    shown = folded(picture)
    return "\n".join(_Chart(shown).lines()) + "\n"


class _Chart:
    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._boxes = list(boxes(picture.parts))
        self._numbers = {box.path: f"n{i}" for i, box in enumerate(self._boxes)}
        self._makers = {box.gives: self._numbers[box.path] for box in self._boxes if box.gives}
        self._frames = 0

    def lines(self) -> Iterator[str]:
        if self._picture.title:
            title = "".join(c for c in self._picture.title if c.isprintable())
            yield from ("---", f"title: {json.dumps(title, ensure_ascii=False)}", "---")
        yield "flowchart TB"
        for part in self._picture.parts:
            yield from self._part(part, "  ")
        for box in self._boxes:
            for value in box.takes:
                shape = _text(self._picture.shapes[value])
                yield f'  {self._makers[value]} -- "{shape}" --> {self._numbers[box.path]}'
        for kind in dict.fromkeys(css_class(box.kind) for box in self._boxes):
            colours = ink(kind)
            if colours.fill != "none":
                style = f"fill:{colours.fill},stroke:{colours.line},color:#1a1a1a"
                yield f"  classDef {kind} {style}"
        if self._frames:
            yield "  classDef frame fill:none,stroke:#999"
            yield f"  class {','.join(f'f{i + 1}' for i in range(self._frames))} frame"

    def _part(self, part: Part, indent: str) -> Iterator[str]:
        if isinstance(part, Box):
            yield indent + self._box(part)
            return
        self._frames += 1
        yield f'{indent}subgraph f{self._frames} ["{_titled(part)}"]'
        for each in part.parts:
            yield from self._part(each, indent + "  ")
        yield f"{indent}end"

    def _box(self, box: Box) -> str:
        title = f"{box.title} ×{box.times}" if box.times > 1 else box.title
        text = "<br/>".join([f"<b>{_text(title)}</b>", *map(_text, box.details)])
        number = self._numbers[box.path]
        if ink(box.kind).fill == "none":
            return f'{number}(["{text}"])'
        left, right = ("((", "))") if title in ("+", "×") else ("[", "]")
        return f'{number}{left}"{text}"{right}:::{css_class(box.kind)}'


def _titled(frame: Frame) -> str:
    return _text(" ".join([frame.title, *frame.details]))


def _text(text: str) -> str:
    """A text in which nothing can be read as Mermaid's syntax."""
    return "".join(_ENTITIES.get(c, c) for c in text if c.isprintable())
