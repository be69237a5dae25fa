"""Rules written as a file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

# What YAML reads as itself without quotes, and neither as a number nor as a word of its own.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./*{}+=-]*(?: [A-Za-z0-9_./-]+)*")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def rules_text(
    tables: Mapping[str, Mapping[str, str] | Sequence[str]],
    ignore: Sequence[str],
    layouts: Mapping[str, str],
    rename: Sequence[tuple[str, str]],
    split: Sequence[tuple[str, Sequence[str]]],
) -> str:
    """A file of rules.

    Args:
        tables: under ``names``; a list stands for numbers from 0.
        ignore, layouts, rename, split: as under the keys of these names, patterns as texts.
    """
    lines = ["archspec: 1"]
    if tables:
        lines.append("names:")
    for name, table in tables.items():
        lines.append(f"  {quoted(name)}:")
        if isinstance(table, Mapping):
            lines += [f"    {quoted(one)}: {quoted(other)}" for one, other in table.items()]
        else:
            lines += [f"    - {quoted(each)}" for each in table]
    if ignore:
        lines += ["ignore:", *(f"  - {quoted(each)}" for each in ignore)]
    if layouts:
        lines += ["layouts:", *(f"  {kind}: {quoted(axes)}" for kind, axes in layouts.items())]
    if rename:
        lines += ["rename:", *(f"  {quoted(one)}: {quoted(other)}" for one, other in rename)]
    if split:
        lines.append("split:")
    for one, several in split:
        lines += [f"  {quoted(one)}:", *(f"    - {quoted(each)}" for each in several)]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """A text as YAML, in quotes where it needs them."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    written = json.dumps(text, ensure_ascii=False)
    # What JSON may hold as it is, and YAML not.
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in written)
