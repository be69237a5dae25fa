"""Blocks, drawn where they are first called, and calls of blocks that are there already."""

from __future__ import annotations

from typing import Any

from archspec.model.shape import Shape
from archspec.operators import ACTIVATIONS
from tests.fuzz.pen import Pen
from tests.fuzz.probe import probe
from tests.fuzz.scope import REQUIRED, Node, Parameter, Scope

DEEPEST = 3


def new_block(pen: Pen, inputs: list[Shape], keep_rank: bool) -> str:
    """Draw a block for inputs of these shapes; its name."""
    from tests.fuzz.sequences import block_body

    library = pen.library
    name = library.new_block()
    names = ["x", "gate", "other"][: len(inputs)]
    scope = Scope(library, dict(zip(names, inputs, strict=True)), inside=True)
    library.depth += 1
    body = block_body(Pen(pen.draw, scope), keep_rank)
    library.depth -= 1
    node: Node = {}
    if scope.parameters:
        node["params"] = scope.declarations
    if len(names) > 1:
        node["inputs"] = names
    library.blocks[name] = {**node, **body}
    library.signatures[name] = sorted(
        scope.parameters, key=lambda each: each.default is not REQUIRED
    )
    library.inputs[name] = inputs
    return name


def call(pen: Pen, name: str, inputs: list[Shape]) -> tuple[Node, Shape, int] | None:
    """A call of a block on inputs of these shapes: its node, what it gives, its layers.

    Arguments are those that the block was drawn with, if it is called for the first time, and
    maybe others later. None if the block does not fit.
    """
    library = pen.library
    again = not pen.chance(2)
    given = {
        each.name: each.value if again else _changed(pen, each) for each in library.signatures[name]
    }
    written = _written(pen, library.signatures[name], given)
    node: Node = {name: written}
    if pen.scope.inside and isinstance(written, dict) and pen.chance(5):
        node = {_as_parameter(pen, name): written}
    found = probe(pen.scope, node, inputs)
    if found is None and name not in node:
        # It depends on the size of its input, and cannot be a parameter.
        pen.scope.parameters.pop()
        node = {name: written}
        found = probe(pen.scope, node, inputs)
    if found is None:
        return None
    if written is None or written == {}:
        node = dict.fromkeys(node)
    return node, *found


def _as_parameter(pen: Pen, name: str) -> str:
    held = pen.scope.fresh("unit")
    pen.scope.parameters.append(Parameter(held, "block", name))
    return held


def _changed(pen: Pen, parameter: Parameter) -> Any:
    """The value of a parameter in another call, often the same."""
    value, kind = parameter.value, parameter.kind
    if not pen.chance(2):
        return value
    if kind == "block":
        return value
    if kind == "activation":
        return pen.pick(ACTIVATIONS)
    if isinstance(value, bool):
        return not value
    if isinstance(kind, dict) and "values" in kind:
        return pen.pick(kind["values"])
    if isinstance(value, int) and kind != "int?":
        return pen.integer(1, 8)
    if kind == "int?":
        return pen.pick([None, 4])
    if isinstance(value, dict):
        return {name: pen.integer(1, 8) for name in value}
    if isinstance(value, list):
        return [pen.integer(1, 6) for _ in range(max(1, len(value) + pen.integer(-1, 1)))]
    return value


def _written(pen: Pen, parameters: list[Parameter], given: dict[str, Any]) -> Node:
    """The arguments of a call, by name or in order; some by the caller's own parameters."""
    nodes = {each.name: _argument(pen, each, given[each.name]) for each in parameters}
    left_out = [
        each.name
        for each in parameters
        if each.default is not REQUIRED and given[each.name] == each.default and not pen.chance(3)
    ]
    if pen.chance(3) and not left_out and nodes:
        first = next(iter(nodes.values()))
        if len(nodes) == 1 and isinstance(first, int | str) and not isinstance(first, bool):
            return first
        return list(nodes.values())
    return {name: node for name, node in nodes.items() if name not in left_out}


def _argument(pen: Pen, parameter: Parameter, value: Any) -> Node:
    """One argument of a call."""
    if isinstance(value, bool):
        return pen.flag(value)
    if isinstance(value, int):
        return pen.number(value)
    if isinstance(value, dict):
        values = {name: pen.number(each) for name, each in value.items()}
        return list(values.values()) if pen.chance(3) else values
    if isinstance(value, list):
        return [pen.number(each) for each in value]
    same = [
        each.name
        for each in pen.scope.parameters
        if each.kind == parameter.kind and each.value == value
    ]
    if same and not isinstance(value, float) and pen.chance(2):
        return pen.pick(same)
    return value
