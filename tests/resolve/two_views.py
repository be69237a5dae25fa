"""Walks the classes of a model with numbers, as generated code does, and expects the graph."""

from __future__ import annotations

from dataclasses import dataclass

from archspec.expressions import Expr, evaluate
from archspec.model.module import Chain, Module, Parallel, Step
from archspec.operators import OPERATORS
from archspec.resolution import Model
from archspec.schema.spec import MISSING


def check(model: Model) -> None:
    """Fail unless evaluating the symbolic classes gives the concrete graph, layer by layer."""
    walk = _Walk(model)
    root = model.root
    arguments = {each.name: model.values[each.name] for each in root.parameters}
    frame = _Frame(root, arguments, "", {name: name for name in root.inputs})
    walk.chain(frame, root.body)
    assert walk.seen == [node.path for node in model.graph.nodes]
    outputs = {
        each.name: frame.values[each.key]
        for each in root.outputs
        if each.when is None or evaluate(each.when, arguments)
    }
    assert outputs == dict(model.graph.outputs)


@dataclass
class _Frame:
    module: Module
    environment: dict
    prefix: str
    values: dict

    def path(self, key, index=None):
        parts = [self.prefix, key, "" if index is None else str(index)]
        return ".".join(part for part in parts if part)


class _Walk:
    def __init__(self, model):
        self.model = model
        self.modules = {each.name: each for each in model.modules}
        self.seen = []

    def shape(self, path):
        return self.model.graph.shape(path)

    def chain(self, frame, chain: Chain):
        present = chain.when is None or evaluate(chain.when, frame.environment)
        source = frame.values[chain.source]
        if chain.key.count(".") == 0 and frame.module.root and chain.key:
            present = present and self._wanted(frame, chain.key)
        if present:
            for item in chain.items:
                if isinstance(item, Step):
                    self.step(frame, item)
                elif isinstance(item, Parallel):
                    for branch in item.branches:
                        self.chain(frame, branch)
                    self.step(frame, item.merge)
                else:
                    self.chain(frame, item)
        frame.values[chain.key] = frame.values[chain.result] if present else source
        if chain.shape is not None and present:
            assert self.shape(frame.values[chain.key]) == chain.shape, chain.key
        if chain.key and present:
            path = frame.path(chain.key)
            # A chain whose condition is folded to false is empty and has no scope.
            found = self.model.graph.scopes.get(path, None if chain.items else source)
            assert found == frame.values[chain.key], path

    def _wanted(self, frame, key):
        """Heads of outputs stand in the body of the network, under the outputs' conditions."""
        for output in frame.module.outputs:
            if output.own and output.key == key and output.when is not None:
                return evaluate(output.when, frame.environment)
        return True

    def step(self, frame, step: Step):
        values = [frame.values[key] for key in step.inputs]
        if step.repeat is None:
            result = self.once(frame, step, values, frame.environment, None)
        else:
            for index in range(evaluate(step.repeat.times, frame.environment)):
                environment = {**frame.environment, step.repeat.index: index}
                values = [self.once(frame, step, values, environment, index)]
            result = values[0]
        frame.values[step.key] = result

    def once(self, frame, step, values, environment, index):
        if step.when is not None and not evaluate(step.when, environment):
            return values[0]
        shapes = [self.shape(path) for path in values]
        channels = [evaluate(each, environment) for each in step.channels]
        assert channels == [each.channels for each in shapes], (frame.path(step.key), "channels")
        assert step.rank == shapes[0].rank, frame.path(step.key)
        path = frame.path(step.key, index)
        if step.module is not None:
            return self.call(step, values, environment, path)
        operator = step.operator
        if step.activation is not None:
            operator = OPERATORS[environment[step.activation]]()
        node = self.model.graph.by_path[path]
        self.seen.append(path)
        assert list(node.inputs) == values
        assert (node.module, node.key, node.index) == (frame.module.name, step.key, index)
        assert type(operator) is type(node.operator)
        for name in type(operator).model_fields:
            assert number(getattr(operator, name), environment) == getattr(node.operator, name), (
                path,
                name,
            )
        assert node.owner == (frame.path(step.share) if step.share else path)
        assert step.trains == type(operator).trains
        if step.shape is not None and step.repeat is None:
            assert step.shape == node.shape
        return path

    def call(self, step, values, environment, path):
        name = environment[step.module] if step.by_parameter else step.module
        module = self.modules[name]
        given = dict(step.arguments)
        arguments = {}
        known = {each.name for each in module.parameters}
        assert set(given) <= known
        for parameter in module.parameters:
            if parameter.name in given:
                value = evaluate(given[parameter.name], environment)
            else:
                assert parameter.default is not MISSING, (path, parameter.name)
                value = parameter.default
            assert parameter.kind.accepts(value) is None, (path, parameter.name, value)
            arguments[parameter.name] = value
        assert module.rank == self.shape(values[0]).rank
        inner = _Frame(module, arguments, path, dict(zip(module.inputs, values, strict=True)))
        self.chain(inner, module.body)
        assert self.model.graph.scopes[path] == inner.values[""]
        assert step.trains or not module.trains
        return inner.values[""]


def number(value, environment):
    """An argument of an operator, maybe of nested tuples, with numbers for expressions."""
    if isinstance(value, Expr):
        return evaluate(value, environment)
    if isinstance(value, tuple):
        return tuple(number(each, environment) for each in value)
    return value
