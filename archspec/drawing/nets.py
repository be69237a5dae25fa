"""Which links share a bus between two rows, on which level it runs, and where links arrive.

Two values should not run along the same stretch, or a reader could not tell them apart. Only
where many values change places between two rows, as in a dense mesh, may that still happen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from archspec.drawing.arrange import Link
from archspec.drawing.scene import Rect

# A line that would bend less than this goes straight; two that are nearer are taken for one.
_TINY = 24.0
_NEAR = 4.0
_STEP = 14.0


@dataclass(slots=True)
class Net:
    """Links that share a bus: those of one value, or those that come together in one box.

    Args:
        links: the links.
        starts, ends: for each, at which ``x`` it begins and arrives.
        level: how far up its bus runs, counted from the lower row.
    """

    links: list[Link]
    starts: list[float]
    ends: list[float]
    level: int = 0

    @property
    def values(self) -> set[str]:
        """What the bus carries."""
        return {link.value for link in self.links}

    @property
    def low(self) -> float:
        """Where the bus begins."""
        return min(*self.starts, *self.ends)

    @property
    def high(self) -> float:
        """Where the bus ends."""
        return max(*self.starts, *self.ends)

    @property
    def bent(self) -> bool:
        """Whether any of the links runs along the bus."""
        return self.high - self.low > 0.5

    @property
    def said(self) -> bool:
        """Whether a shape is written beside it."""
        return any(link.said for link in self.links)

    def parts(self) -> Iterator[tuple[Link, float, float]]:
        """Each link with where it begins and where it arrives."""
        return zip(self.links, self.starts, self.ends, strict=True)


def middle(rect: Rect) -> float:
    """Where lines leave a box, and arrive where only one does."""
    return rect.x + rect.width / 2


def nets(links: Sequence[Link], before: Mapping[str, Rect], after: Mapping[str, Rect]) -> list[Net]:
    """The links between two rows by bus, those that would run into each other on other levels.

    Args:
        links: from the one row to the other.
        before: where the links begin.
        after: where they end, with the right ``x``.
    """
    found = []
    for group in _shared(links):
        starts = [middle(before[link.start]) for link in group]
        if _all_straight(starts, after[group[0].end]) and len({x.end for x in group}) == 1:
            straight = zip(group, starts, strict=True)
            found += [Net([link], [start], [start]) for link, start in straight]
        else:
            found.append(Net(group, starts, []))
    for place, net in enumerate(found):
        if net.ends:
            continue
        others = [x for i, each in enumerate(found) if i != place for x in each.starts]
        net.ends = [
            _arrival(link, start, after[link.end], net, found, others)
            for link, start in zip(net.links, net.starts, strict=True)
        ]
    _set_levels([net for net in found if net.bent])
    return found


def _shared(links: Sequence[Link]) -> list[list[Link]]:
    """Links that share a bus.

    What comes together in one place shares one; what also goes elsewhere must not, as it would
    seem to carry the other values there.
    """
    by_start: dict[str, list[Link]] = {}
    for link in links:
        by_start.setdefault(link.start, []).append(link)
    groups: dict[tuple[str, str], list[Link]] = {}
    for start, several in by_start.items():
        key = ("to", several[0].end) if len(several) == 1 else ("from", start)
        groups.setdefault(key, []).extend(several)
    return list(groups.values())


def _all_straight(starts: Sequence[float], rect: Rect) -> bool:
    """Whether several lines can each go straight down into a box, beside each other."""
    ordered = sorted(starts)
    return (
        len(starts) > 1
        and rect.x + 8 <= ordered[0]
        and ordered[-1] <= rect.right - 8
        and all(after - before >= 2 * _NEAR for before, after in pairwise(ordered))
    )


def _arrival(
    link: Link, start: float, rect: Rect, net: Net, found: Sequence[Net], others: Sequence[float]
) -> float:
    """Where a link arrives: in the middle, beside those of other nets, straight if it can."""
    rivals = [each for each in found if any(other.end == link.end for other in each.links)]
    if rect.width == 0:
        return rect.x
    centre = middle(rect)
    if len(rivals) > 1:
        rivals.sort(key=lambda each: sum(each.starts) / len(each.starts))
        step = min(_STEP, (rect.width - 12) / len(rivals))
        centre += (rivals.index(net) - (len(rivals) - 1) / 2) * step
    elif len(set(net.starts)) == 1 and abs(centre - start) <= min(_TINY, rect.width / 2 - 8):
        return start
    for shift in (0.0, 7.0, -7.0):
        if all(abs(centre + shift - other) >= _NEAR for other in others):
            return centre + shift
    return centre


def _set_levels(bent: Sequence[Net]) -> None:
    """Give each bus a level on which it meets no other.

    Where one net begins above the place at which another arrives, its bus runs above the other's.
    """
    waiting = sorted(bent, key=lambda each: each.low)
    placed: list[Net] = []
    while waiting:
        free = [
            net
            for net in waiting
            if not any(_above(net, other) for other in waiting if other is not net)
        ]
        net = (free or waiting)[0]
        waiting.remove(net)
        least = max((each.level + 1 for each in placed if _above(net, each)), default=0)
        taken = {
            each.level
            for each in placed
            if each.low <= net.high + _NEAR and net.low <= each.high + _NEAR
        }
        net.level = next(
            level for level in range(least, least + len(taken) + 1) if level not in taken
        )
        placed.append(net)


def _above(net: Net, other: Net) -> bool:
    """Whether a net begins where another one arrives."""
    return any(abs(start - end) < _NEAR for start in net.starts for end in other.ends)
