"""From a spec to the resolved model: both views, with every ambiguity settled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archspec.errors import UsageError
from archspec.expressions import Expr, ExpressionError, Value, as_expr, evaluate, parse, substitute
from archspec.expressions.nodes import Name
from archspec.expressions.types import Activation, BlockReference, Enumeration, Int
from archspec.model.graph import Graph
from archspec.model.module import (
    Chain,
    Module,
    ModuleOutput,
    ModuleParameter,
    steps_of,
)
from archspec.model.shape import Shape
from archspec.names import did_you_mean
from archspec.resolve.classes import Built, ClassBuilder
from archspec.resolve.elaborate import Elaboration
from archspec.resolve.facts import Facts
from archspec.resolve.instance import Instance
from archspec.resolve.linking import LinkedChain, LinkedOutput, link_block, link_network
from archspec.schema.blocks import channel_names
from archspec.schema.kinds import check_value
from archspec.schema.spec import MISSING, Block, Parameter, Spec


@dataclass(frozen=True)
class Model:
    """A resolved network, the one source of generation, verification and analysis.

    Args:
        spec: what it was resolved from.
        values: the value of each of the network's parameters.
        modules: its classes, each after those it uses; the network's own is the last.
        graph: the flat view of the instance.
    """

    spec: Spec
    values: Mapping[str, Value]
    modules: tuple[Module, ...]
    graph: Graph

    @property
    def root(self) -> Module:
        """The network's own class."""
        return self.modules[-1]


def resolve(spec: Spec, **values: Any) -> Model:
    """Work out every shape, name, pad and parameter of a network.

    Args:
        spec: the network.
        values: parameters of the network in place of their defaults.

    Raises:
        SpecError: where arguments and shapes do not fit together.
        UsageError: for a value of a parameter that there is not, or of the wrong kind.
    """
    settled = _values(spec, values)
    body, outputs = link_network(spec)
    elaboration = Elaboration(spec, settled)
    graph = elaboration.run(body, outputs)
    modules = _modules(spec, settled, body, outputs, elaboration.instances, graph)
    return Model(spec, settled, modules, graph)


def _values(spec: Spec, given: Mapping[str, Any]) -> dict[str, Value]:
    values: dict[str, Value] = {name: each.default for name, each in spec.parameters.items()}
    for name, value in given.items():
        if name not in spec.parameters:
            hint = did_you_mean(name, spec.parameters)
            raise UsageError(f"`{spec.name}` has no parameter `{name}`", hint=hint)
        parameter = spec.parameters[name]
        if isinstance(value, list):
            value = tuple(value)
        wrong = check_value(parameter.kind, value, spec.blocks)
        if wrong:
            raise UsageError(f"{name}: {wrong}")
        values[name] = value
    return values


def parse_value(parameter: Parameter, text: str) -> Value:
    """The value that a text on the command line means for a parameter.

    Raises:
        UsageError: if it means none.
    """
    if isinstance(parameter.kind, Enumeration | Activation | BlockReference):
        return text
    try:
        return evaluate(parse(text), {})
    except ExpressionError as error:
        problem = error.problems[0]
        raise UsageError(f"{parameter.name}: {problem.problem}", hint=problem.hint) from None


def _modules(
    spec: Spec,
    values: Mapping[str, Value],
    body: LinkedChain,
    outputs: tuple[LinkedOutput, ...],
    instances: Mapping[str, list[Instance]],
    graph: Graph,
) -> tuple[Module, ...]:
    built: dict[str, Built] = {}
    exchangeable = {
        value
        for several in instances.values()
        for each in several
        for value in each.environment.values()
        if isinstance(value, str) and value in spec.blocks
    }
    for name in _callees_first(spec, instances):
        built[name] = _block(spec.blocks[name], instances[name], built, name in exchangeable)
    root = _root(spec, values, body, outputs, instances[spec.name], built, graph)
    return (*(each.module for each in built.values()), root)


