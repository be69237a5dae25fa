"""The tokens of an expression's text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from archspec.expressions.errors import ExpressionError, shortened
from archspec.expressions.values import LARGEST_INT

Sort: TypeAlias = Literal["number", "string", "name", "symbol", "end"]

_PATTERNS = re.compile(
    r"""(?P<blank>[ \t\r\n]+)
    |(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<string>'[^']*'|"[^"]*")
    |(?P<foreign>\*\*|&&|\|\||:=|=(?!=)|!(?!=)|[&|^~?:@;{}])
    |(?P<symbol>//|==|!=|<=|>=|[-+*/%<>()\[\],.])""",
    re.VERBOSE,
)
_NUMBER_TAIL = re.compile(r"[A-Za-z0-9_.]+")
_POWER = "write the product out, such as `x * x`"
_CHOICE = "a choice is written `a if test else b`"
_FOREIGN = {
    "**": _POWER,
    "^": _POWER,
    "=": "equality is written `==`",
    ":=": "equality is written `==`",
    "&&": "write `and`",
    "&": "write `and`",
    "||": "write `or`",
    "|": "write `or`",
    "!": "write `not`",
    "~": "write `not`",
    "?": _CHOICE,
    ":": _CHOICE,
    "{": "a list is written `[a, b]`",
}


@dataclass(frozen=True, slots=True)
class Token:
    """One token.

    Attributes:
        sort: what it is.
        text: how it is written; of a string, what is between the quotes.
        offset: its first column, counted from 0.
    """

    sort: Sort
    text: str
    offset: int

    @property
    def shown(self) -> str:
        """What it is, for a message."""
        if self.sort == "end":
            return "the end"
        return "a string" if self.sort == "string" else f"`{shortened(self.text)}`"


def tokens(text: str) -> list[Token]:
    """The tokens of ``text``, the last of which is the end.

    Raises:
        ExpressionError: something is no token of the language.
    """
    found: list[Token] = []
    position = 0
    while position < len(text):
        match = _PATTERNS.match(text, position)
        if match is None:
            raise _unreadable(text, position)
        match match.lastgroup:
            case "number":
                found.append(_number(match[0], text, position))
            case "string":
                found.append(_string(match[0], position))
            case "name":
                found.append(Token("name", match[0], position))
            case "symbol":
                found.append(Token("symbol", match[0], position))
            case "foreign":
                raise ExpressionError(
                    f"`{match[0]}` is not part of an expression",
                    offset=position,
                    hint=_FOREIGN.get(match[0]),
                )
        position = match.end()
    return [*found, Token("end", "", len(text))]


def number(token: Token) -> int | float:
    """The value of a number token.

    Raises:
        ExpressionError: it is beyond the language's bounds.
    """
    if token.text.isdigit():
        # Python refuses to convert thousands of digits, and nobody means that many.
        if len(token.text) > 16 or int(token.text) > LARGEST_INT:
            raise ExpressionError("the integer is beyond 2**53 in size", offset=token.offset)
        return int(token.text)
    value = float(token.text)
    if value == float("inf"):
        raise ExpressionError("the number is too large", offset=token.offset)
    return value


def _number(written: str, text: str, offset: int) -> Token:
    rest = _NUMBER_TAIL.match(text, offset + len(written))
    if rest:
        whole = shortened(written + rest[0])
        raise ExpressionError(f"`{whole}` is not a number", offset=offset)
    if written.isdigit() and written[0] == "0" and written.strip("0"):
        raise ExpressionError(
            f"`{shortened(written)}` starts with 0",
            offset=offset,
            hint=f"write {shortened(written.lstrip('0'))}",
        )
    return Token("number", written, offset)


def _string(written: str, offset: int) -> Token:
    inside = written[1:-1]
    for place, character in enumerate(inside):
        if character == "\\" or not character.isprintable():
            raise ExpressionError(
                f"a string holds no {'backslash' if character == chr(92) else 'control character'}",
                offset=offset + 1 + place,
            )
    return Token("string", inside, offset)


def _unreadable(text: str, position: int) -> ExpressionError:
    if text[position] in "'\"":
        return ExpressionError("the string is not closed", offset=position)
    return ExpressionError(
        f"the character {text[position]!a} is not part of an expression", offset=position
    )
