"""Rows and columns: how the parts of a picture stand to each other, before any has a size.

A network is mostly series and parallels, and its picture should be, too. Between two parts that
every path runs through, what is not connected stands side by side, each in its own column, with
a lane for a value that only passes by (the shortcut of a residual block). Where nothing of the
kind is found, as in a mesh, parts stand one below the other, with lanes beside them. So every
link goes from one row to the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, pairwise

from archspec.drawing.picture import Box, Frame, Part
from archspec.drawing.regions import columns_of, last_uses, results_of


@dataclass(frozen=True, slots=True)
class Lane:
    """A value that passes by; as a ``port``, where one comes into a frame or leaves it."""

    key: str
    value: str
    port: bool = False


@dataclass(frozen=True, slots=True)
class Beside:
    """Columns side by side."""

    cells: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A value on its way from one row to the next, between boxes and lanes by their keys.

    ``said`` is false where its shape already stands beside it.
    """

    start: str
    end: str
    value: str
    said: bool


@dataclass(frozen=True, slots=True)
class Chain:
    """Rows one after the other; ``links[i]`` go from row ``i`` to the next.

    ``across`` says that they stand from left to right, in a line; ``level`` that they stand below
    each other and all begin at the left.
    """

    rows: tuple[Item, ...]
    links: tuple[tuple[Link, ...], ...]
    across: bool = False
    level: bool = False


@dataclass(frozen=True, slots=True)
class Framed:
    """A frame with what is in it; ``across`` if it is a row from left to right."""

    frame: Frame
    body: Chain
    across: bool = False


Item = Box | Lane | Beside | Chain | Framed
# A row that is longer than this many boxes is broken into several lines.
LONGEST_LINE = 8


def arranged(parts: Sequence[Part], across: bool) -> Chain:
    """The rows and columns of a picture.

    Args:
        parts: what is in it, in the order of computation.
        across: whether each stage that is a plain sequence is a row from left to right.
    """
    arrangement = _Arrangement(across)
    return _linked(arrangement.rows(parts, (), across), level=across)


def is_tabular(chain: Chain) -> bool:
    """Whether a picture that was arranged across is one of rows, and nothing passes them by."""
    framed = [each for each in _items(chain) if isinstance(each, Framed)]
    return (
        bool(framed)
        and all(each.across for each in framed)
        and not any(isinstance(each, Lane) for each in _items(chain))
    )


def _items(item: Item) -> Iterator[Item]:
    yield item
    inner: tuple[Item, ...] = ()
    match item:
        case Beside():
            inner = item.cells
        case Chain():
            inner = item.rows
        case Framed():
            inner = (item.body,)
    for each in inner:
        yield from _items(each)


