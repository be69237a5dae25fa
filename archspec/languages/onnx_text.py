"""ONNX's own textual syntax, as ``onnx.parser`` reads it: values, texts and comments.

A graph has no variables, no types of arguments and no expressions: everything is a number, and
every name stands in quotes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from archspec.expressions.nodes import Const, Expr, Tuple
from archspec.expressions.tree import Value
from archspec.expressions.types import Kind
from archspec.languages.plain_text import one_line, tidy

TITLE = "ONNX"
KEYWORDS: frozenset[str] = frozenset()
"""None: names in quotes cannot be taken for words of the syntax."""
BUILTINS_USED: frozenset[str] = frozenset()


def expression(expr: Expr) -> str:
    """A number, or a list of numbers.

    Raises:
        TypeError: anything else, which a graph has no way to say.
    """
    match expr:
        case Const(value):
            return literal(value)
        case Tuple(items):
            return f"[{', '.join(expression(item) for item in items)}]"
    raise TypeError(f"a graph has no {type(expr).__name__}")


def counted(expr: Expr, indices: Collection[str]) -> Expr:
    """``expr``: there are no loops."""
    return expr


def literal(value: Value) -> str:
    """``value`` written out: truth values as 1 and 0, lists in brackets, text in double quotes."""
    if isinstance(value, tuple):
        return f"[{', '.join(literal(item) for item in value)}]"
    if isinstance(value, str):
        # A backslash stands for the character after it, whichever that is.
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return re.sub(r"e([+-]?)0*", lambda m: f"e{m[1].strip('+')}", repr(value))
    if value is None:
        raise TypeError("a graph has no value that is none")
    return str(value)


def call(function: str, positional: Iterable[str], named: Mapping[str, str]) -> str:
    """A call with some arguments in order and some by name."""
    parts = [*positional, *(f"{name}={value}" for name, value in named.items())]
    return f"{function}({', '.join(parts)})"


def docstring(text: str) -> str:
    """A documentation text as a string, its lines kept."""
    return literal(tidy(text))


def comment(text: str) -> str:
    """A comment on one line."""
    return f"# {one_line(text)}".rstrip()


def annotation(kind: Kind, references: Mapping[type[Kind], str] | None = None) -> str:
    """Nothing has a kind in a graph.

    Raises:
        KeyError: always.
    """
    raise KeyError(type(kind))


def is_identifier(name: str) -> bool:
    """Whether ``name`` can name a value: in quotes, anything that can be seen."""
    return bool(name) and name.isprintable()


def imports(lines: Iterable[str]) -> list[str]:
    """A graph imports nothing but its operator set, which its template states."""
    return list(lines)
