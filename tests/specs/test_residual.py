"""Residual networks and their relatives: what their papers' tables say, in few lines."""

from __future__ import annotations

import re

import pytest

from archspec.backends import specs_folder
from archspec.operators.convolution import Conv
from archspec.render import render
from archspec.resolution import Model, resolve
from archspec.schema import load

FAMILY = ["resnet101", "resnet152", "resnext50_32x4d", "wide_resnet50_2"]
WITH_REPETITION = ["resnet34", "resnet50", *FAMILY, "densenet121", "convnext_tiny"]


def model(name: str, **values: object) -> Model:
    return resolve(load(specs_folder() / f"{name}.yaml"), **values)


def shapes(found: Model) -> dict[str, str]:
    graph = found.graph
    return {path: str(graph.shape(end)) for path, end in graph.scopes.items() if "." not in path}


def code(name: str) -> list[str]:
    return render(model(name), "torch").text.splitlines()


def test_resnet50_is_at_most_150_lines_of_pytorch() -> None:
    assert len(code("resnet50")) <= 150


@pytest.mark.parametrize("name", FAMILY)
def test_a_member_of_the_family_is_a_few_lines(name: str) -> None:
    text = (specs_folder() / f"{name}.yaml").read_text("utf-8")
    assert len(text.splitlines()) <= 8
    assert len(code(name)) <= 150


@pytest.mark.parametrize("name", WITH_REPETITION)
def test_a_class_for_each_block_and_a_loop_for_each_repetition(name: str) -> None:
    found = model(name)
    text = "\n".join(code(name))
    own = re.findall(r"^class (\w+)\(nn\.Module\)", text, re.M)
    assert set(own) - {"Scale"} == {module.name for module in found.modules}
    calls = re.findall(r"(?:Block|Bottleneck|Layer)\([\w, =+*]*\)", text)
    assert len(calls) <= 8
    assert text.count(" for ") >= 4


@pytest.mark.parametrize("name", ["resnet50", *FAMILY])
def test_stages_of_the_family(name: str) -> None:
    assert shapes(model(name)) == {
        "stem": "64x56x56",
        "layer1": "256x56x56",
        "layer2": "512x28x28",
        "layer3": "1024x14x14",
        "layer4": "2048x7x7",
        "head": "1000",
    }


def test_bottlenecks_stride_in_their_3x3_convolution() -> None:
    graph = model("resnet50").graph
    convolutions = [node for node in graph.nodes if isinstance(node.operator, Conv)]
    kernels = {
        node.path: node.tensors[0].shape[2:]
        for node in convolutions
        if node.operator.stride == (2, 2)
    }
    assert {path: kernel for path, kernel in kernels.items() if "residual" in path} == {
        f"layer{n}.bottleneck1.residual.conv2": (3, 3) for n in (2, 3, 4)
    }
    assert len(kernels) == 1 + 3 + 3


@pytest.mark.parametrize(
    ("name", "kernel"),
    [
        ("resnet50", (128, 128, 3, 3)),
        ("wide_resnet50_2", (256, 256, 3, 3)),
        ("resnext50_32x4d", (256, 8, 3, 3)),
    ],
)
def test_inside_of_a_bottleneck(name: str, kernel: tuple[int, ...]) -> None:
    tensors = model(name).graph.tensors
    assert tensors["layer2.bottleneck2.0.residual.conv2.weight"][1].shape == kernel


def test_resnet101_has_23_bottlenecks_in_its_third_stage() -> None:
    paths = model("resnet101").graph.by_path
    assert "layer3.bottleneck2.21.relu1" in paths
    assert "layer3.bottleneck2.22.relu1" not in paths


def test_densenet_grows() -> None:
    found = model("densenet121")
    assert shapes(found) == {
        "stem": "64x56x56",
        "block1": "128x28x28",
        "block2": "256x14x14",
        "block3": "512x7x7",
        "block4": "1024x7x7",
        "head": "1000",
    }
    reads = [found.graph.tensors[f"block1.dense_layer1.{i}.new.conv1.weight"][1] for i in range(6)]
    assert [tensor.shape[1] for tensor in reads] == [64, 96, 128, 160, 192, 224]


def test_densenets_of_other_depths_and_growth() -> None:
    # https://github.com/pytorch/vision, densenet.py
    assert model("densenet121", depths=[6, 12, 32, 32]).graph.parameters == 14_149_480
    assert model("densenet121", depths=[6, 12, 48, 32]).graph.parameters == 20_013_928
    wide = model("densenet121", depths=[6, 12, 36, 24], growth=48)
    assert wide.graph.parameters == 28_681_000


def test_convnexts_of_other_depths_and_widths() -> None:
    # https://github.com/pytorch/vision, convnext.py
    small = model("convnext_tiny", depths=[3, 3, 27, 3])
    assert small.graph.parameters == 50_223_688
    base = model("convnext_tiny", depths=[3, 3, 27, 3], widths=[128, 256, 512, 1024])
    assert base.graph.parameters == 88_591_464


def test_squeezenet_pools_round_up() -> None:
    found = model("squeezenet1_0")
    assert shapes(found) == {
        "stem": "96x54x54",
        "early": "256x27x27",
        "middle": "512x13x13",
        "late": "512x13x13",
        "head": "1000",
    }
    assert str(found.graph.shape("early.fire4.concat1")) == "256x54x54"
