"""What changed between two networks, layer by layer and in brief."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from archspec.analysis.alignment import align
from archspec.analysis.diff import Difference, diff
from archspec.analysis.diff_json import diff_data
from archspec.analysis.diff_summary import Section, summarize_diff
from archspec.resolution import Flat, resolve_flat
from archspec.schema import load, loads

ROOT = Path(__file__).parents[2]


def bundled(name: str, **values: Any) -> Flat:
    return resolve_flat(load(ROOT / f"specs/{name}.yaml"), **values)


def net(layers: list[Any], size: tuple[int, ...] = (2, 8, 8), **more: Any) -> Flat:
    stages = more.pop("stages", {"s": layers})
    spec = {"archspec": 1, "name": "Net", "input": list(size), "stages": stages, **more}
    return resolve_flat(loads(json.dumps(spec)))


def facts(found: Difference) -> list[Any]:
    """What is not the same: kind, paths, and what changed from what to what."""
    rows: list[Any] = []
    for each in found.layers:
        if each.kind == "changed":
            rows += [("~", each.node.path, c.what, c.before, c.after) for c in each.changes]
        elif each.kind != "same":
            rows.append(("+" if each.kind == "added" else "-", each.node.path))
    return rows


def section(found: Difference, kind: str) -> Section:
    return next(each for each in summarize_diff(found) if each.kind == kind)


CONV = {"conv": {"out": 4, "kernel": 3, "padding": 1}}


def test_a_network_does_not_differ_from_itself() -> None:
    for name in ("lenet", "googlenet"):
        found = diff(bundled(name), bundled(name))
        assert not found.different
        assert (facts(found), found.settings, summarize_diff(found)) == ([], (), [])


def test_names_and_nesting_make_no_difference() -> None:
    block = {"Unit": {"params": {"out": "int"}, "layers": [CONV, "relu"]}}
    plain = net([CONV, "relu", CONV, "relu"])
    nested = net(
        [],
        stages={"one": [{"Unit": 4}], "two": [{"branches": {"only": [CONV]}}, "relu"]},
        blocks=block,
    )
    found = diff(plain, nested)
    # A merge of one branch is a layer more.
    assert facts(found) == [("+", "two.concat1")]


def test_arguments_that_change() -> None:
    before = net([CONV, "relu", {"max_pool": {"kernel": 2, "stride": 2}}])
    after = net(
        [
            {"conv": {"out": 6, "kernel": 5, "padding": 2, "bias": False}},
            "silu",
            {"avg_pool": {"kernel": 2, "stride": 1}},
        ]
    )
    assert facts(diff(before, after)) == [
        ("~", "s.conv1", "out", 4, 6),
        ("~", "s.conv1", "kernel", (3, 3), (5, 5)),
        ("~", "s.conv1", "padding", ((1, 1), (1, 1)), ((2, 2), (2, 2))),
        ("~", "s.conv1", "bias", True, False),
        ("~", "s.silu1", "operator", "relu", "silu"),
        ("~", "s.avg_pool1", "operator", "max_pool", "avg_pool"),
        ("~", "s.avg_pool1", "stride", (2, 2), (1, 1)),
    ]


def test_pads_that_follow_from_the_size_are_as_they_were_asked_for() -> None:
    layers = [{"conv": {"out": 4, "kernel": 3, "stride": 2, "padding": "same_upper"}}]
    assert facts(diff(net(layers, (2, 8, 8)), net(layers, (2, 9, 9)))) == []
    symmetric = [{"conv": {"out": 4, "kernel": 3, "stride": 2, "padding": "symmetric"}}]
    found = facts(diff(net(layers), net(symmetric)))
    assert found == [("~", "s.conv1", "padding", "same_upper", ((1, 1), (1, 1)))]


def test_layers_that_come_and_go() -> None:
    before = net([CONV, "relu", {"dropout": 0.5}, CONV])
    after = net([CONV, {"batch_norm": {"eps": 1e-3, "decay": 0.9}}, "relu", CONV])
    found = facts(diff(before, after))
    assert sorted(found) == [("+", "s.batch_norm1"), ("-", "s.dropout1")]


def test_how_weights_start() -> None:
    before = net([CONV], init={"kernel": "he_normal"})
    after = net([CONV], init={"kernel": {"normal": 0.01}, "bias": 0.2})
    assert facts(diff(before, after)) == [
        ("~", "s.conv1", "init kernel", "he_normal", "normal 0.01"),
        ("~", "s.conv1", "init bias", "zeros", "constant 0.2"),
    ]
    assert facts(diff(net([CONV]), before)) == []
    by_outputs = net([CONV], init={"kernel": {"scheme": "he_normal", "mode": "fan_out"}})
    assert facts(diff(before, by_outputs)) == [
        ("~", "s.conv1", "init kernel", "he_normal", "he_normal by fan_out")
    ]


def test_a_layer_that_takes_something_else() -> None:
    def two(second: str) -> Flat:
        stages = {
            "a": [CONV],
            "b": [CONV],
            "c": [{"conv": {"out": 4, "kernel": 1}, "from": second}],
            "d": [{"concat": None, "from": ["a", "b", "c"]}],
        }
        return net([], stages=stages)

    assert facts(diff(two("b"), two("a"))) == [("~", "c.conv1", "takes", "b.conv1", "a.conv1")]


def test_weights_that_are_shared() -> None:
    conv = {"conv": {"out": 2, "kernel": 3, "padding": 1}}
    before = net([{**conv, "as": "one"}, {**conv, "as": "two"}])
    after = net([{**conv, "as": "one"}, {"share": "one"}])
    found = diff(before, after)
    assert facts(found) == [("~", "s.share1", "shared weights", False, True)]
    assert [each.parameters for each in found.totals] == [76, 38]


def test_what_the_book_changed() -> None:
    found = diff(bundled("googlenet"), bundled("googlenet_paper"))
    assert sum(each.kind in ("same", "changed") for each in found.layers) == 138
    added = [each.node.path for each in found.layers if each.kind == "added"]
    assert added == [
        "conv1.local_response_norm1",
        "conv2.local_response_norm1",
        "head.dropout1",
    ]
    paths = {
        each.before.path: each.after.path for each in found.layers if each.before and each.after
    }
    assert paths["b3.inception1.b2.conv2"] == "inception3.inception1.b2.conv_unit2.conv1"
    assert paths["b5.inception2.concat1"].endswith("inception2.concat1")
    assert [each.parameters for each in found.totals] == [5_977_530, 6_998_552]


def test_a_change_everywhere_is_said_once() -> None:
    found = diff(bundled("googlenet_paper"), bundled("googlenet_bn"))
    general = section(found, "throughout")
    conv, norm = general.items
    assert (conv.operator, len(conv.layers), conv.of) == ("conv", 57, 57)
    assert conv.changes[0] == ("bias", ((True, False),))
    assert (norm.kind, norm.operator, norm.after, len(norm.layers)) == (
        *("added", "batch_norm", "conv"),
        57,
    )


def test_a_change_of_a_block_is_said_once() -> None:
    found = diff(bundled("googlenet"), bundled("googlenet_julia"))
    block = section(found, "block")
    assert (block.names, len(block.uses)) == (("Inception", "Inception"), 9)
    (item,) = block.items
    assert (item.kind, item.operator, len(item.layers)) == ("removed", "relu", 9)
    assert block.multiply_adds == -12_682_752


def test_blocks_that_are_new_are_said_whole() -> None:
    found = diff(bundled("resnet18"), bundled("resnet34"))
    items = [item for each in summarize_diff(found) for item in each.items]
    assert {(item.kind, item.operator, item.count) for item in items} == {
        ("added", "BasicBlock", 7)
    }
    assert len(items) == 8


def test_stages_that_are_new_are_said_whole() -> None:
    found = diff(bundled("googlenet_paper"), bundled("googlenet_paper", aux_heads=True))
    assert [(each.uses, each.items[0].operator) for each in summarize_diff(found)] == [
        (((None, "aux1"),), "stage"),
        (((None, "aux2"),), "stage"),
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("googlenet", "googlenet_paper"),
        ("googlenet_bn", "googlenet_paper"),
        ("resnet18", "alexnet"),
        ("lenet", "googlenet"),
    ],
)
def test_nothing_is_lost(one: str, other: str) -> None:
    """Every layer stands once, in order, and the sections' figures come to the totals'."""
    before, after = bundled(one), bundled(other)
    found = diff(before, after)
    assert [each.before for each in found.layers if each.before] == list(before.graph.nodes)
    assert [each.after for each in found.layers if each.after] == list(after.graph.nodes)
    swapped = diff(after, before)
    counts = [[each.kind for each in some.layers].count("same") for some in (found, swapped)]
    assert counts[0] == counts[1]
    data = json.loads(json.dumps(diff_data(found), allow_nan=False))
    assert data["change"]["parameters"] == after.graph.parameters - before.graph.parameters
    for each in found.layers:
        if each.kind == "same":
            assert each.before and each.after
            assert each.before.operator.name() == each.after.operator.name()


def test_ten_thousand_layers_take_seconds() -> None:
    def long(count: int) -> Flat:
        return net([{"conv": {"out": 2, "kernel": 1}, "repeat": count}, "relu"])

    before, after = long(9_000), long(8_500)
    begun = time.monotonic()
    pairs = align(before.graph.nodes, after.graph.nodes)
    assert sum(one is None or other is None for one, other in pairs) == 500
    assert time.monotonic() - begun < 20
