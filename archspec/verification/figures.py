"""Numbers and texts for people."""

from __future__ import annotations

import math


def figure(number: float | None) -> str:
    """An error or a gate, short."""
    if number is None or math.isnan(number):
        return "–"
    if math.isinf(number):
        return "∞"
    return "0" if number == 0 else f"{number:.1e}"


def brief(number: float | None) -> str:
    """The same with one digit."""
    text = figure(number)
    return f"{number:.0e}" if "e" in text else text


def seconds(number: float) -> str:
    """A time, short."""
    return f"{number:.1f} s" if number < 9.95 else f"{number:.0f} s"


def plain(text: str) -> str:
    """A text from elsewhere, in which nothing can steer a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)
