"""What is known of one level of a picture before it is laid out: its order, and what passes by."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from archspec.drawing.picture import Box, Frame, Part


@dataclass(frozen=True, slots=True)
class Level:
    """The parts of a picture or of a frame.

    Args:
        parts: in the order of computation, so that every value is made before it is taken.
        takes, results: the values that come in from outside, and those that go out.
    """

    parts: Sequence[Part]
    takes: Collection[str] = ()
    results: Collection[str] = ()

    def ranks(self) -> list[int]:
        """For each part the length of the longest way to it."""
        rank = dict.fromkeys(self.takes, 0)
        found = []
        for part in self.parts:
            found.append(1 + max((rank[value] for value in part.takes), default=-1))
            rank.update(dict.fromkeys(part.results, found[-1]))
        return found

    def passing(self) -> int:
        """How many ranks values pass by on their way, which says how long a layout takes."""
        ends, makers, ranks = self._ends(), self._makers(), self.ranks()
        starts = {value: ranks[makers[value]] if value in makers else -1 for value in ends}
        return sum(max(0, end - starts[v] - 1) for v, several in ends.items() for end in several)

    def main(self) -> list[bool]:
        """For each part whether it is on the longest way through, and not on a side branch."""
        ranks = self.ranks()
        ways = [0] * len(self.parts)
        takers = self._takers()
        for place in reversed(range(len(self.parts))):
            ways[place] = max((1 + ways[each] for each in takers[place]), default=0)
        longest = max((r + w for r, w in zip(ranks, ways, strict=True)), default=0)
        return [r + w == longest for r, w in zip(ranks, ways, strict=True)]

    def is_plain(self) -> bool:
        """Whether it is a sequence of boxes, each of which takes what the one before it gives."""
        before = tuple(self.takes)
        for part in self.parts:
            if not isinstance(part, Box) or part.takes != before or len(part.takes) != 1:
                return False
            before = part.results
        return before == tuple(self.results) and bool(self.parts)

    def has_bypass(self) -> bool:
        """Whether a value passes by what others make of it, as the shortcut of a residual block."""
        takers = self._takers()
        end = len(self.parts)
        reached = [0] * end
        after = [{*several} for several in takers]
        for place, part in enumerate(self.parts):
            if any(value in self.results for value in part.results):
                after[place].add(end)
        for place in reversed(range(end)):
            reached[place] = self._reached(after[place], reached)
        entered = {i for i, part in enumerate(self.parts) if {*part.takes} & {*self.takes}}
        for several in (entered, *after):
            beyond = 0
            for each in several:
                beyond |= reached[each] if each < end else 0
            if any(beyond >> each & 1 for each in several):
                return True
        return False

    @staticmethod
    def _reached(after: Collection[int], reached: Sequence[int]) -> int:
        found = 0
        for each in after:
            found |= 1 << each | (reached[each] if each < len(reached) else 0)
        return found

    def has_ends(self) -> bool:
        """Whether it has more than one end."""
        results = {*self.results}
        takers = self._takers()
        ends = sum(
            not several and not results & {*part.results}
            for part, several in zip(self.parts, takers, strict=True)
        )
        return ends + bool(results) > 1

    def mixed(self) -> set[str]:
        """The boxes at which a line that joins another would seem to go on where that one goes.

        That is where one of several values goes on to something beside the box or below it; or
        goes elsewhere before, and two come from further up, so that they may join there.
        """
        ends, makers, ranks = self._ends(), self._makers(), self.ranks()
        found = set()
        for part, rank in zip(self.parts, ranks, strict=True):
            starts = {v: ranks[makers[v]] if v in makers else -1 for v in part.takes}
            far = [value for value, start in starts.items() if start < rank - 1]
            before = len(far) > 1 and any(len(ends[value]) > 1 for value in far)
            after = any(sum(end >= rank for end in ends[value]) > 1 for value in part.takes)
            if len(part.takes) > 1 and (before or after):
                found.add(part.path)
        return found

    def is_neat(self) -> bool:
        """Whether there is one fork or one junction at most between any two ranks."""
        forks = [rank for ends in self._ends().values() if len(ends) > 1 for rank in {*ends}]
        joining = zip(self.parts, self.ranks(), strict=True)
        rows = forks + [rank for part, rank in joining if len(part.takes) > 1]
        frames = [part for part in self.parts if isinstance(part, Frame)]
        return len(rows) == len(set(rows)) and all(
            len(frame.takes) < 2 and len(frame.results) < 2 for frame in frames
        )

    def _ends(self) -> dict[str, list[int]]:
        """For each value the ranks of all that it goes to."""
        found: dict[str, list[int]] = {}
        for part, rank in zip(self.parts, self.ranks(), strict=True):
            for value in part.takes:
                found.setdefault(value, []).append(rank)
        below = 1 + max(self.ranks(), default=0)
        for value in self.results:
            found.setdefault(value, []).append(below)
        return found

    def _makers(self) -> dict[str, int]:
        return {v: place for place, part in enumerate(self.parts) for v in part.results}

    def _takers(self) -> list[list[int]]:
        makers = self._makers()
        found: list[list[int]] = [[] for _ in self.parts]
        for place, part in enumerate(self.parts):
            for value in part.takes:
                if value in makers and place not in found[makers[value]]:
                    found[makers[value]].append(place)
        return found


def level_of(frame: Frame) -> Level:
    """What is in a frame."""
    return Level(frame.parts, frame.takes, frame.results)
