"""From a resolved model to the source code of one backend."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from archspec.backends import Backend, find_backend
from archspec.expressions import Expr, names_in_order, substitute
from archspec.expressions.nodes import Name
from archspec.model.module import Module, ModuleParameter, Step
from archspec.render.clashes import (
    refuse_indices,
    refuse_namesakes,
    refuse_parameters,
    refuse_parts,
)
from archspec.render.combinators import Node, arranged, combined_names, expressible, nodes_of
from archspec.render.environment import Templates
from archspec.render.format import FORMATTERS
from archspec.render.functions import function_names, input_sizes
from archspec.render.graph import render_graph
from archspec.render.header import header
from archspec.render.network import (
    KERNELS,
    kernels,
    only_norm,
    overrides,
    overrides_of_blocks,
)
from archspec.render.outline import outline
from archspec.render.plan import plan
from archspec.render.source_map import Rendered, Span, lines_of, without_marks
from archspec.render.statements import Plan
from archspec.resolution import Model
from archspec.schema.initialization import Initialization
from archspec.schema.spec import MISSING

# Beginnings of the names of shortcuts, in the order in which a file defines them.
_SHORTENED = (*KERNELS, "batch_norm", "layer_norm")


@dataclass(frozen=True)
class ClassView:
    """A class as its template sees it."""

    plan: Plan
    body: str
    parameters: tuple[ModuleParameter, ...]
    names: frozenset[str]
    saved: tuple[str, ...] = ()

    @property
    def doc(self) -> str:
        """One line for the class's docstring."""
        return self.plan.module.doc

    @property
    def name(self) -> str:
        """The class's name."""
        return self.plan.module.name


def render(model: Model, backend: Backend | str) -> Rendered:
    """The source code of a network for one backend, formatted.

    Args:
        model: the resolved network.
        backend: a backend, its name, or the path of its folder.

    Raises:
        BackendError: if the backend is unknown or cannot honour something in the network.
    """
    if isinstance(backend, str):
        backend = find_backend(backend)
    if backend.manifest.containers == "graph":
        return render_graph(model, backend)
    return _Renderer(model, backend).render()


