"""What is in scope while a class of a random network is drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from archspec.model.shape import Shape

Node = Any
"""A part of a spec, as JSON has it."""
REQUIRED = object()


@dataclass
class Parameter:
    """A parameter of a block, or of the network.

    Args:
        name: its name.
        kind: as a spec writes it: ``int``, or a mapping with ``type`` for the long form.
        value: what it is worth where the class is drawn.
        default: as a spec writes it.
    """

    name: str
    kind: Node
    value: Any
    default: Any = REQUIRED

    @property
    def declared(self) -> Node:
        """The declaration as it stands under ``params``."""
        if self.default is REQUIRED:
            return self.kind
        if isinstance(self.kind, dict) and "type" in self.kind:
            return {**self.kind, "default": self.default}
        if isinstance(self.default, int | float):
            return self.default
        return {"type": self.kind, "default": self.default}

    @property
    def integers(self) -> dict[str, int]:
        """What expressions over it are worth, as far as they are integers."""
        if isinstance(self.value, bool):
            return {}
        if isinstance(self.value, int) and self.kind != "int?":
            return {self.name: self.value}
        if isinstance(self.value, dict):
            return {f"{self.name}.{name}": each for name, each in self.value.items()}
        if isinstance(self.value, list):
            items = {f"{self.name}[{place}]": each for place, each in enumerate(self.value)}
            return {**items, f"len({self.name})": len(self.value)}
        return {}


@dataclass(frozen=True)
class Known:
    """A value that later layers may name: its shape, and the layer if it can be shared.

    ``taken`` is the shape of what that layer takes.
    """

    shape: Shape
    layer: Node = None
    taken: Shape | None = None


@dataclass
class Library:
    """What all classes of a network have in common.

    Args:
        left: how many more layers the network may have.
        blocks: their nodes by name.
        signatures: their parameters.
        inputs: the shapes that each was drawn for.
        defaults: arguments for every use of an operator.
    """

    left: int
    blocks: dict[str, Node] = field(default_factory=dict)
    signatures: dict[str, list[Parameter]] = field(default_factory=dict)
    inputs: dict[str, list[Shape]] = field(default_factory=dict)
    defaults: dict[str, Node] = field(default_factory=dict)
    depth: int = 0
    letters: int = 0

    def new_block(self) -> str:
        """A name for another block."""
        self.letters += 1
        return f"Part{chr(ord('A') + self.letters - 1)}"


@dataclass
class Scope:
    """The class that is being drawn: a block, or the network itself."""

    library: Library
    inputs: dict[str, Shape]
    inside: bool
    parameters: list[Parameter] = field(default_factory=list)
    known: dict[str, Known] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def fresh(self, prefix: str) -> str:
        """A name that nothing else in this class has."""
        self.counts[prefix] += 1
        return f"{prefix}{self.counts[prefix]}"

    @property
    def integers(self) -> dict[str, int]:
        """Expressions that are worth an integer, and what."""
        found: dict[str, int] = {}
        if self.inside:
            first, *others = self.inputs.items()
            found["in_channels"] = first[1].channels
            found |= {f"{name}_channels": shape.channels for name, shape in others}
        for each in self.parameters:
            found |= each.integers
        return found

    def visible(self, within: str) -> dict[str, Known]:
        """What a layer of a chain may name, as the language looks names up."""
        names = [*self.known, *self.inputs]
        return {name: self._find(within, name) for name in names}

    def _find(self, within: str, name: str) -> Known:
        scope = within
        while True:
            key = f"{scope}.{name}" if scope else name
            if key in self.known:
                return self.known[key]
            if not scope:
                return Known(self.inputs[name])
            scope = scope.rpartition(".")[0]

    def forget(self, before: Mapping[str, Known]) -> None:
        """Take back all names but those known before."""
        self.known = {key: each for key, each in self.known.items() if key in before}

    @property
    def declarations(self) -> dict[str, Node]:
        """The section ``params``: what has a default comes last."""
        ordered = sorted(self.parameters, key=lambda each: each.default is not REQUIRED)
        return {each.name: each.declared for each in ordered}
