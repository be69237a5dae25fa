"""From a linked block and its instances to a class: arguments and channels kept symbolic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from archspec.errors import SpecError
from archspec.expressions import Expr, ExpressionError, as_expr, simplify, substitute
from archspec.expressions.nodes import Const
from archspec.model.module import Chain, Item, Parallel, Repeat, Step
from archspec.model.shape import TOKEN_AXES, Shape, rank_of
from archspec.operators import ACTIVATIONS, OPERATORS, Operator
from archspec.resolution.calls import Built, call_arguments, call_channels
from archspec.resolution.channels import either, solve
from archspec.resolution.facts import (
    Facts,
    channels_out,
    common_axes,
    occurrences,
    pinned,
    spread,
    told,
)
from archspec.resolution.instance import ABSENT, Instance, Occurrence
from archspec.resolution.linked import LinkedChain, LinkedParallel, LinkedStep
from archspec.schema.spec import Layer


@dataclass
class ClassBuilder:
    """Builds one class.

    Args:
        name: the class's name.
        facts: what depends on the input's size, over all instances.
        built: the classes built before, which are all that this one calls.
        fold: numbers in place of the network's parameters (empty in blocks).
        channels: the channels of each input; then of each key.
        shapes: in the network's own class, the shape of each key's value.
    """

    name: str
    facts: Facts
    built: Mapping[str, Built]
    fold: Mapping[str, Expr]
    channels: dict[str, Expr]
    shapes: Mapping[str, Shape] | None
    alias: dict[str, str] = field(default_factory=dict)

    def chain(self, linked: LinkedChain) -> Chain:
        """A chain with every layer of it."""
        source = self._key(linked.source)
        before = self.channels[source]
        when = None if linked.when is None else self._folded(linked.when)
        items: list[Item] = []
        result = source
        if when != as_expr(False):
            for item in linked.items:
                items.extend(self._item(item))
            result = self._key(linked.result)
        after = self.channels[result]
        if isinstance(when, Const):
            when = None
        elif when is not None:
            after = either(when, after, before)
        self.channels[linked.key] = after
        # The head of an output that is absent has a shape of its own all the same.
        shape, changes = self._shape(result if linked.items else linked.key, source)
        made = (linked.key, linked.name, source, tuple(items), result, when)
        return Chain(*made, shape, changes, linked.where)

    def _key(self, key: str) -> str:
        return self.alias.get(key, key)

    def _folded(self, expression: Expr) -> Expr:
        return substitute(expression, self.fold) if self.fold else simplify(expression)

    def _shape(self, key: str, source: str) -> tuple[Shape | None, bool]:
        if self.shapes is None or key not in self.shapes:
            return None, False
        return self.shapes[key], self.shapes[key] != self.shapes.get(source)

    def _item(self, item: LinkedStep | LinkedParallel | LinkedChain) -> list[Item]:
        if isinstance(item, LinkedChain):
            return [self.chain(item)]
        if isinstance(item, LinkedParallel):
            branches = tuple(self.chain(branch) for branch in item.branches)
            return [Parallel(branches, step) for step in self._step(item.merge)]
        return list(self._step(item))

    def _step(self, linked: LinkedStep) -> list[Step]:
        layer = linked.layer
        inputs = tuple(self._key(key) for key in linked.inputs)
        when = None if layer.when is None else self._folded(layer.when)
        repeat = None
        if layer.repeat is not None:
            repeat = Repeat(layer.index, self._folded(layer.repeat))
        gone = isinstance(when, Const) and not when.value
        gone = gone or (repeat is not None and repeat.times == as_expr(0))
        found = occurrences(self.facts.instances, linked.key)
        if not found and not gone and self.shapes is not None:
            raise SpecError(
                "this layer would not fit the network where its condition holds",
                layer.where,
                layer.path,
                "a condition on one of `arguments` stays in the class, so both cases must fit",
            )
        if gone or not found:
            self.alias[linked.key] = inputs[0]
            return []
        channels = tuple(self.channels[key] for key in inputs)
        axes = common_axes(self.name, self.facts.instances, linked.key, layer)
        step = Step(
            key=linked.key,
            name=layer.name,
            inputs=inputs,
            channels=channels,
            rank=rank_of(axes),
            tokens=axes == TOKEN_AXES,
            where=layer.where,
            when=None if isinstance(when, Const) else when,
            repeat=repeat,
            init=layer.init,
            activation=layer.activation,
            share=layer.share and self._key(layer.share),
        )
        if layer.block is not None:
            step, rule = self._call(step, layer, found)
        else:
            step, rule = self._operator(step, layer, found)
        step, after = self._repeated(step, rule, found)
        if step.when is not None and step.repeat is None:
            after = either(step.when, after, channels[0])
        self.channels[linked.key] = after
        shape, changes = self._shape(linked.key, inputs[0])
        return [replace(step, shape=shape, changes=changes)]

    def _repeated(
        self,
        step: Step,
        rule: Callable[[tuple[Expr, ...]], Expr],
        found: list[tuple[Instance, list[Occurrence]]],
    ) -> tuple[Step, Expr]:
        """The step with the channels of each repetition, and the channels that come out."""
        if step.repeat is None:
            return step, rule(step.channels)
        when = step.when

        def once(channels: Expr) -> Expr:
            out = rule((channels,))
            return out if when is None else either(when, out, channels)

        try:
            solution = solve(step.channels[0], step.repeat, once, self._never_empty(step.key))
        except ExpressionError:
            solution = None
        if solution is not None:
            inside, after = solution.inside, solution.after
        else:
            inside, _ = self.facts.of(
                step, "in_channels", found, lambda each: each.inputs[0].channels
            )
            after = self.facts.after(step, found)
        step = replace(step, channels=(inside,))
        if step.module is not None:
            step = replace(
                step,
                arguments=tuple(
                    (name, inside if name == "in_channels" else value)
                    for name, value in step.arguments
                ),
            )
        return step, after

    def _never_empty(self, key: str) -> bool:
        """Whether a repeated layer of a block is there in every use of the block."""
        absent = (each.occurrences.get(f"{ABSENT}{key}") for each in self.facts.instances)
        return self.shapes is None and not any(absent)

    def _operator(
        self, step: Step, layer: Layer, found: list[tuple[Instance, list[Occurrence]]]
    ) -> tuple[Step, Callable[[tuple[Expr, ...]], Expr]]:
        operator = layer.operator
        if operator is None:
            held = self.fold.get(step.activation or "")
            # Where it is not known here any activation will do: they all leave the shape alone.
            name = str(held.value) if isinstance(held, Const) else ACTIVATIONS[0]
            operator = OPERATORS[name]()
            step = step if held is None else replace(step, activation=None)
        settled: Operator = operator.settle(step.rank, lambda each, _: self._folded(as_expr(each)))
        facts = {
            name: spread(*self.facts.of(step, name, found, partial(pinned, name)))
            for name in found[0][1][0].facts
        }
        settled = settled.fixed(facts)
        step = replace(
            step,
            operator=None if step.activation else settled,
            by_parameter=step.activation is not None,
            trains=settled.trains,
        )

        def rule(channels: tuple[Expr, ...]) -> Expr:
            try:
                return as_expr(settled.channels(channels))
            except ExpressionError:
                # A sum over very many branches; a number will do.
                return self.facts.of(step, "channels", found, channels_out)[0]

        return step, rule

    def _call(
        self, step: Step, layer: Layer, found: list[tuple[Instance, list[Occurrence]]]
    ) -> tuple[Step, Callable[[tuple[Expr, ...]], Expr]]:
        calls = [each.call for _, several in found for each in several if each.call]
        callees = [self.built[name] for name in dict.fromkeys(call.module for call in calls)]
        given = {name: self._folded(value) for name, value in layer.arguments}
        folded = layer.block_parameter and layer.block in self.fold
        by_parameter = layer.block_parameter and not folded
        implicit = {}
        for callee in callees:
            if by_parameter and callee.facts.parameters:
                raise SpecError(
                    f"`{callee.module.name}` depends on the size of its input"
                    f" (`{callee.facts.parameters[0].name}`), so it cannot be a parameter",
                    layer.where,
                    layer.path,
                )
            for parameter in callee.facts.parameters:
                values = callee.facts.given[parameter.name]
                value = partial(told, values)
                implicit[parameter.name], _ = self.facts.of(step, parameter.name, found, value)
        arguments = call_arguments(callees, given, implicit, step.channels)
        step = replace(
            step,
            module=callees[0].module.name if folded else layer.block,
            by_parameter=by_parameter,
            arguments=arguments,
            trains=any(callee.module.trains for callee in callees),
        )

        def rule(channels: tuple[Expr, ...]) -> Expr:
            try:
                results = {call_channels(callee, given, implicit, channels) for callee in callees}
            except ExpressionError:
                # Too large an expression; numbers will do.
                results = set()
            if len(results) == 1:
                return results.pop()
            return self.facts.of(step, "channels", found, channels_out)[0]

        return step, rule
