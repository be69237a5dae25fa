"""What templates can do: print values in the backend's language, and nothing else.

Templates never compute. Whatever they print with ``{{ ... }}`` passes through :meth:`printed`,
so that expressions, tuples and truth values come out in the target language.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from archspec.backends import Backend
from archspec.errors import BackendError
from archspec.expressions import Expr, as_expr, names_in_order, substitute
from archspec.expressions.nodes import Const, Name
from archspec.expressions.types import Activation, BlockReference, Kind, Optional
from archspec.languages import LANGUAGES, Language
from archspec.model.module import Step
from archspec.model.shape import SPATIAL_AXES, Shape
from archspec.render.arguments import (
    cropping,
    gathered,
    is_default,
    is_plain,
    last_axis_first,
    loop_index,
    pads,
    same,
    symmetric,
    wrapped_text,
)
from archspec.render.source_map import marked
from archspec.schema.initialization import Initialization
from archspec.schema.spec import MISSING


class Code(str):
    """Text that is code already."""

    __slots__ = ()


class Templates:
    """The templates of one backend, for the rendering of one file.

    Attributes:
        imports: names of imports that the code uses so far.
        shortcuts: names of layers that the file defines for itself.
        support: names of support classes and functions that it uses so far, in order.
        names: names of the parameters that the class under way uses so far.
        marks: what each mark's number stands for.
    """

    def __init__(self, backend: Backend, init: Initialization) -> None:
        self.backend = backend
        self.init = init
        self.manifest = backend.manifest
        self.language: Language = LANGUAGES[backend.manifest.language]
        self.imports: set[str] = set()
        self.support: dict[str, None] = {}
        self.shortcuts: set[str] = set()
        self.names: set[str] = set()
        self.fields: frozenset[str] = frozenset()
        self.marks: list[tuple[str, Step]] = []
        self.module = ""
        self.environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(backend.folder),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,
            finalize=self.printed,
            extensions=["jinja2.ext.do"],
            bytecode_cache=_compiled(backend.folder),
        )
        self.environment.filters["code"] = lambda value: str(self.printed(value))
        self.environment.globals.update(
            call=self.call,
            use=self.use,
            require=self.require,
            refuse=self.refuse,
            same=same,
            pads=pads,
            symmetric=symmetric,
            last_axis_first=last_axis_first,
            cropping=cropping,
            minus_infinity=-math.inf,
            quoted=self.quoted,
            code=Code,
            named=self.named,
            shortcut=self.shortcut,
            is_one=lambda value: as_expr(value) == as_expr(1),
            all_one=lambda values: all(as_expr(each) == as_expr(1) for each in values),
            axis=self.axis,
            spatial_axes=self.spatial_axes,
            loop_index=loop_index,
            members_of=self.layer,
            several=lambda step: step.operator is not None and len(self.layer(step)) > 1,
            wrapped_text=wrapped_text,
            has_default=lambda parameter: parameter.default is not MISSING,
            mark=self.mark,
            layer=self.layer,
            shape=self.shape,
            annotation=self.annotation,
            activation=self.activation,
            argument=self.argument,
            note=self.note,
            docstring=lambda text, *lines: Code(self.language.docstring("\n".join([text, *lines]))),
        )
        self._operators: Any = None

    @property
    def operators(self) -> Any:
        """The module of operator macros."""
        if self._operators is None:
            self._operators = self._module("operators.jinja")
        return self._operators

    def _module(self, name: str) -> Any:
        try:
            return self.environment.get_template(name).module
        except jinja2.TemplateNotFound:
            raise BackendError(
                f"the backend `{self.backend.name}` has no file {name}",
                hint=f"it belongs into {self.backend.folder}",
            ) from None
        except jinja2.TemplateSyntaxError as error:
            place = f"{self.backend.folder / name}:{error.lineno}"
            raise BackendError(f"{place}: {error.message}") from None

    def render(self, name: str, **values: Any) -> str:
        """A template's text.

        Raises:
            BackendError: if the template is missing or wrong.
        """
        try:
            return self.environment.get_template(name).render(**values)
        except jinja2.TemplateNotFound:
            self._module(name)
            raise
        except jinja2.TemplateError as error:
            place = f"{self.backend.folder / name}"
            line = getattr(error, "lineno", None)
            raise BackendError(f"{place}{f':{line}' if line else ''}: {error.message}") from None

    def printed(self, value: Any) -> Any:
        """A value in the backend's language; text stays as it is."""
        if isinstance(value, str | jinja2.Undefined):
            return value
        if isinstance(value, Expr):
            self.names.update(names_in_order(value))
            if self.fields and self.manifest.field_prefix:
                prefix = self.manifest.field_prefix
                own = {name: Name(prefix + name) for name in self.fields}
                value = substitute(value, own)
            text = self.language.expression(value)
            if "math." in text:
                self.imports.add("math")
            return Code(text)
        if isinstance(value, tuple | list):
            whole = gathered(tuple(value))
            if isinstance(whole, Expr):
                return self.printed(whole)
            return self.printed(as_expr(tuple(value))) if is_plain(value) else self._tuple(value)
        if value is None or isinstance(value, bool | int | float):
            return Code(self.language.literal(value))
        return value

    def _tuple(self, value: tuple[Any, ...] | list[Any]) -> Code:
        items = ", ".join(str(self.printed(each)) for each in value)
        return Code(f"({items},)" if len(value) == 1 else f"({items})")

    def call(self, function: str, *arguments: Any, like: str | None = None, **named: Any) -> Code:
        """A call, without the arguments that are at their default in this framework.

        Args:
            function: what is called.
            like: under which name the manifest lists the defaults; else the function's.
        """
        defaults = self.manifest.defaults.get(like or function, {})
        parts = [str(self.printed(each)) for each in arguments]
        for name, value in named.items():
            default = defaults.get(name)
            if name in defaults and is_default(value, default):
                continue
            parts.append(f"{name}={self.printed(value)}")
        return Code(f"{function}({', '.join(parts)})")

    def use(self, name: str) -> Code:
        """An imported name; its import is added to the file."""
        self.imports.add(name)
        return Code(name)

    def require(self, name: str) -> Code:
        """The name of a class or function of ``support.jinja``, which is added to the file."""
        self.support[name] = None
        return Code(name)

    def refuse(self, reason: str) -> str:
        """Stop: this framework cannot honour what the spec asks for."""
        raise BackendError(f"{self.backend.title} cannot do this: {reason}")

    def layer(self, step: Step, *inputs: Any, **context: Any) -> list[tuple[str, Code]]:
        """The code of a layer: pairs of a name's ending and an expression.

        A macro that has ``x`` or ``inputs`` among its arguments prints an expression of its
        inputs; any other prints a constructor. One that prints several lines makes several
        members; a line ``@pad ...`` gives the member the ending ``_pad``.
        """
        name = step.operator.name() if step.operator else ""
        macro = getattr(self.operators, name, None)
        if macro is None:
            raise BackendError(
                f"`{step.key}`: the backend `{self.backend.name}` has no macro for `{name}`",
                step.where,
                hint=f"it belongs into {self.backend.folder / 'operators.jinja'}",
            )
        values: dict[str, Any] = {"x": inputs[0] if inputs else None, "inputs": inputs} | context
        wanted = {each: values[each] for each in macro.arguments[1:] if each in values}
        try:
            text = str(macro(step, **wanted))
        except BackendError as error:
            problem = error.problems[0]
            raise BackendError(problem.problem, step.where, step.key, problem.hint) from None
        except jinja2.TemplateError as error:
            place = self.backend.folder / "operators.jinja"
            raise BackendError(f"{place}: {name}: {error.message}", step.where) from None
        elements = []
        for line in text.splitlines():
            stripped = line.strip()
            ending, _, code = stripped.partition(" ") if stripped[:1] == "@" else ("", "", stripped)
            if stripped:
                elements.append((ending.replace("@", "_"), Code(code)))
        return elements

    def takes_inputs(self, step: Step) -> bool:
        """Whether an operator's macro prints an expression of its inputs."""
        macro = getattr(self.operators, step.operator.name() if step.operator else "", None)
        return macro is not None and bool({"x", "inputs"} & set(macro.arguments))

    def mark(self, step: Step, text: str) -> Code:
        """A text that the source map will find again."""
        self.marks.append((self.module, step))
        return Code(marked(len(self.marks) - 1, text))

    def shortcut(self, name: str) -> Code:
        """The name of a layer with the network's initialisation, defined once in the file."""
        self.shortcuts.add(name)
        return Code(name)

    def named(self, step: Step, name: str) -> dict[str, Any]:
        """The name of a layer as an argument, after an initialisation of its own if it has one."""
        arguments: dict[str, Any] = {}
        for tensor in ("kernel", "bias"):
            own = getattr(step.init, tensor) if step.init else None
            biased = tensor != "bias" or getattr(step.operator, "bias", True)
            if own is not None and own != getattr(self.init, tensor) and biased:
                text = str(self.operators.distribution(own)).strip()
                arguments[f"{tensor}_init"] = Code(text)
        return {**arguments, "name": Code(name)}

    def quoted(self, text: str) -> Code:
        """A text as a string of the target language."""
        return Code(self.language.literal(text))

    def axis(self, step: Step, name: str) -> int:
        """The position of a named axis in this backend's layout, counted with the batch."""
        spatial = SPATIAL_AXES[step.rank]
        if self.manifest.layout == "channels_last":
            return step.rank + 1 if name == "C" else 1 + spatial.index(name)
        return 1 if name == "C" else 2 + spatial.index(name)

    def spatial_axes(self, step: Step) -> tuple[int, ...]:
        """The positions of all spatial axes."""
        return tuple(self.axis(step, name) for name in SPATIAL_AXES[step.rank])

    def shape(self, shape: Shape) -> str:
        """A shape in the backend's layout: ``64 x 24 x 24``."""
        sizes = shape.sizes
        if self.manifest.layout == "channels_last":
            sizes = (*sizes[1:], sizes[0])
        return " x ".join(str(size) for size in sizes)

    def note(self, text: str) -> Code:
        """A comment."""
        return Code(self.language.comment(text))

    def annotation(self, kind: Any, references: Mapping[Any, str] | None = None) -> Code:
        """The type of a parameter, with what it needs imported."""
        names = references or {}
        known: dict[type[Kind], str] = {
            Activation: names.get("activation", ""),
            BlockReference: names.get("block", ""),
        }
        text = self.language.annotation(kind, known)
        for name in ("Callable", "Literal", "Sequence", "Tensor", "Array"):
            if name in text:
                self.imports.add(name)
        return Code(text)

    def activation(self, name: str) -> Code:
        """An activation as the value of a parameter."""
        text = self.manifest.activations.get(name)
        if text is None:
            raise BackendError(f"`{self.backend.name}` cannot pass `{name}` as a parameter")
        return Code(text)

    def argument(self, kind: Any, value: Any) -> Any:
        """The value of a parameter of a certain kind: activations and blocks are names."""
        inner = kind.item if isinstance(kind, Optional) else kind
        plain = value.value if isinstance(value, Const) else value
        if isinstance(plain, str) and isinstance(inner, Activation):
            return self.activation(plain)
        if isinstance(plain, str) and isinstance(inner, BlockReference):
            return Code(plain)
        if isinstance(plain, str):
            return Code(self.language.literal(plain))
        return value


def _compiled(folder: Path) -> jinja2.BytecodeCache | None:
    """Compiled templates beside their sources, as Python keeps its modules, where it may write."""
    cache = folder / "__pycache__"
    try:
        cache.mkdir(exist_ok=True)
    except OSError:
        return None
    if sys.dont_write_bytecode or not os.access(cache, os.W_OK):
        return None
    return jinja2.FileSystemBytecodeCache(str(cache), "%s.jinja.cache")
