"""Excerpts of files in documents. ``python tests/docs/excerpts.py`` brings them up to date."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_EXCERPT = re.compile(r"(<!-- excerpt: (\S+) (\w+) -->\n```\w+\n)(.*?)(?=^```$)", re.M | re.S)


def pages() -> list[Path]:
    """All documents of the repository."""
    return [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/*.md"))]


def definition(path: str, name: str) -> str:
    """The source of a class or function of a Python file."""
    text = (ROOT / path).read_text("utf-8")
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            return "\n".join(text.splitlines()[node.lineno - 1 : node.end_lineno]) + "\n"
    raise LookupError(f"{path} has no `{name}`")


def refreshed(text: str) -> str:
    """A document with its named excerpts as the files now have them."""
    return _EXCERPT.sub(lambda match: match[1] + definition(match[2], match[3]), text)


if __name__ == "__main__":
    for page in pages():
        text = page.read_text("utf-8")
        if refreshed(text) != text:
            page.write_text(refreshed(text), "utf-8")
            print(f"wrote {page.relative_to(ROOT)}")
