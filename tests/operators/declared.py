"""Operators as a spec declares them, applied to shapes."""

from archspec.expressions import as_expr, evaluate
from archspec.model.shape import Shape
from archspec.operators import OPERATORS


def made(name, rank, **arguments):
    """An operator as a spec declares it, with numbers for its expressions."""
    declared = OPERATORS[name].model_validate(arguments)
    return declared.settle(rank, lambda value, _: evaluate(as_expr(value), {}))


def applied(name, *inputs, **arguments):
    """The operator with nothing left open, and the shape that it gives."""
    operator = made(name, inputs[0].rank, **arguments)
    operator.check(inputs)
    fixed = operator.fixed(operator.pinned(inputs))
    return fixed, fixed.output(inputs)


def image(channels, *spatial):
    return Shape.of(channels, *spatial)


def tokens(count, channels):
    return Shape.of_tokens(count, channels)
