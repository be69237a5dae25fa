from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from archspec.reading import read_yaml
from archspec.resolution import Model, resolve
from archspec.schema import load, loads
from archspec.weights.files import natural
from archspec.weights.generator import seeded
from archspec.weights.mapping import apply
from archspec.weights.proposal import Proposal, propose
from archspec.weights.rules_reading import rules_of
from tests.weights.conftest import SPECS

Names = Callable[[str], str]


def as_torchvision(name: str) -> str:
    """ResNet-18's tensors as torchvision calls them."""
    name = re.sub(r"^stem\.conv1", "conv1", name)
    name = re.sub(r"^stem\.batch_norm1", "bn1", name)
    name = re.sub(r"^head\.dense1", "fc", name)
    if found := re.match(
        r"layer(\d)\.basic_block(\d)\.(residual|shortcut)\.(\w+?)(\d)\.(.*)", name
    ):
        stage, block, branch, kind, number, tensor = found.groups()
        layer = {"conv": f"conv{number}", "batch_norm": f"bn{number}"}[kind]
        if branch == "shortcut":
            layer = {"conv": "downsample.0", "batch_norm": "downsample.1"}[kind]
        name = f"layer{stage}.{int(block) - 1}.{layer}.{tensor}"
    return name


def renamed(weights: Mapping[str, Any], names: Names) -> dict[str, Any]:
    return {names(name): array for name, array in weights.items()}


