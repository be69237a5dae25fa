"""From a linked spec to the flat graph: every call of a block is walked through with numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archspec.errors import Problem, SpecError
from archspec.expressions import Value
from archspec.model.graph import Graph, Groups
from archspec.operators.fields import Limits
from archspec.resolution.application import apply_operator, input_shape
from archspec.resolution.binding import bound, check_call
from archspec.resolution.budget import MOST_LAYERS, Budget, BudgetSpentError
from archspec.resolution.evaluation import located, numbers, truth
from archspec.resolution.instance import ABSENT, Instance, Occurrence, Reference
from archspec.resolution.linked import (
    LinkedChain,
    LinkedParallel,
    LinkedStep,
    Links,
)
from archspec.resolution.record import Place, Record, joined
from archspec.schema.blocks import channel_names
from archspec.schema.spec import Layer, Spec


@dataclass
class _Frame:
    """An instance under way: its record, and the value of each key so far."""

    instance: Instance
    values: dict[str, Reference]


class Elaboration:
    """Walks a network once; afterwards ``graph`` and ``instances`` are complete.

    Args:
        spec: the network.
        links: what each of its layers takes.
        values: the value of each of its parameters.
    """

    def __init__(self, spec: Spec, links: Links, values: Mapping[str, Value]) -> None:
        self.spec = spec
        self.links = links
        self.values = values
        self.instances: dict[str, list[Instance]] = {}
        self.record = Record(spec.init)
        self._budget = Budget()
        self._ghost = 0
        self._depth = 0
        self._chain: tuple[str, ...] = ()

    def run(self) -> Graph:
        """The flat graph.

        Raises:
            SpecError: at the first layer whose arguments or shapes do not fit, and at the first
                of each branch beside it.
        """
        spec = self.spec
        inputs = {each.name: input_shape(each, self.values) for each in spec.inputs}
        root = Instance(spec.name, (), dict(self.values), tuple(inputs.values()), False)
        root.shapes.update(inputs)
        self.instances.setdefault(spec.name, []).append(root)
        frame = _Frame(root, {name: Reference(name, shape) for name, shape in inputs.items()})
        self._walk(frame, self.links.body)
        results = {}
        for linked, output in zip(self.links.outputs, spec.outputs, strict=True):
            path = f"outputs.{output.name}"
            present = output.when is None or truth(output.when, self.values, output.where, path)
            if linked.chain is not None:
                self._walk(frame, linked.chain, ghost=not present)
            if present:
                results[output.name] = frame.values[linked.key].path
        return self.record.graph(inputs, results)

    def _walk(self, frame: _Frame, chain: LinkedChain, ghost: bool = False) -> None:
        """All items of a chain; what comes out stands under the chain's key."""
        source = frame.values[chain.source]
        environment = frame.instance.environment
        if chain.when is not None:
            ghost = ghost or not truth(chain.when, environment, chain.where, chain.path)
        self._budget.nested(self._depth, chain.where, chain.path)
        self._budget.spend(1, chain.where, chain.path)
        self._depth += 1
        self._ghost += ghost
        result = source
        try:
            self._items(frame, chain)
            result = source if ghost else frame.values[chain.result]
        except SpecError as error:
            # What is not there may well not fit.
            if not ghost or isinstance(error, BudgetSpentError):
                raise
        finally:
            self._ghost -= ghost
            self._depth -= 1
        self._settle(frame, chain.key, result)
        if chain.key and not ghost and not self._ghost:
            groups = (*frame.instance.groups, tuple(chain.key.split(".")))
            self.record.scope(groups, result)

    def _items(self, frame: _Frame, chain: LinkedChain) -> None:
        for item in chain.items:
            if isinstance(item, LinkedChain):
                self._walk(frame, item)
            elif isinstance(item, LinkedStep):
                self._step(frame, item)
            else:
                self._parallel(frame, item)

    def _parallel(self, frame: _Frame, parallel: LinkedParallel) -> None:
        """Branches, all of them even if one is wrong, and what joins them."""
        problems: list[Problem] = []
        for branch in parallel.branches:
            try:
                self._walk(frame, branch)
            except BudgetSpentError:
                raise
            except SpecError as error:
                problems.extend(error.problems)
        if problems:
            raise SpecError(dict.fromkeys(problems))
        self._step(frame, parallel.merge)

    def _settle(self, frame: _Frame, key: str, value: Reference) -> None:
        """Record what a key is worth."""
        frame.values[key] = value
        if not self._ghost or frame.instance.ghost:
            frame.instance.shapes[key] = value.shape

    def _step(self, frame: _Frame, step: LinkedStep) -> None:
        layer = step.layer
        if not all(key in frame.values for key in step.inputs):
            # It takes something of a branch that is wrong, which is reported there.
            raise SpecError(())
        values = [frame.values[key] for key in step.inputs]
        if layer.repeat is None:
            self._settle(frame, step.key, self._once(frame, step, values, None))
            return
        limits = Limits("integer", 0, MOST_LAYERS)
        with located(layer.where, f"{layer.path}.repeat", "", layer.places, ":repeat"):
            times = numbers(frame.instance.environment)(layer.repeat, limits)
        current = values
        for index in range(times):
            current = [self._once(frame, step, current, index)]
        if times == 0:
            self._absent(frame, step, values, 0)
        self._settle(frame, step.key, current[0])

    def _once(
        self, frame: _Frame, step: LinkedStep, values: list[Reference], index: int | None
    ) -> Reference:
        layer = step.layer
        environment = frame.instance.environment
        if index is not None:
            environment = {**environment, layer.index: index}
        if layer.when is not None and not truth(
            layer.when, environment, layer.places.get(":when", layer.where), layer.path
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
        except BudgetSpentError:
            raise
        except SpecError:
            pass
        finally:
            self._ghost -= 1

    def _apply(
        self, frame: _Frame, step: LinkedStep, values: list[Reference], index: int | None
    ) -> Reference:
        layer, instance = step.layer, frame.instance
        self._budget.layer(step)
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
        else:
            # The layer is absent here: its facts are of use only if it is present nowhere.
            instance.occurrences.setdefault(f"{ABSENT}{step.key}", []).append(occurrence)
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
        path = joined(groups)
        applied = apply_operator(layer, environment, path, occurrence.inputs)
        occurrence.facts = applied.facts
        module = self._chain[-1] if self._chain else self.spec.name
        place = Place(groups, module, step, occurrence.index)
        self.record.node(place, applied, values, ghost=bool(self._ghost))
        return Reference(path, applied.shape)

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
        path = joined(groups)
        check_call(layer, block, len(values), self._chain)
        given = bound(layer, block, environment, self.spec.blocks, path)
        channels = zip(channel_names(block.inputs), values, strict=True)
        given |= {each: value.shape.channels for each, value in channels}
        inputs = tuple(value.shape for value in values)
        instance = Instance(name, groups, given, inputs, bool(self._ghost), where=layer.where)
        instance.shapes.update(zip(block.inputs, inputs, strict=True))
        self.instances.setdefault(name, []).append(instance)
        occurrence.call = instance
        frame = _Frame(instance, dict(zip(block.inputs, values, strict=True)))
        outer, self._chain = self._chain, (*self._chain, name)
        try:
            self._walk(frame, self.links.blocks[name])
        finally:
            self._chain = outer
        result = frame.values[""]
        if not self._ghost:
            self.record.scope(groups, result, name)
        return result
