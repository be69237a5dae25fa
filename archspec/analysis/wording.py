"""An operator's arguments in a few words, as a table of layers has room for."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from archspec.operators import Operator

# What the shape of the output says already.
_SHOWN_BY_SHAPE = ("out",)


def arguments_of(operator: Operator) -> str:
    """The arguments that tell one layer from another: ``7x7, stride 2, padding 3``.

    Left out are defaults, the number of outputs, which the shape shows, and real numbers that are
    not what the operator is about (the ``eps`` of a normalisation).

    Args:
        operator: with settled arguments: numbers, one for each axis.
    """
    words = []
    for name, default in _telling(type(operator)):
        value = getattr(operator, name)
        short = _text(value)
        if value is None or short == _text(default):
            continue
        if name == "kernel":
            words.append(_joined(map(_text, value)))
        elif isinstance(value, bool):
            words.append((name if value else f"no {name}").replace("_", " "))
        else:
            words.append(f"{name.replace('_', ' ')} {short}")
    return ", ".join(words)


@cache
def _telling(operator: type[Operator]) -> tuple[tuple[str, Any], ...]:
    """The arguments of an operator that are worth room, with their defaults."""
    kinds = operator.kinds()
    found = []
    for name, field in operator.arguments().items():
        limits = getattr(kinds.get(name), "limits", None)
        real = limits is not None and limits.kind == "number"
        if name not in _SHOWN_BY_SHAPE and (not real or name == operator.primary):
            found.append((name, None if field.is_required() else field.default))
    return tuple(found)


def _text(value: Any) -> str:
    """A value; one for several axes or sides that have the same, as in ``2``, ``1x2``, ``0:1``."""
    if isinstance(value, list | tuple):
        pairs = any(isinstance(each, tuple) for each in value)
        texts = [_pair(each) if pairs else _text(each) for each in value]
        return texts[0] if texts and len(set(texts)) == 1 else _joined(texts)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _pair(value: Any) -> str:
    """Pads before and after on one axis."""
    low, high = map(_text, value)
    return low if low == high else f"{low}:{high}"


def _joined(texts: Iterable[str]) -> str:
    return "x".join(texts)
