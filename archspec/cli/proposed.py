"""A proposal of rules, on the screen."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from archspec.cli.screen import plain, styled

if TYPE_CHECKING:
    from archspec.weights.proposal import Doubt, Proposal

# Of a long list so many are shown; `--json` has all.
MOST_SHOWN = 20


def show(proposal: Proposal, network: str, written: str | None) -> None:
    """Print the rules, how far they reach, and where they may be wrong."""
    out = sys.stdout
    if written is None:
        print(plain(proposal.text), end="\n")
    total = len(proposal.assigned) + len(proposal.missing)
    where = f", written to {plain(written)}" if written else ""
    count = f"{len(proposal.assigned)} of {total} tensors have their place"
    print(styled(f"{network}: {count}{where}", "bold", out))
    if proposal.ignored:
        ignored = len(proposal.ignored)
        what = "that are no weights" if ignored > 1 else "that is no weight"
        print(f"ignored: {_several(ignored, 'tensor')} {what}")
    for note in proposal.notes:
        print(f"note: {plain(note)}")
    _list("nothing was found for", proposal.missing)
    _list("no place was found for", proposal.unused)
    _doubts(proposal.doubts)


def _doubts(doubts: Sequence[Doubt]) -> None:
    """A table of the places where tensors of one shape could be swapped."""
    if not doubts:
        print("no two tensors of one shape could be swapped")
        return
    # Those that only the order decided come first.
    ranked = sorted(doubts, key=lambda each: each.by != "order")
    title = f"{_several(len(doubts), 'place')} where tensors of one shape could be swapped:"
    print(f"\n{styled(title, 'bold', sys.stdout)}")
    rows = list(_rows(ranked[:MOST_SHOWN]))
    rows.insert(0, ("paired by", "in the checkpoint", "in the network"))
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for number, row in enumerate(rows):
        line = f"  {row[0]:{widths[0]}}  {row[1]:{widths[1]}}  {row[2]}"
        print(styled(line, "dim", sys.stdout) if not number else line)
    if len(ranked) > MOST_SHOWN:
        print(f"  and {len(ranked) - MOST_SHOWN} more: see --json")


def _rows(doubts: Sequence[Doubt]) -> Iterator[tuple[str, str, str]]:
    for doubt in doubts:
        for number, (theirs, ours) in enumerate(doubt.tensors):
            yield (doubt.by if not number else "", _cut(theirs), _cut(ours))


def _list(title: str, names: Sequence[str]) -> None:
    if not names:
        return
    print(f"{styled(title, 'red', sys.stdout)} {_several(len(names), 'tensor')}:")
    for name in names[:MOST_SHOWN]:
        print(f"  {_cut(name)}")
    if len(names) > MOST_SHOWN:
        print(f"  and {len(names) - MOST_SHOWN} more: see --json")


def _cut(name: str) -> str:
    shown = plain(name).replace("\n", " ")
    return shown if len(shown) <= 100 else shown[:99] + "…"


def _several(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
