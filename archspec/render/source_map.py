"""Which lines of a generated file come from which layer.

While rendering, the code of each layer stands between invisible marks. They are taken out before
formatting; where each layer stood is remembered by counting letters and digits, which no
formatter adds, drops or moves. After formatting the same count finds its lines again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from archspec.errors import Location

# Characters of Unicode's private use area, which documents and names cannot contain.
_OPEN, _CLOSE, _END = "\ue000", "\ue001", "\ue002"
_MARK = re.compile(f"{_OPEN}(\\d+){_CLOSE}|{_END}")
_COUNTED = re.compile(r"[A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class Span:
    """Lines ``first`` to ``last`` (from 1) hold the layer ``key`` of the class ``module``.

    Where each instance of it has lines of its own, ``path`` is that instance's.
    """

    first: int
    last: int
    module: str
    key: str
    where: Location
    path: str = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A generated file: its text, and where each layer stands in it."""

    text: str
    spans: tuple[Span, ...]


def marked(number: int, text: str) -> str:
    """A text between marks that carry a number."""
    return f"{_OPEN}{number}{_CLOSE}{text}{_END}"


def without_marks(text: str) -> tuple[str, list[tuple[int, int, int]]]:
    """The text, and for each mark its number and the counts at which it opens and closes."""
    plain: list[str] = []
    found: list[tuple[int, int, int]] = []
    waiting: list[tuple[int, int]] = []
    count = end = 0
    for mark in _MARK.finditer(text):
        piece = text[end : mark.start()]
        end = mark.end()
        plain.append(piece)
        count += len(_COUNTED.findall(piece))
        if mark.group(1) is not None:
            waiting.append((int(mark.group(1)), count))
        else:
            number, start = waiting.pop()
            found.append((number, start, count))
    plain.append(text[end:])
    return "".join(plain), found


def lines_of(text: str, found: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """For each mark its number, and the first and the last line of a formatted text it covers."""
    line_of = [
        number for number, line in enumerate(text.splitlines(), 1) for _ in _COUNTED.findall(line)
    ]
    return [
        (number, line_of[start], line_of[max(stop - 1, start)])
        for number, start, stop in found
        if start < len(line_of)
    ]
