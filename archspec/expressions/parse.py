"""The text of an expression, as a tree.

The syntax and the precedence are Python's, as far as they go; the reader is our own.
"""

from __future__ import annotations

from typing import TypeAlias, cast

from archspec.expressions.errors import ExpressionError
from archspec.expressions.nodes import (
    Binary,
    BinaryOp,
    Call,
    Compare,
    CompareOp,
    Conditional,
    Const,
    Expr,
    Index,
    Logic,
    LogicOp,
    Member,
    Name,
    Unary,
)
from archspec.expressions.tokens import Token, number, tokens
from archspec.expressions.tree import as_expr
from archspec.expressions.values import FUNCTIONS, Value, check_call

__all__ = ["MAX_LENGTH", "MAX_NESTING", "RESERVED", "ExpressionError", "parse"]

MAX_LENGTH = 1000
"""The most characters of one expression."""
MAX_NESTING = 40
"""The deepest nesting of parentheses, brackets, signs and choices in one expression."""

_CONSTANTS: dict[str, Value] = {
    "true": True,
    "True": True,
    "false": False,
    "False": False,
    "none": None,
    "None": None,
}
_WORDS = frozenset({"if", "else", "and", "or", "not"})
RESERVED = _WORDS | _CONSTANTS.keys() | FUNCTIONS.keys()
"""Words that mean something in an expression, so that no parameter can have their name."""

_Level: TypeAlias = int
_NOT, _COMPARE, _UNARY = 3, 4, 7
_LEVELS: dict[str, _Level] = {
    "or": 1,
    "and": 2,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), _COMPARE),
    **dict.fromkeys(("+", "-"), 5),
    **dict.fromkeys(("*", "/", "//", "%"), 6),
}


def parse(text: str) -> Expr:
    """The tree of ``text``, as it is written (not simplified).

    Raises:
        ExpressionError: the text is not an expression, or is too long or too deep; its
            ``offset`` is the column of the trouble.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"the expression is longer than {MAX_LENGTH} characters")
    return _Reader(tokens(text)).whole()


class _Reader:
    """A position in a list of tokens."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._at = 0
        self._nesting = 0

    def whole(self) -> Expr:
        if self._finished():
            raise ExpressionError("the expression is empty")
        expr = self._choice()
        if not self._finished():
            raise self._error(f"expected an operator, found {self._next.shown}")
        return expr

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _finished(self) -> bool:
        return self._next.sort == "end"

    def _is(self, *texts: str) -> bool:
        return self._next.sort in ("symbol", "name") and self._next.text in texts

    def _take(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, text: str, opened: Token) -> None:
        if not self._is(text):
            raise self._error(
                f"expected `{text}`, found {self._next.shown}",
                f"for the `{opened.text}` in column {opened.offset + 1}",
            )
        self._take()

    def _error(self, problem: str, hint: str | None = None) -> ExpressionError:
        return ExpressionError(problem, offset=self._next.offset, hint=hint)

    def _enter(self) -> None:
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise self._error(f"the expression is nested more than {MAX_NESTING} deep")

    def _choice(self) -> Expr:
        self._enter()
        expr = self._operation(1)
        if self._is("if"):
            opened = self._take()
            test = self._operation(1)
            self._expect("else", opened)
            expr = Conditional(test, expr, self._choice())
        self._nesting -= 1
        return expr

    def _operation(self, lowest: _Level) -> Expr:
        """A chain of operators of at least the level ``lowest``, by precedence climbing."""
        expr = self._operand(lowest)
        while self._next.sort in ("symbol", "name"):
            level = _LEVELS.get(self._next.text, 0)
            if level < max(lowest, 1):
                break
            token = self._take()
            right = self._operation(level + 1)
            try:
                expr = _joined(token.text, expr, right)
            except ExpressionError as error:  # too many parts
                error.offset = token.offset
                raise
            if level == _COMPARE and _LEVELS.get(self._next.text) == _COMPARE:
                raise self._error(
                    "comparisons cannot be chained", "join two of them by `and`: a < b and b < c"
                )
        return expr

    def _operand(self, lowest: _Level) -> Expr:
        if self._is("not"):
            if lowest > _NOT:
                raise self._error("`not` needs parentheses here", "write `(not x)`")
            self._enter()
            self._take()
            negated: Expr = Unary("not", self._operation(_NOT))
            self._nesting -= 1
            return negated
        if self._is("-"):
            self._enter()
            self._take()
            literal = self._next.sort == "number"
            operand = self._operand(_UNARY)
            self._nesting -= 1
            if literal and isinstance(operand, Const) and isinstance(operand.value, int | float):
                return Const(-operand.value)
            return Unary("-", operand)
        return self._indexed()

    def _indexed(self) -> Expr:
        expr = self._atom()
        while self._is("[", "."):
            opened = self._take()
            if opened.text == "[":
                expr = Index(expr, self._choice())
                self._expect("]", opened)
            else:
                expr = self._member(expr)
        return expr

    def _member(self, base: Expr) -> Expr:
        if not isinstance(base, Name):
            raise self._error("only a parameter has named members", "index it, such as `x[0]`")
        if self._next.sort != "name":
            raise self._error(f"expected the name of a member, found {self._next.shown}")
        return Member(base, self._take().text)

    def _atom(self) -> Expr:
        token = self._next
        if token.sort == "number":
            return Const(number(self._take()))
        if token.sort == "string":
            return Const(self._take().text)
        if token.sort == "name" and token.text not in _WORDS:
            return self._word()
        if self._is("("):
            return self._parenthesised()
        if self._is("["):
            return as_expr(self._items("]")[0])
        hint = "a sign `+` has no use here" if self._is("+") else None
        raise self._error(f"expected a value, found {token.shown}", hint)

    def _word(self) -> Expr:
        word = self._take()
        if word.text in _CONSTANTS:
            return Const(_CONSTANTS[word.text])
        if self._is("("):
            try:
                check_call(word.text, 1)
                arguments, _ = self._items(")")
                check_call(word.text, len(arguments))
            except ExpressionError as error:
                error.offset = error.offset or word.offset
                raise
            return Call(word.text, tuple(arguments))
        if word.text in FUNCTIONS:
            raise ExpressionError(
                f"`{word.text}` is a function",
                offset=word.offset,
                hint=f"call it: `{word.text}(...)`",
            )
        return Name(word.text)

    def _parenthesised(self) -> Expr:
        items, comma = self._items(")")
        return items[0] if len(items) == 1 and not comma else as_expr(items)

    def _items(self, closing: str) -> tuple[list[Expr], bool]:
        """What is between brackets, and whether there is a comma."""
        opened = self._take()
        items: list[Expr] = []
        comma = False
        while not self._is(closing):
            items.append(self._choice())
            if not self._is(","):
                break
            comma = bool(self._take())
        self._expect(closing, opened)
        return items, comma


def _joined(op: str, left: Expr, right: Expr) -> Expr:
    match _LEVELS[op]:
        case 1 | 2:
            return Logic(cast(LogicOp, op), left, right)
        case 4:
            return Compare(cast(CompareOp, op), left, right)
    return Binary(cast(BinaryOp, op), left, right)
