"""Which blocks and stages of two networks correspond: those with most layers in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from archspec.analysis.diff import Difference, LayerDiff
from archspec.model.graph import Graph, Node


@dataclass(frozen=True, slots=True)
class Place:
    """Where a difference is reported: in a pair of blocks, or else of stages.

    Paths are None on a side that has nothing of the kind; ``whole`` says that all of a block or
    stage is new or gone.
    """

    before: str | None
    after: str | None
    blocks: bool = False
    whole: bool = False


class Units:
    """The parts that correspond, from the layers that do."""

    def __init__(self, difference: Difference) -> None:
        both = [each for each in difference.layers if each.before and each.after]
        self._graphs = difference.before.graph, difference.after.graph
        blocks: Counter[tuple[str, str]] = Counter()
        stages: Counter[tuple[str, str]] = Counter()
        for each in both:
            if each.before and each.after:
                blocks[self.unit(each.before, 0), self.unit(each.after, 1)] += 1
                stages[stage_of(each.before), stage_of(each.after)] += 1
        self._taken = _sums(blocks, 0), _sums(blocks, 1)
        self._stages_taken = _sums(stages, 0), _sums(stages, 1)
        self._partners = self._dominant(blocks)
        self._stage_partners = _most_common(stages, 0), _most_common(stages, 1)

    def unit(self, node: Node, side: int) -> str:
        """The outermost block that a layer is in; else its stage."""
        path = ".".join(node.groups[0])
        return path if len(node.groups) > 1 else stage_of(node)

    def place(self, layer: LayerDiff) -> Place:
        """Where to report a layer."""
        one, other = layer.before, layer.after
        if one is not None and other is not None:
            units = self.unit(one, 0), self.unit(other, 1)
            if units in self._partners:
                return Place(*units, blocks=True)
            return Place(stage_of(one), stage_of(other))
        side, node = (0, one) if one is not None else (1, other)
        assert node is not None
        return self._alone(node, side)

    def _alone(self, node: Node, side: int) -> Place:
        """Of a layer that is on one side only."""
        unit, stage = self.unit(node, side), stage_of(node)
        if not self._stages_taken[side][stage]:
            return _sided(stage, None, side, whole=True)
        for pair in self._partners:
            if pair[side] == unit:
                return Place(*pair, blocks=True)
        if unit != stage and not self._taken[side][unit]:
            return _sided(unit, None, side, blocks=True, whole=True)
        return self.stages(stage, side)

    def stages(self, stage: str, side: int) -> Place:
        """A stage with the one on the other side that most of its layers correspond to."""
        return _sided(stage, self._stage_partners[side].get(stage), side)

    def block(self, path: str | None, side: int) -> str | None:
        """The block that an instance is of; None for a stage."""
        return self._graphs[side].blocks.get(path) if path else None

    def _dominant(self, counts: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
        """Pairs of blocks in which more than half of the layers of each correspond."""
        return {
            pair: count
            for pair, count in counts.items()
            if all(path in graph.blocks for path, graph in zip(pair, self._graphs, strict=True))
            and all(2 * count > taken[path] for path, taken in zip(pair, self._taken, strict=True))
        }


def stage_of(node: Node) -> str:
    """The stage (or head of an output) that a layer is in."""
    return node.groups[0][0]


def _sided(
    path: str, other: str | None, side: int, blocks: bool = False, whole: bool = False
) -> Place:
    before, after = (path, other) if side == 0 else (other, path)
    return Place(before, after, blocks, whole)


def _sums(counts: Mapping[tuple[str, str], int], side: int) -> Counter[str]:
    sums: Counter[str] = Counter()
    for pair, count in counts.items():
        sums[pair[side]] += count
    return sums


def _most_common(counts: Counter[tuple[str, str]], side: int) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair, _ in counts.most_common():
        found.setdefault(pair[side], pair[1 - side])
    return found


def nodes_of(graph: Graph, path: str) -> list[Node]:
    """The layers in a stage or block."""
    return [each for each in graph.nodes if each.path.startswith(f"{path}.")]
