from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from archspec.errors import WeightsError
from archspec.oracle.interpreter import run
from archspec.reading import read_yaml
from archspec.resolution import Model, resolve
from archspec.schema import loads
from archspec.weights.generator import seeded, seeded_inputs
from archspec.weights.mapping import Mapped, apply
from archspec.weights.rules_reading import rules_of

SPEC = """
archspec: 1
name: Small
input: [4, 6, 6]
stages:
  body:
    - conv: {out: 8, kernel: [3, 2], padding: 1, groups: 4, bias: false}
    - conv: {out: 6, kernel: 1}
    - conv_transpose: {out: 5, kernel: [2, 3], stride: 2}
  head:
    - flatten
    - dense: 12
    - branches:
        q: [{dense: {out: 3, bias: false}}]
        k: [{dense: {out: 3, bias: false}}]
        v: [{dense: {out: 3, bias: false}}]
"""
QKV = ["head.q.dense1.weight", "head.k.dense1.weight", "head.v.dense1.weight"]


@pytest.fixture(scope="module")
def model() -> Model:
    return resolve(loads(SPEC))


@pytest.fixture(scope="module")
def weights(model: Model) -> dict[str, Any]:
    return dict(seeded(model.graph, 0))


def mapped(model: Model, found: dict[str, Any], text: str) -> Mapped:
    rules = rules_of(read_yaml(f"archspec: 1\n{text}", "rules.yaml"), "rules.yaml")
    return apply(model.graph, rules, found, "net.pt")


def refused(model: Model, found: dict[str, Any], text: str) -> list[str]:
    with pytest.raises(WeightsError) as caught:
        mapped(model, found, text)
    return [f"{each}" + (f" ({each.hint})" if each.hint else "") for each in caught.value.problems]


