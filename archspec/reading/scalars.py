"""What an unquoted YAML scalar means: the core rules of YAML 1.2.2, chapter 10.3.2.

Unlike YAML 1.1 (and PyYAML), ``no`` and ``12:30`` are strings, ``010`` is ten and ``1e-5`` is a
number.
"""

from __future__ import annotations

import math
import re

MAX_NUMBER_LENGTH = 400
"""Characters of a number: every finite float fits, and Python's own limit is never met."""

_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((s + w for s in ("", "+") for w in (".inf", ".Inf", ".INF")), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
_NUMBER_STARTS = frozenset("+-.0123456789")
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?P<digits>\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


class NumberError(ValueError):
    """A number that is too long, or that a float cannot hold."""


def core_value(text: str) -> bool | int | float | str | None:
    """The value of an unquoted scalar.

    Args:
        text: the scalar as it stands in the file.

    Raises:
        NumberError: ``text`` is a number, but longer than :data:`MAX_NUMBER_LENGTH`, or a finite
            number that would become infinity or zero as a float.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS:
        return text
    base = _integer_base(text)
    if base is not None:
        _check_length(text)
        return int(text if base == 10 else text[2:], base)
    number = _FLOAT.fullmatch(text)
    if number is None:
        return text
    _check_length(text)
    return _finite_float(text, number["digits"])


def _integer_base(text: str) -> int | None:
    if _DECIMAL.fullmatch(text):
        return 10
    if _OCTAL.fullmatch(text):
        return 8
    return 16 if _HEXADECIMAL.fullmatch(text) else None


def _check_length(text: str) -> None:
    if len(text) > MAX_NUMBER_LENGTH:
        raise NumberError(
            f"a number of {len(text)} characters; at most {MAX_NUMBER_LENGTH} are read"
        )


def _finite_float(text: str, digits: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise NumberError(f"{text[:40]} is too large for a 64-bit float")
    if value == 0 and digits.strip("0."):
        raise NumberError(f"{text[:40]} is too small for a 64-bit float: it would become 0")
    return value
