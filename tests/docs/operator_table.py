"""``docs/operators.md``: which backend honours which operator. Run this file to write it anew."""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "operators.md"
sys.path.insert(0, str(ROOT / "tests" / "parity"))

from variants import PATHS, honoured, operator_of, reason, variants  # noqa: E402

from archspec.backends import Backend, built_in  # noqa: E402
from archspec.operators import OPERATORS  # noqa: E402

HEAD = """\
# Operators and backends

Which backend writes which operator. Each operator is tested on its own, in float64 at awkward
sizes (odd, not square, one to three spatial axes, pads that differ by side, groups, dilations):
{count} variants in [`tests/parity/operators/`](../tests/parity/operators). ✓ means that all
variants of an operator are held to the [gates](verification.md): values everywhere, and gradients
wherever the backend has them{forward}. A figure such as 3/4 says that some are refused, with the
reason below: what a framework cannot do exactly is refused before anything is written, never
written nearly right.{others}

This page is generated from the backends' templates: `make docs`.
"""


def page() -> str:
    """The document."""
    backends = built_in()
    places = defaultdict(list)
    for path in PATHS:
        for name in variants(path):
            places[operator_of(path, name)].append((path, name))
    count = sum(map(len, places.values()))
    lines = [_head(backends, count)]
    lines.append("| operator | " + " | ".join(each.title for each in backends) + " |")
    lines.append("|---|" + ":-:|" * len(backends))
    reasons: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for operator in OPERATORS:
        cells = []
        for backend in backends:
            right = 0
            for path, name in places[operator]:
                if name in honoured(path, backend.name):
                    right += 1
                    continue
                why = reason(path, name, backend.name) or ""
                why = why.removeprefix(f"{backend.title} cannot do this: ")
                reasons[backend.title, operator][why].append(name)
            whole = len(places[operator])
            cells.append("✓" if right == whole else f"{right}/{whole}" if right else "refused")
        lines.append(f"| `{operator}` | " + " | ".join(cells) + " |")
    lines += ["", "## What is refused, and why", ""]
    if reasons:
        lines += ["| backend | operator | variants | reason |", "|---|---|---|---|"]
    else:
        lines.append("Nothing.")
    for (title, operator), several in sorted(reasons.items()):
        for why, names in several.items():
            shown = ", ".join(f"`{each}`" for each in names)
            lines.append(f"| {title} | `{operator}` | {shown} | {why.replace('|', '/')} |")
    return "\n".join(lines) + "\n"


def _head(backends: tuple[Backend, ...], count: int) -> str:
    forward = [each.title for each in backends if not each.manifest.gradients]
    others = [each.title for each in backends if each.manifest.interpreter is not None]
    return HEAD.format(
        count=count,
        forward=f" ({', '.join(forward)} runs forward only)" if forward else "",
        others=f"\n{', '.join(others)} is tested against a stand-in for the framework only, so"
        " its ✓ is weaker: see [backends](backends.md)."
        if others
        else "",
    )


if __name__ == "__main__":
    current = PAGE.read_text("utf-8") if PAGE.exists() else ""
    if page() != current:
        if "--check" in sys.argv:
            sys.exit(f"{PAGE.relative_to(ROOT)} is not current: run `make docs`")
        PAGE.write_text(page(), "utf-8")
        print(f"wrote {PAGE.relative_to(ROOT)}")
