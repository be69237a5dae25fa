"""Many names in few patterns: ``layer1.0.conv1`` and its like as ``layer{i}.{j}.conv1``."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Names = tuple[str, str]
Numbers = tuple[int, ...]
# A canonical number: that in a place of the foreign name plus an offset, or itself.
Link = tuple[int, int] | int

VARIABLES = "ijklmn"
# Names of one template up to which patterns are looked for.
MOST_FOLDED = 2000


@dataclass(frozen=True, slots=True)
class Folded:
    """Patterns that rename names.

    Args:
        rules: patterns of both sides.
        table: what ``{block}`` stands for, by its number; empty if it is not used.
    """

    rules: tuple[Names, ...]
    table: tuple[str, ...] = ()

    @property
    def lines(self) -> int:
        """How long it is."""
        return len(self.rules) + len(self.table)


def fold(pairs: Sequence[Names], others: Iterable[str] = ()) -> Folded:
    """The fewest patterns that rename foreign names to own ones, and no others.

    Args:
        pairs: a foreign and an own name each.
        others: foreign names that no pattern may match.
    """
    plain = Folded(tuple(_by_numbers(pairs, others)))
    table = _by_table(pairs, others)
    return table if table is not None and table.lines < plain.lines else plain


def escaped(text: str) -> str:
    """A text that stands for itself in a pattern."""
    return re.sub(r"([\\*{}])", r"\\\1", text)


def _by_numbers(pairs: Sequence[Names], others: Iterable[str]) -> list[Names]:
    grouped: dict[tuple[str, str], list[tuple[int, Numbers, Numbers]]] = defaultdict(list)
    taken: dict[str, set[Numbers]] = defaultdict(set)
    for place, (foreign, own) in enumerate(pairs):
        theirs, ours = _numbers(foreign), _numbers(own)
        grouped[_template(foreign), _template(own)].append((place, theirs, ours))
        taken[_template(foreign)].add(theirs)
    for name in others:
        taken[_template(name)].add(_numbers(name))
    found: list[tuple[int, Names]] = []
    for (foreign, own), members in grouped.items():
        members.sort(key=lambda each: each[1])
        # With leading zeros a number is not what it is counted as; and some are too many.
        plain = all(
            pairs[m] == (_filled(foreign, theirs), _filled(own, ours))
            for m, theirs, ours in members
        )
        if not plain or len(members) > MOST_FOLDED or len(members[0][1]) > len(VARIABLES):
            found += [(m, (escaped(pairs[m][0]), escaped(pairs[m][1]))) for m, _, _ in members]
            continue
        start = 0
        while start < len(members):
            end, rule = _longest(members, start, foreign, own, taken[foreign])
            found.append((members[start][0], rule))
            start = end
    return [rule for _, rule in sorted(found)]


def _longest(
    members: Sequence[tuple[int, Numbers, Numbers]],
    start: int,
    foreign: str,
    own: str,
    taken: set[Numbers],
) -> tuple[int, Names]:
    """The end of the longest run that one pattern renames, and that pattern."""
    _, theirs, ours = members[start]
    links: list[set[Link]] = [
        {number, *((place, number - each) for place, each in enumerate(theirs))} for number in ours
    ]
    best = start + 1, _rule(foreign, own, [{each} for each in theirs], links, taken)
    ranges = [{each} for each in theirs]
    for end in range(start + 1, len(members)):
        _, theirs, ours = members[end]
        links = [
            {
                link
                for link in each
                if number == (link if isinstance(link, int) else theirs[link[0]] + link[1])
            }
            for each, number in zip(links, ours, strict=True)
        ]
        if not all(links):
            break
        for values, number in zip(ranges, theirs, strict=True):
            values.add(number)
        inside = sum(
            all(min(v) <= n <= max(v) for v, n in zip(ranges, each, strict=True)) for each in taken
        )
        if inside == end + 1 - start:
            best = end + 1, _rule(foreign, own, ranges, links, taken)
    return best


def _rule(
    foreign: str,
    own: str,
    ranges: Sequence[set[int]],
    links: Sequence[set[Link]],
    taken: set[Numbers],
) -> Names:
    variables: dict[int, str] = {}
    theirs = []
    for place, values in enumerate(ranges):
        if len(values) == 1:
            theirs.append(str(next(iter(values))))
            continue
        variables[place] = name = VARIABLES[len(variables)]
        every = {each[place] for each in taken}
        limits = "" if values == every else f"={min(values)}..{max(values)}"
        theirs.append(f"{{{name}{limits}}}")
    ours = []
    for each in links:
        # A number that stays is written out; else the place nearest in value says most.
        constant = [link for link in each if isinstance(link, int)]
        varying = [link for link in each if not isinstance(link, int) and link[0] in variables]
        if constant:
            ours.append(str(constant[0]))
        else:
            place, offset = min(varying, key=lambda link: (abs(link[1]), link))
            ours.append(f"{{{variables[place]}{f'{offset:+d}' if offset else ''}}}")
    return _filled(escaped(foreign), theirs), _filled(escaped(own), ours)


def _by_table(pairs: Sequence[Names], others: Iterable[str]) -> Folded | None:
    """Rules with ``{block}`` in the place of the first number of names like ``blocks.3.conv``."""
    inside: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for foreign, own in pairs:
        found = re.match(r"([^0-9]*)(0|[1-9][0-9]*)(?=[./])(.*)", foreign, re.DOTALL)
        if found:
            inside[found[1]].append((found[2], found[3], own))
    if not inside:
        return None
    head = max(inside, key=lambda each: len(inside[each]))
    blocks = sorted({int(number) for number, _, _ in inside[head]})
    if len(blocks) < 2 or blocks != list(range(len(blocks))):
        return None
    table = _prefixes(inside[head], len(blocks))
    if table is None:
        return None
    suffixes = {rest: own[len(table[int(n)]) :] for n, rest, own in inside[head]}
    taken = {head + number + rest for number, rest, _ in inside[head]}
    if any(name.startswith(head) and name[len(head) :][:1].isdigit() for name in others):
        return None
    rules = [
        (f"{escaped(head)}{{block}}{escaped(rest)}", f"{{block}}{escaped(suffix)}")
        for rest, suffix in suffixes.items()
    ]
    others = [*others, *taken]
    first = next(place for place, (foreign, _) in enumerate(pairs) if foreign in taken)
    before = [each for each in pairs[:first] if each[0] not in taken]
    after = [each for each in pairs[first:] if each[0] not in taken]
    outer = (_by_numbers(before, others), _by_numbers(after, others))
    return Folded((*outer[0], *rules, *outer[1]), table)


def _prefixes(members: Sequence[tuple[str, str, str]], blocks: int) -> tuple[str, ...] | None:
    """For each block what its own names begin with, such that what follows is the same for all."""
    own: dict[int, list[list[str]]] = defaultdict(list)
    for number, _, name in members:
        own[int(number)].append(name.split("."))
    common = {number: _common(paths) for number, paths in own.items()}
    shortest = min(map(len, common.values()))
    # Each as deep as it goes but for some last parts, or all equally deep.
    ends = [{n: len(parts) - cut for n, parts in common.items()} for cut in range(shortest)]
    ends += [dict.fromkeys(common, depth) for depth in range(shortest, 0, -1)]
    for end in ends:
        table = {n: ".".join(parts[: end[n]]) for n, parts in common.items()}
        suffixes: dict[str, set[str]] = defaultdict(set)
        for number, rest, name in members:
            suffixes[rest].add(name[len(table[int(number)]) :])
        if all(len(each) == 1 for each in suffixes.values()):
            return tuple(table[number] for number in range(blocks))
    return None


def _common(paths: Sequence[Sequence[str]]) -> list[str]:
    # The last part is a layer's own.
    shortest = [path[:-1] for path in paths]
    count = 0
    for parts in zip(*shortest, strict=False):
        if len(set(parts)) > 1:
            break
        count += 1
    return list(shortest[0][:count])


def _template(name: str) -> str:
    """A name with a mark (that no text has) in the place of each number."""
    return re.sub(r"[0-9]{1,6}", "\0", name)


def _numbers(name: str) -> Numbers:
    return tuple(map(int, re.findall(r"[0-9]{1,6}", name)))


def _filled(template: str, numbers: Iterable[object]) -> str:
    parts = iter(map(str, numbers))
    return re.sub("\0", lambda _: next(parts, ""), template)
