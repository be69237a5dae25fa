"""A spec after it has been read and checked: the intent, still without shapes.

These records mirror the file. Every one carries the place it came from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from archspec.errors import Location
from archspec.expressions import Expr
from archspec.expressions.types import Kind
from archspec.operators import Operator
from archspec.schema.initialization import Initialization


class Missing(Enum):
    """The default of a parameter that has none."""

    MISSING = "missing"


MISSING = Missing.MISSING


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a network or a block; ``default`` is MISSING where it must be given."""

    name: str
    kind: Kind
    default: Any
    doc: str
    where: Location

    @property
    def required(self) -> bool:
        """Whether every use must give a value."""
        return self.default is MISSING


@dataclass(frozen=True, slots=True)
class Branch:
    """One of several sequences that run in parallel; empty means the identity."""

    name: str
    layers: tuple[Layer, ...]
    where: Location
    path: str
    when: Expr | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """One entry of a sequence. Exactly one of these says what it is:

    ``operator`` (with declared arguments), ``block`` (a block's name, or that of a parameter that
    holds one), ``activation`` (the name of a parameter), ``branches`` (with ``merge``), or
    ``share`` (the name of a layer to apply again).
    """

    name: str
    where: Location
    path: str
    operator: Operator | None = None
    block: str | None = None
    block_parameter: bool = False
    arguments: tuple[tuple[str, Expr], ...] = ()
    activation: str | None = None
    branches: tuple[Branch, ...] = ()
    merge: Layer | None = None
    share: str | None = None
    sources: tuple[str, ...] | None = None
    when: Expr | None = None
    repeat: Expr | None = None
    index: str = "i"
    init: Initialization | None = None
    named: bool = False
    # Where each argument stands, for messages.
    places: Mapping[str, Location] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Block:
    """A parameterised part of a network, with one or several inputs."""

    name: str
    doc: str
    parameters: Mapping[str, Parameter]
    inputs: tuple[str, ...]
    layers: tuple[Layer, ...]
    where: Location
    path: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A named part of the network's trunk: layers in order."""

    name: str
    layers: tuple[Layer, ...]
    where: Location


@dataclass(frozen=True, slots=True)
class Output:
    """A named output: where it is taken from and the layers that follow there."""

    name: str
    source: str
    layers: tuple[Layer, ...]
    when: Expr | None
    training: bool
    where: Location
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Input:
    """A named input: the expressions of its channels and spatial sizes."""

    name: str
    sizes: tuple[Expr, ...]
    where: Location


@dataclass(frozen=True, slots=True)
class Spec:
    """A whole network as declared."""

    file: str
    stem: str
    name: str
    doc: str
    cite: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    arguments: tuple[str, ...]
    inputs: tuple[Input, ...]
    blocks: Mapping[str, Block]
    stages: tuple[Stage, ...]
    outputs: tuple[Output, ...]
    init: Initialization
    where: Location
    # Files the spec is made of, the spec itself first; with their contents' digests for reports.
    sources: tuple[str, ...] = field(default=())