def given(proposal: Proposal, model: Model, found: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the proposed rules make of a checkpoint."""
    rules = rules_of(read_yaml(proposal.text, "rules.yaml"), "rules.yaml")
    return apply(model.graph, rules, found).tensors


def assert_same(found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    assert list(found) == list(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, name)


@pytest.mark.parametrize("ordered", [True, False])
def test_residual_network_of_torchvision(resnet18: Model, ordered: bool) -> None:
    weights = seeded(resnet18.graph, 0)
    found = renamed(weights, as_torchvision)
    assert "layer2.0.downsample.0.weight" in found
    for name in [each for each in found if each.endswith("running_var")]:
        found[name.replace("running_var", "num_batches_tracked")] = np.array(1)
    if not ordered:
        found = {name: found[name] for name in sorted(found, key=natural)}
    proposal = propose(resnet18.graph, found, ordered)
    assert proposal.complete
    assert_same(given(proposal, resnet18, found), weights)
    # Eight stages of blocks, their layers, their shortcuts: not a line for each tensor.
    assert len(proposal.text.splitlines()) <= 20
    assert '- "**.num_batches_tracked"' in proposal.text
    assert any("order of their names" in each for each in proposal.notes) != ordered


def test_kernels_of_keras(tiny: Model) -> None:
    weights = seeded(tiny.graph, 0)
    words = {"running_mean": "moving_mean", "running_var": "moving_variance"}
    found: dict[str, Any] = {}
    for name, (_, tensor) in tiny.graph.tensors.items():
        layer, _, last = name.rpartition(".")
        own = weights[name]
        if tensor.role == "kernel":
            last, own = "kernel", own.transpose([*range(2, own.ndim), 1, 0])
        elif tensor.role in ("scale", "shift"):
            last = {"weight": "gamma", "bias": "beta"}[last]
            own = np.moveaxis(own, 0, -1)
        found[f"{layer.replace('.', '_')}/{words.get(last, last)}"] = own
    proposal = propose(tiny.graph, found, True)
    assert proposal.complete
    assert "  dense: IO\n" in proposal.text
    assert_same(given(proposal, tiny, found), weights)


SIDE_BY_SIDE = """
archspec: 1
name: Projections
input: [6]
stages:
  body:
    - dense: 6
    - branches:
        query: [{dense: 6}]
        key: [{dense: 6}]
        value: [{dense: 6}]
  head:
    - dense: 2
"""


def test_what_stands_side_by_side_goes_by_its_name_and_is_reported() -> None:
    model = resolve(loads(SIDE_BY_SIDE))
    weights = seeded(model.graph, 0)
    order = ["body.dense1", "body.key", "body.query", "body.value", "head"]
    short = {"body.key": "k", "body.query": "q", "body.value": "v"}
    found = {}
    for prefix in order:
        for name, array in weights.items():
            if name.startswith(prefix):
                found[f"{short.get(prefix, prefix)}.{name.rpartition('.')[2]}"] = array
    proposal = propose(model.graph, found, True)
    assert_same(given(proposal, model, found), weights)
    (doubt,) = proposal.doubts
    assert doubt.by == "names"
    assert set(doubt.tensors) == {
        (f"{letter}.weight", f"body.{name}.dense1.weight")
        for letter, name in (("q", "query"), ("k", "key"), ("v", "value"))
    }
    # With names that say nothing the order decides, and that is said.
    silent = {f"{number}": each for number, each in enumerate(weights.values())}
    proposal = propose(model.graph, silent, True)
    assert_same(given(proposal, model, silent), weights)
    assert any(each.by == "order" and len(each.tensors) >= 3 for each in proposal.doubtful)


def test_numbers_in_names_do_not_decide() -> None:
    """They count from 0 on one side, and from 1 on the other."""
    text = SIDE_BY_SIDE.replace("        query: [{dense: 6}]\n", "")
    text = text.replace("key: [{dense: 6}]", "b1: [{dense: 6, as: projection}]")
    text = text.replace("value: [{dense: 6}]", "b2: [{dense: 6, as: projection}]")
    model = resolve(loads(text))
    weights = seeded(model.graph, 0)

    def counted_from_0(name: str) -> str:
        return re.sub(r"b(\d)\.projection", lambda found: f"branches.{int(found[1]) - 1}", name)

    found = renamed(weights, counted_from_0)
    assert "body.branches.0.weight" in found
    proposal = propose(model.graph, found, True)
    assert_same(given(proposal, model, found), weights)
    assert len(proposal.doubtful) == 1
    assert "{i}" in proposal.text


def test_a_fused_projection_is_split() -> None:
    model = resolve(loads(SIDE_BY_SIDE))
    weights = seeded(model.graph, 0)
    names = [f"body.{name}.dense1" for name in ("query", "key", "value")]
    found = {
        name: array for name, array in weights.items() if not name.startswith(tuple(names))
    } | {
        "attn.in_proj_weight": np.concatenate([weights[f"{name}.weight"] for name in names]),
        "attn.in_proj_bias": np.concatenate([weights[f"{name}.bias"] for name in names]),
    }
    proposal = propose(model.graph, found, True)
    assert "split:\n" in proposal.text
    assert_same(given(proposal, model, found), weights)
    assert len(proposal.doubtful) == 2


def test_what_has_no_place_is_named(resnet18: Model) -> None:
    weights = seeded(resnet18.graph, 0)
    found = renamed(weights, as_torchvision) | {"aux.weight": np.zeros((3, 3), np.float32)}
    found["fc.weight"] = np.zeros((7, 512), np.float32)
    proposal = propose(resnet18.graph, found, True)
    assert not proposal.complete
    assert set(proposal.unused) == {"aux.weight", "fc.weight"}
    assert proposal.missing == ("head.dense1.weight",)
    assert ("fc.bias", "head.dense1.bias") in proposal.assigned
    # What was found is proposed all the same.
    assert "layer{i}" in proposal.text


def test_nothing_fits(resnet18: Model) -> None:
    for found in ({}, {"a": np.zeros(1)}, {"": np.zeros(1)}, {".": np.zeros((2, 2))}):
        proposal = propose(resnet18.graph, found, True)
        assert not proposal.complete
        assert len(proposal.missing) == len(resnet18.graph.tensors)


@pytest.mark.parametrize(
    "odd",
    [
        "a*b{c}",
        "true",
        "x: y",
        "- z",
        "\u2028",
        "a\nb",
        "#",
        "10000000000",
        "007",
        "é",
        "\x00",
        "|",
    ],
)
def test_odd_names_are_written_so_that_they_are_read(odd: str) -> None:
    model = resolve(loads(SIDE_BY_SIDE))
    weights = seeded(model.graph, 0)
    found = renamed(weights, lambda name: f"{odd}{name}{odd}")
    proposal = propose(model.graph, found, True)
    assert proposal.complete
    assert_same(given(proposal, model, found), weights)


@pytest.mark.parametrize("name", ["googlenet", "densenet121", "efficientnet_lite0", "mobilenet_v2"])
def test_a_network_of_our_own_is_found_to_be_itself(name: str) -> None:
    model = resolve(load(SPECS / f"{name}.yaml"))
    found = {
        f"net.{name}": np.broadcast_to(np.float32(1), tensor.shape)
        for name, (_, tensor) in model.graph.tensors.items()
    }
    proposal = propose(model.graph, found, True)
    assert all(theirs == f"net.{ours}" for theirs, ours in proposal.assigned)
    assert proposal.complete
    shuffled = {name: found[name] for name in sorted(found, key=natural)}
    proposal = propose(model.graph, shuffled, False)
    assert all(theirs == f"net.{ours}" for theirs, ours in proposal.assigned)


def test_layers_of_which_there_are_more_on_one_side_are_in_doubt() -> None:
    model = resolve(loads(SIDE_BY_SIDE))
    weights = seeded(model.graph, 0)
    found = {f"net.{n}": array for n, array in weights.items() if not n.startswith("body.key")}
    proposal = propose(model.graph, found, True)
    assert not proposal.complete
    assert any("net.body.dense1.weight" in dict(each.tensors) for each in proposal.doubtful)
