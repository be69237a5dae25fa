"""The classes of a network: one for each block that is used, and its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from archspec.errors import Location, SpecError
from archspec.expressions import Expr, ExpressionError, Value, as_expr, substitute
from archspec.expressions.nodes import Name
from archspec.expressions.types import BlockReference, Int, Kind, ListOf, Optional, TupleOf
from archspec.model.module import (
    Chain,
    Module,
    ModuleOutput,
    ModuleParameter,
    steps_of,
)
from archspec.model.shape import Shape
from archspec.resolution.calls import Built
from archspec.resolution.classes import ClassBuilder
from archspec.resolution.facts import Facts
from archspec.resolution.instance import ABSENT, Instance
from archspec.resolution.linked import LinkedChain, LinkedParallel, LinkedStep, Links
from archspec.schema.blocks import channel_names
from archspec.schema.spec import MISSING, Block, Parameter, Spec


def modules_of(
    spec: Spec,
    links: Links,
    values: Mapping[str, Value],
    instances: Mapping[str, list[Instance]],
) -> tuple[Module, ...]:
    """The classes of a network, each after those it uses; the network's own is the last.

    Args:
        spec: the network.
        links: what each of its layers takes.
        values: the value of each of its parameters.
        instances: by class, every use of it.

    Raises:
        SpecError: for uses of one block that one class cannot serve.
    """
    built: dict[str, Built] = {}
    exchangeable = _exchangeable(spec, instances)
    for name in _callees_first(spec, instances):
        block = spec.blocks[name]
        body = links.blocks[name]
        with _placed(block.where, block.path):
            built[name] = _block(block, body, instances[name], built, name in exchangeable)
    with _placed(spec.where, "stages"):
        root = _root(spec, links, values, instances[spec.name], built)
    return (*(each.module for each in built.values()), root)


@contextmanager
def _placed(where: Location, path: str) -> Iterator[None]:
    """Give a place to the error of an expression that has grown too large."""
    try:
        yield
    except ExpressionError as error:
        problem = error.problems[0]
        raise SpecError(problem.problem, where, path, problem.hint) from None


def _exchangeable(spec: Spec, instances: Mapping[str, list[Instance]]) -> set[str]:
    """The blocks that are passed as arguments."""
    found: set[str] = set()
    for name, several in instances.items():
        owner: Spec | Block = spec.blocks.get(name, spec)
        for parameter in owner.parameters.values():
            if _holds_block(parameter.kind):
                found.update(_words(each.environment[parameter.name] for each in several))
    return found & spec.blocks.keys()


def _holds_block(kind: Kind) -> bool:
    if isinstance(kind, Optional | ListOf):
        return _holds_block(kind.item)
    if isinstance(kind, TupleOf):
        return any(map(_holds_block, kind.items))
    return isinstance(kind, BlockReference)


def _words(values: Iterable[Value]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, tuple):
            yield from _words(value)


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
    block: Block,
    linked: LinkedChain,
    instances: list[Instance],
    built: Mapping[str, Built],
    exchangeable: bool,
) -> Built:
    channels = channel_names(block.inputs)
    implicit = [ModuleParameter(each, Int(1), MISSING, role="channels") for each in channels]
    declared = [_parameter(each, built) for each in block.parameters.values()]
    keys = dict(zip(block.inputs, (Name(each) for each in channels), strict=True))
    taken = {*(each.name for each in (*implicit, *declared)), *_indices(linked)}
    facts = Facts(instances, taken)
    builder = ClassBuilder(block.name, facts, built, {}, dict(keys), None)
    body = builder.chain(linked)
    if facts.parameters:
        # Once more, now that it is known which facts become arguments, and so what to call them.
        facts = Facts(instances, facts.taken, facts.short_names())
        builder = ClassBuilder(block.name, facts, built, {}, dict(keys), None)
        body = builder.chain(linked)
    # Facts have no default, so they stand before the first parameter that has one.
    defaulted = [each for each in declared if each.default is not MISSING]
    required = [each for each in declared if each.default is MISSING]
    module = Module(
        block.name,
        block.doc,
        (*implicit, *required, *facts.parameters, *defaulted),
        block.inputs,
        body,
        instances[0].inputs[0].rank,
        trains=any(step.trains for step in steps_of(body)),
        exchangeable=exchangeable,
        where=block.where,
    )
    return Built(module, builder.channels[""], facts)


def _indices(linked: LinkedChain | LinkedParallel | LinkedStep) -> Iterator[str]:
    """The names of the indices of loops."""
    match linked:
        case LinkedChain():
            for item in linked.items:
                yield from _indices(item)
        case LinkedParallel():
            for branch in linked.branches:
                yield from _indices(branch)
        case LinkedStep():
            yield linked.layer.index


def _parameter(parameter: Parameter, built: Mapping[str, Built]) -> ModuleParameter:
    default = parameter.default
    if isinstance(parameter.kind, BlockReference) and default not in built:
        # A class that is not there, or comes later, cannot be a default.
        default = MISSING
    return ModuleParameter(parameter.name, parameter.kind, default, parameter.doc)


def _root(
    spec: Spec,
    links: Links,
    values: Mapping[str, Value],
    instances: list[Instance],
    built: Mapping[str, Built],
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
        Facts(instances),
        built,
        fold,
        {each.name: substitute(each.sizes[0], fold) for each in spec.inputs},
        _shapes(instances[0]),
    )
    trunk = builder.chain(links.body)
    heads: list[Chain] = []
    named: list[ModuleOutput] = []
    for linked, output in zip(links.outputs, spec.outputs, strict=True):
        when = None if output.when is None else substitute(output.when, fold)
        if when == as_expr(False):
            continue
        when = None if when == as_expr(True) else when
        if linked.chain is not None:
            heads.append(builder.chain(linked.chain))
        named.append(
            ModuleOutput(
                output.name,
                builder.alias.get(linked.key, linked.key),
                when,
                output.training,
                own=linked.chain is not None,
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
        instances[0].inputs[0].rank,
        outputs=tuple(named),
        trains=any(step.trains for step in steps_of(whole)),
        root=True,
        where=spec.where,
    )


def _shapes(root: Instance) -> dict[str, Shape]:
    """The shape of the value of each key of the network's class, absent ones included."""
    absent = {
        key.removeprefix(ABSENT): several[-1].output
        for key, several in root.occurrences.items()
        if key.startswith(ABSENT)
    }
    return {**absent, **root.shapes}
