"""What a YAML file holds: scalars, sequences and mappings, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from archspec.errors import Location

_SHOWN = 40
"""Characters of a user's text that a message repeats."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value.

    Args:
        value: what the text means under YAML 1.2's core rules.
        where: the first character, which is the quote of a quoted text.
        text: the text without quotes and escapes; for a number, as it was written.
        quoted: whether it was quoted or a block (``|``, ``>``), so that it is a string
            whatever it looks like.
        text_where: where ``text`` begins, if it stands in the file character for character
            and on one line; ``None`` for folded, escaped and block texts.
    """

    value: bool | int | float | str | None
    where: Location
    text: str
    quoted: bool
    text_where: Location | None = None

    def at(self, offset: int) -> Location:
        """The place of ``text[offset]``, or of the whole scalar where that is not known."""
        return self.where if self.text_where is None else self.text_where.shifted(offset)


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    where: Location

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)

    def __getitem__(self, index: int) -> Node:
        return self.items[index]


@dataclass(frozen=True, slots=True)
class Entry:
    """One ``key: value`` of a mapping."""

    key: str
    key_where: Location
    value: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    """Entries in the order of the file; no key stands twice."""

    entries: tuple[Entry, ...]
    where: Location

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __contains__(self, key: object) -> bool:
        return any(entry.key == key for entry in self.entries)

    def keys(self) -> tuple[str, ...]:
        """The keys in the order of the file."""
        return tuple(entry.key for entry in self.entries)

    def entry(self, key: str) -> Entry | None:
        """The entry under ``key``, or ``None``."""
        return next((entry for entry in self.entries if entry.key == key), None)

    def get(self, key: str) -> Node | None:
        """The value under ``key``, or ``None`` where there is no such key."""
        found = self.entry(key)
        return None if found is None else found.value


Node: TypeAlias = Scalar | Sequence | Mapping


def plain(node: Node) -> Any:
    """The same as ordinary Python values: dicts, lists and scalars."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {entry.key: plain(entry.value) for entry in node.entries}


def describe(node: Node) -> str:
    """A few words for an error message, such as ``the string 'abc'`` or ``a list of 3``.

    The words are printable whatever the file holds, so that a message cannot steer a terminal.
    """
    if isinstance(node, Sequence):
        return f"a list of {len(node.items)}" if node.items else "an empty list"
    if isinstance(node, Mapping):
        return "a mapping" if node.entries else "an empty mapping"
    if node.value is None:
        return "nothing"
    if isinstance(node.value, bool):
        return "true" if node.value else "false"
    if isinstance(node.value, str):
        return f"the string {shown(node.value)}"
    return f"the number {_cut(node.text)}"


def shown(text: str) -> str:
    """``text`` in quotes, cut if it is long, and with unprintable characters escaped."""
    return repr(_cut(text))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
