"""ELK as it comes with archspec, in V8."""

from __future__ import annotations

import copy
import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from archspec.drawing.engine import SCRIPT, laid_out
from archspec.errors import ArchspecError

GRAPH = {
    "id": "root",
    "layoutOptions": {"elk.algorithm": "layered", "elk.direction": "DOWN"},
    "children": [{"id": each, "width": 40, "height": 20} for each in ("a", "b")],
    "edges": [{"id": "e", "sources": ["a"], "targets": ["b"]}],
}


def test_the_script_is_the_one_that_its_readme_names() -> None:
    folder = SCRIPT.parent
    said = (folder / "README.md").read_text("utf-8")
    assert hashlib.sha256(SCRIPT.read_bytes()).hexdigest() in said
    assert "EPL-2.0" in said and "elkjs" in said
    assert "Eclipse Public License - v 2.0" in (folder / "LICENSE.md").read_text("utf-8")


def test_the_script_can_stand_in_a_page() -> None:
    text = SCRIPT.read_text("ascii")
    assert not any(each in text.lower() for each in ("</script", "<script", "<!--"))


def test_a_graph_is_laid_out_and_left_as_it_was() -> None:
    before = copy.deepcopy(GRAPH)
    found = laid_out(GRAPH)
    assert before == GRAPH
    one, other = found["children"]
    assert one["x"] == other["x"] and one["y"] + 20 < other["y"]


def test_texts_in_a_graph_are_no_code() -> None:
    label = {"text": '"}); throw 1; \u2028 </script>`${1}', "width": 9, "height": 9}
    graph = copy.deepcopy(GRAPH)
    graph["edges"][0]["labels"] = [label]
    assert laid_out(graph)["edges"][0]["labels"][0]["text"] == label["text"]


def test_what_elk_refuses_is_an_error_of_ours() -> None:
    edge = {"id": "e", "sources": ["a"], "targets": ["nowhere"]}
    with pytest.raises(ArchspecError, match="nowhere"):
        laid_out({**copy.deepcopy(GRAPH), "edges": [edge]})


def test_a_process_ends_that_has_laid_out() -> None:
    program = (
        "from archspec.drawing.engine import laid_out\n"
        "print(laid_out({'id': 'root', 'children': [{'id': 'a', 'width': 9, 'height': 9}]})['id'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert (done.stdout, done.stderr) == ("root\n", "")


def test_threads_get_what_they_asked_for() -> None:
    def width(size: int) -> float:
        nodes = [{"id": each, "width": size, "height": 20} for each in ("a", "b")]
        return float(laid_out({**GRAPH, "children": nodes})["children"][0]["width"])

    sizes = list(range(40, 80))
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(width, sizes)) == sizes


def test_a_forked_process_draws_too() -> None:
    program = (
        "import os, sys\n"
        "from archspec.drawing.engine import laid_out\n"
        f"graph = {GRAPH!r}\n"
        "laid_out(graph)\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    laid_out(graph)\n"
        "    os._exit(7)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "7\n", done.stderr
