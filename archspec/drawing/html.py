"""The picture as one page in which blocks fold: the browser lays it out with ELK, each time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from archspec.drawing.engine import SCRIPT
from archspec.drawing.graph import TITLE_GAPS, Graph, graph_of
from archspec.drawing.palette import INKS, css_class
from archspec.drawing.picture import Box, Part, Picture, boxes
from archspec.drawing.sizes import DETAIL, LABEL, LINE, SIGN, TITLE
from archspec.drawing.text import width


def html(picture: Picture) -> str:
    """The text of the page; every value in it is escaped.

    Args:
        picture: what is in it; frames that are folded in it can be unfolded on the page.
    """
    folder = Path(__file__).parent
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    present = {css_class(box.kind) for box in boxes(picture.parts)} | {"block"}
    inks = {kind: ink for kind, ink in INKS.items() if kind in present}
    return environment.get_template("page.html.jinja").render(
        picture=picture,
        inks=inks,
        sizes={"title": TITLE, "detail": DETAIL, "label": LABEL},
        legend={ink.name: kind for kind, ink in inks.items() if ink.fill != "none"},
        data=Markup(_script(data_of(graph_of(picture.parts, picture.shapes, folding=True)))),
        engine=Markup(SCRIPT.read_text("utf-8")),
        script=Markup((folder / "page.js").read_text("utf-8")),
    )


def data_of(graph: Graph) -> dict[str, Any]:
    """What the page's script needs.

    ``graph`` is for ELK; ``parts`` says of each node by its ``id`` what it shows, ``arrows`` which
    edges end with one.
    """
    return {
        "graph": graph.root,
        "parts": {key: _part(part) for key, part in graph.parts.items()},
        "arrows": [key for key, (_, box) in graph.links.items() if box is not None],
        "line": LINE,
        "sign": SIGN,
        "gaps": TITLE_GAPS,
    }


def _part(part: Part) -> dict[str, Any]:
    """A box or a frame: its texts with their widths, and its facts."""
    details = part.details if isinstance(part, Box) else (", ".join(part.details),)
    texts = [(part.title, width(part.title, TITLE, bold=True))]
    texts += [(each, width(each, DETAIL)) for each in details if each]
    shown: dict[str, Any] = {"texts": texts, "facts": part.facts}
    if isinstance(part, Box):
        return {**shown, "kind": css_class(part.kind)}
    kind = "stage" if part.stage else "block"
    lines = [(each, width(each, DETAIL)) for each in part.details]
    return {**shown, "kind": kind, "folded": part.folded, "lines": lines}


def _script(data: dict[str, Any]) -> str:
    """JSON that no HTML parser can take for the end of a script."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
