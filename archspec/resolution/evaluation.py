"""Numbers from expressions, and errors that know their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from archspec.errors import ArchspecError, Location, SpecError
from archspec.expressions import Expr, Value, as_expr, evaluate
from archspec.expressions.types import describe_value
from archspec.model.shape import Shape
from archspec.operators.fields import Limits

LARGEST_AXIS = 2**31


class UndecidedError(Exception):
    """A value stands for those of several networks at once, which would go different ways here."""

    def apart(
        self, work: Callable[[Mapping[str, Value]], Value], environment: Mapping[str, Value]
    ) -> Value:
        """What ``work`` makes of the values of an environment, done for each way by itself.

        Raises:
            UndecidedError: this one, where what comes out cannot stand in one value.
        """
        raise self


def value_of(expression: Expr, environment: Mapping[str, Value]) -> Value:
    """The value of an expression; where values stand for several, of each.

    Raises:
        ExpressionError: where it has none.
    """
    try:
        return evaluate(expression, environment)
    except UndecidedError as undecided:
        return undecided.apart(lambda part: value_of(expression, part), environment)


def check_size(shape: Shape) -> None:
    """Refuse a shape with an axis that is empty or absurdly long.

    Raises:
        ArchspecError: naming the axis.
    """
    for axis, size in zip(shape.axes, shape.sizes, strict=True):
        if size < 1:
            raise ArchspecError(
                f"the output's axis {axis} would have the size {size}",
                hint="a larger input, or less padding taken away",
            )
        if size > LARGEST_AXIS:
            raise ArchspecError(f"the output's axis {axis} would have the size {size}: too large")


def numbers(environment: Mapping[str, Value]) -> Callable[[Expr | Value, Limits], Any]:
    """Evaluates one expression and holds the result to its limits."""

    def leaf(expression: Expr | Value, limits: Limits) -> Any:
        if isinstance(expression, int | float):
            value: Value = expression
        else:
            value = value_of(as_expr(expression), environment)
        if not limits.accepts(value):
            hint = None
            if isinstance(value, float) and limits.kind == "integer":
                hint = "`/` makes a float; `//` divides whole numbers"
            raise ArchspecError(
                f"expected {limits.expected(value)}, received {describe_value(value)}", hint=hint
            )
        return value

    return leaf


def truth(when: Expr, environment: Mapping[str, Value], where: Location, path: str) -> bool:
    """The value of a condition.

    Raises:
        SpecError: where it is neither true nor false.
    """
    with located(where, f"{path}.when"):
        value = value_of(when, environment)
        if not isinstance(value, bool):
            raise ArchspecError(f"expected true or false, received {describe_value(value)}")
    return value


class located:
    """Gives errors raised inside their place: file, path in the spec, and the instance."""

    def __init__(
        self,
        where: Location,
        path: str,
        instance: str = "",
        places: Mapping[str, Location] | None = None,
        argument: str | None = None,
    ) -> None:
        self.where, self.path, self.instance = where, path, instance
        self.places, self.argument = places or {}, argument

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, ArchspecError) or isinstance(error, SpecError):
            return
        problem = error.problems[0]
        argument = self.argument or problem.path.split(".")[0]
        where = self.places.get(argument, self.where)
        path = f"{self.path}.{problem.path}" if problem.path else self.path
        text = problem.problem
        if self.instance:
            text = f"{text} (in {self.instance})"
        raise SpecError(text, where, path, problem.hint) from None
