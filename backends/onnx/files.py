"""Models as files, which may come from anywhere: nothing outside the file is read or believed."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from exact import subgraphs
from google.protobuf.message import DecodeError
from onnx import GraphProto, ModelProto, TensorProto, helper, shape_inference

# More than protobuf can write.
_LARGEST_FILE = 2**31
_LARGEST_VALUE = 2**31


class Refused(ValueError):
    """A file that is no model, or one that is not to be trusted."""


def is_binary(data: bytes) -> bool:
    """Whether bytes are a ``.onnx`` file and not the text of one."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return True
    return any(character < " " and character not in "\t\n\r" for character in text)


def parsed(data: bytes) -> ModelProto:
    """The model in a ``.onnx`` file.

    Raises:
        Refused: if it is none, or refers to other files, or claims more than it holds.
    """
    if len(data) >= _LARGEST_FILE:
        raise Refused("the file is larger than 2 GiB")
    model = ModelProto()
    try:
        model.ParseFromString(data)
    except DecodeError:
        raise Refused("not an ONNX file, or a damaged one") from None
    if not model.graph.node or not model.graph.output:
        raise Refused("not an ONNX file, or an empty one")
    for graph in _all_graphs(model):
        if graph.sparse_initializer:
            raise Refused("it has sparse tensors")
        for tensor in _tensors(graph):
            _check(tensor)
    _check_values(model)
    return model


def _all_graphs(model: ModelProto) -> Iterator[GraphProto]:
    yield from subgraphs(model.graph)
    for function in model.functions:
        yield from subgraphs(GraphProto(node=function.node))
    if model.training_info:
        raise Refused("it holds how it was trained, which is not read")


def _tensors(graph: GraphProto) -> Iterator[TensorProto]:
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            if attribute.HasField("sparse_tensor") or attribute.sparse_tensors:
                raise Refused("it has sparse tensors")


def _check(tensor: TensorProto) -> None:
    name = f"{tensor.name[:120]!r}"
    if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
        raise Refused(f"{name} is in another file; save the model as one file")
    if any(size < 0 for size in tensor.dims):
        raise Refused(f"{name} has the shape {list(tensor.dims)}")
    if tensor.data_type == TensorProto.STRING or not tensor.HasField("raw_data"):
        held = max(len(getattr(tensor, field)) for field in _FIELDS)
    else:
        width = helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
        held = len(tensor.raw_data) // width
    # Numbers of 4 bits are packed in twos, complex ones are two each.
    if prod(tensor.dims) > 2 * held:
        raise Refused(f"{name} claims {prod(tensor.dims)} numbers and holds {held}")


_FIELDS = [
    "float_data",
    "int32_data",
    "int64_data",
    "double_data",
    "uint64_data",
    "string_data",
]


def _check_values(model: ModelProto) -> None:
    """Refuse a model with a value of an absurd size, as far as that can be told beforehand."""
    try:
        inferred = shape_inference.infer_shapes(model, data_prop=True)
    except Exception as error:
        raise Refused(f"the shapes of its values do not follow: {error}") from None
    for value in (*inferred.graph.value_info, *inferred.graph.output, *inferred.graph.input):
        sizes = [each.dim_value for each in value.type.tensor_type.shape.dim]
        if prod(size or 1 for size in sizes) > _LARGEST_VALUE:
            raise Refused(f"the value {value.name[:120]!r} would have the shape {sizes}")
