"""What a template writes for a class: members, statements, and the variables that hold values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archspec.expressions import Expr
from archspec.model.module import Chain, Module, Step
from archspec.model.shape import Shape


@dataclass(frozen=True, slots=True)
class Member:
    """Something a class holds: a layer, or a container of layers in order.

    ``when`` makes it the identity where it is false; under ``guard`` it is not there at all. A
    container comes with its ``chain``.
    """

    name: str
    step: Step | None = None
    members: tuple[Member, ...] = ()
    when: Expr | None = None
    guard: Expr | None = None
    chain: Chain | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One line of a forward pass: ``targets = what(arguments)``.

    Args:
        targets: the variables that are bound.
        arguments: variables, or statements written out in place of one.
        step: the layer that is applied; None where a container is, or a variable is copied.
        member: the name under which the class holds what is applied.
        guard: the condition of the branch that the line belongs to.
        shape: the shape of the value where it changed, for a comment.
        key: the key of the value.
        heading: the stage that begins here, where stages are written out in their class.
    """

    targets: tuple[str, ...]
    arguments: tuple[str | Statement, ...]
    key: str
    step: Step | None = None
    member: str | None = None
    guard: Expr | None = None
    shape: Shape | None = None
    heading: Chain | None = None

    @property
    def target(self) -> str:
        """The variables on the left."""
        return ", ".join(self.targets)

    @property
    def copies(self) -> bool:
        """Whether it only gives a value another name."""
        return self.step is None and self.member is None


@dataclass(frozen=True)
class Plan:
    """A class as its template writes it.

    Args:
        module: the class.
        members: what its constructor makes.
        statements: what calling it does.
        result: the variable that holds the result, or a last statement to return.
        outputs: in the network's own class, the variable of each named output.
        heads: for each output with a condition, the statements that make it.
        shared: keys of layers that are applied more than once.
        inputs: the variable of each input.
    """

    module: Module
    members: tuple[Member, ...]
    statements: tuple[Statement, ...]
    result: str | Statement
    results: tuple[str, ...]
    outputs: Mapping[str, str]
    heads: Mapping[str, tuple[Statement, ...]]
    shared: frozenset[str]
    inputs: tuple[str, ...]
