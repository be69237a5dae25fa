"""Julia: how expressions, values, types and text are written in it.

Items of tuples count from 1 there and from 0 in specs, and so do the indices of loops: see
:func:`counted`.
"""

from __future__ import annotations

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
from archspec.expressions.simplify import simplified
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

TITLE = "Julia"
KEYWORDS = frozenset(
    {"baremodule", "begin", "break", "catch", "const", "continue", "do", "else", "elseif"}
    | {"end", "export", "false", "finally", "for", "function", "global", "if", "import", "in"}
    | {"isa", "let", "local", "macro", "module", "nothing", "quote", "return", "struct", "true"}
    | {"try", "using", "where", "while"}
)
"""Reserved words, and the operators and constants that are written as words."""

BUILTINS_USED = frozenset(
    {"Int", "abs", "ceil", "fld", "floor", "length", "mod", "sum"}
    | {"max", "maximum", "min", "minimum"}
)
"""What the text printed here refers to."""

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FUNCTIONS = {"len": "length({})", "floor": "floor(Int, {})", "ceil": "ceil(Int, {})"}
# Of a list. Julia has no sum of an empty one.
_OF_LISTS = {"max": "maximum({})", "min": "minimum({})", "sum": "sum((0, {}...))"}
# Julia's `÷` and `%` round towards zero, those of specs down.
_OPERATORS = {"//": "fld", "%": "mod"}
_IDENTITY = {"==": "===", "!=": "!=="}

_ANY, _OR, _AND, _COMPARE, _SUM, _PRODUCT, _SIGN, _ATOM = range(8)
_LEVELS = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT}
_LOGIC = {"or": ("||", _OR), "and": ("&&", _AND)}

_RISKY_QUOTES = re.compile(r'"+\Z|"{3,}')
"""Quotes that could end a docstring."""


def expression(expr: Expr) -> str:
    """``expr`` as Julia, with as few parentheses as its meaning needs."""
    return _printed(expr)[0]


def literal(value: Value) -> str:
    """``value`` as a Julia literal: ASCII only."""
    if isinstance(value, tuple):
        items = [literal(item) for item in value]
        return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
    if isinstance(value, str):
        return '"' + "".join(_escaped(character) for character in value) + '"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "nothing"
    if isinstance(value, float):
        if value != value:
            return "NaN"
        if value in (float("inf"), float("-inf")):
            return "Inf" if value > 0 else "-Inf"
        return re.sub(r"e([+-]?)0*", lambda m: f"e{m[1].strip('+')}", repr(value))
    return repr(value)


def single(value: Expr | float) -> str:
    """A number as a literal of Float32: ``0.2f0``."""
    if isinstance(value, Const) and isinstance(value.value, int | float):
        value = value.value
    if isinstance(value, Expr):
        return f"Float32({expression(value)})"
    text = literal(float(value))
    return text.replace("e", "f") if "e" in text else f"{text}f0"


def call(function: str, positional: Iterable[str], named: Mapping[str, str]) -> str:
    """A call with some arguments in order and some by name."""
    before = ", ".join(positional)
    after = ", ".join(f"{name} = {value}" for name, value in named.items())
    return f"{function}({before}{'; ' if after else ''}{after})"


def docstring(text: str, call: str = "") -> str:
    """A string, three quotes at either end on lines of their own, that means ``tidy(text)``.

    Its lines are flush left: Julia takes away the indentation that all of them have in common.

    Args:
        text: what it says.
        call: how that which it documents is called; it stands first, indented, as Julia's manual
            has it.
    """
    said = _quoted(text)
    if call:
        indented = _quoted(call).replace("\n", "\n        ")
        said = f"    {indented}\n\n{said}"
    return f'"""\n{said}\n"""'


def _quoted(text: str) -> str:
    clean = tidy(text).replace("\\", "\\\\").replace("$", "\\$")
    return _RISKY_QUOTES.sub(lambda run: '\\"' * len(run[0]), clean)