class _Arrangement:
    def __init__(self, across: bool) -> None:
        self._across = across
        self._count = count()

    def rows(self, parts: Sequence[Part], wanted: Sequence[str], level: bool) -> list[Item]:
        """A row for each part through which every path runs, and one for all between two.

        Args:
            parts: in the order of computation.
            wanted: the values that the last row gives.
            level: whether all of them begin at the left.
        """
        last = last_uses(parts, wanted)
        rows: list[Item] = []
        between: list[Part] = []
        alive = {value for part in parts for value in part.takes}
        alive -= {value for part in parts for value in part.results}
        for place, part in enumerate(parts):
            alive = {value for value in (*alive, *results_of(part)) if last[value] > place}
            if alive <= set(results_of(part)):
                rows += self._between(between, part.takes, level)
                rows.append(self._item(part))
                between = []
            else:
                between.append(part)
        return rows + self._between(between, wanted, level)

    def _between(self, parts: Sequence[Part], wanted: Sequence[str], level: bool) -> list[Item]:
        """What stands side by side, with lanes for values that are wanted after it."""
        if not parts:
            return []
        made = {value for part in parts for value in part.results}
        columns = columns_of(parts)
        if len(columns) == 1 and made.issuperset(wanted):
            # Nothing is beside it, and no path runs through one of them alone.
            return self._mesh(parts, wanted)
        cells: list[tuple[int, int, Item]] = []
        for column in columns:
            gives = {value for part in column for value in part.results}
            given = [value for value in wanted if value in gives]
            rows = self.rows(column, given, level)
            item = rows[0] if len(rows) == 1 else _linked(rows, level=level)
            # Lanes stand beside the columns, and what ends here to the right, the longer first.
            place = wanted.index(given[0]) if given else 2 * len(wanted)
            cells.append((place, -len(column), item))
        for place, value in enumerate(wanted):
            if value not in made:
                cells.append((len(wanted) + place, 0, self._lane(value)))
        cells.sort(key=lambda each: each[:2])
        return [_beside([item for *_, item in cells])]

    def _mesh(self, parts: Sequence[Part], wanted: Sequence[str]) -> list[Item]:
        """One part below the other, beside lanes for all values that pass by."""
        last = last_uses(parts, wanted)
        made = {value for part in parts for value in part.results}
        alive = [v for v in dict.fromkeys(v for part in parts for v in part.takes) if v not in made]
        rows: list[Item] = []
        for place, part in enumerate(parts):
            lanes = [self._lane(value) for value in alive if last[value] > place]
            rows.append(_beside([self._item(part), *lanes]))
            alive = [value for value in (*part.results, *alive) if last[value] > place]
        return rows

    def _lane(self, value: str) -> Lane:
        return Lane(f"lane {next(self._count)}", value)

    def _item(self, part: Part) -> Item:
        if isinstance(part, Box):
            return part
        rows = self.rows(part.parts, part.results, level=False)
        if self._across and part.stage and all(isinstance(row, Box) for row in rows):
            return Framed(part, _lines(rows), across=True)
        if part.takes:
            rows.insert(0, _beside([Lane(f"enter {part.path} {v}", v, True) for v in part.takes]))
        if part.results:
            rows.append(_beside([Lane(f"leave {part.path} {v}", v, True) for v in part.results]))
        return Framed(part, _linked(rows))


def _beside(cells: Sequence[Item]) -> Item:
    return cells[0] if len(cells) == 1 else Beside(tuple(cells))


def _lines(rows: Sequence[Item]) -> Chain:
    """A row; a long one in lines of about the same length."""
    lines = -(-len(rows) // LONGEST_LINE)
    if lines < 2:
        return _linked(rows, across=True)
    longest = -(-len(rows) // lines)
    starts = range(0, len(rows), longest)
    return _linked([_linked(rows[i : i + longest], across=True) for i in starts], level=True)


def _linked(rows: Sequence[Item], across: bool = False, level: bool = False) -> Chain:
    links = []
    for upper, lower in pairwise(rows):
        starts = dict(_starts(upper))
        links.append(
            tuple(
                Link(
                    starts[value][0], end, value, starts[value][1] and not end.startswith("leave ")
                )
                for value, end in _ends(lower)
                if value in starts
            )
        )
    return Chain(tuple(rows), tuple(links), across, level)


def _starts(item: Item) -> Iterator[tuple[str, tuple[str, bool]]]:
    """Where each value leaves an item, and whether its shape is to be said there."""
    match item:
        case Box():
            yield from ((value, (item.path, True)) for value in item.results)
        case Lane():
            yield item.value, (item.key, item.port and item.key.startswith("leave "))
        case Beside():
            for cell in item.cells:
                yield from _starts(cell)
        case Chain():
            yield from _starts(item.rows[-1])
        case Framed():
            yield from _starts(item.body)


def _ends(item: Item) -> Iterator[tuple[str, str]]:
    """Where each value comes into an item."""
    match item:
        case Box():
            yield from ((value, item.path) for value in item.takes)
        case Lane():
            yield item.value, item.key
        case Beside():
            for cell in item.cells:
                yield from _ends(cell)
        case Chain():
            yield from _ends(item.rows[0])
        case Framed():
            yield from _ends(item.body)
