"""Tables on the terminal: aligned columns, as narrow as they need to be."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

from archspec.cli.screen import styled

_GAP = "  "


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its title, the side its cells stand on, and whether these may be cut."""

    title: str
    right: bool = False
    may_shrink: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """Cells, and the style of all of them (of `screen.styled`), or none."""

    cells: Sequence[str]
    style: str | None = None


def room(stream: TextIO) -> int | None:
    """The columns of a terminal, or those that ``COLUMNS`` states; None where nothing limits."""
    if stream.isatty() or os.environ.get("COLUMNS", "").isdigit():
        return shutil.get_terminal_size().columns
    return None


def needed(columns: Sequence[Column], rows: Sequence[Row]) -> int:
    """How wide a table is."""
    return sum(_widths(columns, rows)) + len(_GAP) * (len(columns) - 1)


def aligned(
    columns: Sequence[Column], rows: Sequence[Row], width: int | None, stream: TextIO | None = None
) -> str:
    """The table as text; zeros are dim on a terminal.

    Args:
        columns: what stands above.
        rows: cells of plain text.
        width: what it shall fit into, if cells that may be cut allow it; None for anything.
        stream: where it goes to, which says whether there are colours; None for none.
    """
    widths = _widths(columns, rows)
    excess = 0 if width is None else needed(columns, rows) - width
    for place, column in enumerate(columns):
        if column.may_shrink and excess > 0:
            least = max(len(column.title), 8)
            less = max(min(excess, widths[place] - least), 0)
            widths[place] -= less
            excess -= less
    head = Row([column.title for column in columns], "bold")
    lines = [_line(columns, head, widths, stream)]
    lines += [_line(columns, row, widths, stream) for row in rows]
    return "\n".join(lines) + "\n"


def _widths(columns: Sequence[Column], rows: Sequence[Row]) -> list[int]:
    return [
        max(len(column.title), *(len(row.cells[place]) for row in rows), 0)
        for place, column in enumerate(columns)
    ]


def _line(columns: Sequence[Column], row: Row, widths: Sequence[int], stream: TextIO | None) -> str:
    cells = []
    for column, text, width in zip(columns, row.cells, widths, strict=True):
        short = _cut(text, width)
        space = " " * (width - len(short))
        style = "dim" if text == "0" and row.style != "bold" else row.style
        if style and stream is not None:
            short = styled(short, style, stream)
        cells.append(space + short if column.right else short + space)
    return _GAP.join(cells).rstrip()


def _cut(text: str, width: int) -> str:
    if len(text) <= width:
        return text
    mark = "…" if (sys.stdout.encoding or "").lower().startswith("utf") else ".."
    return text[: max(width - len(mark), 0)] + mark


def count(number: int) -> str:
    """A number with its thousands apart."""
    return f"{number:,}"


def short(number: int) -> str:
    """A number in three digits: ``276 M``."""
    for unit, power in (("T", 12), ("G", 9), ("M", 6), ("k", 3)):
        if number >= 10**power:
            return f"{_three(number / 10**power)} {unit}"
    return str(number)


def memory(size: int) -> str:
    """Bytes for people: ``1.27 MiB``."""
    for unit, power in (("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if size >= 2**power:
            return f"{_three(size / 2**power)} {unit}"
    return f"{size} B" if size else "0"


def _three(number: float) -> str:
    return (
        f"{number:.0f}"
        if number >= 99.95
        else f"{number:.1f}"
        if number >= 9.995
        else f"{number:.2f}"
    )
