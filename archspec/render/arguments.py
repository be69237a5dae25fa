"""How arguments are put briefly: what a person would write for the same values."""

from __future__ import annotations

import re
import textwrap
from typing import Any

from archspec.expressions import Expr, as_expr
from archspec.expressions.nodes import Index
from archspec.model.module import Step


def gathered(value: Any) -> Any:
    """``p`` for ``(p[0], p[1])``: a tuple that is taken apart only to be put together again."""
    if not isinstance(value, tuple) or not value:
        return value
    parts = [gathered(each) for each in value]
    first = parts[0]
    if isinstance(first, Index) and isinstance(first.base, Expr):
        whole = (Index(first.base, as_expr(place)) for place in range(len(parts)))
        if len(parts) > 1 and all(a == b for a, b in zip(parts, whole, strict=True)):
            return first.base
    return value


def is_plain(value: Any) -> bool:
    """Whether a value is an expression or can become one."""
    if isinstance(value, tuple | list):
        return all(is_plain(each) for each in value)
    return value is None or isinstance(value, Expr | bool | int | float)


def is_default(value: Any, default: Any) -> bool:
    """Whether a value, or each of several, is the one that a framework assumes."""
    if isinstance(value, tuple | list):
        return bool(value) and all(is_default(each, default) for each in value)
    return not isinstance(value, str) and as_expr(value) == as_expr(default)


def same(values: Any) -> Any:
    """One value for all axes where they are alike, else the tuple."""
    return values[0] if all(each == values[0] for each in values) else tuple(values)


def symmetric(padding: Any) -> bool:
    """Whether both sides of every axis are padded alike."""
    return all(as_expr(low) == as_expr(high) for low, high in padding)


def pads(padding: Any) -> Any:
    """Padding as briefly as it can be said: one number, one for each axis, or pairs."""
    if symmetric(padding):
        return same([low for low, _ in padding])
    return tuple((low, high) for low, high in padding)


def last_axis_first(padding: Any) -> tuple[Any, ...]:
    """Pads in a row: before and after the last axis, then the one before it."""
    return tuple(side for pair in reversed(tuple(padding)) for side in pair)


def last_first(values: Any) -> Any:
    """One value for all axes where they are alike, else the tuple from the last axis on."""
    whole = same(values)
    return whole[::-1] if isinstance(whole, tuple) else whole


def pads_last_first(padding: Any) -> Any:
    """Padding as briefly as it can be said, from the last axis on: one number, or all sides."""
    if symmetric(padding):
        return last_first([low for low, _ in padding])
    return last_axis_first(padding)


def cropping(padding: Any) -> tuple[Any, ...]:
    """The same, negative: what a pad that crops is given."""
    return tuple(as_expr(0) - as_expr(side) for side in last_axis_first(padding))


def loop_index(step: Step, code: str) -> str:
    """The name of a loop's index, or ``_`` where the code does not use it."""
    index = step.repeat.index if step.repeat else "_"
    return index if re.search(rf"\b{index}\b", code) else "_"


def wrapped_text(text: str, width: int) -> str:
    """A text in lines of at most so many characters; paragraphs stay apart."""
    return "\n".join(
        line
        for part in text.splitlines()
        for line in (textwrap.wrap(part, width, break_on_hyphens=False) or [""])
    )
