"""Channels of repeated layers in closed form.

Where each repetition adds the same number of channels, or sets them, the input channels of
repetition ``i`` are an expression in ``i``: no running variable is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from archspec.expressions import Expr, as_expr, free_names, simplify, substitute
from archspec.expressions.nodes import Binary, Compare, Conditional, Logic, Name
from archspec.model.module import Repeat

_CHANNELS = Name("channels of the repetition")


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Input channels of repetition ``i``, and the channels after the last."""

    inside: Expr
    after: Expr


def solve(
    first: Expr, repeat: Repeat, rule: Callable[[Expr], Expr], never_empty: bool = False
) -> Recurrence | None:
    """The channels inside and after a loop; None where they have no simple closed form.

    Args:
        first: the channels before the loop.
        repeat: the loop.
        rule: from a repetition's input channels to its output channels.
        never_empty: whether every use of the class repeats the layer at least once; what comes
            out is then said without the other case.
    """
    if rule(first) == first:
        return Recurrence(first, first)
    index = Name(repeat.index)
    step = rule(_CHANNELS)
    none = as_expr(0)
    if _CHANNELS.name not in free_names(step):
        before = substitute(step, {repeat.index: index - 1})
        last = substitute(step, {repeat.index: repeat.times - 1})
        if not never_empty:
            last = simplify(Conditional(Compare(">", repeat.times, none), last, first))
        return Recurrence(simplify(Conditional(Compare("==", index, none), first, before)), last)
    added = _added(step)
    if added is not None and repeat.index not in free_names(added):
        return Recurrence(first + index * added, first + repeat.times * added)
    return None


def _added(step: Expr) -> Expr | None:
    """``k`` where the expression is ``channels + k``."""
    terms = _terms(step)
    rest = [term for term in terms if term != _CHANNELS]
    if len(rest) != len(terms) - 1 or any(_CHANNELS.name in free_names(term) for term in rest):
        return None
    total = rest[0]
    for term in rest[1:]:
        total = total + term
    return total


def _terms(expression: Expr) -> list[Expr]:
    if isinstance(expression, Binary) and expression.op == "+":
        return [*_terms(expression.left), *_terms(expression.right)]
    return [expression]


def either(when: Expr, then: Expr, otherwise: Expr) -> Expr:
    """The channels after something that is there only under a condition.

    Where the condition fails only for such values as make both alike, they are ``then``: ``n * k``
    is what ``n * k if k != 1 else n`` is.
    """
    if _alike(when, then, otherwise):
        return simplify(then)
    return simplify(Conditional(when, then, otherwise))


def _alike(when: Expr, then: Expr, otherwise: Expr) -> bool:
    """Whether both are alike where the condition is false, as far as ``name != value`` tells."""
    if isinstance(when, Logic) and when.op == "or":
        # It is false where each part of it is, so one that makes them alike will do.
        return any(_alike(each, then, otherwise) for each in (when.left, when.right))
    if not isinstance(when, Compare) or when.op != "!=":
        return False
    for name, value in ((when.left, when.right), (when.right, when.left)):
        if isinstance(name, Name):
            same = {name.name: value}
            if substitute(then, same) == substitute(otherwise, same):
                return True
    return False
