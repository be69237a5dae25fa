"""Text from a spec, made harmless before it goes into a generated file."""

from __future__ import annotations

import inspect
import re
import unicodedata

_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def without_controls(text: str) -> str:
    r"""``text`` with only what can be seen, plain spaces, and ``\n`` between lines.

    Control, formatting (bidirectional, zero-width) and surrogate characters are dropped:
    they can make code read otherwise than it runs. Tabs are expanded to columns of 8.
    """
    lines = _LINE_ENDS.sub("\n", text).expandtabs()
    return "".join(_plain(character) for character in lines)


def tidy(text: str) -> str:
    """``text`` as a documentation text: no controls, no common indentation, no blank ends."""
    lines = (line.rstrip() for line in without_controls(text).strip().split("\n"))
    return inspect.cleandoc("\n".join(lines))


def one_line(text: str) -> str:
    """``text`` without controls and with single spaces for all its white space."""
    return " ".join(without_controls(text).split())


def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    return "" if category in ("Cc", "Cf", "Cn", "Co", "Cs") and character != "\n" else character
