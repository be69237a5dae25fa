"""Python: how expressions, values, types and text are written in it."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Iterable, Mapping

from archspec.expressions.nodes import (
    Binary,
    Call,
    Compare,
    Conditional,
    Const,
    Expr,
    Index,
    Logic,
    Member,
    Name,
    Tuple,
    Unary,
)
from archspec.expressions.tree import Value
from archspec.expressions.types import (
    Bool,
    Enumeration,
    Float,
    Int,
    Kind,
    ListOf,
    Optional,
    TupleOf,
)
from archspec.languages.plain_text import one_line, tidy
from archspec.languages.python_imports import arranged

TITLE = "Python"
KEYWORDS = frozenset(keyword.kwlist) | {"_", "case", "match", "type"}
"""Hard keywords, and the soft ones, which highlighters and readers take for keywords."""

BUILTINS_USED = frozenset(
    {"abs", "len", "math", "max", "min", "sum"}
    | {"Literal", "Sequence", "bool", "float", "int", "str", "tuple"}
    | {"dict", "enumerate", "isinstance", "list", "range", "slice", "super", "zip"}
)
"""What the text printed here refers to; ``math``, ``Literal`` and ``Sequence`` are imported."""

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FUNCTIONS = {"floor": "math.floor", "ceil": "math.ceil"}

_IDENTITY = {"==": "is", "!=": "is not"}

_ANY, _OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _SIGN, _ATOM = range(9)
_LEVELS = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "//": _PRODUCT, "%": _PRODUCT}

_RISKY_QUOTES = re.compile(r'\A"+|"+\Z|"{3,}')
"""Quotes that could end a docstring, or that a formatter would set apart from its ends."""

_ENCODING = re.compile(r"(coding)(?=[:=])", re.IGNORECASE)
_DIRECTIVE = re.compile(
    r"\b(flake8|fmt|isort|mypy|nosec|noqa|pragma|pylint|pyright|ruff|type|yapf)\s*(?=[:=])",
    re.IGNORECASE,
)
_BARE_DIRECTIVE = re.compile(r"(^|#)\s*(noqa|nosec)\b", re.IGNORECASE)


def expression(expr: Expr) -> str:
    """``expr`` as Python, with as few parentheses as its meaning needs."""
    return _printed(expr)[0]


def counted(expr: Expr, indices: Collection[str]) -> Expr:
    """``expr``: loops count from 0."""
    return expr


def literal(value: Value) -> str:
    """``value`` as a Python literal: ASCII only, strings in double quotes."""
    if isinstance(value, tuple):
        items = [literal(item) for item in value]
        return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
    if isinstance(value, str):
        return '"' + "".join(_escaped(character) for character in value) + '"'
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return f'float("{value!r}")'
        return re.sub(r"e([+-]?)0*", lambda m: f"e{m[1].strip('+')}", repr(value))
    return repr(value)


def call(function: str, positional: Iterable[str], named: Mapping[str, str]) -> str:
    """A call with some arguments in order and some by name."""
    parts = [*positional, *(f"{name}={value}" for name, value in named.items())]
    return f"{function}({', '.join(parts)})"


def docstring(text: str) -> str:
    r"""A docstring literal whose cleaned text is exactly ``tidy(text)``.

    Lines after the first are flush left: whoever places the docstring indents them.
    """
    clean = tidy(text).replace("\\", "\\\\")
    clean = _RISKY_QUOTES.sub(lambda run: '\\"' * len(run[0]), clean)
    if not clean:
        return '""" """'
    return f'"""{clean}\n"""' if "\n" in clean else f'"""{clean}"""'


def comment(text: str) -> str:
    """A comment on one line; what would be a directive to Python or to a tool is broken up."""
    line = _BARE_DIRECTIVE.sub(r"\1 (\2)", one_line(text))
    for pattern in (_ENCODING, _DIRECTIVE):
        line = pattern.sub(r"\1 ", line)
    return f"# {line.lstrip('#!: ')}".rstrip()


def annotation(kind: Kind, references: Mapping[type[Kind], str] | None = None) -> str:
    """The type of values of ``kind``.

    Args:
        kind: the kind.
        references: the types for kinds of references (activations, blocks).

    Raises:
        KeyError: ``references`` lacks a kind that is needed.
    """
    match kind:
        case Int():
            return "int"
        case Float():
            return "float"
        case Bool():
            return "bool"
        case Enumeration(values):
            return f"Literal[{', '.join(literal(value) for value in values)}]"
        case TupleOf(items):
            inner = ", ".join(annotation(item, references) for item in items)
            return f"tuple[{inner or '()'}]"
        case ListOf(item):
            return f"Sequence[{annotation(item, references)}]"
        case Optional(item):
            inner = annotation(item, references)
            return inner if inner.endswith(" | None") else f"{inner} | None"
    return (references or {})[type(kind)]


def is_identifier(name: str) -> bool:
    """Whether ``name`` can name a variable: ASCII, no keyword, no leading double underscore."""
    return bool(_IDENTIFIER.fullmatch(name)) and name not in KEYWORDS and not name.startswith("__")


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isascii() and character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")


def _printed(expr: Expr) -> tuple[str, int]:
    """``expr`` and the level of its outermost operator."""
    match expr:
        case Const(value):
            text = literal(value)
            return text, _SIGN if text.startswith("-") else _ATOM
        case Name(name):
            return name, _ATOM
        case Tuple(items):
            inner = ", ".join(expression(item) for item in items)
            return f"({inner},)" if len(items) == 1 else f"({inner})", _ATOM
        case Member(base, member):
            return f"{_at_least(_ATOM, base)}.{member}", _ATOM
        case Index(base, Binary("-", Call("len", (counted,)), Const(int(back)))) if counted == base:
            # The language of specs has no negative index; Python's reads better.
            return f"{_at_least(_ATOM, base)}[-{back}]", _ATOM
        case Index(base, index):
            return f"{_at_least(_ATOM, base)}[{expression(index)}]", _ATOM
        case Unary("-", operand):
            return f"-{_at_least(_SIGN, operand)}", _SIGN
        case Unary("not", operand):
            return f"not {_at_least(_NOT, operand)}", _NOT
        case Binary(op, left, right):
            level = _LEVELS[op]
            return f"{_at_least(level, left)} {op} {_at_least(level + 1, right)}", level
        case Compare("==" | "!=" as op, left, Const(None) as right):
            return f"{_at_least(_SUM, left)} {_IDENTITY[op]} {_at_least(_SUM, right)}", _COMPARE
        case Compare(op, left, right):
            return f"{_at_least(_SUM, left)} {op} {_at_least(_SUM, right)}", _COMPARE
        case Logic(op, left, right):
            level = _OR if op == "or" else _AND
            return f"{_at_least(level, left)} {op} {_at_least(level + 1, right)}", level
        case Conditional(test, then, otherwise):
            text = f"{_at_least(_OR, then)} if {_at_least(_OR, test)} else "
            return text + expression(otherwise), _ANY
        case Call(function, arguments):
            inner = ", ".join(expression(argument) for argument in arguments)
            return f"{_FUNCTIONS.get(function, function)}({inner})", _ATOM
    raise TypeError(f"not an expression: {type(expr).__name__}")


def _at_least(level: int, expr: Expr) -> str:
    text, own = _printed(expr)
    return text if own >= level else f"({text})"


def imports(lines: Iterable[str]) -> list[str]:
    """Import lines in the customary order, merged and grouped."""
    return arranged(lines)
