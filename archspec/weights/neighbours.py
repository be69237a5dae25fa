"""Layers of one shape told apart by what stands near them in the names of each side.

``layer2.0.bn1`` is near ``layer2.0.conv1``, of which there may be one only: so it is near the
layer that is that one in the network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

# Layers of one shape, and known pairs, up to which nearness is worked out.
MOST_ALIKE = 64
MOST_KNOWN = 200

Indices = tuple[int, int]


def by_neighbours(
    foreign: Sequence[str],
    own: Sequence[str],
    known: Sequence[Indices],
    open_: Sequence[tuple[list[int], list[int]]],
) -> Iterator[Indices]:
    """Pairs of layers for groups of one shape, the smallest groups first.

    Args:
        foreign, own: names.
        known: pairs of which there is no doubt, as places in the two.
        open_: for each shape the places on both sides, as many here as there, in order.
    """
    theirs, ours = [_parts(each) for each in foreign], [_parts(each) for each in own]
    found = list(known)
    for one, other in sorted(open_, key=lambda group: len(group[0])):
        if len(one) > MOST_ALIKE or not found:
            pairs = list(zip(one, other, strict=True))
        else:
            sample = found[:: max(1, len(found) // MOST_KNOWN)]
            pairs = _nearest(theirs, ours, sample, (one, other))
        found += pairs
        yield from pairs


def _nearest(
    theirs: Sequence[Sequence[str]],
    ours: Sequence[Sequence[str]],
    known: Sequence[Indices],
    group: tuple[list[int], list[int]],
) -> list[Indices]:
    """The pairs whose nearness to known layers differs least, taken greedily.

    Where several are equally good, words that both names have decide, and then the order.
    """
    far = {}
    near_theirs = _nearness(theirs, group[0], [x for x, _ in known])
    near_ours = _nearness(ours, group[1], [y for _, y in known])
    for row, a in enumerate(group[0]):
        for column, b in enumerate(group[1]):
            differences = zip(near_theirs[a], near_ours[b], strict=True)
            apart = sum((x - y) ** 2 for x, y in differences)
            # Numbers say nothing: some count from 0, others from 1.
            words = sum(not each.isdigit() for each in {*theirs[a]} & {*ours[b]})
            far[row, column] = (round(apart, 9), -words, row, column)
    pairs = []
    rows, columns = set(range(len(group[0]))), set(range(len(group[1])))
    for row, column in sorted(far, key=lambda each: far[each]):
        if row in rows and column in columns:
            pairs.append((row, column))
            rows.discard(row)
            columns.discard(column)
    return [(group[0][row], group[1][column]) for row, column in pairs]


def _nearness(
    names: Sequence[Sequence[str]], group: Sequence[int], known: Sequence[int]
) -> dict[int, list[float]]:
    """How near each of a group is to known layers: less than the others of the group, or more."""
    columns = []
    for place in known:
        near = [_shared(names[each], names[place]) for each in group]
        mean = sum(near) / len(near)
        columns.append([each - mean for each in near])
    return dict(zip(group, map(list, zip(*columns, strict=True)), strict=True))


def _parts(name: str) -> list[str]:
    return re.findall(r"[A-Za-z]+|[0-9]+", name)


def _shared(one: Sequence[str], other: Sequence[str]) -> float:
    """How much of two names is the same from the start, from 0 to 1."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count / max(len(one), len(other), 1)
