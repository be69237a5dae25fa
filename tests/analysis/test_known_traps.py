"""The table of traps agrees with the page, and each trap concerns the layers it should."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from archspec.analysis.traps import TRAPS, traps_of
from archspec.resolution import resolve
from archspec.schema import load, loads

ROOT = Path(__file__).parents[2]
# What is no matter of single layers.
_OF_NO_LAYER = {"Names"}


def headings() -> list[str]:
    text = (ROOT / "docs/semantics.md").read_text("utf-8")
    section = text.split("\n## Where frameworks disagree\n")[1].split("\n## ")[0]
    return [line.removeprefix("### ") for line in section.splitlines() if line.startswith("### ")]


def test_the_page_has_the_same_traps_in_the_same_order() -> None:
    assert [trap.heading for trap in TRAPS] == [
        each for each in headings() if each not in _OF_NO_LAYER
    ]


def found(*layers: Any, size: tuple[int, ...] = (4, 9, 9)) -> list[str]:
    spec = {"archspec": 1, "name": "Net", "input": list(size), "stages": {"s": list(layers)}}
    graph = resolve(loads(json.dumps(spec))).graph
    return [trap.heading for trap in traps_of(graph.nodes[-1])]


NORMAL = {"eps": 1e-5}
CASES: list[tuple[list[Any], list[str]]] = [
    ([{"conv": {"out": 2, "kernel": 1}}], ["TF32"]),
    ([{"conv": {"out": 2, "kernel": 1, "stride": 2}}], ["Padding", "TF32"]),
    (
        [{"conv": {"out": 2, "kernel": 3}}],
        ["Padding", "Kernels that run backwards", "TF32"],
    ),
    (
        [{"conv": {"out": 8, "kernel": 1, "groups": 4}}],
        ["Convolutions of each channel by itself", "TF32"],
    ),
    (["to_tokens", {"attention": {"heads": 2}, "from": ["previous"] * 3}], ["Attention"]),
    (
        [{"max_pool": {"kernel": 3, "stride": 2, "ceil": True}}],
        ["Padding", "Pools that round up", "Equal elements in a max-pool"],
    ),
    ([{"avg_pool": {"kernel": 3, "stride": 2}}], ["Padding", "Average pools"]),
    (["global_avg_pool"], []),
    (["global_max_pool"], ["Equal elements in a max-pool"]),
    (["flatten"], ["Flattening"]),
    ([{"global_avg_pool": True}, "flatten"], []),
    (
        [{"batch_norm": {**NORMAL, "decay": 0.9}}],
        ["Batch normalisation", "Variances that cancel"],
    ),
    (
        [{"layer_norm": {**NORMAL, "axes": ["C"]}}],
        ["Variances that cancel", "Layer and group normalisation"],
    ),
    (
        [{"group_norm": {**NORMAL, "groups": 2}}],
        ["Variances that cancel", "Layer and group normalisation"],
    ),
    (
        [{"local_response_norm": {"size": 5, "alpha": 1e-4, "beta": 0.75, "k": 1}}],
        ["Local response normalisation"],
    ),
    (["relu"], []),
    ([{"gelu": "none"}], ["Activations"]),
    ([{"leaky_relu": 0.1}], ["Activations"]),
    ([{"hard_sigmoid": "1 / 6"}], ["Activations"]),
    ([{"dropout": 0.5}], []),
    ([{"dropout": 0.4}], ["Dropout"]),
    ([{"upsample": 2}], []),
    (
        [{"upsample": {"scale": 2, "mode": "bilinear", "coordinates": "half_pixel"}}],
        ["Transposed convolution and upsampling"],
    ),
    (
        [{"conv_transpose": {"out": 2, "kernel": 2}}],
        ["Transposed convolution and upsampling", "TF32"],
    ),
    (["global_avg_pool", {"dense": 3}], ["TF32"]),
]


@pytest.mark.parametrize(("layers", "expected"), CASES)
def test_which_concern_a_layer(layers: list[Any], expected: list[str]) -> None:
    assert found(*layers) == expected


def test_each_trap_concerns_some_layer() -> None:
    assert {each for _, expected in CASES for each in expected} == {t.heading for t in TRAPS}


def test_addresses_are_those_of_the_page() -> None:
    graph = resolve(load(ROOT / "specs/googlenet_bn.yaml")).graph
    addresses = {trap.address for node in graph.nodes for trap in traps_of(node)}
    assert "docs/semantics.md#batch-normalisation" in addresses
