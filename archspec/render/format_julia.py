"""Julia laid out: indented by its blocks, and what is too long for a line broken at its brackets.

There is no formatter of Julia that could be installed along. This one knows as much of Julia as
templates write: a line is a statement unless brackets are open; strings have double quotes; blocks
begin with a word and end with ``end``. A bracket whose last item is followed by a comma is broken
in any case, one item on a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from archspec.errors import BackendError

LINE_LENGTH = 92
INDENT = 4

_TOKEN = re.compile(
    r'(?P<string>"""(?:\\.|[^\\])*?"""|"(?:\\.|[^"\\])*")'
    r"|(?P<comment>\#[^\n]*)"
    r"|(?P<newline>\n)"
    r"|(?P<open>[(\[{])"
    r"|(?P<close>[)\]}])"
    r"|(?P<separator>[,;])"
    r'|(?P<text>[^"\#\n()\[\]{},;]+)',
    re.DOTALL,
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_WORD = re.compile(r"[A-Za-z_!@][A-Za-z0-9_!]*")
_OPENING = frozenset({"begin", "do", "for", "function", "if", "let", "struct", "try", "while"})
_BETWEEN = frozenset({"catch", "else", "elseif", "finally"})


@dataclass
class _Part:
    """An item in brackets, what separates it from the next, and a comment after that."""

    items: list[_Item] = field(default_factory=list)
    separator: str = ""
    comment: str = ""


@dataclass
class _Group:
    """Something in brackets."""

    opening: str
    parts: list[_Part]

    @property
    def broken(self) -> bool:
        """Whether it stands on several lines, however short it is."""
        trailing = len(self.parts) > 1 and self.parts[-2].separator == ","
        magic = trailing and not self.parts[-1].items and len(self.parts) > 2
        return magic or any(
            part.comment or any(isinstance(each, _Group) and each.broken for each in part.items)
            for part in self.parts
        )

    @property
    def filled(self) -> list[_Part]:
        """The parts without the empty one after a last comma."""
        last = self.parts[-1]
        return self.parts if last.items or last.comment else self.parts[:-1]


_Item = str | _Group


def format_julia(text: str, name: str) -> str:
    """Julia source, laid out.

    Raises:
        BackendError: if its brackets or blocks do not match; then a template is wrong.
    """
    lines: list[str] = []
    blocks: list[int] = []
    for statement, comment in _statements(text, name):
        words = [
            word
            for item in statement
            if isinstance(item, str) and not item.startswith('"')
            for word in _WORD.findall(item)
        ]
        first = words[0] if words else ""
        if first == "end" and blocks and blocks.pop():
            while lines and not lines[-1]:
                lines.pop()
        outer = blocks[:-1] if first in _BETWEEN else blocks
        lines.extend(_laid_out(statement, comment, sum(outer)))
        if first == "module":
            blocks.append(0)
        else:
            blocks.extend([INDENT] * sum(word in _OPENING for word in words))
        for _ in range(words[1:].count("end")):
            blocks.pop()
    if blocks:
        raise _mistake(name, "a block has no end")
    return _spaced(lines)


def _statements(text: str, name: str) -> Iterator[tuple[list[_Item], str]]:
    """Each line's text, brackets closed, and the comment after it; nothing for an empty line."""
    open_groups: list[_Group] = []
    statement: list[_Item] = []
    comment = ""
    for kind, token in _tokens(text, name):
        items = open_groups[-1].parts[-1].items if open_groups else statement
        if kind == "open":
            group = _Group(token, [_Part()])
            items.append(group)
            open_groups.append(group)
        elif kind == "close":
            if not open_groups or _CLOSING[open_groups[-1].opening] != token:
                raise _mistake(name, f"`{token}` closes nothing")
            open_groups.pop()
        elif kind == "separator" and open_groups:
            open_groups[-1].parts[-1].separator = token
            open_groups[-1].parts.append(_Part())
        elif kind == "comment" and open_groups:
            parts = open_groups[-1].parts
            (parts[-1] if parts[-1].items or len(parts) == 1 else parts[-2]).comment = token.strip()
        elif kind == "comment":
            comment = token.strip()
        elif kind == "newline" and not open_groups and not _goes_on(statement):
            yield statement, comment
            statement, comment = [], ""
        elif kind == "string":
            items.append(token)
        elif items or token.strip():
            _add_text(items, token)
    if open_groups:
        raise _mistake(name, f"`{open_groups[-1].opening}` is not closed")
    yield statement, comment


def _goes_on(statement: list[_Item]) -> bool:
    """Whether a line ends where a choice does not."""
    last = statement[-1] if statement else ""
    return isinstance(last, str) and last.endswith((" ? ", " : ", " ?", " :"))


def _add_text(items: list[_Item], text: str) -> None:
    """More text, with one space for all its white space."""
    last = items[-1] if items else None
    if isinstance(last, str) and not last.startswith('"'):
        text = last + text
        items.pop()
    items.append(re.sub(r"\s+", " ", text))


