"""Values of a spec in one line of text."""

from __future__ import annotations

from typing import Any

from archspec.cli.screen import plain

_LONGEST = 60


def alike(value: Any) -> Any:
    """The one number, where all axes and sides have it."""
    if not isinstance(value, tuple) or not value:
        return value
    inner = [alike(each) for each in value]
    one = len(set(map(str, inner))) == 1 and not isinstance(inner[0], tuple)
    return inner[0] if one else value


def value_text(value: Any) -> str:
    """A value for people, in one line."""
    if isinstance(value, tuple | list):
        text = f"[{', '.join(value_text(each) for each in value)}]"
    elif isinstance(value, bool) or value is None:
        text = {True: "true", False: "false", None: "none"}[value]
    else:
        text = str(value)
    return plain(text) if len(text) <= _LONGEST else f"{plain(text[:_LONGEST])} …"
