"""Where the arguments of a layer come from: the spec, a parameter, a default, the size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from archspec.errors import Location
from archspec.expressions import Value
from archspec.expressions.tree import as_expr, names_in_order
from archspec.model.graph import Node
from archspec.operators import OPERATORS, Operator
from archspec.resolution import Flat
from archspec.resolution.elaborate import Elaboration
from archspec.resolution.linked import LinkedChain, LinkedParallel, LinkedStep
from archspec.resolution.linking import link
from archspec.schema.spec import Layer

HERE, DEFAULTS, DEFAULT, SIZE = "here", "defaults", "default", "size"


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of an operator, as it is at one layer.

    Args:
        name: what it is called.
        value: its value, one for each axis where it has several.
        origin: ``here`` (at the layer), ``defaults`` (the network's), ``default`` (the operator's)
            or ``size`` (it follows from the size of the input).
        where: the place in the spec, for ``here``.
        names: for an expression, the value of each name in it.
        declared: for ``size``, what was asked for, such as ``same_upper``.
    """

    name: str
    value: Any
    origin: str
    where: Location | None = None
    names: Mapping[str, Value] | None = None
    declared: Any = None


@dataclass(frozen=True, slots=True)
class Origin:
    """What the spec says of a layer, and what its names are worth there.

    Args:
        layer: the entry of the spec.
        arguments: those of its operator, with where they come from.
        activation: the parameter that names the operator, where one does.
        scope: the value of each parameter of the block (or network) at this instance.
        instance: the path of the block's instance that it is in; empty in a stage.
        called: the place in the spec that calls for this instance.
    """

    layer: Layer
    arguments: tuple[Argument, ...]
    activation: str | None
    scope: Mapping[str, Value]
    instance: str = ""
    called: Location | None = None


def origin_of(model: Flat, node: Node) -> Origin:
    """Where a layer and its arguments come from; walks the spec once more."""
    links = link(model.spec)
    elaboration = Elaboration(model.spec, links, model.values)
    elaboration.run()
    outer = ".".join(part for group in node.groups[:-1] for part in group)
    instance = next(
        each for each in elaboration.instances[node.module] if not each.ghost and each.path == outer
    )
    root = [links.body, *(each.chain for each in links.outputs if each.chain)]
    chains = [links.blocks[node.module]] if node.groups[1:] else root
    step = next(each for chain in chains for each in _steps(chain) if each.key == node.key)
    scope = dict(instance.environment)
    if node.index is not None:
        scope[step.layer.index] = node.index
    arguments = tuple(_arguments(node, step.layer, scope))
    called = instance.where
    return Origin(step.layer, arguments, step.layer.activation, scope, instance.path, called)


def _steps(item: LinkedChain | LinkedParallel | LinkedStep) -> Iterator[LinkedStep]:
    if isinstance(item, LinkedStep):
        yield item
        return
    for each in item.branches if isinstance(item, LinkedParallel) else item.items:
        yield from _steps(each)
    if isinstance(item, LinkedParallel):
        yield item.merge


def _is_default(declared: Operator, name: str) -> bool:
    """Whether an argument is as the operator has it where nothing is said."""
    field, value = type(declared).model_fields[name], getattr(declared, name)
    if field.is_required():
        return False
    return bool(value == field.default or value == as_expr(field.default))


def _arguments(node: Node, layer: Layer, scope: Mapping[str, Value]) -> Iterator[Argument]:
    declared: Operator = layer.operator or OPERATORS[node.operator.name()]()
    expressions = declared.expressions()
    settled: Operator = node.settled or node.operator
    for name in declared.arguments():
        value = getattr(node.operator, name)
        where = layer.places.get(name)
        if name in node.pinned:
            yield Argument(name, value, SIZE, where, None, getattr(settled, name))
            continue
        used = [each for found in expressions.get(name, ()) for each in names_in_order(found)]
        names = {each: scope[each] for each in dict.fromkeys(used) if each in scope}
        origin = HERE if where else DEFAULT if _is_default(declared, name) else DEFAULTS
        yield Argument(name, value, origin, where, names or None)
    for name in node.pinned:
        if name not in declared.arguments():
            yield Argument(name, getattr(node.operator, name), SIZE)