def _tokens(text: str, name: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise _mistake(name, "a string has no end")
        yield match.lastgroup, match.group()
        position = match.end()


def _laid_out(statement: list[_Item], comment: str, indent: int) -> Iterator[str]:
    only = statement[0] if len(statement) == 1 else None
    if isinstance(only, str) and only.startswith('"""'):
        yield from (f"{' ' * indent}{line}".rstrip() for line in only.split("\n"))
        return
    lines = _lines(statement, "", indent)
    if comment:
        lines[-1] = f"{lines[-1]} {comment}" if lines[-1] else comment
    for line in lines:
        yield f"{' ' * indent}{line}".rstrip()


def _lines(items: list[_Item], before: str, indent: int, after: int = 0) -> list[str]:
    """The lines of some items; without the indentation of them all.

    Args:
        items: what is laid out.
        before: what stands before them on the first line.
        indent: where the lines begin.
        after: how much room the last line leaves.
    """
    whole = f"{before}{_flat(items)}".strip()
    groups = [each for each in items if isinstance(each, _Group) and each.filled]
    broken = [each for each in groups if each.broken]
    fits = indent + len(whole) + after <= LINE_LENGTH
    if not groups or (not broken and fits):
        return [whole]
    if choice := _choice(items):
        first, *others = choice
        lines = _lines(first, before, indent)
        for each in others:
            inner = _lines(each, "", indent + INDENT, after)
            lines += [f"{' ' * INDENT}{line}" for line in inner]
        return lines
    chosen = max(broken or groups, key=lambda each: len(_flat([each])))
    place = next(i for i, each in enumerate(items) if each is chosen)
    head = f"{before}{_flat(items[:place])}{chosen.opening}".lstrip()
    above: list[str] = []
    if indent + len(head) > LINE_LENGTH and any(each in groups for each in items[:place]):
        space = " " if head[-2].isspace() else ""
        *above, last_line = _lines(items[:place], before, indent, len(space) + 1)
        head = f"{last_line}{space}{chosen.opening}"
    shown = chosen.filled
    if not shown[0].items and shown[0].separator == ";":
        head, shown = head + ";", shown[1:]
    lines = [*above, head]
    inside = _inside(shown)
    if not broken and indent + INDENT + len(inside) <= LINE_LENGTH:
        lines.append(f"{' ' * INDENT}{inside}")
        shown = []
    for part in shown:
        inner = _lines(part.items, "", indent + INDENT, 1)
        last = part is shown[-1]
        inner[-1] += "," if last and _takes_comma(chosen, head) else "" if last else part.separator
        if part.comment:
            inner[-1] += f" {part.comment}"
        lines += [f"{' ' * INDENT}{line}" for line in inner]
    return [*lines, *_lines(items[place + 1 :], _CLOSING[chosen.opening], indent, after)]


def _choice(items: list[_Item]) -> list[list[_Item]]:
    """``test ? one : other`` in its three parts; nothing if it is none."""
    parts: list[list[_Item]] = [[]]
    for item in items:
        if not isinstance(item, str) or item.startswith('"'):
            parts[-1].append(item)
            continue
        first, *others = re.split(r"(?<= \?) |(?<= :) ", item)
        parts[-1].append(first)
        parts += [[each] for each in others]
    return parts if len(parts) == 3 else []


def _takes_comma(group: _Group, head: str) -> bool:
    """Whether a comma after the last item changes nothing."""
    called = len(head.rstrip(";")) > 1 and not head.rstrip(";")[-2].isspace()
    generator = any(
        isinstance(item, str) and re.search(r"\bfor\b", item)
        for part in group.parts
        for item in part.items
    )
    return not generator and (called or len(group.filled) > 1) and group.opening == "("


def _flat(items: list[_Item]) -> str:
    """Some items on one line."""
    pieces: list[str] = []
    for item in items:
        if isinstance(item, _Group):
            called = bool(pieces) and not re.search(r"(^|[\s(=,;])$", pieces[-1])
            # A tuple of one item needs its comma.
            parts = item.filled if called or len(item.filled) > 1 else item.parts
            pieces.append(item.opening + _inside(parts) + _CLOSING[item.opening])
        else:
            pieces.append(item)
    return "".join(pieces)


def _inside(parts: list[_Part]) -> str:
    """What stands in brackets, on one line."""
    texts = [_flat(part.items).strip() + part.separator for part in parts]
    if texts:
        texts[-1] = texts[-1].removesuffix(parts[-1].separator)
    return " ".join(texts).strip()


def _spaced(lines: list[str]) -> str:
    """Lines with no more than one empty one between them, and none at either end."""
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).rstrip() + "\n"


def _mistake(name: str, problem: str) -> BackendError:
    hint = "this is a mistake in the backend's templates"
    return BackendError(f"{name} cannot be laid out: {problem}", hint=hint)
