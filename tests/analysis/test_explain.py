"""One layer explained: its arguments' origins, its shape, its code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from archspec.analysis.explain import Explained, explain, explained_data
from archspec.analysis.parts import Part
from archspec.analysis.shape_rule import shape_rule
from archspec.backends import find_backend
from archspec.errors import UsageError
from archspec.resolution import Model, resolve
from archspec.schema import load, loads

ROOT = Path(__file__).parents[2]

TEXT = """\
archspec: 1
name: Net
params: {width: 4}
input: [3, 11, 11]
defaults:
  batch_norm: {eps: 1e-3, decay: 0.9}
blocks:
  Unit:
    params: {out: {wide: int, narrow: int}, act: {type: activation, default: relu}}
    layers:
      - conv: {out: out.narrow * 2, kernel: [3, 1], padding: same_upper, stride: 2}
      - batch_norm
      - act
stages:
  body:
    - Unit: [[8, 3], silu]
    - conv: {out: width + i, kernel: 1}
      repeat: 2
  head:
    - share: body.conv1
    - flatten
    - dense: 5
"""


def explained(path: str, *backends: str, text: str = TEXT) -> Explained:
    found = explain(resolve(loads(text)), path, [find_backend(each) for each in backends])
    assert isinstance(found, Explained)
    return found


@pytest.fixture
def model() -> Model:
    return resolve(loads(TEXT.replace("    - share: body.conv1\n", "")))


def layer(model: Model, path: str, *backends: str) -> Explained:
    found = explain(model, path, [find_backend(each) for each in backends])
    assert isinstance(found, Explained)
    return found


def test_where_arguments_come_from(model: Model) -> None:
    arguments = {each.name: each for each in layer(model, "body.unit1.conv1").origin.arguments}
    out = arguments["out"]
    assert (out.value, out.origin, out.names) == (6, "here", {"out": (8, 3)})
    assert out.where and out.where.line == 11
    assert (arguments["kernel"].value, arguments["kernel"].origin) == ((3, 1), "here")
    padding = arguments["padding"]
    assert (padding.origin, padding.declared) == ("size", "same_upper")
    assert padding.value == ((1, 1), (0, 0))
    assert arguments["groups"].origin == arguments["bias"].origin == "default"
    found = layer(model, "body.unit1.batch_norm1").origin.arguments
    norm = {each.name: each.origin for each in found}
    assert norm == {"eps": "defaults", "decay": "defaults", "running_variance": "default"}


def test_an_activation_that_a_parameter_names(model: Model) -> None:
    origin = layer(model, "body.unit1.act1").origin
    assert (origin.activation, origin.scope["act"]) == ("act", "silu")


def test_an_iteration_has_its_index(model: Model) -> None:
    out = layer(model, "body.conv1.1").origin.arguments[0]
    assert (out.value, out.names) == (5, {"width": 4, "i": 1})


def test_the_shape_is_worked_out(model: Model) -> None:
    assert layer(model, "body.unit1.conv1").rule == [
        ("C", "`out` = 6"),
        ("H", "(11 + 1 + 1 - 3) // 2 + 1 = 6"),
        ("W", "(11 - 1) // 2 + 1 = 6"),
    ]
    assert layer(model, "head.flatten1").rule == [("C", "5 * 6 * 6 = 180")]


def test_every_rule_comes_to_the_size() -> None:
    for name in ("googlenet_bn", "alexnet"):
        model = resolve(load(ROOT / f"specs/{name}.yaml"))
        for node in model.graph.nodes:
            for (_, rule), size in zip(shape_rule(node), node.shape.sizes, strict=True):
                left, equals, right = rule.partition(" = ")
                if equals and "`" not in left:
                    assert eval(left) == int(right) == size


def test_how_backends_write_it(model: Model) -> None:
    torch, flax = layer(model, "body.unit1.conv1", "torch", "flax").backends
    assert torch.lines[0][1] == "self.conv1 = nn.Conv2d("
    assert "conv(" in flax.lines[0][1]
    assert torch.tensors["body.unit1.conv1.weight"].name == "body.unit1.conv1.weight"
    assert flax.tensors["body.unit1.conv1.weight"].name == "params/body_unit1/conv1/kernel"
    assert flax.tensors["body.unit1.conv1.weight"].shape == (3, 1, 3, 6)


@pytest.mark.parametrize("name", ["lenet", "googlenet_bn"])
def test_the_lines_are_those_of_the_file(name: str) -> None:
    model = resolve(load(ROOT / f"specs/{name}.yaml"))
    text = (ROOT / f"generated/torch/{name}.py").read_text("utf-8").splitlines()
    for node in model.graph.nodes[:6]:
        found = explain(model, node.path, [find_backend("torch")])
        assert isinstance(found, Explained)
        (part,) = found.backends
        assert [text[number - 1].strip() for number, _ in part.lines] == [
            line.strip() for _, line in part.lines
        ]
        assert part.lines or not node.tensors


def test_a_shared_layer() -> None:
    text = """\
archspec: 1
name: Net
input: [2, 5, 5]
stages:
  s:
    - conv: {out: 2, kernel: 1}
      as: again
    - share: again
"""
    first, second = (explained(path, text=text) for path in ("s.again", "s.share1"))
    assert (first.shared, second.shared) == (("s.share1",), ("s.again",))
    assert second.node.owner == "s.again"
    assert first.takers == ("s.share1",)
    assert second.takers == ("output `output`",)


def test_a_backend_that_refuses_says_why() -> None:
    text = """\
archspec: 1
name: Net
input: [2, 5, 5]
stages:
  s:
    - batch_norm: {eps: 1e-3, decay: 0.9, running_variance: unbiased}
"""
    torch, flax = explained("s.batch_norm1", "torch", "flax", text=text).backends
    assert torch.refused is None and torch.lines
    assert flax.refused and "variance" in flax.refused
    assert flax.lines == ()


def test_a_container_has_its_parts(model: Model) -> None:
    found = explain(model, "body.unit1")
    assert isinstance(found, Part)
    assert (found.block, [each.name for each in found.parts]) == (
        "Unit",
        ["conv1", "batch_norm1", "act1"],
    )


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("body.unit1.conv2", "`body.unit1.conv1`"),
        ("unit1", "`body.unit1`"),
        ("", "it has: body, head"),
        ("q" * 100_000, "it has: body, head"),
        ("body.", "`body`"),
    ],
)
def test_no_such_path(model: Model, path: str, hint: str) -> None:
    with pytest.raises(UsageError, match="has no layer") as raised:
        explain(model, path)
    assert hint in (raised.value.problems[0].hint or "")


def test_data_is_json(model: Model) -> None:
    for path in ("body.unit1.conv1", "body.unit1", "head", "head.dense1"):
        data = explained_data(explain(model, path, [find_backend("keras")]))
        assert json.loads(json.dumps(data, allow_nan=False))["path"] == path
