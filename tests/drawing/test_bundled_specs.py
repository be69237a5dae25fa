"""Every spec that comes along can be drawn, in every format and at every depth."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from archspec.backends import specs_folder
from archspec.drawing.build import picture_of
from archspec.drawing.draw import drawn
from archspec.drawing.engine import SCRIPT
from archspec.drawing.folding import folded
from archspec.drawing.picture import Box, boxes
from archspec.drawing.sizes import DETAIL, TITLE, size_of, titled
from archspec.drawing.text import width
from archspec.resolution import resolve
from archspec.schema import load
from tests.drawing.pictures import EXAMPLES, carried, check, scene_of, wanted

SPECS = sorted(specs_folder().glob("*.yaml"))
NETWORKS = [
    path for path in (*SPECS, *sorted(EXAMPLES.glob("*.yaml"))) if "\nstages:" in path.read_text()
]
NETWORKS += [path for path in SPECS if path not in NETWORKS]


@pytest.mark.parametrize("path", NETWORKS, ids=lambda path: path.stem)
def test_a_spec_is_drawn(path: Path) -> None:
    model = resolve(load(path))
    inner = 0
    for depth in (0, 1, 2, 9):
        picture = picture_of(model, depth)
        shown = folded(picture)
        for across in ((False, True), (False, True), (False,), *[()] * 7)[depth]:
            scene = scene_of(picture, across)
            check(scene)
            assert carried(scene) == wanted(shown.parts)
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
    """What a page refers to, and the text of its scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.references: list[str] = []
        self.open: list[str] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.references += [str(given[each]) for each in ("src", "href", "action") if each in given]
        if tag not in ("meta", "br"):
            self.open.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data


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
    said, engine, _ = page.scripts
    assert engine.strip() == SCRIPT.read_text("utf-8").strip()
    outside = text.replace(engine, "").replace("http://www.w3.org/2000/svg", "")
    local = outside.replace("url(#arrow)", "")
    assert not re.search(r"https?:|//[a-z]+\.|url\(|@import|\bimport\s*\(|fetch\(", local)
    # All that is laid out has something to show, and the other way round.
    data = json.loads(said)
    nodes, ports, edges = _ids(data["graph"])
    assert nodes == set(data["parts"]) and set(data["arrows"]) <= set(edges)
    assert {each for ends in edges.values() for each in ends} <= nodes | ports
    facts = [dict(part["facts"]) for part in data["parts"].values()]
    assert {"parameters", "multiply-adds", "output"} <= {key for each in facts for key in each}
    paths = {each.get("path") for each in facts}
    assert {box.path for box in boxes(picture.parts) if box.kind == "convolution"} <= paths


def _ids(node: dict) -> tuple[set[str], set[str], dict[str, list[str]]]:  # type: ignore[type-arg]
    """The nodes in a graph, their ports, and its edges with what they join."""
    nodes: set[str] = set()
    ports: set[str] = set()
    edges = {each["id"]: [*each["sources"], *each["targets"]] for each in node.get("edges", ())}
    for child in node.get("children", ()):
        nodes.add(child["id"])
        ports |= {each["id"] for each in child.get("ports", ())}
        inner = _ids(child)
        nodes |= inner[0]
        ports |= inner[1]
        edges |= inner[2]
    return nodes, ports, edges
