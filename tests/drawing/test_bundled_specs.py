"""Every spec that comes along can be drawn, in every format and at every depth."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from archspec.backends import specs_folder
from archspec.drawing.arrange import arranged
from archspec.drawing.build import picture_of
from archspec.drawing.draw import drawn
from archspec.drawing.folding import folded
from archspec.drawing.picture import Box, boxes
from archspec.drawing.place import DETAIL, TITLE, size_of, titled
from archspec.drawing.text import width
from archspec.resolution import resolve
from archspec.schema import load
from tests.drawing.pictures import (
    EXAMPLES,
    carried,
    check_labels,
    check_places,
    check_values,
    scene_of,
    wanted,
)

SPECS = sorted(specs_folder().glob("*.yaml"))
NETWORKS = [
    path for path in (*SPECS, *sorted(EXAMPLES.glob("*.yaml"))) if "\nstages:" in path.read_text()
]
NETWORKS += [path for path in SPECS if path not in NETWORKS]


@pytest.mark.parametrize("path", NETWORKS, ids=lambda path: path.stem)
def test_a_spec_is_drawn(path: Path) -> None:
    model = resolve(load(path))
    inner = 0
    for depth in (0, 1, 9):
        picture = picture_of(model, depth)
        shown = folded(picture)
        for across in (False, True) if depth < 2 else (False,):
            assert carried(arranged(shown.parts, across)) == wanted(shown.parts)
            scene = scene_of(picture, across)
            check_labels(scene)
            if depth < 2:
                check_places(scene)
                check_values(scene)
        text = drawn(picture, "svg")
        assert isinstance(text, str)
        ElementTree.fromstring(text)
        if depth == 1:
            assert drawn(picture, "svg") == text
        _check_fits(shown.parts)
        flow = drawn(picture, "mmd")
        assert isinstance(flow, str)
        arrows = sum(len(box.takes) for box in boxes(shown.parts))
        assert len(re.findall(r' -- "[^"]*" --> ', flow)) == arrows
        inner = max(inner, len(list(boxes(shown.parts))))
    # At the last depth nothing is folded: all boxes are there.
    assert inner == len(list(boxes(picture_of(model).parts)))


def _check_fits(parts: tuple) -> None:  # type: ignore[type-arg]
    for box in boxes(parts):
        assert isinstance(box, Box)
        wide, _ = size_of(box)
        assert width(titled(box), TITLE, bold=True) <= wide
        assert all(width(each, DETAIL) <= wide for each in box.details)


class _Page(HTMLParser):
    """What a page refers to, its elements by key, and the text of its data."""

    def __init__(self) -> None:
        super().__init__()
        self.references: list[str] = []
        self.keys: list[int] = []
        self.open: list[str] = []
        self.data = ""
        self._in_data = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.references += [str(given[each]) for each in ("src", "href", "action") if each in given]
        if "data-k" in given:
            self.keys.append(int(str(given["data-k"])))
        self._in_data = given.get("id") == "data"
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self._in_data = False

    def handle_data(self, data: str) -> None:
        self.data += data if self._in_data else ""


@pytest.mark.parametrize("name", ["googlenet", "resnet18", "googlenet_paper", "unet"])
def test_a_page_is_whole_and_fetches_nothing(name: str) -> None:
    values = {"aux_heads": True} if name == "googlenet_paper" else {}
    picture = picture_of(resolve(load(specs_folder() / f"{name}.yaml"), **values))
    text = drawn(picture, "html")
    assert isinstance(text, str)
    page = _Page()
    page.feed(text)
    assert page.references == [] and page.open == []
    assert "default-src 'none'" in text
    outside = re.sub(r"http://www\.w3\.org/2000/svg", "", text)
    assert not re.search(r"https?:|//[a-z]+\.|url\(|@import|\bimport\s*\(|fetch\(", outside)
    # What the script looks up is there, once.
    data = json.loads(page.data)
    assert len(page.keys) == len(set(page.keys))
    used = {key for chain in data["chains"] for row in chain for *keys, _ in row for key in keys}
    assert used <= set(page.keys)
    assert {int(key) for key in data["facts"]} <= set(page.keys)
    said = {value for facts in data["facts"].values() for _, value in facts}
    assert {"parameters", "multiply-adds", "output"} <= {
        key for facts in data["facts"].values() for key, _ in facts
    }
    assert {box.path for box in boxes(picture.parts) if box.kind == "convolution"} <= said
