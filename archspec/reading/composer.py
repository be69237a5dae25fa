"""Parser events to nodes, within bounded time and memory.

The events are composed here and not by PyYAML, because a spec is untrusted and must be reported
on in full: every duplicate key, anchor, alias and tag with its place, and nothing nested or
repeated beyond the limits. Nothing recurses, whatever the file holds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from yaml import events

from archspec.errors import Location, Problem, SpecError
from archspec.reading.nodes import Entry, Mapping, Node, Scalar, Sequence, describe, shown
from archspec.reading.scalars import NumberError, core_value
from archspec.reading.syntax import ANCHOR_HINT, DIRECTIVE_HINT, TAG_HINT

MAX_DEPTH = 64
"""Collections inside each other."""
MAX_NODES = 100_000
"""Scalars (keys among them), sequences and mappings of one file."""
MAX_PROBLEMS = 100
"""Problems after which reading stops."""


class LimitReached(Exception):
    """A limit is reached: what follows is not read."""


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet."""

    is_mapping: bool
    in_brackets: bool
    where: Location
    items: list[Node] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    first: dict[str, Location] = field(default_factory=dict)
    """Where each key stood first."""
    key: Node | None = None
    """The key that waits for its value."""


@dataclass(slots=True)
class Composer:
    """Puts a stream of events together, and collects what is wrong with it."""

    file: str
    end: Location
    """Behind the last character of the file."""
    problems: list[Problem] = field(default_factory=list)
    open: list[_Open] = field(default_factory=list)
    root: Node | None = None
    nodes: int = 0
    documents: int = 0

    def take(self, event: events.Event) -> None:
        """Read one event.

        Raises:
            LimitReached: what follows shall not be read; :meth:`result` says why.
        """
        if isinstance(event, events.NodeEvent):
            self._take_node(event)
        elif isinstance(event, events.CollectionEndEvent):
            done = self.open.pop()
            self._add(
                Mapping(tuple(done.entries), done.where)
                if done.is_mapping
                else Sequence(tuple(done.items), done.where)
            )
        elif isinstance(event, events.DocumentStartEvent):
            self._begin_document(event)

    def result(self) -> Node:
        """The document, once every event is taken.

        Raises:
            SpecError: with every problem found.
        """
        if self.root is None and not self.problems:
            self._report(
                "the file is empty",
                Location(self.file, 1, 1),
                "a spec begins with 'archspec: 1' and 'name: ...'",
            )
        if self.problems or self.root is None:
            raise SpecError(self.problems)
        return self.root

    def _begin_document(self, event: events.DocumentStartEvent) -> None:
        where = self._where(event)
        if event.version is not None or event.tags:
            self._report(
                "directives (lines that begin with '%') are not part of the language",
                where,
                DIRECTIVE_HINT,
            )
        self.documents += 1
        if self.documents > 1:
            self._report(
                "a second document begins here; a file holds one",
                where,
                "delete this '---', or move what follows to a file of its own",
            )
            raise LimitReached

    def _take_node(self, event: events.NodeEvent) -> None:
        where = self._where(event)
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self._report(
                f"more than {MAX_NODES} values in one file",
                where,
                "repeat layers with blocks and `repeat`",
            )
            raise LimitReached
        if isinstance(event, events.AliasEvent):
            alias = shown("*" + str(event.anchor))
            self._report(f"the alias {alias}: aliases are not read", where, ANCHOR_HINT)
            # Stands in until the error is raised, and is no second of any key.
            self._add(Scalar("", where, f"{alias} at {where}", quoted=True))
            return
        if event.anchor is not None:
            anchor = shown("&" + event.anchor)
            self._report(f"the anchor {anchor}: anchors are not read", where, ANCHOR_HINT)
        if isinstance(event, events.ScalarEvent):
            self._note_tag(event.tag, where)
            self._add(self._scalar(event, where))
        elif isinstance(event, events.CollectionStartEvent):
            self._note_tag(event.tag, where)
            if len(self.open) == MAX_DEPTH:
                self._report(
                    f"nested deeper than {MAX_DEPTH} levels",
                    where,
                    "name the inner parts as blocks",
                )
                raise LimitReached
            is_mapping = isinstance(event, events.MappingStartEvent)
            self.open.append(_Open(is_mapping, bool(event.flow_style), where))

    def _note_tag(self, tag: str | None, where: Location) -> None:
        if tag is not None:
            short = shown(tag.replace("tag:yaml.org,2002:", "!!", 1))
            self._report(f"the tag {short}: tags are not read", where, TAG_HINT)

    def _scalar(self, event: events.ScalarEvent, where: Location) -> Scalar:
        text = event.value
        quoted = bool(event.style)
        value: bool | int | float | str | None = text
        if not quoted:
            self._check_parentheses(text, where)
            try:
                value = core_value(text)
            except NumberError as error:
                self._report(str(error), where, "put it in quotes if it is a text")
        elif not text.isascii() and any("\ud800" <= each <= "\udfff" for each in text):
            # libyaml refuses such an escape; the pure Python parser lets it through, and the
            # text could not be written to any file.
            self._report("a text holds half a character (a surrogate)", where, "write all of it")
        return Scalar(value, where, text, quoted, _text_where(event, where))

    def _check_parentheses(self, text: str, where: Location) -> None:
        """``{out: max(a, b)}`` is valid YAML, and means ``out: max(a`` and a key ``b)``."""
        inside = bool(self.open) and self.open[-1].in_brackets
        if inside and text.count("(") > text.count(")"):
            self._report(
                f"the text {shown(text)} ends inside its parentheses",
                where,
                "a comma ends a text inside {...} and [...]: put the expression in quotes",
            )

    def _add(self, node: Node) -> None:
        """Put a finished node where it belongs."""
        if not self.open:
            empty = isinstance(node, Scalar) and not node.text and not node.quoted
            self.root = None if empty else node
            return
        parent = self.open[-1]
        if not parent.is_mapping:
            parent.items.append(node)
        elif parent.key is None:
            parent.key = node
            self._check_key(parent, node)
        else:
            key, parent.key = parent.key, None
            name = key.text if isinstance(key, Scalar) else ""
            parent.entries.append(Entry(name, key.where, node))

    def _check_key(self, parent: _Open, key: Node) -> None:
        if not isinstance(key, Scalar) or not isinstance(key.value, str):
            self._report(
                f"a key must be a string, received {describe(key)}",
                key.where,
                f"put it in quotes: {shown(key.text)}"
                if isinstance(key, Scalar) and key.text
                else "write a name before the ':'",
            )
        elif key.text == "<<" and not key.quoted:
            self._report("the merge key '<<': merge keys are not read", key.where, ANCHOR_HINT)
        elif key.text in parent.first:
            first = parent.first[key.text]
            self._report(
                f"the key {shown(key.text)} stands twice in one mapping; "
                f"it was first at line {first.line}, column {first.column}",
                key.where,
                "delete or rename one of them",
            )
        else:
            parent.first[key.text] = key.where

    def _where(self, event: events.Event) -> Location:
        mark = event.start_mark
        assert mark is not None, "both parsers mark every event"
        if mark.line >= self.end.line:  # libyaml counts the end of the file as a line
            return self.end
        return Location(self.file, mark.line + 1, mark.column + 1)

    def _report(self, problem: str, where: Location, hint: str | None) -> None:
        self.problems.append(Problem(problem, where, hint=hint))
        if len(self.problems) == MAX_PROBLEMS:
            self.problems.append(
                Problem(f"reading stopped here, after {MAX_PROBLEMS} problems", where)
            )
            raise LimitReached


def _text_where(event: events.ScalarEvent, where: Location) -> Location | None:
    start, end = event.start_mark, event.end_mark
    if start is None or end is None or start.line != end.line:
        return None
    if event.style in ("|", ">"):
        return None
    quotes = 1 if event.style else 0
    verbatim = end.column - start.column == len(event.value) + 2 * quotes
    return where.shifted(quotes) if verbatim else None
