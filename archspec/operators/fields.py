"""The kinds of argument an operator can take, as pydantic field types.

An argument goes through three states, and each field kind knows the way:

- *declared*: as written in the spec, numbers or expressions over the parameters in scope;
- *settled*: one value per axis, still symbolic (in the module tree) or numbers (in the graph);
- *fixed*: nothing depends on the input's size any more (``same_upper`` has become pads).
"""

# What the methods of a kind do is documented in `Kind`.
# ruff: noqa: D102

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from archspec.errors import ArchspecError
from archspec.expressions import Expr, as_expr, bind_members, parse
from archspec.expressions.nodes import Const

# Turns one declared expression into what the state asks for; raises for a wrong value.
Leaf = Callable[[Expr, "Limits"], Any]

MOST_NUMBER = (2 - 2**-23) * 2.0**127
"""The greatest number in float32."""
NUMBER_SCHEMA = {"anyOf": [{"type": "integer"}, {"type": "string"}]}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a number may be: its kind and its least and greatest value."""

    kind: str = "integer"
    least: float | None = None
    greatest: float | None = None

    def describe(self) -> str:
        """``an integer of at least 1``."""
        name = {"integer": "an integer", "number": "a number", "bool": "true or false"}[self.kind]
        if self.least is not None and self.greatest is not None:
            return f"{name} from {self.least:g} to {self.greatest:g}"
        if self.least is not None:
            return f"{name} of at least {self.least:g}"
        if self.greatest is not None:
            return f"{name} of at most {self.greatest:g}"
        return name

    def expected(self, value: object) -> str:
        """What is asked for, said of a value that is none."""
        if self.kind == "number" and isinstance(value, float) and not self._fits(value):
            return "a number within the range of float32"
        return self.describe()

    def accepts(self, value: object) -> bool:
        """Whether a value is of the kind and within the limits."""
        if self.kind == "bool":
            return isinstance(value, bool)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if self.kind == "integer" and not isinstance(value, int):
            return False
        if isinstance(value, float) and not self._fits(value):
            return False
        return not (
            (self.least is not None and value < self.least)
            or (self.greatest is not None and value > self.greatest)
        )

    @staticmethod
    def _fits(value: float) -> bool:
        # What float32 has no room for would be infinite in the network.
        return -MOST_NUMBER <= value <= MOST_NUMBER


def to_expression(value: object, limits: Limits) -> Expr:
    """Read a number or an expression; a literal out of the limits is refused at once."""
    if isinstance(value, Expr):
        return value
    if isinstance(value, str):
        try:
            expression = parse(value)
        except ArchspecError as error:
            problem = error.problems[0]
            offset = getattr(error, "offset", 0)
            context = {"message": problem.problem, "hint": problem.hint, "offset": offset}
            raise PydanticCustomError("expression", "not an expression", context) from None
        if not isinstance(expression, Const):
            return expression
        value = expression.value
    if not limits.accepts(value):
        raise PydanticCustomError("expected", "{what}", {"what": limits.expected(value)})
    return as_expr(value)  # type: ignore[arg-type]


def read_items(values: Iterable[object], read: Callable[[object], object]) -> tuple[object, ...]:
    """Each of a list's items read; an error in one says which it is."""
    items = []
    for index, each in enumerate(values):
        try:
            items.append(read(each))
        except PydanticCustomError as error:
            context = dict(error.context or {})
            context["at"] = [index, *context.get("at", [])]
            raise PydanticCustomError(
                error.type,
                error.message_template,
                context,
            ) from None
    return tuple(items)


def bind_all(value: Any, members: Mapping[str, tuple[str, ...]]) -> Any:
    """Every expression inside a declared value with named members turned into indices."""
    if isinstance(value, Expr):
        return bind_members(value, members)
    if isinstance(value, tuple):
        return tuple(bind_all(each, members) for each in value)
    if isinstance(value, dict):
        return {key: bind_all(each, members) for key, each in value.items()}
    return value


