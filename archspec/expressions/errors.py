"""The error of the expression language, and the suggestions it carries."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from archspec.errors import ArchspecError

_LONGEST_SHOWN = 60

# Comparing is slow: where so many names are in scope, none is suggested.
_MOST_COMPARED = 100


class ExpressionError(ArchspecError):
    """An expression cannot be read, or means nothing.

    Attributes:
        offset: the column in the text of the expression, counted from 0; 0 where an error
            belongs to the whole expression.
    """

    def __init__(self, problem: str, *, offset: int = 0, hint: str | None = None) -> None:
        super().__init__(problem, hint=hint)
        self.offset = offset


def shortened(text: str) -> str:
    """``text``, cut to what fits into a message."""
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."


def resembling(name: str, known: Iterable[str]) -> str | None:
    """The hint that names the one of ``known`` that ``name`` may be a slip of, if any."""
    candidates = sorted(known)
    if len(candidates) > _MOST_COMPARED:
        return None
    match = get_close_matches(name[:_LONGEST_SHOWN], candidates, n=1)
    return f"did you mean `{match[0]}`?" if match else None


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The hint for an unknown ``name``: the nearest of ``known``, else all of them."""
    candidates = sorted(known)
    everything = f"known here: {shortened(', '.join(candidates))}" if candidates else None
    return resembling(name, candidates) or everything