def _callees_first(spec: Spec, instances: Mapping[str, list[Instance]]) -> list[str]:
    """The blocks that are used, each after those that it calls."""
    order: list[str] = []

    def visit(name: str) -> None:
        if name in order:
            return
        calls = [
            occurrence.call.module
            for instance in instances[name]
            for several in instance.occurrences.values()
            for occurrence in several
            if occurrence.call
        ]
        for called in dict.fromkeys(calls):
            visit(called)
        order.append(name)

    visit(spec.name)
    return order[:-1]


def _block(
    block: Block, instances: list[Instance], built: Mapping[str, Built], exchangeable: bool
) -> Built:
    channels = channel_names(block.inputs)
    implicit = [ModuleParameter(each, Int(1), MISSING, role="channels") for each in channels]
    declared = [_parameter(each) for each in block.parameters.values()]
    facts = Facts(instances, root=False)
    keys = dict(zip(block.inputs, (Name(each) for each in channels), strict=True))
    by_name = {each.name: each for each in declared}
    builder = ClassBuilder(block.name, facts, built, {}, dict(keys), None, by_name)
    body = builder.chain(link_block(block))
    # Facts have no default, so they stand before the first parameter that has one.
    defaulted = [each for each in declared if each.default is not MISSING]
    required = [each for each in declared if each.default is MISSING]
    module = Module(
        block.name,
        block.doc,
        (*implicit, *required, *facts.parameters, *defaulted),
        block.inputs,
        body,
        (instances[0].occurrences and _rank(instances)) or 0,
        trains=any(step.trains for step in steps_of(body)),
        exchangeable=exchangeable,
        where=block.where,
    )
    return Built(module, builder.channels[""], facts)


def _rank(instances: list[Instance]) -> int:
    for instance in instances:
        for several in instance.occurrences.values():
            return several[0].inputs[0].rank
    return 0


def _parameter(parameter: Parameter) -> ModuleParameter:
    return ModuleParameter(parameter.name, parameter.kind, parameter.default, parameter.doc)


def _root(
    spec: Spec,
    values: Mapping[str, Value],
    body: LinkedChain,
    outputs: tuple[LinkedOutput, ...],
    instances: list[Instance],
    built: Mapping[str, Built],
    graph: Graph,
) -> Module:
    fold: dict[str, Expr] = {
        name: as_expr(value) for name, value in values.items() if name not in spec.arguments
    }
    arguments = tuple(
        ModuleParameter(each.name, each.kind, values[each.name], each.doc)
        for each in (spec.parameters[name] for name in spec.arguments)
    )
    builder = ClassBuilder(
        spec.name,
        Facts(instances, root=True),
        built,
        fold,
        {each.name: substitute(each.sizes[0], fold) for each in spec.inputs},
        _shapes(instances[0], graph),
        {each.name: each for each in arguments},
    )
    trunk = builder.chain(body)
    heads: list[Chain] = []
    named: list[ModuleOutput] = []
    for linked, output in zip(outputs, spec.outputs, strict=True):
        when = output.when and substitute(output.when, fold)
        if when == as_expr(False):
            continue
        when = None if when == as_expr(True) else when
        if linked.chain is not None:
            heads.append(builder.chain(linked.chain))
        named.append(
            ModuleOutput(
                output.name, builder.alias.get(linked.key, linked.key), when, output.training
            )
        )
    items = (*trunk.items, *heads)
    whole = Chain("", "", trunk.source, items, trunk.result, where=spec.where)
    return Module(
        spec.name,
        spec.doc,
        arguments,
        tuple(each.name for each in spec.inputs),
        whole,
        graph.inputs[spec.inputs[0].name].rank,
        outputs=tuple(named),
        trains=any(step.trains for step in steps_of(whole)),
        root=True,
        where=spec.where,
    )


def _shapes(root: Instance, graph: Graph) -> dict[str, Shape]:
    """The shape of the value of each key of the network's class."""
    shapes = dict(graph.inputs)
    for key, several in root.occurrences.items():
        shapes[key.removeprefix("absent:")] = several[-1].output
    for path, node in graph.scopes.items():
        if path not in shapes:
            shapes[path] = graph.shape(node)
    return shapes
