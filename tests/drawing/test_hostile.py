"""Nothing that a spec or a user says can become markup, and odd texts are drawn all the same."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from archspec.drawing import engine
from archspec.drawing.build import picture_of
from archspec.drawing.draw import drawn
from archspec.drawing.picture import Box, Frame, Part, Picture
from archspec.errors import UsageError
from tests.drawing.pictures import box, network, picture_with

EVIL = [
    "</title></script></svg><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>'",
    '"]:::x\nn1 --> n2\nclick n0 "javascript:alert(1)"\n%%{init: {}}%%',
    "---\ntitle: x\n---",
    "a & b < c > d",
    "\x00\x1b[31m\x07\u202e\ud800",
    "]]><!--",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt; &#60;",
    "*bold* _it_ `code` #35; \\",
    "網絡 🧠 é",
    "",
    "x" * 5000,
]


def _poisoned(picture: Picture, text: str) -> Picture:
    def part(each: Part) -> Part:
        facts = ((text, text), *each.facts)
        if isinstance(each, Box):
            return replace(each, title=text, details=(text, text), facts=facts)
        inner = tuple(map(part, each.parts))
        return replace(each, title=text, details=(text,), facts=facts, parts=inner)

    shapes = dict.fromkeys(picture.shapes, text)
    return Picture(text, text, tuple(map(part, picture.parts)), shapes)


SPEC = """\
blocks:
  Unit:
    params: {out: int}
    layers:
      - branches:
          one: [{conv: {out: out, kernel: 1}}, relu]
          two: []
        merge: add
      - max_pool: {kernel: 2, stride: 2}
stages:
  a: [{Unit: 4}, {Unit: 4}]
  b: [flatten, {dense: 3}]
"""


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, tuple(name for name, _ in attrs)))


@pytest.mark.parametrize("text", EVIL, ids=range(len(EVIL)))
@pytest.mark.parametrize("depth", [1, 2])
def test_texts_stay_texts(text: str, depth: int) -> None:
    good = picture_of(network(SPEC), depth)
    evil = _poisoned(good, text)
    tags = []
    for picture in (good, evil):
        page = _Tags()
        page.feed(_text(picture, "html"))
        tags.append(page.seen)
    assert tags[1] == tags[0]
    for direction in ("right", "down"):
        drawing = drawn(evil, "svg", direction)
        assert isinstance(drawing, str)
        root = ElementTree.fromstring(drawing)
        elements = {each.tag.rpartition("}")[2] for each in root.iter()}
        assert elements <= {"svg", "title", "style", "defs", "marker", "path", "rect", "g", "text"}
        names = {name for each in root.iter() for name in each.attrib}
        assert not any(name.startswith("on") for name in names)
    flow = _text(evil, "mmd").splitlines()
    if flow[0] == "---":
        assert flow[2] == "---"
        json.loads(flow[1].removeprefix("title: "))
        flow = flow[3:]
    node = r'n\d+(\["[^"`<>]*"\]|\(\("[^"]*"\)\)|\(\["[^"]*"\]\))(:::\w+)?'
    for line in flow:
        line = re.sub(r"</?b>|<br/>", "", line.strip())
        assert re.fullmatch(
            rf'flowchart TB|{node}|n\d+ -- "[^"<>]*" --> n\d+|subgraph f\d+ \["[^"<>]*"\]|end'
            r"|classDef \w+ [\w#,:.]+|class [\w,]+ frame",
            line,
        ), line


def _text(picture: Picture, form: str) -> str:
    text = drawn(picture, form)
    assert isinstance(text, str)
    return text


def test_names_may_be_words_of_the_formats() -> None:
    model = network(
        "blocks:\n  Script:\n    params: {}\n    layers: [relu, tanh]\n"
        "stages:\n  style: [{conv: {out: 2, kernel: 1}}, Script]\n  subgraph: [relu]\n"
        "  click: [tanh]\n"
    )
    picture = picture_of(model)
    assert isinstance(picture.parts[1], Frame)
    flow = _text(picture, "mmd")
    assert 'subgraph f1 ["style"]' in flow and flow.count("\n  end\n") == 3
    ElementTree.fromstring(_text(picture, "svg"))


def test_many_lines_take_no_time_out_of_proportion() -> None:
    layers = []
    for number in range(90):
        layers.append(f"{{conv: {{out: {4 + number % 3}, kernel: 3, padding: 1}}, as: c{number}}}")
        if number % 5 == 4:
            before = ", ".join(f"c{each}" for each in range(max(number - 40, 0), number + 1))
            layers.append(f"{{concat: , from: [{before}]}}")
    picture = picture_of(network(f"stages: {{s: [{', '.join(layers)}]}}"))
    begun = time.process_time()
    drawn(picture, "svg")
    assert time.process_time() - begun < 12


def test_what_is_too_large_is_refused_at_once() -> None:
    parts = [box("0", [])]
    for number in range(1, 300):
        parts.append(box(str(number), [str(each) for each in range(max(0, number - 60), number)]))
    begun = time.process_time()
    for form in ("svg", "html"):
        with pytest.raises(UsageError, match="too large") as caught:
            drawn(picture_with(parts), form)
        assert "--depth" in str(caught.value.problems[0].hint)
    assert time.process_time() - begun < 5


def test_what_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_SECONDS", 0.02)
    parts = [box("0", []), *(box(str(each), [str(each - 1)]) for each in range(1, 400))]
    with pytest.raises(UsageError, match="too large"):
        drawn(picture_with(parts), "svg", "down")
    monkeypatch.undo()
    assert drawn(picture_with(parts[:3]), "svg", "down")
