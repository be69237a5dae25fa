"""What is in a picture: boxes, frames around them, and which values go from one to another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A layer, several in sequence that papers draw as one, or a block that is folded.

    Args:
        path: the path of the (first) layer or of the block; unique.
        kind: the family it is coloured as; see :mod:`archspec.drawing.palette`.
        title: its first line.
        details: further lines, smaller.
        takes: the values that go in, by the path of the layer (or input) that gives them.
        gives: the value that comes out; None for an output of the network.
        facts: what a reader finds when pointing at it, as names and values.
        times: how many of these stand one after the other.
        parameters, multiply_adds: of all of them, for one example.
        whole: whether it is a block, so that nothing that follows may be drawn into it.
        inside: for a block that is folded, what the boxes in it say.
    """

    path: str
    kind: str
    title: str
    details: tuple[str, ...]
    takes: tuple[str, ...]
    gives: str | None
    facts: tuple[tuple[str, str], ...] = ()
    times: int = 1
    parameters: int = 0
    multiply_adds: int = 0
    whole: bool = False
    inside: tuple[tuple[str, ...], ...] = ()

    @property
    def results(self) -> tuple[str, ...]:
        """What comes out."""
        return () if self.gives is None else (self.gives,)


@dataclass(frozen=True, slots=True)
class Frame:
    """A stage, or a block that is unfolded, with what is in it.

    Args:
        path: its path; unique.
        title: a stage's name, a block's class.
        details: the arguments of a block.
        stage: whether it is a stage rather than a block.
        parts: what is in it, in the order of computation.
        takes: the values that go in.
        results: those that come out, in the order in which they are made.
        folded: whether a picture shows it as one box.
        facts, parameters, multiply_adds: as for a box.
    """

    path: str
    title: str
    details: tuple[str, ...]
    stage: bool
    parts: tuple[Part, ...]
    takes: tuple[str, ...]
    results: tuple[str, ...]
    folded: bool
    facts: tuple[tuple[str, str], ...] = ()
    parameters: int = 0
    multiply_adds: int = 0


Part = Box | Frame


@dataclass(frozen=True, slots=True)
class Picture:
    """The whole.

    Args:
        title: what stands above.
        subtitle: smaller, beside it.
        parts: what is in it, inputs first, outputs as boxes that give nothing.
        shapes: the shape of each value, as text.
    """

    title: str
    subtitle: str
    parts: tuple[Part, ...]
    shapes: Mapping[str, str]


def boxes(parts: tuple[Part, ...]) -> Iterator[Box]:
    """Every box, those in frames too."""
    for part in parts:
        if isinstance(part, Box):
            yield part
        else:
            yield from boxes(part.parts)


def frames(parts: tuple[Part, ...]) -> Iterator[Frame]:
    """Every frame, the outer ones first."""
    for part in parts:
        if isinstance(part, Frame):
            yield part
            yield from frames(part.parts)
