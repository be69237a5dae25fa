"""Draws, and writes numbers as expressions over parameters that are worth the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st

from archspec.operators import ACTIVATIONS
from tests.fuzz.scope import REQUIRED, Library, Node, Parameter, Scope

T = TypeVar("T")
# Arguments of operators that may be expressions of truth values.
FLAGS = ("bias",)


class Pen:
    """What a class is drawn with. Simple choices come first, as examples shrink towards them."""

    def __init__(self, draw: Callable[[Any], Any], scope: Scope) -> None:
        self.draw = draw
        self.scope = scope

    @property
    def library(self) -> Library:
        """What all classes have in common."""
        return self.scope.library

    def integer(self, least: int, most: int) -> int:
        """A number, small ones being simpler."""
        return int(self.draw(st.integers(least, most)))

    def pick(self, options: Sequence[T]) -> T:
        """One of several, the first being the simplest."""
        chosen: T = options[self.integer(0, len(options) - 1)]
        return chosen

    def chance(self, out_of: int) -> bool:
        """True once in so many times."""
        return self.integer(0, out_of - 1) == out_of - 1

    def more(self) -> bool:
        """Whether another layer follows."""
        return self.integer(0, 5) > 0

    def number(self, value: int, least: int = 1) -> Node:
        """A number, or an expression that is worth it here."""
        inside = self.scope.inside
        how = self.pick(["plain"] * (5 if inside else 12) + ["known", "known", "new"])
        if how == "known":
            known = self._equal(value)
            return self.pick(known) if known else value
        if how == "new":
            return self.new_integer(value, least)
        return value

    def _equal(self, value: int) -> list[str]:
        """Expressions over what is in scope that are worth a number, simple ones first."""
        names = self.scope.integers.items()
        found = [name for name, each in names if each == value]
        for name, each in names:
            if each < value:
                found.append(f"{name} + {value - each}")
                found.append(f"max({name}, {value})")
                if each > 0 and value % each == 0:
                    found.append(f"{value // each} * {name}")
            elif each > value:
                found.append(f"{name} - {each - value}")
                found.append(f"min({value}, {name})")
                if value and each // value >= 2 and each // (each // value) == value:
                    found.append(f"{name} // {each // value}")
        flags = [each for each in self.scope.parameters if isinstance(each.value, bool)]
        for flag in flags:
            pair = (value, value + 1) if flag.value else (value + 1, value)
            found.append(f"{pair[0]} if {flag.name} else {pair[1]}")
        return found

    def new_integer(self, value: int, least: int = 1) -> str:
        """A new parameter that is worth a number, or a part of one."""
        how = self.pick(["int", "int", "int", "members", "list", "optional"])
        if how == "members":
            name = self.scope.fresh("w")
            other = self.integer(1, 4)
            self.declare(name, {"a": "int", "b": "int"}, {"a": value, "b": other})
            return f"{name}.a"
        if how == "list":
            name = self.scope.fresh("ks")
            several = [value, *(self.integer(1, 4) for _ in range(self.integer(0, 2)))]
            self.declare(name, {"type": "list", "of": "int"}, several)
            return f"{name}[0]"
        if how == "optional":
            name = self.scope.fresh("maybe")
            given = self.pick([None, value])
            self.declare(name, "int?", given)
            return f"{name} if {name} != none else {value if given is None else value + 1}"
        name = self.scope.fresh("n")
        kind: Node = {"type": "int", "min": least} if self.chance(6) else "int"
        self.declare(name, kind, value)
        return name

    def declare(self, name: str, kind: Node, value: Any) -> None:
        """A new parameter; the network's own have a default, those of blocks sometimes."""
        default: Any = REQUIRED
        if not self.scope.inside:
            default = value
        elif self.chance(4):
            default = self.pick([value, _other(self, kind, value)])
        self.scope.parameters.append(Parameter(name, kind, value, default))

    def real(self, value: float | str) -> Node:
        """A number that need not be an integer, or a parameter that is worth it."""
        if isinstance(value, str) or not self.chance(8 if self.scope.inside else 20):
            return value
        name = self.scope.fresh("real")
        self.declare(name, "float", float(value))
        return name

    def flag(self, value: bool) -> Node:
        """A truth value, or a parameter that is worth it."""
        if not self.chance(4):
            return value
        text, worth = self.condition()
        return text if worth == value else f"not ({text})"

    def condition(self) -> tuple[str, bool]:
        """A condition, and whether it holds here."""
        numbers = list(self.scope.integers.items())
        flags = [each for each in self.scope.parameters if isinstance(each.value, bool)]
        words = [each for each in self.scope.parameters if each.name.startswith("mode")]
        how = self.pick(["flag", "flag", "number", "numbers", "word", "both"])
        if how == "number" and numbers:
            name, value = self.pick(numbers)
            bound = self.integer(0, 8)
            return f"{name} > {bound}", value > bound
        if how == "numbers" and len(numbers) > 1:
            (one, first), (two, second) = self.pick(numbers), self.pick(numbers)
            return f"{one} != {two}", first != second
        if how == "word":
            if not words:
                name = self.scope.fresh("mode")
                kind = {"type": "enum", "values": ["first", "second"]}
                self.declare(name, kind, self.pick(["first", "second"]))
                words = [self.scope.parameters[-1]]
            word = self.pick(words)
            return f'{word.name} == "first"', word.value == "first"
        if not flags or self.chance(3):
            name = self.scope.fresh("on")
            self.declare(name, "bool", self.pick([True, False]))
            flags = [self.scope.parameters[-1]]
        flag = self.pick(flags)
        if how == "both" and numbers:
            name, value = self.pick(numbers)
            return f"{flag.name} and {name} > 1", flag.value and value > 1
        if self.chance(3):
            return f"not {flag.name}", not flag.value
        return flag.name, flag.value

    def activation(self) -> str:
        """A parameter that holds an activation."""
        held = [each.name for each in self.scope.parameters if each.kind == "activation"]
        if held and not self.chance(3):
            return self.pick(held)
        name = self.scope.fresh("act")
        self.declare(name, "activation", self.pick(ACTIVATIONS))
        return name

    def arguments(self, given: dict[str, Any]) -> dict[str, Node]:
        """Arguments of an operator, some of them as expressions."""
        return {name: self._argument(name, value) for name, value in given.items()}

    def _argument(self, name: str, value: Any) -> Node:
        if isinstance(value, bool):
            return self.flag(value) if name in FLAGS else value
        if isinstance(value, int):
            return self.number(value, 0 if "padding" in name else 1)
        if isinstance(value, float):
            return self.real(value)
        if isinstance(value, list):
            return [self._argument(name, each) for each in value]
        if isinstance(value, dict):
            return {key: self._argument(name, each) for key, each in value.items()}
        return value


def _other(pen: Pen, kind: Node, value: Any) -> Any:
    """Another value of a kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if kind == "int?":
        return 2
    if kind == "activation":
        return pen.pick(ACTIVATIONS)
    if isinstance(value, dict):
        return {name: each + 1 for name, each in value.items()}
    if isinstance(value, list):
        return [each + 1 for each in value]
    if isinstance(kind, dict) and "values" in kind:
        return pen.pick(kind["values"])
    return value
