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


def of_mobilenet_v2(node: Node, number: int) -> str:
    norm = node.operator.name() == "batch_norm"
    if node.path.startswith("stem"):
        return "bn_Conv1" if norm else "Conv1"
    if node.path.startswith("head"):
        layer = "Conv_1_bn" if norm else "Conv_1"
        return layer if "pointwise" in node.path else "predictions"
    # A row's first block, or one of the others, which are counted from 0.
    pattern = r"^body\.row(\d)\.blocks\.(?:first|rest\.(\d)\.residual\.inverted)\.(.*)"
    row, other, rest = re.findall(pattern, node.path)[0]
    before = (0, 1, 3, 6, 10, 13, 16)[int(row) - 1]
    block = before + (int(other) + 1 if other else 0)
    layer, inside, _ = rest.rpartition(".")
    prefix = f"block_{block}" if block else "expanded_conv"
    return f"{prefix}_{layer if inside else 'project'}{'_BN' if norm else ''}"


# Where the blocks of MobileNet v3 (large) keep their shape, they are called otherwise here.
_KEEPING = (1, 0, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 1)


def of_mobilenet_v3(node: Node, number: int) -> str:
    norm = "_bn" if node.operator.name() == "batch_norm" else ""
    if node.path.startswith("stem"):
        return f"conv{norm}"
    if node.path.startswith("head"):
        return {"head.dense1": "conv_2", "head.dense2": "logits"}.get(node.path, f"conv_1{norm}")
    kind, count, rest = re.findall(r"^body\.(\w+?)(\d+)\.(?:residual\.inverted\.)?(.*)", node.path)[
        0
    ]
    alike = [place for place, keeps in enumerate(_KEEPING) if keeps == (kind == "residual")]
    block = alike[int(count) - 1]
    prefix = f"expanded_conv_{block}" if block else "expanded_conv"
    if gate := re.fullmatch(r"squeeze_excite1\.gate\.conv(\d)", rest):
        return f"{prefix}_squeeze_excite_conv{'_1' if gate[1] == '2' else ''}"
    layer, inside, _ = rest.rpartition(".")
    return f"{prefix}_{layer if inside else 'project'}{norm}"


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


def of_inception_resnet(node: Node, number: int) -> str:
    """Only the convolutions that end a residual have names, and those that follow the last one."""
    norm = "_bn" if node.operator.name() == "batch_norm" else ""
    if found := re.fullmatch(r"([abc])\.residual(\d)(?:\.(\d+))?\.residual\.conv1", node.path):
        stage, series, repeat = found[1], int(found[2]), int(found[3] or 0)
        size = {"a": 35, "b": 17, "c": 8}[stage]
        return f"block{size}_{repeat + 1 if series == 1 else 10}_conv"
    if node.path.startswith("c.same_conv1"):
        return f"conv_7b{norm}"
    return of_inception(node, number)


def of_xception(node: Node, number: int) -> str:
    """Only the projections beside the blocks have no names."""
    kind = node.operator.name()
    norm = "_bn" if kind == "batch_norm" else ""
    if kind == "dense":
        return "predictions"
    if "shortcut" in node.path:
        return of_inception(node, number)
    stage, *_ = node.path.split(".")
    if unit := re.fullmatch(r"entry\.conv_unit(\d)\.\w+", node.path):
        return f"block1_conv{unit[1]}{norm}"
    layer = re.findall(r"separable_conv(\d)", node.path)[0]
    if block := re.findall(r"^(?:entry|exit)\.entry(\d)|^middle\.middle1\.(\d+)", node.path):
        entry, middle = block[0]
        number = int(middle) + 5 if middle else 13 if stage == "exit" else int(entry) + 1
    else:
        number = 14
    return f"block{number}_sepconv{layer}{norm}"
