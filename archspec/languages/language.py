"""What a generator has to know about the language it writes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from archspec.expressions.tree import Expr, Value
from archspec.expressions.types import Kind


class Language(Protocol):
    """A language; a module such as ``archspec.languages.python`` is one."""

    TITLE: str
    """What people call it."""
    KEYWORDS: frozenset[str]
    """Words that cannot be, or had better not be, a name."""
    BUILTINS_USED: frozenset[str]
    """Names of the language that printed text refers to, so that nothing may hide them."""

    def expression(self, expr: Expr) -> str:
        """``expr`` with as few parentheses as its meaning needs."""
        ...

    def counted(self, expr: Expr, indices: Collection[str]) -> Expr:
        """``expr``, whose indices of loops count from 0, as they count in loops of the language."""
        ...

    def literal(self, value: Value) -> str:
        """``value`` written out; text in it cannot end the literal."""
        ...

    def call(self, function: str, positional: Iterable[str], named: Mapping[str, str]) -> str:
        """A call with some arguments in order and some by name."""
        ...

    def docstring(self, text: str) -> str:
        """A whole documentation literal that means ``tidy(text)``."""
        ...

    def comment(self, text: str) -> str:
        """A whole comment on one line, that no tool takes for a directive."""
        ...

    def annotation(self, kind: Kind, references: Mapping[type[Kind], str] | None = None) -> str:
        """The type of values of ``kind``.

        Raises:
            KeyError: a kind of reference (an activation, a block) that ``references`` lacks.
        """
        ...

    def is_identifier(self, name: str) -> bool:
        """Whether ``name`` can be the name of a variable."""
        ...

    def imports(self, lines: Iterable[str]) -> list[str]:
        """Import lines in the language's customary order."""
        ...
