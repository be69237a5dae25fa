"""The nodes of an expression: immutable, hashable, and bounded in size and depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from archspec.expressions.errors import ExpressionError
from archspec.expressions.values import Value

UnaryOp: TypeAlias = Literal["-", "not"]
BinaryOp: TypeAlias = Literal["+", "-", "*", "/", "//", "%"]
CompareOp: TypeAlias = Literal["==", "!=", "<", "<=", ">", ">="]
LogicOp: TypeAlias = Literal["and", "or"]

MAX_PARTS = 2000
"""The most nodes of one expression: substitution into nested blocks must not explode."""
MAX_DEPTH = 150
"""The deepest nesting of one expression: every walk over a tree may be recursive."""


@dataclass(frozen=True, slots=True)
class Expr:
    """The common part of all nodes.

    ``+ - * // %`` between expressions, or an expression and a number, build simplified
    expressions. ``==`` is equality of structure, in which ``1``, ``1.0`` and ``True`` differ.

    Attributes:
        children: the nodes directly below, from left to right.
        parts: how many nodes the tree has; a node that is shared counts each time.
        depth: how many nodes the longest path from this node down has.

    Raises:
        ExpressionError: the tree would exceed ``MAX_PARTS`` or ``MAX_DEPTH``.
    """

    children: tuple[Expr, ...] = field(init=False, repr=False, compare=False)
    parts: int = field(init=False, repr=False, compare=False)
    depth: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        inner = self._inner()
        parts = 1 + sum(child.parts for child in inner)
        depth = 1 + max((child.depth for child in inner), default=0)
        if parts > MAX_PARTS or depth > MAX_DEPTH:
            raise ExpressionError(
                f"the expression has more than {MAX_PARTS} parts"
                if parts > MAX_PARTS
                else f"the expression is nested more than {MAX_DEPTH} deep",
                hint="split it into parameters of blocks",
            )
        object.__setattr__(self, "children", inner)
        object.__setattr__(self, "parts", parts)
        object.__setattr__(self, "depth", depth)

    def rebuilt(self, children: Sequence[Expr]) -> Expr:
        """The same node above other ``children`` (as many, in the same order), unsimplified."""
        rest = iter(children)
        changed: dict[str, object] = {}
        for name in _written(self):
            value = getattr(self, name)
            if isinstance(value, Expr):
                changed[name] = next(rest)
            elif isinstance(value, tuple) and not isinstance(self, Const):
                changed[name] = tuple(next(rest) for _ in value)
        return replace(self, **changed)  # type: ignore[arg-type]

    def _inner(self) -> tuple[Expr, ...]:
        found: list[object] = []
        for name in _written(self):
            value = getattr(self, name)
            found.extend(value if isinstance(value, tuple) else (value,))
        return tuple(each for each in found if isinstance(each, Expr))

    def __add__(self, other: Expr | int | float) -> Expr:
        return _combined("+", self, other)

    def __radd__(self, other: int | float) -> Expr:
        return _combined("+", other, self)

    def __sub__(self, other: Expr | int | float) -> Expr:
        return _combined("-", self, other)

    def __rsub__(self, other: int | float) -> Expr:
        return _combined("-", other, self)

    def __mul__(self, other: Expr | int | float) -> Expr:
        return _combined("*", self, other)

    def __rmul__(self, other: int | float) -> Expr:
        return _combined("*", other, self)

    def __floordiv__(self, other: Expr | int | float) -> Expr:
        return _combined("//", self, other)

    def __rfloordiv__(self, other: int | float) -> Expr:
        return _combined("//", other, self)

    def __mod__(self, other: Expr | int | float) -> Expr:
        return _combined("%", self, other)

    def __rmod__(self, other: int | float) -> Expr:
        return _combined("%", other, self)


@dataclass(frozen=True, slots=True, eq=False)
class Const(Expr):
    """A value that is written out."""

    value: Value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Const) and _exact(self.value) == _exact(other.value)

    def __hash__(self) -> int:
        return hash(_exact(self.value))


@dataclass(frozen=True, slots=True)
class Name(Expr):
    """A parameter, or another name in scope."""

    name: str


@dataclass(frozen=True, slots=True)
class Tuple(Expr):
    """Several expressions in order."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Member(Expr):
    """A named member of a tuple, ``c2.reduce``; ``bind_members`` replaces it by an index."""

    base: Expr
    member: str


@dataclass(frozen=True, slots=True)
class Index(Expr):
    """One item of a tuple, counted from 0."""

    base: Expr
    index: Expr


@dataclass(frozen=True, slots=True)
class Unary(Expr):
    """``-x`` or ``not x``."""

    op: UnaryOp
    operand: Expr


@dataclass(frozen=True, slots=True)
class Binary(Expr):
    """Arithmetic on two numbers."""

    op: BinaryOp
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Compare(Expr):
    """A comparison of two values."""

    op: CompareOp
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Logic(Expr):
    """``and`` or ``or`` of two booleans; the right one counts only where it is needed."""

    op: LogicOp
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Conditional(Expr):
    """``then if test else otherwise``."""

    test: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class Call(Expr):
    """A call of one of ``values.FUNCTIONS``."""

    function: str
    arguments: tuple[Expr, ...]


def _written(expr: Expr) -> tuple[str, ...]:
    """The names of the fields that the constructor of ``expr`` takes."""
    names: tuple[str, ...] = type(expr).__match_args__
    return names


def _exact(value: Value) -> object:
    """A key in which values of different types, and the two float zeros, differ."""
    if isinstance(value, tuple):
        return tuple(_exact(item) for item in value)
    return (type(value).__name__, repr(value) if isinstance(value, float) else value)


def _combined(op: BinaryOp, left: Expr | int | float, right: Expr | int | float) -> Expr:
    # Simplification is written in terms of nodes, so it can only be imported when it is used.
    from archspec.expressions.simplify import simplified

    operands = (each if isinstance(each, Expr) else Const(each) for each in (left, right))
    return simplified(Binary(op, *operands))
