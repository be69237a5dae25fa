"""Kernels of convolutions of each channel by itself, which Keras keeps otherwise than others."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from archspec.backends import find_backend
from archspec.resolution import Model, resolve
from archspec.schema import load
from archspec.weights.generator import seeded
from archspec.weights.layout import from_backend, to_backend

SPEC = Path(__file__).parents[1] / "render/cases/depthwise/spec.yaml"
KERAS = find_backend("keras")


def model() -> Model:
    return resolve(load(SPEC))


def test_a_class_tells_of_its_layers_and_not_of_what_its_arguments_come_to() -> None:
    convolutions = [each for each in model().graph.nodes if each.tensors]
    told = {node.path: node.depthwise for node in convolutions}
    assert told == {
        "body.each1.conv1": True,
        "body.each1.conv2": True,
        "body.each2.conv1": True,
        "body.each2.conv2": True,
        "body.grouped1.conv1": False,
        "body.grouped2.conv1": False,
        "body.conv1": True,
        "body.conv2": True,
    }


def test_the_layout_of_keras() -> None:
    graph = model().graph
    weights = seeded(graph, 1)
    there = to_backend(graph, KERAS, weights)
    kernel, canonical = there["body_each2_conv2/kernel"], weights["body.each2.conv2.weight"]
    assert canonical.shape == (12, 1, 2, 2)
    assert kernel.shape == (2, 2, 4, 3)
    for channel, each in np.ndindex(4, 3):
        assert np.array_equal(kernel[:, :, channel, each], canonical[3 * channel + each, 0])
    assert there["body_each2_conv2/bias"].shape == (12,)
    assert there["body_grouped1_conv1/kernel"].shape == (1, 1, 1, 12)
    assert all(array.flags.c_contiguous for array in there.values())


def test_weights_come_back_bit_for_bit() -> None:
    graph = model().graph
    weights = seeded(graph, 1)
    back = from_backend(graph, KERAS, to_backend(graph, KERAS, weights))
    assert list(back) == list(weights)
    assert all(back[name].tobytes() == array.tobytes() for name, array in weights.items())


def test_other_layouts_know_no_such_layer() -> None:
    graph = model().graph
    flax = to_backend(graph, find_backend("flax"), seeded(graph, 1))
    assert flax["params/body_each2/conv2/kernel"].shape == (2, 2, 1, 12)