class _Renderer:
    def __init__(self, model: Model, backend: Backend) -> None:
        self.model = model
        self.backend = backend
        self.templates = Templates(backend, model.spec.init)
        # The parameters that each class takes, known once its body has been rendered.
        self.signatures: dict[str, tuple[ModuleParameter, ...]] = {}
        self.modules: dict[str, Module] = {}
        self.templates.environment.globals.update(
            constructor_arguments=self.constructor_arguments,
            takes_inputs=self.templates.takes_inputs,
            module_of=lambda step: self.modules.get(step.module or ""),
            nodes_of=lambda chain: nodes_of(chain, *self._fusing()),
            by_name=self._by_name,
            backend=backend.manifest,
        )

    def render(self) -> Rendered:
        templates, model = self.templates, self.model
        containers = self.backend.manifest.containers
        modules: list[Module] = []
        exports: dict[str, tuple[str, ...]] = {}
        taken = {each.name for each in model.modules}
        for module in model.modules:
            outlined = [module]
            if containers in ("modules", "combinators"):
                result = outline(module, taken, expressible if self.combinators else None)
                outlined = list(result.modules)
                exports |= result.exports
            modules.extend(outlined)
        if any(each.trains for each in modules if each.exchangeable):
            # Classes that stand for each other are called alike.
            modules = [replace(each, trains=each.trains or each.exchangeable) for each in modules]
        self.modules = {each.name: each for each in modules}
        if self.functions:
            templates.functions = function_names(modules, self._reserved())
            channels_last = self.backend.manifest.layout == "channels_last"
            templates.environment.globals["input_sizes"] = input_sizes(model, channels_last)
        elif self.combinators:
            own = [*self._reserved(), *self.backend.manifest.reserved.get("function", [])]
            templates.functions = combined_names(modules, own, model.spec.stem)
        templates.environment.globals.update(
            batch_norms=only_norm(modules, "batch_norm", ("eps", "decay")),
            layer_norms=only_norm(modules, "layer_norm", ("eps",)),
        )
        views = [self._class(module, exports) for module in modules]
        text = templates.render(
            "module.jinja",
            part="file",
            classes=views,
            support=lambda: list(templates.support),
            shortcuts=lambda: sorted(templates.shortcuts, key=_place),
            model=model,
            init=self._initial(),
            imports=self._imports,
            header=header(model, self.templates, fixed=self.functions),
            kernels=kernels(self.modules.values()),
        )
        plain, marks = without_marks(text)
        name = f"{model.spec.stem}.{self.backend.manifest.extension}"
        formatted = FORMATTERS[self.backend.manifest.language](plain, name)
        return Rendered(formatted, self._spans(formatted, marks))

    def _imports(self) -> list[str]:
        """The imports that the code came to use."""
        known, used = self.backend.manifest.imports, self.templates.imports
        return self.templates.language.imports(each.line for each in known if each.name in used)

    def _class(self, module: Module, exports: Mapping[str, tuple[str, ...]]) -> ClassView:
        templates = self.templates
        reserved = [*self._reserved(), *templates.functions.values()]
        refuse_indices(module, reserved)
        containers, makes_inputs = self.backend.manifest.containers, self.functions and module.root
        if self.combinators:
            containers = "modules"
            templates.indices = frozenset(s.repeat.index for s in module.steps() if s.repeat)
        # What is no layer of its own is seen by the variable that it is bound to.
        nests = (lambda step: not templates.direct(step)) if self.combinators else None
        planned = plan(module, containers, exports, reserved, makes_inputs, nests)
        templates.module, templates.parts = module.name, {}
        templates.names, templates.kept = set(), set()
        own = {each.name for each in module.parameters if not self._inferred(each)}
        templates.fields = frozenset(own)
        if containers == "modules":
            refuse_namesakes(templates, planned.members)
        body = templates.render(
            "module.jinja",
            part="class",
            plan=planned,
            tree=None if module.name in exports else self._arranged(module),
            overrides=overrides(module, self._initial()),
            init=self._initial(),
            shared=planned.shared,
            channels_used=lambda: self._channels_used(module),
            saved=self._saved(module),
            on_self=self._on_self,
            kernels=kernels(self.modules.values()),
            biases=any(tensor.role == "bias" for _, tensor in self.model.graph.tensors.values()),
            overrides_of_blocks=overrides_of_blocks(self.modules.values(), self._initial()),
        )
        refuse_parts(templates, module)
        if self.combinators:
            refuse_parameters(module, reserved)
        templates.fields = frozenset()
        # An activation or a block that is a parameter is printed as a name, not as an expression.
        held = (s.activation or s.module or "" for s in module.steps() if s.by_parameter)
        used = frozenset(templates.names) | {*held}
        parameters = tuple(
            each
            for each in module.parameters
            if each.role == "declared"
            or (not self._inferred(each) and (each.name in used or module.exchangeable))
        )
        self.signatures[module.name] = parameters
        return ClassView(planned, body, parameters, used, tuple(self._saved(module)))

    @property
    def functions(self) -> bool:
        """Whether blocks are functions."""
        return self.backend.manifest.functions

    @property
    def combinators(self) -> bool:
        """Whether a block is an expression of combinators where it can be one."""
        return self.backend.manifest.containers == "combinators"

    def _arranged(self, module: Module) -> Node | None:
        """The body of a class as an expression, in a framework that has such."""
        return arranged(module, *self._fusing()) if self.combinators else None

    def _fusing(self) -> tuple[Collection[str], Collection[str]]:
        """The operators that can apply an activation after them, and those activations."""
        manifest = self.backend.manifest
        return manifest.fuses, manifest.activations.keys() - {"identity"}

    def _reserved(self) -> list[str]:
        """Names that code of this backend uses itself."""
        own = self.backend.manifest.reserved.get("variable", [])
        return [*own, *self.templates.language.BUILTINS_USED]

    def _inferred(self, parameter: ModuleParameter) -> bool:
        return parameter.role == "channels" and self.backend.manifest.infers_channels

    def constructor_arguments(self, step: Step, **last: Any) -> tuple[list[Any], dict[str, Any]]:
        """What a call of a class is given: values in order, and values by name.

        As a person would write it: required parameters in order, others by name; all of them by
        name where the class itself is a parameter. ``last`` follows by name.
        """
        given = dict(step.arguments)
        if step.by_parameter:
            channels = [] if self.backend.manifest.infers_channels else [given.pop("in_channels")]
            several = [p for m in self.modules.values() if m.exchangeable for p in m.parameters]
            for each in filter(self._inferred, several):
                given.pop(each.name, None)
            order = [p.name for p in several if self.combinators and p.role == "channels"]
            channels += [given.pop(name) for name in order if name in given]
            kinds = {each.name: each.kind for each in several}
            named = {n: self.templates.argument(kinds.get(n), v) for n, v in given.items()}
            return channels, {**named, **last}
        positional: list[Any] = []
        named, whole = {}, True
        for parameter in self.signatures[step.module or ""]:
            if parameter.name not in given:
                whole = False
                continue
            value = self.templates.argument(parameter.kind, given[parameter.name])
            if self._by_name(step.module, parameter):
                named[parameter.name] = value
            elif whole and parameter.default is MISSING:
                positional.append(value)
            else:
                named[parameter.name] = value
        return positional, {**named, **last}

    def _by_name(self, module: str | None, parameter: ModuleParameter) -> bool:
        """Whether an argument can only be given by its name.

        A function of combinators takes each argument in one way; one that stands for others is
        given all but the channels by name.
        """
        exchangeable = self.modules[module or ""].exchangeable
        return self.combinators and exchangeable and parameter.role != "channels"

    def _initial(self) -> Initialization:
        return self.model.spec.init

    def _channels_used(self, module: Module) -> list[tuple[str, str]]:
        """Implicit channels that the code has come to use, each with the input it belongs to."""
        channels = [each.name for each in module.parameters if each.role == "channels"]
        pairs = zip(channels, module.inputs, strict=False)
        return [pair for pair in pairs if pair[0] in self.templates.names]

    def _saved(self, module: Module) -> list[str]:
        """Parameters that the network's class needs when it is called."""
        conditions = [output.when for output in module.outputs if output.when is not None]
        return list(dict.fromkeys(name for each in conditions for name in names_in_order(each)))

    def _on_self(self, expression: Expr, instance: str = "self") -> Any:
        """An expression over what the constructor has saved."""
        names = {name: Name(f"{instance}.{name}") for name in names_in_order(expression)}
        self.templates.names.update(names)
        return substitute(expression, names)

    def _spans(self, text: str, marks: list[tuple[int, int, int]]) -> tuple[Span, ...]:
        spans = []
        for number, first, last in lines_of(text, marks):
            module, step = self.templates.marks[number]
            module, key = step.origin or (module, step.key)
            spans.append(Span(first, last, module, key, step.where))
        return tuple(sorted(spans, key=lambda span: (span.first, span.last, span.key)))


def _place(shortcut: str) -> tuple[int, str]:
    """Where a shortcut stands among the others."""
    found = (i for i, each in enumerate(_SHORTENED) if shortcut.startswith(each))
    return next(found, len(_SHORTENED)), shortcut
