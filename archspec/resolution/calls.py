"""Calls of classes: their arguments, and the channels that come out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archspec.expressions import Expr, as_expr, substitute
from archspec.model.module import Module
from archspec.resolution.facts import Facts
from archspec.schema.spec import MISSING


@dataclass(frozen=True)
class Built:
    """A class, the channels of its result, and its facts."""

    module: Module
    channels: Expr
    facts: Facts


def call_arguments(
    callees: list[Built],
    given: Mapping[str, Expr],
    implicit: Mapping[str, Any],
    channels: tuple[Expr, ...],
) -> tuple[tuple[str, Expr], ...]:
    """Arguments of a call in the order of the class's, those at their default left out."""
    arguments: list[tuple[str, Expr]] = []
    module = callees[0].module
    waiting = list(channels)
    for parameter in module.parameters:
        name = parameter.name
        if parameter.role == "channels":
            arguments.append((name, waiting.pop(0)))
        elif parameter.role == "fact":
            arguments.append((name, as_expr(implicit[name])))
        elif name in given and not (
            len(callees) == 1
            and parameter.default is not MISSING
            and given[name] == as_expr(parameter.default)
        ):
            arguments.append((name, given[name]))
    return tuple(arguments)


def call_channels(
    callee: Built,
    given: Mapping[str, Expr],
    implicit: Mapping[str, Any],
    channels: tuple[Expr, ...],
) -> Expr:
    """The channels that a call gives, from the callee's own expression for them."""
    values: dict[str, Expr] = {}
    waiting = list(channels)
    for parameter in callee.module.parameters:
        if parameter.role == "channels":
            values[parameter.name] = waiting.pop(0)
        elif parameter.role == "fact":
            values[parameter.name] = as_expr(implicit[parameter.name])
        elif parameter.name in given:
            values[parameter.name] = given[parameter.name]
        else:
            values[parameter.name] = as_expr(parameter.default)
    return substitute(callee.channels, values)
