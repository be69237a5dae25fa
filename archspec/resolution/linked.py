"""Layers with what they take: the records that linking makes of a spec.

The key of a layer is its path inside its class (``b2.conv1``), that of a chain (a stage, a
branch) likewise; both name the value that comes out. The body of a class has the key ``""``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archspec.errors import Location
from archspec.expressions import Expr
from archspec.schema.spec import Layer


@dataclass(frozen=True, slots=True)
class LinkedStep:
    """A layer and the keys of what it takes."""

    key: str
    layer: Layer
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LinkedParallel:
    """Branches and the layer that merges them."""

    branches: tuple[LinkedChain, ...]
    merge: LinkedStep
    layer: Layer


@dataclass(frozen=True, slots=True)
class LinkedChain:
    """Layers in order; ``source`` is what goes in."""

    key: str
    name: str
    source: str
    items: tuple[LinkedStep | LinkedParallel | LinkedChain, ...]
    result: str
    when: Expr | None
    where: Location
    path: str


@dataclass(frozen=True, slots=True)
class LinkedOutput:
    """An output of the network: the value it is, and its own layers."""

    name: str
    key: str
    chain: LinkedChain | None


@dataclass(frozen=True, slots=True)
class Links:
    """What every layer of a spec takes: those of the network, its outputs and its blocks."""

    body: LinkedChain
    outputs: tuple[LinkedOutput, ...]
    blocks: Mapping[str, LinkedChain]
