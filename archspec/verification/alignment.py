"""Which line of a generated file a line of an edited one stands for."""

from __future__ import annotations

from difflib import SequenceMatcher


class Alignment:
    """Matches the lines of two versions of a file: equal ones, and in between the most alike.

    Line numbers count from 1. A line that was added stands for none, and for one that was taken
    out none stands.
    """

    def __init__(self, edited: str, generated: str) -> None:
        ours, theirs = edited.splitlines(), generated.splitlines()
        self.to_generated: dict[int, int] = {}
        matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
        for tag, first, last, there, end in matcher.get_opcodes():
            if tag == "equal":
                pairs = list(zip(range(first, last), range(there, end), strict=True))
            elif tag == "replace":
                pairs = _alike(ours[first:last], theirs[there:end])
                pairs = [(first + ours_at, there + theirs_at) for ours_at, theirs_at in pairs]
            else:
                continue
            self.to_generated.update({mine + 1: its + 1 for mine, its in pairs})
        self.to_edited = {its: mine for mine, its in self.to_generated.items()}


def _alike(ours: list[str], theirs: list[str]) -> list[tuple[int, int]]:
    """Pairs of lines in order, such that together they are as alike as can be."""
    if len(ours) == len(theirs):
        return [(place, place) for place in range(len(ours))]
    if len(ours) * len(theirs) > 10_000:
        return [(place, place) for place in range(min(len(ours), len(theirs)))]
    scores = [[_likeness(mine, its) for its in theirs] for mine in ours]
    # best[i][j]: the likeness of the best pairs of ours[i:] and theirs[j:].
    best = [[0.0] * (len(theirs) + 1) for _ in range(len(ours) + 1)]
    for i in reversed(range(len(ours))):
        for j in reversed(range(len(theirs))):
            best[i][j] = max(scores[i][j] + best[i + 1][j + 1], best[i + 1][j], best[i][j + 1])
    pairs = []
    i = j = 0
    while i < len(ours) and j < len(theirs):
        if best[i][j] == scores[i][j] + best[i + 1][j + 1] and scores[i][j] > 0:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _likeness(mine: str, its: str) -> float:
    if not mine.strip() or not its.strip():
        return 0.0
    ratio = SequenceMatcher(None, mine.strip(), its.strip(), autojunk=False).ratio()
    return ratio if ratio > 0.5 else 0.0