class Kind:
    """How one argument is settled; this one leaves it as it is, which is what facts need.

    ``limits`` are those of each number in it, if it holds numbers.
    """

    limits: Limits | None = None

    def settle(self, value: Any, rank: int, leaf: Leaf) -> Any:
        """One value per axis, with every expression passed through ``leaf``."""
        return value

    def expressions(self, value: Any) -> tuple[Expr, ...]:
        """Every expression inside a declared value."""
        return ()

    def bind(self, value: Any, members: Any) -> Any:
        """The value with named tuple members turned into indices."""
        return value


@dataclass(frozen=True)
class NumberKind(Kind):
    """A single number or truth value."""

    limits: Limits

    def settle(self, value: Any, rank: int, leaf: Leaf) -> Any:
        if value is None:
            return None
        settled = leaf(value, self.limits)
        # `alpha: 1` is the float 1.0 in every language.
        return _as_float(settled) if self.limits.kind == "number" else settled

    def expressions(self, value: Any) -> tuple[Expr, ...]:
        return (value,) if isinstance(value, Expr) else ()

    def bind(self, value: Any, members: Any) -> Any:
        return bind_all(value, members)


def _as_float(value: Any) -> Any:
    if isinstance(value, Const):
        return Const(_as_float(value.value))
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@dataclass(frozen=True)
class PerAxisKind(Kind):
    """One integer for all spatial axes, or a list with one for each."""

    limits: Limits

    def settle(self, value: Any, rank: int, leaf: Leaf) -> Any:
        if isinstance(value, tuple):
            if len(value) != rank:
                raise ArchspecError(
                    f"expected one number for each of the {rank} spatial axes,"
                    f" received {len(value)}"
                )
            return tuple(leaf(each, self.limits) for each in value)
        return (leaf(value, self.limits),) * rank

    def expressions(self, value: Any) -> tuple[Expr, ...]:
        values = value if isinstance(value, tuple) else (value,)
        return tuple(each for each in values if isinstance(each, Expr))

    def bind(self, value: Any, members: Any) -> Any:
        return bind_all(value, members)


def _number(kind: str, least: float | None = None, greatest: float | None = None) -> Any:
    limits = Limits(kind, least, greatest)

    def read(value: object) -> object:
        return to_expression(value, limits)

    schema: dict[str, Any] = {"type": {"integer": "integer", "number": "number"}.get(kind, kind)}
    if kind == "bool":
        schema = {"type": "boolean"}
    if least is not None:
        schema["minimum"] = least
    if greatest is not None:
        schema["maximum"] = greatest
    return Annotated[
        Any,
        BeforeValidator(read),
        WithJsonSchema({"anyOf": [schema, {"type": "string", "description": "an expression"}]}),
        NumberKind(limits),
    ]


def _per_axis(least: int) -> Any:
    limits = Limits("integer", least)

    def read(value: object) -> object:
        if isinstance(value, list | tuple):
            if not value:
                raise PydanticCustomError("expected", "{what}", {"what": limits.expected(value)})
            return read_items(value, lambda each: to_expression(each, limits))
        return to_expression(value, limits)

    number = {"anyOf": [{"type": "integer", "minimum": least}, {"type": "string"}]}
    return Annotated[
        Any,
        BeforeValidator(read),
        WithJsonSchema({"anyOf": [number, {"type": "array", "items": number, "minItems": 1}]}),
        PerAxisKind(limits),
    ]


def _never(value: object) -> object:
    if value is not None:
        raise PydanticCustomError("unknown", "{what}", {"what": "worked out, never given"})
    return value


Count = _number("integer", 1)
Place = _number("integer", 0)
Number = _number("number")
Positive = _number("number", 0)
# Added to a variance before its root: frameworks refuse 0.
Epsilon = _number("number", 1e-12)
Rate = _number("number", 0, 1)
Flag = _number("bool")
PerAxis = _per_axis(1)
PerAxisOrZero = _per_axis(0)
# A fact that follows from the input's size and is filled in while resolving.
Fact = Annotated[Any, AfterValidator(_never), Kind()]
