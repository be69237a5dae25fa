"""Graphs looked at and changed: weights put in, values watched, BatchNorm in training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

Array = np.ndarray[Any, Any]

_NORMS = {"BatchNormalization", "LayerNormalization", "InstanceNormalization", "GroupNormalization"}
# What one is made of that is written out.
_WRITTEN_OUT = {"ReduceMean", "Sqrt"}
# Numbers that a graph holds for itself, such as an epsilon, are fewer; weights are more.
_MOST_SCALARS = 16
# Where a BatchNormalization has its running statistics among its inputs.
_STATISTICS = (3, 4)


def weights(model: ModelProto, wanted: set[str]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The weights of a model with their shapes: those wanted, and whatever else must be some."""
    for tensor in model.graph.initializer:
        shape = tuple(tensor.dims)
        floating = tensor.data_type in (TensorProto.FLOAT, TensorProto.DOUBLE)
        if tensor.name in wanted or (floating and np.prod(shape) > _MOST_SCALARS):
            yield tensor.name, shape
    for value in model.graph.input:
        if value.name in wanted:
            yield value.name, tuple(each.dim_value for each in value.type.tensor_type.shape.dim)


def unshared(model: ModelProto, wanted: set[str]) -> ModelProto:
    """The model with a tensor of its own for each weight that is a copy of another.

    PyTorch's exporter writes equal tensors once, and the others as copies of it.
    """
    held = {each.name: each for each in model.graph.initializer}
    copies = {
        node.output[0]: held[node.input[0]]
        for node in model.graph.node
        if node.op_type == "Identity" and node.output[0] in wanted and node.input[0] in held
    }
    if not copies:
        return model
    result = ModelProto()
    result.CopyFrom(model)
    kept = [node for node in result.graph.node if node.output[0] not in copies]
    del result.graph.node[:]
    result.graph.node.extend(kept)
    for name, tensor in copies.items():
        result.graph.initializer.add().CopyFrom(tensor)
        result.graph.initializer[-1].name = name
    return result


def inputs(model: ModelProto, wanted: set[str]) -> list[str]:
    """The names of what a model is given for each pass: all of its inputs that are no weights."""
    inside = {each.name for each in model.graph.initializer}
    return [v.name for v in model.graph.input if v.name not in wanted and v.name not in inside]


def with_weights(model: ModelProto, tensors: Mapping[str, Array]) -> ModelProto:
    """The model with these weights inside, and no inputs for them."""
    result = _bare(model, set(tensors))
    result.graph.initializer.extend(
        numpy_helper.from_array(np.ascontiguousarray(each), name) for name, each in tensors.items()
    )
    return result


def _bare(model: ModelProto, names: set[str]) -> ModelProto:
    result = ModelProto()
    result.CopyFrom(model)
    graph = result.graph
    for field in (graph.initializer, graph.input):
        kept = [each for each in field if each.name not in names]
        del field[:]
        field.extend(kept)
    return result


def layers(model: ModelProto, wanted: set[str]) -> dict[str, str]:
    """For the value of each layer the layer's path.

    Nodes are called after their layers; of another author's file, what a weight's name says.
    """
    owners = {name.rpartition(".")[0] for name in wanted}
    nodes = model.graph.node
    if not wanted or owners & {node.name for node in nodes}:
        return {node.output[0]: node.name for node in nodes}
    found = {}
    for node in nodes:
        for name in node.input:
            if name in wanted:
                found[node.output[0]] = name.rpartition(".")[0]
    return found


def watched(model: ModelProto) -> ModelProto:
    """The model with every value among its outputs."""
    result = without_dropout(model)
    graph = result.graph
    known = {each.name: each for each in (*graph.output, *graph.value_info)}
    names = dict.fromkeys(name for node in graph.node for name in node.output if name)
    del graph.output[:]
    graph.output.extend(known.get(name, ValueInfoProto(name=name)) for name in names)
    return result


def without_dropout(model: ModelProto) -> ModelProto:
    """The model with the identity in the place of each dropout."""
    result = ModelProto()
    result.CopyFrom(model)
    for node in result.graph.node:
        if node.op_type == "Dropout":
            identity = helper.make_node("Identity", node.input[:1], node.output[:1], node.name)
            node.CopyFrom(identity)
    return result


def dropouts(model: ModelProto) -> Iterator[tuple[str, float, bool]]:
    """The value of each dropout, its rate, and whether the model says that it drops."""
    for node in model.graph.node:
        if node.op_type == "Dropout":
            ratio, trains = (constant(model, name) for name in [*node.input, "", ""][1:3])
            yield node.output[0], 0.5 if ratio is None else float(ratio), bool(trains)


def constant(model: ModelProto, name: str) -> Array | None:
    """What a constant of a model holds; None if there is none of that name."""
    for tensor in model.graph.initializer:
        if name and tensor.name == name:
            return numpy_helper.to_array(tensor)
    for node in model.graph.node:
        if name and node.op_type == "Constant" and node.output[0] == name:
            return numpy_helper.to_array(node.attribute[0].t)
    return None


def training(model: ModelProto) -> tuple[ModelProto, dict[str, str]]:
    """The model with every BatchNorm in training, and what each new running statistic is called.

    One that is applied several times takes the statistics as the time before has left them.
    """
    result = ModelProto()
    result.CopyFrom(model)
    latest: dict[str, str] = {}
    for node in result.graph.node:
        if node.op_type != "BatchNormalization":
            continue
        kept = [each for each in node.attribute if each.name != "training_mode"]
        del node.attribute[:]
        node.attribute.extend([*kept, helper.make_attribute("training_mode", 1)])
        del node.output[1:]
        for place in _STATISTICS:
            name = node.input[place]
            node.input[place] = latest.get(name, name)
            latest[name] = f"{node.output[0]}/after/{place}"
            node.output.append(latest[name])
    return result, latest


@dataclass(frozen=True)
class Norm:
    """A layer that normalises, as a model of its own.

    Args:
        path: the layer's.
        kind: its operator.
        model: its nodes alone.
        input: the value that it normalises.
        feeds: everything that it takes.
        output: its value.
    """

    path: str
    kind: str
    model: ModelProto
    input: str
    feeds: tuple[str, ...]
    output: str


def norms(model: ModelProto, paths: Mapping[str, str], wanted: set[str]) -> Iterator[Norm]:
    """Every layer that normalises its input by the statistics of that."""
    parts: dict[str, list[NodeProto]] = {}
    for number, node in enumerate(model.graph.node):
        # What stands before a `/` is the layer that the node is a part of.
        parts.setdefault(node.name.partition("/")[0] or str(number), []).append(node)
    for nodes in parts.values():
        kinds = {node.op_type for node in nodes}
        output = nodes[-1].output[0]
        if output not in paths or not (kinds & _NORMS or kinds >= _WRITTEN_OUT):
            continue
        made = {name for node in nodes for name in node.output}
        taken = [name for node in nodes for name in node.input if name and name not in made]
        data = next(name for name in taken if name not in wanted)
        kind = min(kinds & _NORMS, default="")
        alone = _alone(model, nodes, taken, output)
        yield Norm(paths[output], kind, alone, data, tuple(taken), output)


def _alone(model: ModelProto, nodes: list[NodeProto], taken: list[str], output: str) -> ModelProto:
    result = ModelProto(ir_version=model.ir_version, opset_import=model.opset_import)
    result.graph.node.extend(nodes)
    names = dict.fromkeys(taken)
    result.graph.input.extend(
        helper.make_tensor_value_info(name, TensorProto.DOUBLE, None) for name in names
    )
    result.graph.output.append(ValueInfoProto(name=output))
    return result
