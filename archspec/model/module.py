"""The tree view of a resolved network: classes, with expressions kept symbolic.

A block of the spec is a :class:`Module`; so is the network itself. Inside, layers stand in
chains, and what a layer takes is named by the *key* of the layer that makes it: its path inside
the class (``b2.conv1``), or the name of one of the class's inputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from archspec.errors import Location
from archspec.expressions import Expr
from archspec.expressions.types import Kind
from archspec.model.shape import Shape
from archspec.operators import Operator
from archspec.schema.initialization import Initialization


@dataclass(frozen=True, slots=True)
class ModuleParameter:
    """A constructor argument of a class.

    ``role`` is ``declared`` (in the spec), ``channels`` (the channels of an input) or ``fact``
    (something that follows from the input's size and differs between uses of the class).
    """

    name: str
    kind: Kind
    default: Any
    doc: str = ""
    role: Literal["declared", "channels", "fact"] = "declared"


@dataclass(frozen=True, slots=True)
class Repeat:
    """A layer ``times`` over, with ``index`` counting from 0."""

    index: str
    times: Expr


@dataclass(frozen=True, slots=True)
class Step:
    """A layer of a class: an operator, an activation or block parameter, or a call of a class.

    Args:
        key: its path inside the class; the last part is ``name``.
        inputs: the keys of what it takes.
        channels: the channels of each, as expressions.
        rank: the number of spatial axes of the first input.
        tokens: whether that input is tokens.
        operator: for an operator, with settled and fixed symbolic arguments.
        module: for a call, the class's name; or the name of the parameter that holds it.
        by_parameter: whether ``module`` (or ``activation``) names a parameter.
        arguments: for a call, each parameter of the class with its value.
        activation: the name of the parameter that holds the activation.
        share: the key of the layer whose tensors it uses.
        when: the condition under which it is there; else it is the identity.
        repeat: how often.
        shape: in the network's own class, the shape of its output.
        changes: whether that shape differs from the shape before it.
        origin: the class and the key that it has in the model, where a backend has moved it
            into a class of its own.
    """

    key: str
    name: str
    inputs: tuple[str, ...]
    channels: tuple[Expr, ...]
    rank: int
    where: Location
    operator: Operator | None = None
    module: str | None = None
    by_parameter: bool = False
    arguments: tuple[tuple[str, Expr], ...] = ()
    activation: str | None = None
    share: str | None = None
    when: Expr | None = None
    repeat: Repeat | None = None
    init: Initialization | None = None
    shape: Shape | None = None
    changes: bool = False
    trains: bool = False
    origin: tuple[str, str] | None = None
    tokens: bool = False

    @property
    def multiplier(self) -> Expr | None:
        """How many channels come of each that goes in, where it convolves each by itself."""
        if self.operator is None or not self.channels:
            return None
        found: Expr | None = self.operator.multiplier(self.channels[0])
        return found

    @property
    def merges(self) -> bool:
        """Whether it is an operator that joins any number of inputs, be it one."""
        return self.operator is not None and type(self.operator).inputs[1] is None


@dataclass(frozen=True, slots=True)
class Parallel:
    """Chains over one input, and the operator that joins them."""

    branches: tuple[Chain, ...]
    merge: Step


@dataclass(frozen=True, slots=True)
class Chain:
    """Layers in order: a stage, a branch, an output's head, or the body of a class.

    Args:
        key: its path inside the class; empty for the body.
        name: the last part of it.
        source: the key of what goes in.
        items: layers, groups of branches and chains.
        result: the key of what comes out.
        when: the condition under which it is there; else it is the identity.
        shape: in the network's own class, the shape of what comes out.
    """

    key: str
    name: str
    source: str
    items: tuple[Item, ...]
    result: str
    when: Expr | None = None
    shape: Shape | None = None
    changes: bool = False
    where: Location | None = None


Item = Step | Parallel | Chain


@dataclass(frozen=True, slots=True)
class ModuleOutput:
    """A named output of the network's class; ``own``, if layers of its own make it."""

    name: str
    key: str
    when: Expr | None
    training: bool
    own: bool = False


@dataclass(frozen=True, slots=True)
class Module:
    """A class of the generated code.

    Args:
        parameters: constructor arguments, the channels of inputs first.
        inputs: names of what it is called with.
        outputs: for the network's own class; others have the one result of their body.
        trains: whether it behaves otherwise in training.
        exchangeable: whether it is passed as an argument, so that its signature must be as
            declared.
    """

    name: str
    doc: str
    parameters: tuple[ModuleParameter, ...]
    inputs: tuple[str, ...]
    body: Chain
    rank: int
    outputs: tuple[ModuleOutput, ...] = ()
    trains: bool = False
    exchangeable: bool = False
    root: bool = False
    where: Location | None = None

    def steps(self) -> Iterator[Step]:
        """Every layer of the class in order."""
        yield from steps_of(self.body)


def steps_of(item: Item) -> Iterator[Step]:
    """Every layer in an item, in the order of computation."""
    if isinstance(item, Step):
        yield item
    elif isinstance(item, Parallel):
        for branch in item.branches:
            yield from steps_of(branch)
        yield item.merge
    else:
        for each in item.items:
            yield from steps_of(each)


def chains_of(item: Item) -> Iterator[Chain]:
    """Every chain in an item, itself included, the outer ones first."""
    if isinstance(item, Chain):
        yield item
        for each in item.items:
            yield from chains_of(each)
    elif isinstance(item, Parallel):
        for branch in item.branches:
            yield from chains_of(branch)