def assert_same(result: Mapped, expected: dict[str, Any]) -> None:
    assert list(result.tensors) == list(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(result.tensors[name], array)


def test_names_alone(model: Model, weights: dict[str, Any]) -> None:
    assert_same(mapped(model, weights, 'rename: {"**": "**"}'), weights)
    wrapped = {f"module.{name}": array for name, array in weights.items()}
    assert_same(mapped(model, wrapped, 'rename: {module.**: "**"}'), weights)


def test_what_is_ignored(model: Model, weights: dict[str, Any]) -> None:
    found = weights | {"body.steps": np.array(3), "ema.x": np.zeros(2)}
    text = 'ignore: ["**.steps", ema.*]\nrename: {body.**: body.**, head.**: head.**}'
    result = mapped(model, found, text)
    assert_same(result, weights)
    assert result.ignored == ("body.steps", "ema.x")


def test_layouts_of_tensorflow(model: Model, weights: dict[str, Any]) -> None:
    depthwise = weights["body.conv1.weight"].reshape(4, 2, 3, 2).transpose(2, 3, 0, 1)
    found = weights | {
        # (H, W, C, M): output c * M + m is the m-th of channel c.
        "body.conv1.weight": depthwise,
        "body.conv2.weight": weights["body.conv2.weight"].transpose(2, 3, 1, 0),
        "body.conv_transpose1.weight": weights["body.conv_transpose1.weight"].transpose(2, 3, 1, 0),
    }
    for name in weights:
        if "dense" in name and name.endswith("weight"):
            found[name] = weights[name].T
    text = 'layouts: {conv: HWIO, depthwise: "*CM", conv_transpose: "*OI", dense: IO}\n'
    assert_same(mapped(model, found, text + 'rename: {"**": "**"}'), weights)


def test_one_tensor_becomes_several(model: Model, weights: dict[str, Any]) -> None:
    rest = {name: array for name, array in weights.items() if name not in QKV}
    fused = np.concatenate([weights[name] for name in QKV])
    names = ", ".join(QKV)
    text = f'rename: {{"**": "**"}}\nsplit: {{qkv: [{names}]}}'
    assert_same(mapped(model, rest | {"qkv": fused}, text), weights)
    text = f'rename: {{"**": "**"}}\nsplit: {{qkv: {{to: [{names}], layout: IO}}}}'
    assert_same(mapped(model, rest | {"qkv": fused.T}, text), weights)
    (problem,) = refused(model, rest | {"qkv": fused}, text)
    assert "rules.yaml:3:9: `qkv` → `head.q.dense1.weight`" in problem
    assert "its axis 0 has 12, the parts have 3 + 3 + 3" in problem


@pytest.mark.parametrize(("option", "shape"), [("axis: 0", (4, 12)), ("stack: true", (12,))])
def test_several_become_one(
    model: Model, weights: dict[str, Any], option: str, shape: tuple[int, ...]
) -> None:
    whole = weights["head.dense1.weight"]
    if option == "axis: 0":
        parts, letters = np.split(whole, 3), "abc"
    else:
        parts, letters = list(whole), "abcdefghijkl"
    found = {name: array for name, array in weights.items() if name != "head.dense1.weight"}
    found |= {f"{letter}.1": part for letter, part in zip(letters, parts, strict=True)}
    names = ", ".join(f'"{letter}.{{i}}"' for letter in letters)
    text = f'rename: {{"**": "**"}}\njoin:\n  head.dense{{i}}.weight: {{from: [{names}], {option}}}'
    # A name that joins is given in full, and so goes before the pattern.
    assert_same(mapped(model, found, text), weights)
    del found["b.1"]
    problems = refused(model, found, text)
    assert "there is no `b.1` to join into `head.dense1.weight`" in problems[0]


def test_axes_of_length_1_come_and_go(model: Model, weights: dict[str, Any]) -> None:
    # A convolution of 1 x 1 from a dense layer, and the other way round.
    found = weights | {
        "body.conv2.weight": weights["body.conv2.weight"][:, :, 0, 0].T,
        "head.dense1.weight": weights["head.dense1.weight"][:, :, None, None],
    }
    text = """
rename:
  "**": "**"
  body.conv2.weight: {to: body.conv2.weight, layout: IO, squeeze: true}
  head.dense1.weight: {to: head.dense1.weight, squeeze: true}
"""
    assert_same(mapped(model, found, text), weights)
    kernel = found["head.dense1.weight"].transpose(2, 3, 1, 0)
    text = text.replace("head.dense1.weight, squeeze", "head.dense1.weight, layout: HWIO, squeeze")
    assert_same(mapped(model, found | {"head.dense1.weight": kernel}, text), weights)
    wrong = refused(model, found | {"head.dense1.weight": kernel.repeat(2, 0)}, text)
    assert "the layout HWIO is none of OI" in wrong[0]


def test_a_dense_layer_after_a_flatten_with_channels_last(
    model: Model, weights: dict[str, Any]
) -> None:
    images = seeded_inputs(model.graph, 2, 0)
    values = run(model.graph, weights, images).values
    features = values["body.conv_transpose1"]
    kernel = np.random.default_rng(0).standard_normal((np.prod(features.shape[1:]), 12))
    expected = features.transpose(0, 2, 3, 1).reshape(2, -1) @ kernel
    sizes = [*features.shape[2:], features.shape[1]]
    option = f"{{to: head.dense1.weight, layout: IO, flattened: {sizes}}}"
    text = f'rename:\n  "**": "**"\n  head.dense1.weight: {option}'
    result = mapped(model, weights | {"head.dense1.weight": kernel}, text)
    found = run(model.graph, dict(result.tensors), images).values["head.dense1"]
    np.testing.assert_allclose(found, expected + weights["head.dense1.bias"])
    problems = refused(model, weights | {"head.dense1.weight": kernel[1:]}, text)
    assert f"no axis of it has {sizes[0]} x {sizes[1]} x {sizes[2]} inputs" in problems[0]


def test_a_kernel_that_runs_backwards(model: Model, weights: dict[str, Any]) -> None:
    found = weights | {
        "body.conv1.weight": weights["body.conv1.weight"][:, :, ::-1, ::-1],
        "body.conv2.weight": weights["body.conv2.weight"][:, ::-1],
    }
    text = """
rename:
  "**": "**"
  body.conv1.weight: {to: body.conv1.weight, reverse: HW}
  body.conv2.weight: {to: body.conv2.weight, reverse: I}
"""
    assert_same(mapped(model, found, text), weights)


def test_what_no_rule_names_goes_by_its_order(model: Model, weights: dict[str, Any]) -> None:
    found = {f"{number}": array for number, array in enumerate(weights.values())}
    assert_same(mapped(model, found, "order: true"), weights)
    first, second = "0", "1"
    found[first], found[second] = found[second], found[first]
    (problem,) = refused(model, found, "order: true")
    assert "net.pt: `0` → `body.conv1.weight`: expected the shape (8, 1, 3, 2)" in problem
    text = f'rename: {{"{second}": body.conv1.weight}}\norder: true'
    assert_same(mapped(model, found, text), weights)


def test_every_problem_is_reported_at_once(model: Model, weights: dict[str, Any]) -> None:
    found = dict(weights)
    found["body.conv3.weight"] = found.pop("body.conv2.weight")
    found["more.weight"] = np.zeros(7)
    found["head.dense1.bias"] = np.zeros(5)
    problems = refused(model, found, "rename: {body.**: body.**, head.**: head.**}")
    text = "\n".join(problems)
    assert "`body.conv3.weight` shall be `body.conv3.weight`, which the network has not" in text
    assert "(did you mean `body.conv2.weight`?)" in text
    assert "`more.weight` is neither used nor ignored (shape (7,))" in text
    assert "`head.dense1.bias`: expected the shape (12,), found (5,)" in text


def test_a_tensor_that_nothing_gives(model: Model, weights: dict[str, Any]) -> None:
    found = dict(weights)
    found["other"] = found.pop("head.dense1.bias")
    problems = refused(model, found, "rename: {body.**: body.**, head.**: head.**}")
    assert problems == [
        "net.pt: `other` is neither used nor ignored (shape (12,))",
        "net.pt: `head.dense1.bias` is missing: no rule gives it (shape (12,))"
        " (`other` has its shape and is not used)",
    ]
    text = "ignore: [other]\nrename: {body.**: body.**, head.**: head.**}"
    (problem,) = refused(model, found, text)
    assert "`other` has its shape and is ignored" in problem


def test_two_for_one(model: Model, weights: dict[str, Any]) -> None:
    text = 'rename: {"**": "**", head.**: head.**}'
    problems = refused(model, weights, text)
    assert "`head.dense1.weight` is matched by `head.**` and by `**` in line 2" in problems[0]
    found = weights | {"again": weights["head.dense1.bias"]}
    problems = refused(model, found, 'rename: {"**": "**", again: head.dense1.bias}')
    assert "both `head.dense1.bias` and `again` shall be `head.dense1.bias`" in "\n".join(problems)
    (first, *_) = refused(model, weights, 'rename: {"**": "**"}\nsplit: {head.dense1.bias: [a, a]}')
    assert "`a`, which the network has not" in first


def test_a_number_that_cannot_be(model: Model, weights: dict[str, Any]) -> None:
    found = weights | {"body.conv0.bias": np.zeros(6)}
    problems = refused(model, found, 'rename: {"body.conv{i}.bias": "body.conv{i-1}.bias"}')
    assert "`body.conv0.bias`: `{i}` would be -1" in "\n".join(problems)


def test_numbers_that_are_none(model: Model, weights: dict[str, Any]) -> None:
    found = weights | {"head.dense1.bias": np.full(12, np.nan)}
    (problem,) = refused(model, found, 'rename: {"**": "**"}')
    assert "`head.dense1.bias`: 12 of 12 numbers are not finite (12 NaN)" in problem
    found["head.dense1.bias"] = np.zeros(12, np.int64)
    (problem,) = refused(model, found, 'rename: {"**": "**"}')
    assert "expected floating-point numbers, found int64" in problem


def test_of_many_problems_some_are_shown(model: Model, weights: dict[str, Any]) -> None:
    found = weights | {f"x{number}\n": np.zeros(1) for number in range(50)}
    problems = refused(model, found, "rename: {body.**: body.**, head.**: head.**}")
    assert len(problems) == 21
    assert problems[-1] == "and 30 more"
    assert all("\n" not in each for each in problems)


def test_too_much_work_is_refused(model: Model) -> None:
    found = {f"a{number}": np.zeros(1) for number in range(10_000)}
    text = "rename:\n" + "".join(f'  "x{number}.*": y{number}.*\n' for number in range(2500))
    (problem,) = refused(model, found, text)
    assert "are too many to try" in problem
