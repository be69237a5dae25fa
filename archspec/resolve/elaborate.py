"""From a linked spec to the flat graph: every call of a block is walked through with numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archspec.errors import ArchspecError, Location, SpecError
from archspec.expressions import Expr, Value, evaluate
from archspec.expressions.types import describe_value
from archspec.model.graph import Graph, Groups, Node
from archspec.model.shape import Shape
from archspec.operators import OPERATORS, Operator
from archspec.operators.fields import Limits
from archspec.resolve.evaluation import LARGEST_AXIS, check_size, located, numbers
from archspec.resolve.instance import Instance, Occurrence, Reference
from archspec.resolve.linking import (
    LinkedChain,
    LinkedOutput,
    LinkedParallel,
    LinkedStep,
    link_block,
)
from archspec.schema.blocks import channel_names
from archspec.schema.initialization import Initialization
from archspec.schema.kinds import check_value
from archspec.schema.spec import Block, Layer, Spec

MOST_LAYERS = 20_000
DEEPEST = 32


@dataclass
class _Frame:
    """An instance under way: its record, and the value of each key so far."""

    instance: Instance
    values: dict[str, Reference]


class Elaboration:
    """Walks a network once; afterwards ``graph`` and ``instances`` are complete.

    Args:
        spec: the network.
        values: the value of each of its parameters.
    """

    def __init__(self, spec: Spec, values: Mapping[str, Value]) -> None:
        self.spec = spec
        self.values = values
        self.instances: dict[str, list[Instance]] = {}
        self._nodes: list[Node] = []
        self._scopes: dict[str, str] = {}
        self._groups: dict[str, Groups] = {}
        self._links: dict[str, LinkedChain] = {}
        self._ghost = 0
        self._count = 0
        self._chain: tuple[str, ...] = ()

    def run(self, body: LinkedChain, outputs: tuple[LinkedOutput, ...]) -> Graph:
        """The flat graph.

        Raises:
            SpecError: at the first layer whose arguments, shapes or names do not fit.
        """
        spec = self.spec
        inputs = {each.name: self._input_shape(each.sizes, each.where) for each in spec.inputs}
        root = Instance(spec.name, (), dict(self.values), False)
        self.instances.setdefault(spec.name, []).append(root)
        frame = _Frame(root, {name: Reference(name, shape) for name, shape in inputs.items()})
        self._walk(frame, body)
        results = {}
        for linked, output in zip(outputs, spec.outputs, strict=True):
            path = f"outputs.{output.name}"
            present = output.when is None or self._truth(
                output.when, self.values, output.where, path
            )
            if linked.chain is not None:
                self._walk(frame, linked.chain, ghost=not present)
            if present:
                results[output.name] = frame.values[linked.key].path
        return Graph(inputs, tuple(self._nodes), results, self._scopes, self._groups)

    def _input_shape(self, sizes: tuple[Expr, ...], where: Location) -> Shape:
        leaf = numbers(self.values)
        with located(where, "input"):
            found = [leaf(each, Limits("integer", 1, LARGEST_AXIS)) for each in sizes]
        return Shape.of(*found)

    def _walk(self, frame: _Frame, chain: LinkedChain, ghost: bool = False) -> None:
        """All items of a chain; what comes out stands under the chain's key."""
        source = frame.values[chain.source]
        environment = frame.instance.environment
        if chain.when is not None and not self._truth(
            chain.when, environment, chain.where, chain.key
        ):
            ghost = True
            frame.values[chain.key] = source
        self._ghost += ghost
        try:
            for item in chain.items:
                if isinstance(item, LinkedChain):
                    self._walk(frame, item)
                elif isinstance(item, LinkedParallel):
                    for branch in item.branches:
                        self._walk(frame, branch)
                    self._step(frame, item.merge)
                else:
                    self._step(frame, item)
            if not ghost:
                frame.values[chain.key] = frame.values[chain.result]
        except SpecError:
            # What is not there may well not fit.
            if not ghost:
                raise
        finally:
            self._ghost -= ghost
        if chain.key and not ghost and not self._ghost:
            self._scope(
                (*frame.instance.groups, tuple(chain.key.split("."))), frame.values[chain.key]
            )

    def _scope(self, groups: Groups, value: Reference) -> None:
        path = ".".join(part for group in groups for part in group)
        self._scopes[path] = value.path
        self._groups[path] = groups

    def _step(self, frame: _Frame, step: LinkedStep) -> None:
        layer = step.layer
        values = [frame.values[key] for key in step.inputs]
        if layer.repeat is None:
            frame.values[step.key] = self._once(frame, step, values, None)
            return
        limits = Limits("integer", 0, MOST_LAYERS)
        with located(layer.where, f"{layer.path}.repeat"):
            times = numbers(frame.instance.environment)(layer.repeat, limits)
        current = values
        for index in range(times):
            current = [self._once(frame, step, current, index)]
        if times == 0:
            self._absent(frame, step, values, 0)
        frame.values[step.key] = current[0]

    def _once(
        self, frame: _Frame, step: LinkedStep, values: list[Reference], index: int | None
    ) -> Reference:
        layer = step.layer
        environment = frame.instance.environment
        if index is not None:
            environment = {**environment, layer.index: index}
        if layer.when is not None and not self._truth(
            layer.when, environment, layer.where, layer.path
        ):
            self._absent(frame, step, values, index)
            return values[0]
        return self._apply(frame, step, values, index)

    def _absent(
        self, frame: _Frame, step: LinkedStep, values: list[Reference], index: int | None
    ) -> None:
        """Walk through a layer that is not there, to learn the sizes it would have."""
        self._ghost += 1
        try:
            self._apply(frame, step, values, index)
        except SpecError:
            pass
        finally:
            self._ghost -= 1

    def _apply(
        self, frame: _Frame, step: LinkedStep, values: list[Reference], index: int | None
    ) -> Reference:
        layer, instance = step.layer, frame.instance
        self._count += 1
        if self._count > MOST_LAYERS:
            raise SpecError(
                f"the network has more than {MOST_LAYERS} layers", layer.where, layer.path
            )
        environment = instance.environment
        parts = tuple(step.key.split("."))
        if index is not None:
            environment = {**environment, layer.index: index}
            parts = (*parts, str(index))
        groups = (*instance.groups, parts)
        inputs = tuple(value.shape for value in values)
        occurrence = Occurrence(index, inputs, inputs[0], {})
        if layer.block is not None:
            result = self._call(layer, environment, groups, values, occurrence)
        else:
            result = self._operator(step, environment, groups, values, occurrence)
        occurrence.output = result.shape
        if not self._ghost or instance.ghost:
            instance.occurrences.setdefault(step.key, []).append(occurrence)
        elif not any(each.index == index for each in instance.occurrences.get(step.key, [])):
            # The layer is absent here: its facts are of use only if it is present nowhere.
            instance.occurrences.setdefault(f"absent:{step.key}", []).append(occurrence)
        return result

    def _operator(
        self,
        step: LinkedStep,
        environment: Mapping[str, Value],
        groups: Groups,
        values: list[Reference],
        occurrence: Occurrence,
    ) -> Reference:
        layer = step.layer
        path = ".".join(part for group in groups for part in group)
        operator = layer.operator
        if operator is None:
            operator = OPERATORS[str(environment[layer.activation or ""])]()
        inputs = occurrence.inputs
        name = type(operator).name()
        with located(layer.where, f"{layer.path}.{name}", path, layer.places):
            settled: Operator = operator.settle(inputs[0].rank, numbers(environment))
            settled.check(inputs)
            occurrence.facts = settled.pinned(inputs)
            settled = settled.fixed(occurrence.facts)
            shape = settled.output(inputs)
            check_size(shape)
            tensors = settled.tensors(inputs)
        owner = path
        if layer.share is not None:
            prefix = ".".join(part for group in groups[:-1] for part in group)
            owner = f"{prefix}.{layer.share}" if prefix else layer.share
            self._check_shared(owner, tensors, layer)
        if not self._ghost:
            init = (layer.init or Initialization()).over(self.spec.init)
            paths = tuple(value.path for value in values)
            place = (self._module(), step.key, occurrence.index, layer.where)
            node = Node(path, groups, settled, paths, inputs, shape, tensors, owner, init, *place)
            self._nodes.append(node)
        return Reference(path, shape)

    def _module(self) -> str:
        return self._chain[-1] if self._chain else self.spec.name

    def _check_shared(self, owner: str, tensors: tuple[Any, ...], layer: Layer) -> None:
        other = next((node for node in self._nodes if node.path == owner), None)
        if other is not None and other.tensors != tensors:
            raise SpecError(
                f"`{layer.share}` cannot be shared here: its tensors would have other shapes",
                layer.where,
                layer.path,
            )

    def _call(
        self,
        layer: Layer,
        environment: Mapping[str, Value],
        groups: Groups,
        values: list[Reference],
        occurrence: Occurrence,
    ) -> Reference:
        name = str(environment[layer.block or ""]) if layer.block_parameter else layer.block or ""
        block = self.spec.blocks[name]
        path = ".".join(part for group in groups for part in group)
        if name in self._chain or len(self._chain) >= DEEPEST:
            cycle = " → ".join([*self._chain, name])
            raise SpecError(
                f"blocks contain each other too deeply: {cycle}", layer.where, layer.path
            )
        if len(values) != len(block.inputs):
            raise SpecError(
                f"`{name}` takes {len(block.inputs)} input(s), received {len(values)}",
                layer.where,
                layer.path,
                "`from` lists what a layer takes",
            )
        given = self._arguments(layer, block, environment, path)
        channels = zip(channel_names(block.inputs), values, strict=True)
        given |= {each: value.shape.channels for each, value in channels}
        instance = Instance(name, groups, given, bool(self._ghost))
        self.instances.setdefault(name, []).append(instance)
        occurrence.call = instance
        if name not in self._links:
            self._links[name] = link_block(block)
        frame = _Frame(instance, dict(zip(block.inputs, values, strict=True)))
        outer, self._chain = self._chain, (*self._chain, name)
        try:
            self._walk(frame, self._links[name])
        finally:
            self._chain = outer
        result = frame.values[""]
        instance.output = result.shape
        if not self._ghost:
            self._scope(groups, result)
        return result

    def _arguments(
        self, layer: Layer, block: Block, environment: Mapping[str, Value], path: str
    ) -> dict[str, Value]:
        """The value of each parameter of a block at one call."""
        expressions = dict(layer.arguments)
        unknown = [name for name in expressions if name not in block.parameters]
        if unknown:
            raise SpecError(
                f"`{block.name}` has no parameter `{unknown[0]}`", layer.where, layer.path
            )
        values: dict[str, Value] = {}
        for name, parameter in block.parameters.items():
            place = f"{layer.path}.{block.name}.{name}"
            if name in expressions:
                with located(layer.where, place, path, layer.places, name):
                    value = evaluate(expressions[name], environment)
            elif parameter.required:
                raise SpecError(f"`{block.name}` needs `{name}`", layer.where, layer.path)
            else:
                value = parameter.default
            wrong = check_value(parameter.kind, value, self.spec.blocks)
            if wrong:
                raise SpecError(wrong, layer.places.get(name, layer.where), place)
            values[name] = value
        return values

    def _truth(
        self, when: Expr, environment: Mapping[str, Value], where: Location, path: str
    ) -> bool:
        with located(where, f"{path}.when"):
            value = evaluate(when, environment)
            if not isinstance(value, bool):
                raise ArchspecError(f"expected true or false, received {describe_value(value)}")
        return value
