"""What keras.applications calls a layer of a network.

Each function takes a layer and the number of layers of its operator before it, and gives the path
under which Keras has the layer's tensors.
"""

from __future__ import annotations

import re

from archspec.model.graph import Node


def of_mobilenet(node: Node, number: int) -> str:
    norm = "_bn" if node.operator.name() == "batch_norm" else ""
    if node.path.startswith("stem"):
        return f"conv1{norm}"
    if node.path.startswith("head"):
        return "conv_preds"
    block, layer = re.findall(r"(\d+)\.\w+?(\d+)$", node.path)[0]
    return f"conv_{'dw' if layer == '1' else 'pw'}_{block}{norm}"


def of_resnet(node: Node, number: int) -> str:
    kind = "bn" if node.operator.name() == "batch_norm" else "conv"
    if node.path.startswith("stem"):
        return f"conv1_{kind}"
    if node.path.startswith("head"):
        return "predictions"
    # The first bottleneck of a stage, or one of the others, which are counted from 0.
    pattern = r"^layer(\d)\.bottleneck\d(?:\.(\d+))?\.(\w+)\.\w+?(\d)$"
    stage, other, branch, layer = re.findall(pattern, node.path)[0]
    block = int(other) + 2 if other else 1
    return f"conv{int(stage) + 1}_block{block}_{0 if branch == 'shortcut' else layer}_{kind}"


def of_densenet(node: Node, number: int) -> str:
    kind = "bn" if node.operator.name() == "batch_norm" else "conv"
    if node.path.startswith("stem"):
        return f"conv1_{kind}"
    if node.path.startswith("head"):
        return "predictions"
    stage, rest = re.findall(r"^block(\d)\.(.*)", node.path)[0]
    if rest == "batch_norm1":
        return "bn"
    if rest.startswith("transition"):
        return f"pool{int(stage) + 1}_{kind}"
    block, layer = map(int, re.findall(r"^dense_layer1\.(\d+)\.new\.\w+?(\d)$", rest)[0])
    # conv2_block1_0_bn, _1_conv, _1_bn, _2_conv
    return f"conv{int(stage) + 1}_block{block + 1}_{layer - (kind == 'bn')}_{kind}"


def of_convnext(node: Node, number: int) -> str:
    kind = {"conv": "conv", "layer_norm": "layernorm"}.get(node.operator.name(), "dense")
    stage, rest = node.path.split(".", 1)
    if stage in ("stem", "head"):
        inside = "convnext_tiny_stem/" if stage == "stem" else ""
        return f"{inside}convnext_tiny_{stage}_{kind}"
    index = int(stage.removeprefix("stage")) - 1
    if rest.startswith("downsample"):
        block = f"convnext_tiny_downsampling_block_{index - 1}"
        return f"{block}/convnext_tiny_downsampling_{kind}_{index - 1}"
    block, layer = re.findall(r"^conv_next_block1\.(\d+)\.residual\.(\w+)$", rest)[0]
    layers = {
        "conv1": "depthwise_conv",
        "layer_norm1": "layernorm",
        "conv2": "pointwise_conv_1",
        "conv3": "pointwise_conv_2",
        "scale1": "layer_scale",
    }
    return f"convnext_tiny_stage_{index}_block_{block}_{layers[layer]}"


def of_inception(node: Node, number: int) -> str:
    """Its layers have no names of their own: Keras counts those of each kind."""
    kind = {"conv": "conv2d", "batch_norm": "batch_normalization"}.get(node.operator.name())
    return "predictions" if kind is None else f"{kind}_{number}" if number else kind
