"""Names of tensors with room in them: ``features.{i}.conv.*``.

A pattern comes from a file that anyone may have written. It is turned into a regular expression
of a kind that takes time in proportion to a name: the parts of a name are matched one by one and
never again, and of what may be of any length each part has at most one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

JOINTS = "./"
LONGEST_PATTERN = 500
# Tensors with longer names are matched by no pattern.
LONGEST_NAME = 1000
_FIELD = re.compile(
    r"(?P<name>[a-z][a-z0-9_]*)\s*(?:(?P<sign>[+-])\s*(?P<offset>[0-9]{1,6})"
    r"|=\s*(?P<low>[0-9]{1,6})\.\.(?P<high>[0-9]{1,6}))?"
)

Table = Mapping[str, str]


class PatternError(ValueError):
    """A pattern cannot be read."""


class UnfilledError(ValueError):
    """A pattern cannot be filled with what another one has found."""


@dataclass(frozen=True, slots=True)
class Field:
    """What stands between braces: a number, or an entry of a table.

    Args:
        name: what it is called.
        offset: what is added to the number where it is written.
        limits: the least and the greatest number that is matched; None for any.
    """

    name: str
    offset: int = 0
    limits: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Star:
    """Any text: ``*`` inside one part of a name, ``**`` over several."""

    deep: bool = False


Token = str | Field | Star


@dataclass(frozen=True, slots=True)
class Found:
    """What a name has in the places that a pattern leaves open."""

    fields: Mapping[str, str]
    stars: tuple[str, ...] = ()
    deep: str | None = None


@dataclass(frozen=True, slots=True)
class Pattern:
    """A name, or many names at once.

    Args:
        text: as it was written.
        tokens: what it is made of.
        tables: the tables that its fields may be entries of, by name.
        expression: what matches its names; None if there is but one.
    """

    text: str
    tokens: tuple[Token, ...]
    tables: Mapping[str, Table]
    expression: re.Pattern[str] | None

    @property
    def literal(self) -> str | None:
        """The one name that it stands for; None if it stands for many."""
        if all(isinstance(each, str) for each in self.tokens):
            return "".join(str(each) for each in self.tokens)
        return None

    @property
    def names(self) -> set[str]:
        """What its fields are called."""
        return {each.name for each in self.tokens if isinstance(each, Field)}

    @property
    def stars(self) -> tuple[int, int]:
        """How many ``*`` and how many ``**`` it has."""
        deep = [each.deep for each in self.tokens if isinstance(each, Star)]
        return deep.count(False), deep.count(True)

    def match(self, name: str) -> Found | None:
        """What a name has in the open places; None if it is no such name."""
        if self.expression is None:
            return Found({}) if name == self.literal else None
        found = self.expression.fullmatch(name) if len(name) <= LONGEST_NAME else None
        if found is None:
            return None
        fields: dict[str, str] = {}
        stars: list[str] = []
        deep = None
        for token, text in zip(self._open(), found.groups(), strict=True):
            if isinstance(token, Star):
                if token.deep:
                    deep = text
                else:
                    stars.append(text)
            elif fields.setdefault(token.name, text) != text or not _allowed(token, text):
                return None
        return Found(fields, tuple(stars), deep)

    def fill(self, found: Found) -> str:
        """The name that comes of it with what another pattern has found.

        Raises:
            UnfilledError: if a number would be below 0.
        """
        stars = iter(found.stars)
        parts = []
        for token in self.tokens:
            if isinstance(token, str):
                parts.append(token)
            elif isinstance(token, Star):
                parts.append((found.deep or "") if token.deep else next(stars))
            elif token.name in self.tables:
                parts.append(self.tables[token.name][found.fields[token.name]])
            else:
                number = int(found.fields[token.name]) + token.offset
                if number < 0:
                    raise UnfilledError(f"`{{{token.name}}}` would be {number} in `{self.text}`")
                parts.append(str(number))
        return "".join(parts)

    def _open(self) -> list[Field | Star]:
        return [each for each in self.tokens if not isinstance(each, str)]


def _allowed(field: Field, text: str) -> bool:
    return field.limits is None or field.limits[0] <= int(text) <= field.limits[1]


def parse(text: str, tables: Mapping[str, Table]) -> Pattern:
    """Read a pattern.

    Args:
        text: such as ``features.{i}.conv.*``; a backslash takes its meaning from what follows.
        tables: by name, what stands in the names of one side and of the other.

    Raises:
        PatternError: if it means nothing.
    """
    if not text:
        raise PatternError("expected the name of a tensor, received nothing")
    if len(text) > LONGEST_PATTERN:
        raise PatternError(f"longer than {LONGEST_PATTERN} characters")
    tokens = _tokens(text)
    for token in tokens:
        if isinstance(token, Field) and token.name in tables and (token.offset or token.limits):
            raise PatternError(f"`{{{token.name}}}` is a table and has no numbers")
    if sum(isinstance(each, Star) and each.deep for each in tokens) > 1:
        raise PatternError("`**` may stand once in a pattern")
    plain = all(isinstance(each, str) for each in tokens)
    expression = None if plain else re.compile(_expression(tokens, tables), re.DOTALL)
    return Pattern(text, tuple(tokens), tables, expression)


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    literal = ""

    def end() -> None:
        nonlocal literal
        if literal:
            tokens.append(literal)
        literal = ""

    place = 0
    while place < len(text):
        if text[place] == "\\":
            if place + 1 == len(text):
                raise PatternError("a backslash at the end stands for nothing")
            literal += text[place + 1]
            place += 2
        elif text[place] == "*":
            end()
            deep = text[place : place + 2] == "**"
            tokens.append(Star(deep))
            place += 1 + deep
        elif text[place] == "{":
            end()
            close = text.find("}", place)
            if close < 0:
                raise PatternError("`{` is not closed")
            tokens.append(_field(text[place + 1 : close].strip()))
            place = close + 1
        elif text[place] == "}":
            raise PatternError("`}` closes nothing; write `\\}` for the character itself")
        else:
            literal += text[place]
            place += 1
    end()
    return tokens


def _field(text: str) -> Field:
    found = _FIELD.fullmatch(text)
    if found is None:
        raise PatternError(
            f"expected a name in braces, such as {{i}}, {{i+1}} or {{i=0..3}},"
            f" received `{{{text[:40]}}}`"
        )
    if found["low"] is not None:
        low, high = int(found["low"]), int(found["high"])
        if low > high:
            raise PatternError(f"`{{{text}}}` matches no number")
        return Field(found["name"], limits=(low, high))
    offset = int(found["offset"] or 0)
    return Field(found["name"], -offset if found["sign"] == "-" else offset)


def _expression(tokens: list[Token], tables: Mapping[str, Table]) -> str:
    """A regular expression with a group for each open place."""
    whole, part, free = "", "", 0
    before: Token = ""

    def end() -> None:
        nonlocal whole, part, free
        # Atomic: what a part of the name has matched is not tried in another way.
        whole += f"(?>{part})" if part else ""
        part, free = "", 0

    for token in tokens:
        if isinstance(token, str):
            if isinstance(before, Field) and before.name not in tables and token[0] in "0123456789":
                raise PatternError(f"a digit right after `{{{before.name}}}` belongs to the number")
            for character in token:
                if character in JOINTS:
                    end()
                    whole += re.escape(character)
                else:
                    part += re.escape(character)
        else:
            if not isinstance(before, str):
                raise PatternError("two open places need something between them")
            if isinstance(token, Star) and token.deep:
                end()
                whole += "(.+)"
                before = token
                continue
            if isinstance(token, Field) and token.name not in tables:
                part += "([0-9]{1,6}+)"
            else:
                free += 1
                part += f"([^{re.escape(JOINTS)}]+)" if isinstance(token, Star) else ""
                if isinstance(token, Field):
                    keys = sorted(tables[token.name], key=len, reverse=True)
                    part += f"({'|'.join(map(re.escape, keys))})"
            if free > 1:
                raise PatternError("between two joints (`.`, `/`) one `*` or one table may stand")
        before = token
    end()
    return whole
