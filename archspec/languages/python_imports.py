"""Import lines of Python in the order that isort and ruff want."""

from __future__ import annotations

import sys
from collections.abc import Iterable


def arranged(lines: Iterable[str]) -> list[str]:
    """Import lines sorted into the standard library and the rest, a blank line between.

    Lines ``from m import a`` of one module become one. Within a part plain imports come first.

    Args:
        lines: such as ``import torch``, ``import jax.numpy as jnp`` or ``from torch import nn``.
    """
    plain: dict[bool, set[str]] = {True: set(), False: set()}
    members: dict[bool, dict[str, set[str]]] = {True: {}, False: {}}
    for line in lines:
        words = line.split()
        standard = words[1].split(".")[0] in sys.stdlib_module_names
        if words[0] == "from":
            members[standard].setdefault(words[1], set()).add(" ".join(words[3:]))
        else:
            plain[standard].add(line)
    arranged_lines: list[str] = []
    for standard in (True, False):
        part = sorted(plain[standard])
        for module, names in sorted(members[standard].items()):
            part.append(f"from {module} import {', '.join(sorted(names, key=_by_kind))}")
        if part and arranged_lines:
            arranged_lines.append("")
        arranged_lines += part
    return arranged_lines


def _by_kind(name: str) -> tuple[int, str]:
    """Constants first, then classes, then everything else."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2, name)
