"""Rules: which tensor of a foreign checkpoint is which tensor of a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from archspec.errors import Location
from archspec.weights.patterns import Pattern

# What grouped convolutions with a group for each channel are called among the layouts.
DEPTHWISE = "depthwise"

Kind = Literal["rename", "split", "join"]


@dataclass(frozen=True, slots=True)
class Change:
    """What is done to the numbers of a foreign tensor, in this order.

    Args:
        reverse: the letters of axes along which they run backwards.
        layout: the letters of the foreign axes in their order; empty for that of the layer's kind.
        flattened: sizes of the axes, channels last, that the inputs of a dense layer once were.
        squeeze: whether axes of length 1 come and go.
    """

    reverse: str = ""
    layout: str = ""
    flattened: tuple[int, ...] = ()
    squeeze: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Args:
        kind: ``rename`` (one to one), ``split`` (one to several) or ``join`` (several to one).
        sources, targets: names in the checkpoint and in the network.
        where: its place in the file.
        change: what is done to the numbers.
        axis: along which is split or joined.
        stack: whether what is joined gets an axis of its own.
    """

    kind: Kind
    sources: tuple[Pattern, ...]
    targets: tuple[Pattern, ...]
    where: Location
    change: Change = field(default_factory=Change)
    axis: int = 0
    stack: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """What a file of rules says.

    Args:
        file: what to call it.
        rules: in the order of the file.
        ignore: what of the checkpoint takes no part.
        layouts: by kind of layer, the order of the axes of its foreign kernels.
        order: whether what no rule names goes by its order.
    """

    file: str
    rules: tuple[Rule, ...] = ()
    ignore: tuple[Pattern, ...] = ()
    layouts: Mapping[str, str] = field(default_factory=dict)
    order: bool = False
