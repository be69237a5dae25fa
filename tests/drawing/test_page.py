"""The script of an HTML page, run on a stand-in for the browser's document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from py_mini_racer import MiniRacer

from archspec.drawing.build import picture_of
from archspec.drawing.draw import drawn
from archspec.drawing.picture import boxes
from archspec.resolution import Model
from tests.drawing.pictures import bundled

# The engine calls timers of the page only to answer later; nothing takes so long that others run.
WINDOW = """\
globalThis.window = globalThis;
globalThis.setTimeout = (run, wait) => { if (!wait) run(); return 0; };
globalThis.clearTimeout = () => {};
"""


class Page:
    """A page that is open."""

    def __init__(self, machine: MiniRacer, model: Model, depth: int = 1) -> None:
        text = drawn(picture_of(model, depth), "html")
        assert isinstance(text, str)
        said, engine, script = re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL)
        self._machine = machine
        stand_in = Path(__file__).with_name("dom.js").read_text("utf-8")
        machine.eval(f"{WINDOW}{engine};{stand_in}")
        machine.eval(f"byId.data.textContent = {json.dumps(said)};")
        machine.eval(script)

    def do(self, code: str) -> None:
        """Do something; the page is drawn anew before the next question."""
        self._machine.eval(code)

    def ask(self, code: str) -> Any:
        return json.loads(str(self._machine.eval(f"JSON.stringify({code})")))

    def count(self, kind: str) -> int:
        return int(self.ask(f"having('{kind}').length"))


@pytest.fixture
def machine() -> Iterator[MiniRacer]:
    with MiniRacer() as made:
        yield made


def test_it_opens_as_it_was_asked_for(machine: MiniRacer) -> None:
    page = Page(machine, bundled("googlenet"))
    texts = page.ask("having('t').map(each => each.text())")
    assert texts.count("Inception") == 9 and "concat" not in texts
    assert page.count("frame") == 6
    assert {"64×48×48", "1024"} <= set(page.ask("having('s').map(each => each.text())"))


def test_a_block_unfolds_and_folds(machine: MiniRacer) -> None:
    page = Page(machine, bundled("googlenet"))
    before = page.ask("[having('box').length, byId.drawing.attributes.height]")
    page.do("click(titled('Inception'))")
    assert page.count("box") == before[0] + 8
    assert page.ask("document.activeElement.attributes['aria-expanded']") == "true"
    page.do("press(titled('Inception'), 'Enter')")
    assert page.ask("[having('box').length, byId.drawing.attributes.height]") == before
    page.do("press(titled('Inception'), 'x')")
    assert page.count("box") == before[0]


def test_all_folds_and_unfolds(machine: MiniRacer) -> None:
    model = bundled("googlenet")
    page = Page(machine, model)
    page.do("fold('none')")
    assert page.count("box") == len(list(boxes(picture_of(model).parts)))
    assert page.count("frame") == 6 + 9
    page.do("fold('blocks')")
    assert page.count("frame") == 6
    page.do("fold('all')")
    assert (page.count("box"), page.count("frame"), page.count("handle")) == (2, 0, 6)
    # Every line ends with an arrow: there is nothing that it could go on into.
    assert page.ask("having('l').every(each => 'marker-end' in each.attributes)") is True


def test_pointing_tells_facts(machine: MiniRacer) -> None:
    page = Page(machine, bundled("lenet"))
    page.do("point(having('box').find(each => each.text().includes('conv')))")
    rows = page.ask("byId.tip.children.map(each => each.children[1])")
    assert "features.conv1" in rows and page.ask("byId.tip.style.display") == "block"
    page.do("point(byId.sheet)")
    assert page.ask("byId.tip.style.display") == "none"


@pytest.mark.parametrize("name", ["unet", "googlenet_paper", "densenet121"])
def test_nothing_overlaps_however_it_is_folded(name: str, machine: MiniRacer) -> None:
    values = {"aux_heads": True} if name == "googlenet_paper" else {}
    page = Page(machine, bundled(name, **values))
    for which in ("blocks", "none", "all"):
        page.do(f"fold('{which}')")
        places = page.ask(
            "[...having('box'), ...having('handle').filter(each => each.attributes['aria-expanded']"
            " === 'false')].map(each => each.children[0].attributes)"
        )
        found = [[float(each[key]) for key in ("x", "y", "width", "height")] for each in places]
        for i, (x, y, wide, high) in enumerate(found):
            for left, top, width, height in found[i + 1 :]:
                beside = x + wide <= left + 0.01 or left + width <= x + 0.01
                assert beside or y + high <= top + 0.01 or top + height <= y + 0.01


def test_the_engine_works_beside_the_page(machine: MiniRacer) -> None:
    text = drawn(picture_of(bundled("lenet"), 1), "html")
    assert isinstance(text, str)
    _, engine, script = re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL)
    # What the page adds to the engine's text, and may run at all.
    assert r'"\nnew ELK();"' in script and "worker-src blob:" in text
    machine.eval(f"""\
globalThis.self = globalThis;
globalThis.setTimeout = run => 0;
const answers = [];
globalThis.postMessage = answer => answers.push(answer);
{engine}
new ELK();
self.onmessage({{ data: {{ id: 0, cmd: "register", algorithms: ["layered"] }} }});
const children = [1, 2].map(id => ({{ id: "n" + id, width: 30, height: 30 }}));
const edges = [{{ id: "e", sources: ["n1"], targets: ["n2"] }}];
const graph = {{ id: "root", children, edges }};
self.onmessage({{ data: {{ id: 1, cmd: "layout", graph, layoutOptions: {{}}, options: {{}} }} }});
""")
    answer = json.loads(str(machine.eval("JSON.stringify(answers[1])")))
    assert answer["id"] == 1 and "error" not in answer
    first, second = answer["data"]["children"]
    assert first["x"] != second["x"] or first["y"] != second["y"]


# An engine that fails while `failing`, and answers later than anything else.
FAILING = """\
let failing = false;
const layout = ELK.prototype.layout;
ELK.prototype.layout = function (graph) {
  return failing ? Promise.reject("it fails") : layout.call(this, graph);
};
"""


def test_what_cannot_be_laid_out_stays_folded(machine: MiniRacer) -> None:
    page = Page(machine, bundled("googlenet"))
    page.do(FAILING)
    before = page.count("frame")
    page.do("failing = true; fold('none')")
    assert "fold more" in page.ask("byId.state.textContent")
    page.do("failing = false; click(titled('Inception'))")
    assert page.ask("byId.state.textContent") == ""
    assert page.count("frame") == before + 1


def test_a_browser_without_workers_lays_out_in_the_page(machine: MiniRacer) -> None:
    denied = "throw new Error('denied')"
    machine.eval(f"""\
globalThis.Worker = function () {{ {denied}; }};
globalThis.Blob = function () {{}};
globalThis.URL = {{ createObjectURL: () => "", revokeObjectURL: () => {{}} }};
""")
    page = Page(machine, bundled("googlenet"))
    assert page.count("frame") == 6
