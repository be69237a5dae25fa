"""The picture as one page in which blocks fold; the browser lays it out, nothing is fetched."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from archspec.drawing.arrange import Beside, Chain, Framed, Item, Lane, arranged
from archspec.drawing.palette import INKS, css_class
from archspec.drawing.picture import Box, Picture, boxes
from archspec.drawing.routes import goes_on


def html(picture: Picture) -> str:
    """The text of the page; every value in it is escaped.

    Args:
        picture: what is in it; frames that are folded in it can be unfolded on the page.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    sheet = _Sheet(picture)
    body = sheet.item(arranged(picture.parts, across=False))
    present = {css_class(box.kind) for box in boxes(picture.parts)} | {"block"}
    inks = {kind: ink for kind, ink in INKS.items() if kind in present}
    return environment.get_template("page.html.jinja").render(
        picture=picture,
        body=body,
        inks=inks,
        legend={ink.name: kind for kind, ink in inks.items() if ink.fill != "none"},
        data=Markup(_script(sheet.data())),
    )


class _Sheet:
    """The elements of the page; keys and facts become numbers that its script looks up."""

    def __init__(self, picture: Picture) -> None:
        self._shapes = picture.shapes
        self._numbers: dict[str, int] = {}
        self._chains: list[list[list[list[Any]]]] = []
        self._facts: dict[int, tuple[tuple[str, str], ...]] = {}

    def data(self) -> dict[str, Any]:
        """What the script needs: the links of each chain by row, and facts by number."""
        return {"chains": self._chains, "facts": self._facts}

    def item(self, item: Item) -> Markup:
        """The element of an item and all in it."""
        match item:
            case Box():
                return self._box(item)
            case Lane():
                kind = "port" if item.port else "lane"
                return Markup('<i class="{}" data-k="{}"></i>').format(kind, self._key(item.key))
            case Beside():
                return self._beside(item)
            case Chain():
                return self._chain(item)
            case Framed():
                return self._framed(item)

    def _key(self, key: str) -> int:
        return self._numbers.setdefault(key, len(self._numbers))

    def _box(self, box: Box) -> Markup:
        key = self._key(box.path)
        self._facts[key] = box.facts
        details = _joined(Markup("<small>{}</small>").format(line) for line in box.details)
        small = " round" if box.kind == "merging" and box.title in "+×" else ""
        return Markup('<div class="box {}{}" data-k="{}" tabindex="0"><b>{}</b>{}</div>').format(
            css_class(box.kind), small, key, box.title, details
        )

    def _beside(self, beside: Beside) -> Markup:
        lanes = [each for each in beside.cells if isinstance(each, Lane) and not each.port]
        columns = [each for each in beside.cells if not isinstance(each, Lane) and goes_on(each)]
        cells = [
            self.item(each)
            if goes_on(each)
            else Markup('<div class="ends">{}</div>').format(self.item(each))
            for each in beside.cells
        ]
        # As much room to the left as lanes take to the right keeps the main path straight.
        room = [Markup('<i class="room"></i>')] * (len(lanes) if len(columns) == 1 else 0)
        ports = all(isinstance(each, Lane) and each.port for each in beside.cells)
        kind = "beside ports" if ports else "beside"
        return Markup('<div class="{}">{}</div>').format(kind, _joined([*room, *cells]))

    def _chain(self, chain: Chain) -> Markup:
        number = len(self._chains)
        self._chains.append([])
        rows = _joined(self.item(row) for row in chain.rows)
        self._chains[number] = [
            [
                [self._key(link.start), self._key(link.end), self._shapes[link.value] * link.said]
                for link in links
            ]
            for links in chain.links
        ]
        return Markup('<div class="chain" data-c="{}">{}</div>').format(number, rows)

    def _framed(self, framed: Framed) -> Markup:
        frame = framed.frame
        key = self._key(f"frame {frame.path}")
        self._facts[key] = frame.facts
        name = Markup("<b>{}</b> <small>{}</small>").format(frame.title, ", ".join(frame.details))
        # As much room to the right as the name takes keeps it beside the line that comes in.
        return Markup(
            '<section class="frame {}{}" data-k="{}"><div class="name"><button type="button"'
            ' aria-expanded="{}">{}</button><i aria-hidden="true">{}</i></div>{}</section>'
        ).format(
            "stage" if frame.stage else "block",
            " folded" if frame.folded else "",
            key,
            "false" if frame.folded else "true",
            name,
            name,
            self._chain(framed.body),
        )


def _joined(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)


def _script(data: dict[str, Any]) -> str:
    """JSON that no HTML parser can take for the end of a script."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
