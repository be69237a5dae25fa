"""What a swept parameter runs through: values from a list, or from a range."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

from archspec.errors import UsageError
from archspec.expressions.values import LARGEST_INT

# Letters enough for any number that means something, so that none takes long to read.
_LONGEST_NUMBER = 40
_LONGEST_LIST = 100_000
_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,3})?")


class Range(Protocol):
    """The values that one parameter runs through."""

    @property
    def count(self) -> int | None:
        """How many values there are; None where any number between two may be drawn."""

    def at(self, position: int) -> Any:
        """A value, counted from 0."""

    def between(self, share: float) -> Any:
        """The value at a share, from 0 to less than 1, of the whole."""

    def describe(self) -> Any:
        """The range as plain data, the same for the same values."""


@dataclass(frozen=True)
class Listed:
    """Values one after the other."""

    values: tuple[Any, ...]

    @property
    def count(self) -> int:
        """How many values there are."""
        return len(self.values)

    def at(self, position: int) -> Any:
        """A value, counted from 0."""
        return self.values[position]

    def between(self, share: float) -> Any:
        """The value at a share, from 0 to less than 1, of the whole."""
        return self.values[int(share * len(self.values))]

    def describe(self) -> Any:
        """The values."""
        return json.loads(json.dumps(self.values))


@dataclass(frozen=True)
class Stepped:
    """``start``, ``start + step`` and so on, as far as ``stop`` and with it.

    Numbers are exact fractions, so that the third value of ``0:1:0.1`` is the float 0.2 and not
    a sum of rounded steps.
    """

    start: Fraction
    stop: Fraction
    step: Fraction
    whole: bool

    @property
    def count(self) -> int:
        """How many values there are."""
        return int((self.stop - self.start) // self.step) + 1

    def at(self, position: int) -> int | float:
        """A value, counted from 0: an integer where all three numbers are written as such."""
        value = self.start + position * self.step
        return int(value) if self.whole else float(value)

    def between(self, share: float) -> int | float:
        """The value at a share, from 0 to less than 1, of the whole."""
        return self.at(min(int(Fraction(share) * self.count), self.count - 1))

    def describe(self) -> str:
        """The numbers as fractions, and of what kind they are."""
        return f"{self.start}:{self.stop}:{self.step} {'integers' if self.whole else 'numbers'}"


@dataclass(frozen=True)
class Between:
    """Any number from ``start`` to ``stop``; for random draws only."""

    start: float
    stop: float

    @property
    def count(self) -> None:
        """There is no counting them."""
        return

    def at(self, position: int) -> float:
        """Its two ends."""
        return self.stop if position else self.start

    def between(self, share: float) -> float:
        """The number at a share, from 0 to less than 1, of the way."""
        return min(max(self.start + share * (self.stop - self.start), self.start), self.stop)

    def describe(self) -> str:
        """``start:stop``."""
        return f"{self.start!r}:{self.stop!r}"


def is_range(text: str) -> bool:
    """Whether a text is meant as ``start:stop`` or ``start:stop:step``."""
    return ":" in text


def parse_range(name: str, text: str, floats: bool) -> Stepped | Between:
    """A range from ``start:stop:step``, or from ``start:stop`` with a step of 1 for integers.

    Args:
        name: what varies, for messages.
        text: the range.
        floats: whether the parameter's numbers may be other than integers; without a step such
            a range has no values one after the other and can only be drawn from.

    Raises:
        UsageError: for anything else, a step that is not above 0, and a stop below the start.
    """
    parts = [each.strip() for each in text.split(":")]
    if len(parts) not in (2, 3):
        raise _wrong(name, f"expected start:stop:step, received {text[:80]!r}")
    numbers = [_number(name, each) for each in parts]
    start, stop = numbers[:2]
    whole = not any(letter in text for letter in ".eE")
    if stop < start:
        hint = f"the smaller number comes first, as in {parts[1]}:{parts[0]}"
        raise _wrong(name, f"the range {text[:80]} runs backwards", hint)
    if not floats and not whole:
        raise _wrong(name, f"expected integers, received the range {text[:80]}")
    if whole and max(abs(start), abs(stop)) > LARGEST_INT:
        raise _wrong(name, f"the range {text[:80]} goes beyond 2**53 in size")
    if len(parts) == 3:
        if numbers[2] <= 0:
            raise _wrong(name, f"a step is above 0, received {parts[2]}")
        return Stepped(start, stop, numbers[2], whole)
    if not floats:
        return Stepped(start, stop, Fraction(1), True)
    return Between(float(start), float(stop))


def _number(name: str, text: str) -> Fraction:
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        raise _wrong(name, f"expected a number, received {text[:80]!r}")
    number = Fraction(text)
    try:
        float(number)
    except OverflowError:
        raise _wrong(name, f"the number {text} is too large") from None
    return number


def split_values(text: str) -> list[str]:
    """The parts of a text between commas, those inside brackets left alone."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [each.strip() for each in parts]


def joined(name: str, ranges: Sequence[Range]) -> Range:
    """Several ranges one after the other.

    Raises:
        UsageError: where they are too long for a list, or have no values one after the other.
    """
    if len(ranges) == 1:
        return ranges[0]
    counts = [each.count for each in ranges]
    if None in counts:
        raise _wrong(name, "a range without a step stands alone")
    if sum(count or 0 for count in counts) > _LONGEST_LIST:
        raise _wrong(name, f"a list of ranges has at most {_LONGEST_LIST} values")
    values = [each.at(place) for each in ranges for place in range(each.count or 0)]
    return Listed(tuple(values))


def _wrong(name: str, problem: str, hint: str | None = None) -> UsageError:
    return UsageError(f"{name}: {problem}", hint=hint)
