"""How much a network may ask for, so that no spec keeps archspec busy for long."""

from __future__ import annotations

from archspec.errors import Location, SpecError
from archspec.expressions import Expr
from archspec.expressions.nodes import Call
from archspec.resolution.linked import LinkedStep

MOST_LAYERS = 10_000
_MOST_NESTED = 100
_PARTS = 100
"""Parts of expressions that cost as much as a layer."""
_LIST = 256
"""Parts that a function of a list counts for: as many as the list may have items."""


class BudgetSpentError(SpecError):
    """A network asks for too much: nothing further is looked at."""


class Budget:
    """Counts layers, and the work of their expressions, as a network is walked through."""

    def __init__(self) -> None:
        self._spent = 0
        self._costs: dict[int, int] = {}

    def layer(self, step: LinkedStep) -> None:
        """Count a layer, present or not.

        Raises:
            SpecError: there are more than any network needs.
        """
        cost = self._costs.get(id(step))
        if cost is None:
            cost = self._costs[id(step)] = _cost(step)
        self.spend(cost, step.layer.where, step.layer.path)

    def spend(self, cost: int, where: Location, path: str) -> None:
        """Count something that costs as much as so many layers."""
        self._spent += cost
        if self._spent > MOST_LAYERS:
            problem = f"the network has more than {MOST_LAYERS} layers"
            hint = "blocks that are repeated inside repeated blocks multiply"
            raise BudgetSpentError(problem, where, path, hint)

    def nested(self, depth: int, where: Location, path: str) -> None:
        """Refuse chains inside chains beyond any sense.

        Raises:
            SpecError: there are too many.
        """
        if depth > _MOST_NESTED:
            problem = f"branches and blocks are nested more than {_MOST_NESTED} deep"
            raise BudgetSpentError(problem, where, path)


def _cost(step: LinkedStep) -> int:
    layer = step.layer
    found = [value for _, value in layer.arguments]
    found += [each for each in (layer.when, layer.repeat) if each is not None]
    if layer.operator is not None:
        found += [each for several in layer.operator.expressions().values() for each in several]
    return 1 + sum(map(_weight, found)) // _PARTS


def _weight(expression: Expr) -> int:
    own = _LIST if isinstance(expression, Call) and len(expression.arguments) == 1 else 1
    return own + sum(map(_weight, expression.children))
