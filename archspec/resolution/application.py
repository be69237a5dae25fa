"""One operator applied to inputs of known shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archspec.expressions import Value
from archspec.model.shape import Shape
from archspec.operators import OPERATORS, Operator, Tensor
from archspec.operators.fields import Limits
from archspec.resolution.evaluation import LARGEST_AXIS, check_size, located, numbers
from archspec.schema.spec import Input, Layer


@dataclass(frozen=True, slots=True)
class Applied:
    """An operator with numbers for arguments, and what follows from its inputs.

    ``facts`` are the arguments that followed from the sizes of the inputs; ``settled`` is the
    operator before they were worked out.
    """

    operator: Operator
    settled: Operator
    facts: Mapping[str, Any]
    shape: Shape
    tensors: tuple[Tensor, ...]


def apply_operator(
    layer: Layer, environment: Mapping[str, Value], path: str, inputs: tuple[Shape, ...]
) -> Applied:
    """Settle a layer's operator, or its activation, and work out its output.

    Args:
        layer: the layer.
        environment: the values of the names in its arguments.
        path: the instance, for messages.
        inputs: the shapes of what it takes.

    Raises:
        SpecError: where arguments and inputs do not fit together.
    """
    declared = layer.operator
    if declared is None:
        declared = OPERATORS[str(environment[layer.activation or ""])]()
    place = f"{layer.path}.{layer.activation or type(declared).name()}"
    with located(layer.where, place, path, layer.places):
        declared.check_inputs(inputs)
        settled: Operator = declared.settle(inputs[0].rank, numbers(environment))
        settled.check(inputs)
        facts = settled.pinned(inputs)
        operator = settled.fixed(facts)
        shape = operator.output(inputs)
        check_size(shape)
        return Applied(operator, settled, facts, shape, operator.tensors(inputs))


def input_shape(declared: Input, values: Mapping[str, Value]) -> Shape:
    """The shape of an input of the network.

    Raises:
        SpecError: where a size is no integer, or beyond any sense.
    """
    leaf = numbers(values)
    with located(declared.where, f"input.{declared.name}"):
        limits = Limits("integer", 1, LARGEST_AXIS)
        return Shape.of(*(leaf(each, limits) for each in declared.sizes))
