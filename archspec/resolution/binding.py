"""What the parameters of a block are worth at one call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from archspec.errors import SpecError
from archspec.expressions import Value
from archspec.names import did_you_mean
from archspec.resolution.evaluation import located, value_of
from archspec.schema.blocks import DEEPEST
from archspec.schema.kinds import check_value
from archspec.schema.spec import Block, Layer


def check_call(layer: Layer, block: Block, inputs: int, chain: tuple[str, ...]) -> None:
    """Refuse a call that never ends or takes another number of inputs.

    Args:
        layer: the call.
        block: what is called.
        inputs: how many values it is given.
        chain: the blocks that are being walked through, the outermost first.

    Raises:
        SpecError: naming the cycle, or the inputs.
    """
    if block.name in chain:
        cycle = " → ".join([*chain[chain.index(block.name) :], block.name])
        raise SpecError(f"a block contains itself: {cycle}", layer.where, layer.path)
    if len(chain) >= DEEPEST:
        problem = f"blocks are nested more than {DEEPEST} deep"
        raise SpecError(problem, layer.where, layer.path)
    if inputs != len(block.inputs):
        noun = "input" if len(block.inputs) == 1 else "inputs"
        raise SpecError(
            f"`{block.name}` takes {len(block.inputs)} {noun} ({', '.join(block.inputs)}),"
            f" received {inputs}",
            layer.where,
            layer.path,
            "`from` lists what a layer takes",
        )


def bound(
    layer: Layer,
    block: Block,
    environment: Mapping[str, Value],
    blocks: Iterable[str],
    instance: str,
) -> dict[str, Value]:
    """The value of each parameter of a block at one call.

    Args:
        layer: the call.
        block: what is called.
        environment: the values of the names in the arguments.
        blocks: the names of all blocks.
        instance: the path of the instance, for messages.

    Raises:
        SpecError: for an argument that is wrong, unknown or missing.
    """
    expressions = dict(layer.arguments)
    for name in expressions:
        if name not in block.parameters:
            raise SpecError(
                f"`{block.name}` has no parameter `{name}`",
                layer.places.get(name, layer.where),
                f"{layer.path}.{layer.block}.{name}",
                did_you_mean(name, block.parameters),
            )
    values: dict[str, Value] = {}
    for name, parameter in block.parameters.items():
        place = f"{layer.path}.{layer.block}.{name}"
        if name in expressions:
            with located(layer.where, place, instance, layer.places, name):
                value = value_of(expressions[name], environment)
        elif parameter.required:
            problem = f"`{block.name}` needs `{name}` ({parameter.kind.describe()})"
            raise SpecError(problem, layer.where, f"{layer.path}.{layer.block}")
        else:
            value = parameter.default
        wrong = check_value(parameter.kind, value, blocks)
        if wrong:
            where = layer.places.get(name, layer.where)
            raise SpecError(f"{wrong} (in {instance})", where, place)
        values[name] = value
    return values
