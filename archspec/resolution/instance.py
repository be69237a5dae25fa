"""What happened when a class was used: the record from which its arguments are worked out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from archspec.errors import Location
from archspec.expressions import Value
from archspec.model.graph import Groups
from archspec.model.shape import Shape

ABSENT = "absent:"
"""Before the key of a layer that is not there in an instance, among its occurrences."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A value of the flat graph: the path of the node (or the input's name) and its shape."""

    path: str
    shape: Shape


@dataclass(slots=True)
class Occurrence:
    """One layer of one instance, in one iteration.

    ``facts`` are the arguments that followed from the sizes; ``call`` is the instance of the
    class that a call made.
    """

    index: int | None
    inputs: tuple[Shape, ...]
    output: Shape
    facts: Mapping[str, Any]
    call: Instance | None = None


@dataclass(slots=True)
class Instance:
    """One use of a class.

    A *ghost* is one that is not there in this network (its condition is false) and was walked
    through only to learn the sizes it would have. ``shapes`` has the shape of each key's value.
    """

    module: str
    groups: Groups
    environment: Mapping[str, Value]
    inputs: tuple[Shape, ...]
    ghost: bool
    occurrences: dict[str, list[Occurrence]] = field(default_factory=dict)
    shapes: dict[str, Shape] = field(default_factory=dict)
    where: Location | None = None
    """The place in the spec that calls for it."""

    @property
    def path(self) -> str:
        """Where it is, such as ``b3.inception1``."""
        return ".".join(part for group in self.groups for part in group)
