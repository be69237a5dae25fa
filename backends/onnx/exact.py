"""A model of float32 as it is in double precision, its scalars exact.

Attributes of ONNX (``epsilon``, ``alpha``) are float32 numbers: 0.1 is 0.10000000149 there, which
would hide every difference smaller than that. Here each becomes the double that was meant, as a
tensor of one number, which ``onnx.reference`` takes in the place of the attribute.

Of a text that is the number that stands there. A ``.onnx`` file has lost it, and only what is
easily told is taken back: a number of few digits, a simple fraction, a well-known constant.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator
from fractions import Fraction

import numpy as np
from onnx import AttributeProto, GraphProto, ModelProto, TensorProto, helper, numpy_helper, parser

# A string, a comment, the name of the type, or an attribute that is a number with a point.
_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.)*"'
    r"|\#[^\n]*"
    r"|(?P<type>\bfloat\b)"
    r"|(?::\s*float\s*)?=\s*(?P<number>-?(?:\d+\.\d*(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+))"
)

# Of the 7 digits that float32 has: a number that needs fewer was most likely written so.
_FEW_DIGITS = 6
_GREATEST_DENOMINATOR = 64
_WELL_KNOWN = (math.sqrt(2), math.sqrt(0.5), math.sqrt(2 / math.pi), math.pi, math.e)
_SINGLE = TensorProto.FLOAT
# Larger tensors are weights or data, and their float32 numbers are what they are.
_MOST_SCALARS = 16


class Unclear(ValueError):
    """A float32 number of a file could stand for more than one number."""


def exact_text(text: str) -> ModelProto:
    """The model that a text describes, in double precision with the numbers that stand there."""
    return exact_model(parser.parse_model(_TOKEN.sub(_double, text)))


def _double(token: re.Match[str]) -> str:
    if token["type"]:
        return "double"
    return f"= double {{{token['number']}}}" if token["number"] else token[0]


def exact_model(model: ModelProto, weights: Collection[str] = ()) -> ModelProto:
    """A model in double precision.

    Args:
        model: the model.
        weights: the names of its weights, which are left as they are.

    Raises:
        Unclear: if the exact value of a number cannot be told.
    """
    result = ModelProto()
    result.CopyFrom(model)
    for graph in subgraphs(result.graph):
        for value in (*graph.input, *graph.output, *graph.value_info):
            if value.type.tensor_type.elem_type == TensorProto.FLOAT:
                value.type.tensor_type.elem_type = TensorProto.DOUBLE
        for tensor in graph.initializer:
            if tensor.name not in weights:
                _lift(tensor)
        for node in graph.node:
            for attribute in node.attribute:
                if attribute.type == AttributeProto.FLOAT:
                    number = numpy_helper.from_array(np.array(exact(attribute.f)))
                    attribute.CopyFrom(helper.make_attribute(attribute.name, number))
                elif attribute.type == AttributeProto.TENSOR:
                    _lift(attribute.t)
                elif attribute.type == AttributeProto.FLOATS:
                    raise Unclear(f"{node.name}: the numbers of `{attribute.name}`")
                elif (node.op_type, attribute.name, attribute.i) == ("Cast", "to", _SINGLE):
                    attribute.i = TensorProto.DOUBLE
    return result


def subgraphs(graph: GraphProto) -> Iterator[GraphProto]:
    """A graph and those inside its nodes."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for each in (attribute.g, *attribute.graphs):
                if each.node:
                    yield from subgraphs(each)


def _lift(tensor: TensorProto) -> None:
    if tensor.data_type != TensorProto.FLOAT:
        return
    array = numpy_helper.to_array(tensor)
    double = array.astype(np.float64)
    if array.size <= _MOST_SCALARS:
        double = np.array([exact(each) for each in array.ravel()]).reshape(array.shape)
    tensor.CopyFrom(numpy_helper.from_array(double, tensor.name))


def exact(number: float) -> float:
    """The double that a float32 number most likely stands for.

    Raises:
        Unclear: if that cannot be told.
    """
    single = np.float32(number)
    if not np.isfinite(single):
        return float(single)
    shortest = np.format_float_scientific(single, unique=True, trim="-")
    if len(re.sub(r"\D", "", shortest.partition("e")[0])) <= _FEW_DIGITS:
        return float(shortest)
    fraction = Fraction(float(single)).limit_denominator(_GREATEST_DENOMINATOR)
    for candidate in (float(fraction), *_WELL_KNOWN, *(-each for each in _WELL_KNOWN)):
        if np.float32(candidate) == single:
            return candidate
    raise Unclear(f"{shortest}, rounded to float32, can stand for more than one number")