def comment(text: str) -> str:
    """A comment on one line."""
    return f"# {one_line(text)}".rstrip()


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
            return "Integer"
        case Float():
            return "Real"
        case Bool():
            return "Bool"
        case Enumeration():
            return "AbstractString"
        case TupleOf(items):
            return f"Tuple{{{', '.join(_subtype(item, references) for item in items)}}}"
        case ListOf(item):
            return f"Tuple{{Vararg{{{_subtype(item, references)}}}}}"
        case Optional(item):
            inner = annotation(item, references)
            return inner if inner.startswith("Union{Nothing,") else f"Union{{Nothing, {inner}}}"
    return (references or {})[type(kind)]


def is_identifier(name: str) -> bool:
    """Whether ``name`` can name a variable: ASCII, no keyword, more than underscores."""
    return bool(_IDENTIFIER.fullmatch(name)) and name not in KEYWORDS and name.strip("_") != ""


def imports(lines: Iterable[str]) -> list[str]:
    """Lines of ``using``, sorted."""
    return sorted(set(lines))


def counted(expr: Expr, indices: Collection[str]) -> Expr:
    """``expr`` where the indices of loops count from 1: ``i == 1`` for ``i == 0``."""
    match expr:
        case Name(name):
            return Binary("-", expr, Const(1)) if name in indices else expr
        case Compare(op, Name(name) as left, Const(int(right))) if name in indices:
            return Compare(op, left, Const(right + 1))
    if not expr.children:
        return expr
    return simplified(expr.rebuilt([counted(child, indices) for child in expr.children]))


def function(argument: str, body: str) -> str:
    """A function of one argument: ``f`` where the body is ``f(x)``, else ``x -> body``."""
    name = body.removesuffix(f"({argument})")
    if name != body and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]*(?<!\.)", name):
        return name
    return f"{argument} -> {body}"


def _subtype(kind: Kind, references: Mapping[type[Kind], str] | None) -> str:
    """A type as a parameter of another, which takes its subtypes too only where it says so."""
    text = annotation(kind, references)
    return f"<:{text}" if isinstance(kind, Int | Float | Enumeration) else text


def _escaped(character: str) -> str:
    if character in '"\\$':
        return "\\" + character
    if character.isascii() and character.isprintable():
        return character
    code = ord(character)
    return f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"


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
        case Index(base, index):
            return f"{_at_least(_ATOM, base)}[{_place(base, index)}]", _ATOM
        case Unary(op, operand):
            text, level = _printed(operand)
            # `--a` would be another operator, and `-(a, b)[1]` the call of one.
            plain = level >= (_SIGN if op == "-" else _ATOM) and text[0] not in "(-"
            return f"{'-' if op == '-' else '!'}{text if plain else f'({text})'}", _SIGN
        case Binary("//" | "%" as op, left, right):
            return f"{_OPERATORS[op]}({expression(left)}, {expression(right)})", _ATOM
        case Binary(op, left, right):
            level = _LEVELS[op]
            return f"{_at_least(level, left)} {op} {_at_least(level + 1, right)}", level
        case Compare("==" | "!=" as op, left, Const(None) as right):
            return f"{_at_least(_SUM, left)} {_IDENTITY[op]} {_at_least(_SUM, right)}", _COMPARE
        case Compare(op, left, right):
            return f"{_at_least(_SUM, left)} {op} {_at_least(_SUM, right)}", _COMPARE
        case Logic(op, left, right):
            sign, level = _LOGIC[op]
            return f"{_at_least(level, left)} {sign} {_at_least(level + 1, right)}", level
        case Conditional(test, then, otherwise):
            text = f"{_at_least(_OR, test)} ? {_at_least(_OR, then)} : {expression(otherwise)}"
            return text, _ANY
        case Call(function, arguments):
            inner = ", ".join(expression(argument) for argument in arguments)
            written = _OF_LISTS if len(arguments) == 1 else {}
            form = {**_FUNCTIONS, **written}.get(function, f"{function}({{}})")
            return form.format(inner), _ATOM
    raise TypeError(f"not an expression: {type(expr).__name__}")


def _place(base: Expr, index: Expr) -> str:
    """An index that counts from 0 as one that counts from 1."""
    match index:
        case Binary("-", Call("len", (counted,)), Const(int(back))) if counted == base:
            return "end" if back == 1 else f"end - {back - 1}"
    return expression(index + 1)


def _at_least(level: int, expr: Expr) -> str:
    text, own = _printed(expr)
    return text if own >= level else f"({text})"
