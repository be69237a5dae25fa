"""A generated file at other sizes than that of its spec, where its header says that they do."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from archspec import load, loads, resolve, verify
from archspec.render import render
from archspec.verification.warm import WarmRuns

SPEC = Path(__file__).parent / "sizes/rounding_up.yaml"
SIZES = re.compile(r"\(any H x W of at least (\d+) x (\d+)\)")


def test_only_a_backend_whose_pools_round_up_is_free_of_the_size() -> None:
    model = resolve(load(SPEC))
    assert SIZES.search(render(model, "torch").text)
    for backend in ("flax", "nnx", "mxnet"):
        assert "(this size only)" in render(model, backend).text


def test_a_switch_that_brings_in_a_flatten_holds_the_size() -> None:
    specs = Path(__file__).parents[2] / "specs"
    for aux_heads in (False, True):
        model = resolve(load(specs / "googlenet_paper.yaml"), aux_heads=aux_heads)
        assert "224 x 224 (this size only)" in render(model, "torch").text
    assert SIZES.search(render(resolve(load(specs / "squeezenet1_1.yaml")), "torch").text)


@pytest.mark.parametrize(
    ("size", "pool"),
    [
        # PyTorch pads alike on both sides, and a single axis by no more than half the kernel.
        ("16, 16", "kernel: 3, stride: 2, padding: [[0, 1], [0, 1]], ceil: true"),
        ("32", "kernel: 3, stride: 3, padding: 1, dilation: 2, ceil: true"),
    ],
)
def test_what_pytorch_cannot_round_up_holds_the_size(size: str, pool: str) -> None:
    text = f"archspec: 1\nname: Net\ninput: [3, {size}]\nstages:\n  a: [{{max_pool: {{{pool}}}}},"
    found = render(resolve(loads(f"{text} global_avg_pool]\n")), "torch").text
    assert "(this size only)" in found and "ceil_mode" not in found


def test_switches_are_tried_together() -> None:
    text = """\
archspec: 1
name: Two
input: [3, 12, 12]
params: {a: false, b: false}
arguments: [a, b]
stages:
  body: [{conv: {out: 4, kernel: 7}, when: a}, {conv: {out: 4, kernel: 5}, when: b}]
  head: [global_avg_pool, {dense: 7}]
"""
    assert "at least 11 x 11)" in render(resolve(loads(text)), "torch").text


@pytest.mark.parity
def test_what_rounds_up_itself_does_so_at_every_size(
    require_backend: Callable[[str], None], warm_runs: WarmRuns, tmp_path: Path
) -> None:
    require_backend("torch")
    spec = load(SPEC)
    (name,) = resolve(spec).graph.inputs
    text = render(resolve(spec), "torch").text
    found = SIZES.search(text)
    assert found
    least = int(found[1]), int(found[2])
    file = tmp_path / "at_another_size.py"
    file.write_text(text, "utf-8")
    for height, width in (least, (8, 9), (11, 14), (16, 15)):
        model = resolve(spec, {name: [3, height, width]})
        modules = {"torch": str(file)}
        (row,) = verify(model, ["torch"], modules, steps=1, runs=warm_runs).backends
        wrong = [check for check in row.checks if not check.passed]
        assert row.status == "agrees", (height, width, row.problem, wrong)
        layers = next(check for check in row.checks if check.quantity == "layers")
        assert layers.compared == layers.of
