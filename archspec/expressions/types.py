"""The kinds of values that parameters have."""

# The methods of each kind are documented in `Kind`.
# ruff: noqa: D102

from __future__ import annotations

from dataclasses import dataclass

from archspec.expressions.errors import resembling
from archspec.expressions.values import Value, describe_value

__all__ = [
    "Activation",
    "BlockReference",
    "Bool",
    "Enumeration",
    "Float",
    "Int",
    "Kind",
    "ListOf",
    "Optional",
    "TupleOf",
    "Value",
    "describe_value",
]


@dataclass(frozen=True, slots=True)
class Kind:
    """A set of values."""

    def describe(self) -> str:
        """What a value of this kind is: ``an integer``."""
        raise NotImplementedError

    def plural(self) -> str:
        """What values of this kind are: ``integers``."""
        raise NotImplementedError

    def accepts(self, value: Value) -> str | None:
        """None where ``value`` is of this kind, else what is wrong with it."""
        raise NotImplementedError

    def _refusal(self, value: Value, advice: str | None = None) -> str:
        text = f"expected {self.describe()}, received {describe_value(value)}"
        return f"{text} ({advice})" if advice else text


@dataclass(frozen=True, slots=True)
class Int(Kind):
    """Integers; a float is none, even where it has no fraction."""

    minimum: int | None = None
    maximum: int | None = None

    def describe(self) -> str:
        return "an integer" + _bounds(self.minimum, self.maximum)

    def plural(self) -> str:
        return "integers" + _bounds(self.minimum, self.maximum)

    def accepts(self, value: Value) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int):
            is_float = isinstance(value, float)
            advice = "`//` divides to an integer" if is_float else None
            return self._refusal(value, advice)
        return None if _within(value, self.minimum, self.maximum) else self._refusal(value)


@dataclass(frozen=True, slots=True)
class Float(Kind):
    """Finite numbers; an integer is one."""

    minimum: float | None = None
    maximum: float | None = None

    def describe(self) -> str:
        return "a number" + _bounds(self.minimum, self.maximum)

    def plural(self) -> str:
        return "numbers" + _bounds(self.minimum, self.maximum)

    def accepts(self, value: Value) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return self._refusal(value)
        # The infinities, and nan, are within no bounds of a finite number.
        finite = float("-inf") < value < float("inf")
        within = finite and _within(value, self.minimum, self.maximum)
        return None if within else self._refusal(value)


@dataclass(frozen=True, slots=True)
class Bool(Kind):
    """True and false."""

    def describe(self) -> str:
        return "true or false"

    def plural(self) -> str:
        return "booleans"

    def accepts(self, value: Value) -> str | None:
        return None if isinstance(value, bool) else self._refusal(value)


@dataclass(frozen=True, slots=True)
class Enumeration(Kind):
    """One of several strings."""

    values: tuple[str, ...]

    def describe(self) -> str:
        return f"one of {', '.join(self.values)}"

    def plural(self) -> str:
        return f"values out of {', '.join(self.values)}"

    def accepts(self, value: Value) -> str | None:
        return _one_of(self, value, self.values)


@dataclass(frozen=True, slots=True)
class TupleOf(Kind):
    """A fixed number of values, each of its own kind; ``names`` has one per item, or none."""

    items: tuple[Kind, ...]
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.names and len(self.names) != len(self.items):
            raise ValueError(f"{len(self.items)} items have {len(self.names)} names")

    def describe(self) -> str:
        count = len(self.items)
        if count and len(set(self.items)) == 1:
            text = self.items[0].describe() if count == 1 else self.items[0].plural()
            text = f"a list of {text}" if count == 1 else f"{count} {text}"
            return f"{text} ({', '.join(self.names)})" if self.names else text
        members = [kind.describe() for kind in self.items]
        if self.names:
            members = [f"{name}: {text}" for name, text in zip(self.names, members, strict=True)]
        return f"{count} values ({', '.join(members)})" if count else "an empty list"

    def plural(self) -> str:
        return f"lists of {self.describe().removeprefix('a list of ')}"

    def accepts(self, value: Value) -> str | None:
        if not isinstance(value, tuple):
            return self._refusal(value)
        if len(value) != len(self.items):
            return f"expected {self.describe()}, received {len(value)}"
        labels = self.names or tuple(f"item {number + 1}" for number in range(len(value)))
        for label, kind, each in zip(labels, self.items, value, strict=True):
            if problem := kind.accepts(each):
                return f"{label}: {problem}"
        return None


@dataclass(frozen=True, slots=True)
class ListOf(Kind):
    """Any number of values of one kind."""

    item: Kind

    def describe(self) -> str:
        return f"a list of {self.item.plural()}"

    def plural(self) -> str:
        return f"lists of {self.item.plural()}"

    def accepts(self, value: Value) -> str | None:
        if not isinstance(value, tuple):
            return self._refusal(value)
        for number, each in enumerate(value):
            if problem := self.item.accepts(each):
                return f"item {number + 1}: {problem}"
        return None


@dataclass(frozen=True, slots=True)
class Optional(Kind):
    """A value of a kind, or none."""

    item: Kind

    def describe(self) -> str:
        return f"{self.item.describe()}, or none"

    def plural(self) -> str:
        return f"{self.item.plural()} (each may be none)"

    def accepts(self, value: Value) -> str | None:
        if value is None:
            return None
        if isinstance(self.item, TupleOf | ListOf) and isinstance(value, tuple):
            return self.item.accepts(value)
        return self._refusal(value) if self.item.accepts(value) else None


@dataclass(frozen=True, slots=True)
class _Reference(Kind):
    """The name of something; of anything at all where ``names`` is empty."""

    names: tuple[str, ...] = ()

    def accepts(self, value: Value) -> str | None:
        if not self.names and isinstance(value, str) and value:
            return None
        return _one_of(self, value, self.names)


@dataclass(frozen=True, slots=True)
class Activation(_Reference):
    """The name of an activation."""

    def describe(self) -> str:
        return "an activation"

    def plural(self) -> str:
        return "activations"


@dataclass(frozen=True, slots=True)
class BlockReference(_Reference):
    """The name of a block."""

    def describe(self) -> str:
        return "the name of a block"

    def plural(self) -> str:
        return "names of blocks"


def _one_of(kind: Kind, value: Value, known: tuple[str, ...]) -> str | None:
    if isinstance(value, str) and value in known:
        return None
    return kind._refusal(value, resembling(value, known) if isinstance(value, str) else None)


def _within(value: float, minimum: float | None, maximum: float | None) -> bool:
    return (minimum is None or value >= minimum) and (maximum is None or value <= maximum)


def _bounds(minimum: float | None, maximum: float | None) -> str:
    if minimum is None:
        return "" if maximum is None else f" of at most {maximum}"
    return f" of at least {minimum}" if maximum is None else f" from {minimum} to {maximum}"
