"""Which layer of one network corresponds to which of another: an alignment of two sequences.

Layers are taken in the order of computation, whatever stages and blocks they lie in, as these are
called and nested otherwise in each spec. Of all ways to pair them in order, the one whose pairs
are most alike in sum is found by dynamic programming (Needleman and Wunsch 1970, gaps cost
nothing). Only layers of one operator are paired, or of two that do the same office.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archspec.model.graph import Node
from archspec.operators import Operator

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Pair = tuple[Node | None, Node | None]

# Operators that stand for one another: an activation or a pool may be exchanged.
OFFICES = (
    frozenset(
        {"relu", "relu6", "leaky_relu", "elu", "gelu", "silu"}
        | {"hard_swish", "hard_sigmoid", "sigmoid", "tanh"}
    ),
    frozenset({"max_pool", "avg_pool"}),
    frozenset({"global_max_pool", "global_avg_pool"}),
    frozenset({"batch_norm", "layer_norm", "group_norm", "local_response_norm"}),
    frozenset({"add", "mul", "concat"}),
)
# Beyond so many comparisons of kinds of layers, only their operators are compared.
_MOST_COMPARED = 1_000_000
# Beyond so many pairs, what is alike at both ends is not compared with anything else.
_MOST_CELLS = 4_000_000
_SAME_TURN = 0.1


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is compared: layers of one kind are alike in all of it."""

    operator: str
    weight: float
    arguments: tuple[tuple[str, Hashable], ...]
    channels: int
    stage: str
    branches: frozenset[str]


def declared(node: Node) -> Operator:
    """The operator with what was asked for, not with pads that followed from the size."""
    return node.settled or node.operator


def arguments_of(node: Node) -> dict[str, Any]:
    """The arguments that a spec gives, by name; those that follow from sizes left out."""
    operator = declared(node)
    return {name: getattr(operator, name) for name in operator.arguments()}


def align(first: Sequence[Node], second: Sequence[Node]) -> list[Pair]:
    """Pairs in the order of both; a layer without a partner stands alone."""
    import numpy as np

    ones, others = [_kind(each) for each in first], [_kind(each) for each in second]
    if len(set(ones)) * len(set(others)) > _MOST_COMPARED:
        ones, others = [_coarse(each) for each in ones], [_coarse(each) for each in others]
    start = end = 0
    if len(ones) * len(others) > _MOST_CELLS:
        # Nearly always as good, and in time.
        start = _common(ones, others)
        end = _common(ones[start:][::-1], others[start:][::-1])
    middle = slice(start, len(ones) - end), slice(start, len(others) - end)
    turns = [_turns(nodes)[part] for nodes, part in zip((first, second), middle, strict=True)]
    steps = _steps(ones[middle[0]], others[middle[1]], turns, np)
    pairs: list[Pair] = list(zip(first[:start], second[:start], strict=True))
    left, right = start, start
    for step in steps:
        pairs.append(
            (
                first[left] if step != "added" else None,
                second[right] if step != "removed" else None,
            )
        )
        left += step != "added"
        right += step != "removed"
    pairs += zip(first[left:], second[right:], strict=True)
    return pairs


def _kind(node: Node) -> _Kind:
    operator = type(node.operator).name()
    weight = 4.0 if node.tensors and type(node.operator).has_kernel() else 2.0
    if any(operator in office for office in OFFICES[:1]) or operator == "dropout":
        weight = 1.0
    arguments = tuple(sorted(arguments_of(node).items()))
    # What lies between the stage and the layer, but for the names of blocks and repetitions.
    branches = frozenset(part for group in node.groups[1:] for part in group[:-1])
    return _Kind(operator, weight, arguments, node.shape.channels, node.groups[0][0], branches)


def _coarse(kind: _Kind) -> _Kind:
    return _Kind(kind.operator, kind.weight, (), 0, "", frozenset())


def _common(ones: Sequence[_Kind], others: Sequence[_Kind]) -> int:
    """How many at the beginning are alike."""
    count = 0
    for one, other in zip(ones, others, strict=False):
        if one != other:
            break
        count += 1
    return count


def likeness(one: _Kind, other: _Kind) -> float:
    """How well two layers would pair; 0 if they must not."""
    if one.operator != other.operator:
        office = any({one.operator, other.operator} <= each for each in OFFICES)
        return 0.5 * min(one.weight, other.weight) if office else 0.0
    given, others = dict(one.arguments), dict(other.arguments)
    alike = sum(value == others.get(name) for name, value in given.items()) / max(len(given), 1)
    more = 0.5 * (one.channels == other.channels) + 0.25 * (one.stage == other.stage)
    inside = len(one.branches & other.branches) / max(len(one.branches | other.branches), 1)
    return one.weight * (1 + alike + more + 0.5 * inside)


def _turns(nodes: Sequence[Node]) -> list[int]:
    """For each layer, which block of its stage it is in, counted from 1; 0 for none.

    Of alignments that are equally good otherwise, the one that keeps blocks together is taken.
    """
    seen: dict[str, dict[tuple[str, ...], int]] = {}
    turns = []
    for node in nodes:
        blocks = seen.setdefault(node.groups[0][0], {})
        inside = len(node.groups) > 1
        turns.append(blocks.setdefault(node.groups[0], len(blocks) + 1) if inside else 0)
    return turns


def _steps(
    ones: Sequence[_Kind], others: Sequence[_Kind], turns: Sequence[Sequence[int]], np: Any
) -> list[str]:
    """``paired``, ``removed`` or ``added``, from the first to the last."""
    columns = {each: place for place, each in enumerate(dict.fromkeys(others))}
    turn = np.array(turns[1], dtype=np.int64)
    order = np.array([columns[each] for each in others], dtype=np.int64)
    rows: dict[_Kind, npt.NDArray[np.float64]] = {}
    best = np.zeros(len(others) + 1)
    # Whether a cell was reached by pairing, or else by leaving out the one of the row.
    paired = np.zeros((len(ones), len(others)), dtype=bool)
    dropped = np.zeros((len(ones), len(others)), dtype=bool)
    for place, one in enumerate(ones):
        if one not in rows:
            rows[one] = np.array([likeness(one, other) for other in columns])
        scores = rows[one][order] if len(others) else np.zeros(0)
        same = _SAME_TURN * one.weight * ((turn == turns[0][place]) & (turn > 0))
        diagonal = np.where(scores > 0, best[:-1] + scores + same, -1.0)
        following = np.empty_like(best)
        following[0] = 0.0
        following[1:] = np.maximum.accumulate(np.maximum(best[1:], diagonal))
        paired[place] = diagonal >= following[1:]
        dropped[place] = best[1:] >= following[1:]
        best = following
    return _way_back(paired, dropped)


def _way_back(paired: Any, dropped: Any) -> list[str]:
    row, column = paired.shape
    steps: list[str] = []
    while row or column:
        if row and column and paired[row - 1, column - 1]:
            steps.append("paired")
            row, column = row - 1, column - 1
        elif row and (not column or dropped[row - 1, column - 1]):
            steps.append("removed")
            row -= 1
        else:
            steps.append("added")
            column -= 1
    return steps[::-1]
