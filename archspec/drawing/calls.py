"""With which arguments each instance of a block is called, as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archspec.expressions import ExpressionError, Value, evaluate
from archspec.model.module import Module, ModuleParameter, Step
from archspec.resolution import Model
from archspec.schema.spec import MISSING

# The name of each argument that is not at its default, its value, and whether it has a default.
Arguments = tuple[tuple[str, Value, bool], ...]


def calls_of(model: Model) -> dict[str, Arguments]:
    """For each instance of a block by path, the arguments that a spec would state."""
    return _Calls(model).found


class _Calls:
    def __init__(self, model: Model) -> None:
        self._modules = {each.name: each for each in model.modules}
        self._blocks = model.graph.blocks
        self.found: dict[str, Arguments] = {}
        self._visit(model.root, "", dict(model.values))

    def _visit(self, module: Module, path: str, values: Mapping[str, Value]) -> None:
        for step in module.steps():
            if step.module is None:
                continue
            place = f"{path}.{step.key}" if path else step.key
            if step.repeat is None:
                self._call(step, place, values)
                continue
            index = 0
            while f"{place}.{index}" in self._blocks:
                self._call(step, f"{place}.{index}", {**values, step.repeat.index: index})
                index += 1

    def _call(self, step: Step, path: str, values: Mapping[str, Value]) -> None:
        block = self._blocks.get(path)
        if block is None or block not in self._modules:
            return
        module = self._modules[block]
        given: dict[str, Any] = {}
        for name, expression in step.arguments:
            try:
                given[name] = evaluate(expression, values)
            except ExpressionError:
                # A picture leaves out what is only known where the class is built.
                continue
        shown = [each for each in module.parameters if each.role == "declared"]
        self.found[path] = tuple(
            (each.name, given[each.name], each.default is not MISSING)
            for each in shown
            if each.name in given and not _is_default(each, given[each.name])
        )
        defaults = {each.name: each.default for each in shown if each.default is not MISSING}
        self._visit(module, path, {**defaults, **given})


def _is_default(parameter: ModuleParameter, value: Value) -> bool:
    return parameter.default is not MISSING and parameter.default == value
