"""Values as text of a backend's language, and what that text needs to have imported."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import jinja2

from archspec.backends import Backend
from archspec.errors import BackendError
from archspec.expressions import Expr, as_expr, names_in_order, substitute
from archspec.expressions.nodes import Const, Name
from archspec.expressions.types import Activation, BlockReference, Kind, Optional
from archspec.languages import LANGUAGES, Language
from archspec.model.module import Step
from archspec.model.shape import SPATIAL_AXES, Shape
from archspec.render.arguments import gathered, is_default, is_plain

T = TypeVar("T")


class Code(str):
    """Text that is code already."""

    __slots__ = ()


class Printer:
    """Prints for one file in one backend.

    Attributes:
        imports: names of imports that the code uses so far.
        support: names of support classes and functions that it uses so far, in order.
        shortcuts: names of layers that the file defines for itself.
        names: names of the parameters that the class under way uses so far.
        indices: the indices of the loops in the class under way.
        fields: parameters that the class under way holds as fields of its own.
        kept: those of them that its code uses as fields so far.
        functions: what blocks are called in code, where they are functions.
    """

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.manifest = backend.manifest
        self.language: Language = LANGUAGES[backend.manifest.language]
        self.imports: set[str] = set()
        self.support: dict[str, None] = {}
        self.shortcuts: set[str] = set()
        self.names: set[str] = set()
        self.indices: frozenset[str] = frozenset()
        self.fields: frozenset[str] = frozenset()
        self.kept: set[str] = set()
        self.functions: dict[str, str] = {}

    def printed(self, value: Any) -> Any:
        """A value in the backend's language; text stays as it is."""
        if isinstance(value, str | jinja2.Undefined):
            return value
        if isinstance(value, Expr):
            self.names.update(names_in_order(value))
            value = self.language.counted(value, self.indices)
            if self.fields and self.manifest.field_prefix:
                prefix = self.manifest.field_prefix
                own = {name: Name(prefix + name) for name in self.fields}
                self.kept |= self.fields & set(names_in_order(value))
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
        stated = {
            name: str(self.printed(value))
            for name, value in named.items()
            if name not in defaults or not is_default(value, defaults[name])
        }
        positional = [str(self.printed(each)) for each in arguments]
        return Code(self.language.call(function, positional, stated))

    def use(self, name: str) -> Code:
        """An imported name; its import is added to the file."""
        self.imports.add(name)
        return Code(name)

    def require(self, name: str) -> Code:
        """The name of a class or function of ``support.jinja``, which is added to the file."""
        self.support[name] = None
        return Code(name)

    def shortcut(self, name: str) -> Code:
        """The name of a layer with the network's initialisation, defined once in the file."""
        self.shortcuts.add(name)
        return Code(name)

    def quoted(self, text: str) -> Code:
        """A text as a string of the target language."""
        return Code(self.language.literal(text))

    def axis(self, step: Step, name: str) -> int:
        """The position of a named axis in this backend's layout."""
        if step.tokens:
            if self.manifest.reversed_axes:
                return 1 if name == "C" else 2
            return -1 if name == "C" else -2 if self.manifest.layout == "channels_last" else 1
        spatial = SPATIAL_AXES[step.rank]
        if self.manifest.reversed_axes:
            return step.rank + 1 if name == "C" else step.rank - spatial.index(name)
        if self.manifest.layout == "channels_last":
            # Counted from the end, which holds without a batch axis too.
            return -1 if name == "C" else spatial.index(name) - step.rank - 1
        return 1 if name == "C" else 2 + spatial.index(name)

    def spatial_axes(self, step: Step) -> tuple[int, ...]:
        """The positions of all spatial axes."""
        return tuple(self.axis(step, name) for name in SPATIAL_AXES[step.rank])

    def axes(self, shape: Shape) -> tuple[str, ...]:
        """The names of a shape's axes in the backend's layout."""
        return self._ordered(shape, shape.axes)

    def shape(self, shape: Shape) -> str:
        """A shape in the backend's layout: ``64 x 24 x 24``."""
        return " x ".join(str(size) for size in self._ordered(shape, shape.sizes))

    def batch(self, text: str, joint: str = " x ") -> str:
        """What a text says of an example, said of a batch: ``N x 64 x 24 x 24``."""
        parts = (text, "N") if self.manifest.reversed_axes else ("N", text)
        return joint.join(part for part in parts if part)

    def _ordered(self, shape: Shape, axes: tuple[T, ...]) -> tuple[T, ...]:
        """Something of each axis of a shape in the backend's order."""
        if self.manifest.reversed_axes:
            return axes[::-1]
        if shape.tokens is not None:
            return axes
        return (*axes[1:], axes[0]) if self.manifest.layout == "channels_last" else axes

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
        # What follows a point is a name of something else: `F.np` is not the import `np`.
        words = set(re.findall(r"(?<![\w.])\w+", text))
        self.imports |= {each.name for each in self.manifest.imports if each.name in words}
        return Code(text)

    def argument(self, kind: Any, value: Any) -> Any:
        """The value of a parameter of a certain kind: activations and blocks are names."""
        inner = kind.item if isinstance(kind, Optional) else kind
        plain = value.value if isinstance(value, Const) else value
        if isinstance(plain, str) and isinstance(inner, Activation):
            return self.activation(plain)
        if isinstance(plain, str) and isinstance(inner, BlockReference):
            return Code(self.functions.get(plain, plain))
        if isinstance(plain, str):
            return Code(self.language.literal(plain))
        return value
