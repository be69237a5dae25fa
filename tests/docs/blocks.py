"""The code blocks of a Markdown page, and what comments before a block say about it.

- ``<!-- file: NAME -->``: it is the contents of a file;
- ``<!-- excerpt: PATH [NAME] -->``: it is a part of a file of the repository, the class or function
  of that name if one is given;
- ``<!-- test: torch, flax -->``: running it needs these backends; with ``slow`` among them only the
  slow tests run it;
- ``<!-- test: no, REASON -->``: it is not run;
- ``<!-- error: yes -->``: its last command must fail.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

_BLOCK = re.compile(
    r"(?P<notes>(?:^<!--[^\n]*-->\n)*)^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.M | re.S
)
_NOTE = re.compile(r"<!-- (\w+): (.*?) -->")


@dataclass(frozen=True)
class Block:
    """A code block: its language, its text, the line it begins at, and the notes before it."""

    language: str
    text: str
    line: int
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def needs(self) -> list[str]:
        """The backends that running it needs."""
        note = self.notes.get("test", "")
        names = [each.strip() for each in note.split(",")]
        return [] if self.untested else [each for each in names if each not in ("", "slow")]

    @property
    def slow(self) -> bool:
        """Whether only the slow tests run it."""
        return "slow" in self.notes.get("test", "").split(", ")

    @property
    def untested(self) -> bool:
        """Whether it is not to be run."""
        return self.notes.get("test", "").startswith("no")


def blocks(page: Path) -> list[Block]:
    """The code blocks of a page in order."""
    text = page.read_text("utf-8")
    return [
        Block(
            match["language"],
            match["text"],
            text.count("\n", 0, match.start("language")) + 1,
            dict(_NOTE.findall(match["notes"])),
        )
        for match in _BLOCK.finditer(text)
    ]
